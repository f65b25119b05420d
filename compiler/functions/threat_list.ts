import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `threat_list`. */
export const threat_list: FunctionSpec = {
  name: "threat_list",
  summary:
    "The list of `threat_lists:` of agent.yaml that has an address, a name, an URL or a hash",
  group: "net",
  params: [{ name: "value", type: "text" }],
  returns: "string",
  examples: [
    { call: "threat_list(203.0.113.66)", gives: "examples" },
    { call: 'threat_list("bad.example")', gives: "examples" },
    { call: "threat_list(10.0.0.1)", gives: undefined },
  ],
  configured: () => surroundings().listed !== null,
  run: (value) => surroundings().listed?.(String(value))?.list,
};
