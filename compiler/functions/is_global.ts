import { isGlobal } from "../schema/ip.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `is_global`. */
export const is_global: FunctionSpec = {
  name: "is_global",
  summary:
    "Whether an address can be reached from the public internet, by the special-purpose registries of IANA; a host name is not an address",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "bool",
  examples: [
    { call: "is_global(8.8.8.8)", gives: true },
    { call: "is_global(192.168.0.1)", gives: false },
    { call: "is_global(100.64.0.1)", gives: false },
    { call: 'is_global("web1")', gives: false },
    { call: "is_global(2606:4700::1111)", gives: true },
  ],
  run: (ip) => isGlobal(String(ip)),
};
