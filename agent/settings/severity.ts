/** `severity:` other severities for the alerts of rules. */
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import type { SeveritySetting } from "../../compiler/ir/tuning.ts";
import type { Section } from "./section.ts";
import { placeOf } from "./written.ts";

export const severity: Section<readonly SeveritySetting[]> = {
  summary: "`RULE: LEVEL`: another severity for all alerts of a rule",
  empty: [],
  read(reader, node) {
    return reader.entries(node, '"severity"').flatMap(({ key, keySpan, node }) => {
      const level = reader.string(node, `The severity of "${key}"`);
      if (level === null) return [];
      const written = level.toLowerCase() as Severity;
      if (!SEVERITIES.includes(written)) {
        reader.unknown("bad_value", reader.span(node), "severity", level, SEVERITIES);
        return [];
      }
      return [{ rule: { ...placeOf(reader, keySpan), text: key }, severity: written }];
    });
  },
};
