/** Small Sigma rules over a catalogue of one open sourcetype, for tests. */
import type { Catalogue, Extraction } from "../../schema/types.ts";
import { compileSigma, type SigmaResult } from "../mod.ts";

const extraction: Extraction = {
  id: 0,
  sourcetype: "test_log",
  pattern: "event",
  datasets: [],
  constants: {},
  captures: [{ name: "user", type: "string", always: false }],
  open: true,
  parseError: false,
};

/** A sourcetype of which every field is open, but for `Count`, a number, and `Flag`, true or false. */
export const CATALOGUE: Catalogue = {
  extractions: [extraction],
  sourcetypes: [{
    name: "test_log",
    open: true,
    fields: [{ name: "Count", type: "int" }, { name: "Flag", type: "bool" }],
  }],
};

/** A rule with this detection; lines are indented here. */
export const ruleText = (detection: string, head = ""): string =>
  `title: Test\n${head}logsource: {product: test, service: log}\ndetection:\n` +
  detection.replace(/^\n|\n\s*$/g, "").split("\n").map((l) => `  ${l}`).join("\n") + "\n";

export const compileText = (text: string, name = "rule.yml"): SigmaResult =>
  compileSigma([{ name, text }], { catalogue: CATALOGUE });
