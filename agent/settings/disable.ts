/** `disable:` rules that give no alerts. */
import type { RulePattern } from "../../compiler/ir/tuning.ts";
import type { Section } from "./section.ts";
import { patternsOf } from "./written.ts";

export const disable: Section<readonly RulePattern[]> = {
  summary: "Rules that give no alerts: names, ids, or globs over names and files",
  empty: [],
  read: (reader, node) => node === null ? [] : patternsOf(reader, node, 'A rule of "disable"'),
};
