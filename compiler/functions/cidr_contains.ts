import { parseCidr } from "../../grammar/ip.ts";
import { compileCidrs } from "../schema/ip.ts";
import type { FunctionSpec } from "./spec.ts";

/** Networks are constants, so there are few of them. */
const compiled = new Map<string, (ip: string) => boolean>();

/** The function `cidr_contains`. */
export const cidr_contains: FunctionSpec = {
  name: "cidr_contains",
  summary: "Whether a network, or one of a list of networks, contains an address",
  group: "net",
  params: [{ name: "network", type: "any", constant: true }, { name: "address", type: "address" }],
  returns: "bool",
  examples: [
    { call: "cidr_contains(10.0.0.0/8, 10.1.2.3)", gives: true },
    { call: "cidr_contains(10.0.0.0/8, 11.1.2.3)", gives: false },
  ],
  validate: ([network]) => {
    const bad = (Array.isArray(network) ? network : [network])
      .find((n) => n !== undefined && parseCidr(String(n)) === null);
    return bad === undefined ? null : { arg: 0, message: `"${bad}" is not a network` };
  },
  run: (network, ip) => {
    const texts = (Array.isArray(network) ? network : [network]).map(String);
    const key = texts.join(" ");
    let match = compiled.get(key);
    if (match === undefined) {
      if (compiled.size >= 1000) compiled.clear();
      compiled.set(key, match = compileCidrs(texts));
    }
    return match(String(ip));
  },
};
