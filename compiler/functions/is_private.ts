import { isPrivate } from "../schema/ip.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `is_private`. */
export const is_private: FunctionSpec = {
  name: "is_private",
  summary: "Whether an address is of an internal network: RFC 1918, RFC 4193, loopback, link-local",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "bool",
  examples: [
    { call: "is_private(10.1.2.3)", gives: true },
    { call: "is_private(8.8.8.8)", gives: false },
    { call: 'is_private("web1")', gives: false },
    { call: "is_private(fe80::1)", gives: true },
  ],
  run: (ip) => isPrivate(String(ip)),
};
