/** `risk:` what alerts add to the risk of what they are about, and when that is an alert. */
import { isMap, type Node } from "yaml";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { MOST_RISK, RISK_RULE } from "../../compiler/ir/risk.ts";
import type { ParamSetting, Tuning } from "../../compiler/ir/tuning.ts";
import { PRIORITIES } from "../context.ts";
import type { Entry } from "../../grammar/yaml_reader.ts";
import type { Section, SettingsReader } from "./section.ts";
import { readDuration, readNumber } from "./values.ts";
import { placeOf, writtenValue } from "./written.ts";

/** What the section says; `params` are those of the shipped rule that adds up. */
type RiskSettings = Tuning["risk"] & { readonly params: readonly ParamSetting[] };

const KEYS = ["threshold", "half_life", "tactics", "weights", "priorities", "rules"];
/** Most that the points of an alert are multiplied by. */
const MOST_WEIGHT = 100;
const HOUR = 3_600_000, DAY = 24 * HOUR;
const POINTS = { least: 0, most: MOST_RISK, fraction: true };

const NONE: RiskSettings = { rules: [], weights: {}, params: [] };

export const risk: Section<RiskSettings> = {
  summary: `Risk of addresses, accounts and hosts by their alerts: \`threshold\` and \`tactics\` ` +
    `from which on the rule \`${RISK_RULE}\` alerts, \`half_life\` of points, \`weights\` by ` +
    "severity, what points are multiplied by in `priorities` of assets and identities, points by " +
    "rule in `rules`",
  empty: NONE,
  read(reader, node) {
    const top = reader.record(node, '"risk"', KEYS);
    return {
      params: [
        ...param(
          reader,
          top.get("threshold"),
          "threshold",
          (n, what) => readNumber(reader, n, what, { least: 1, most: 1_000_000, fraction: true }),
        ),
        ...param(
          reader,
          top.get("half_life"),
          "half_life",
          (n, what) => readDuration(reader, n, what, { least: HOUR, most: 365 * DAY }),
        ),
        ...param(
          reader,
          top.get("tactics"),
          "tactics_limit",
          (n, what) => readNumber(reader, n, what, { least: 2, most: 100 }),
        ),
        ...prioritiesOf(reader, top.get("priorities")?.node ?? null),
      ],
      weights: weightsOf(reader, top.get("weights")?.node ?? null),
      rules: rulesOf(reader, top.get("rules")?.node ?? null),
    };
  },
};

/** The setting as one of the rule's params; none where it does not fit. */
function param(
  reader: SettingsReader,
  entry: Entry | undefined,
  name: string,
  read: (node: Node | null, what: string) => number | null,
): ParamSetting[] {
  if (entry === undefined) return [];
  const what = `"${entry.key}"`;
  if (read(entry.node, what) === null) return [];
  const value = writtenValue(reader, entry.node, what);
  return value === null
    ? []
    : [{ ...placeOf(reader, entry.keySpan), rule: RISK_RULE, name, value }];
}

function prioritiesOf(reader: SettingsReader, node: Node | null): ParamSetting[] {
  if (node === null) return [];
  const bounds = { least: 0, most: MOST_WEIGHT, fraction: true };
  const entries = reader.record(node, '"priorities"', PRIORITIES);
  return [...entries].flatMap(([priority, entry]) =>
    param(
      reader,
      entry,
      `${priority}_weight`,
      (n) => readNumber(reader, n, `The weight of priority "${priority}"`, bounds),
    )
  );
}

function weightsOf(reader: SettingsReader, node: Node | null): Partial<Record<Severity, number>> {
  if (node === null) return {};
  const entries = reader.record(node, '"weights"', SEVERITIES);
  return Object.fromEntries([...entries].flatMap(([severity, { node }]) => {
    const points = readNumber(reader, node, `The weight of "${severity}"`, POINTS);
    return points === null ? [] : [[severity, points]];
  }));
}

function rulesOf(reader: SettingsReader, node: Node | null): RiskSettings["rules"] {
  if (node === null) return [];
  if (!isMap(node)) {
    reader.report("wrong_kind", reader.span(node), '"rules" must be a mapping of rules to points', {
      help: "Write `RULE: 40`",
    });
    return [];
  }
  return reader.entries(node, '"rules"').flatMap(({ key, keySpan, node }) => {
    const points = readNumber(reader, node, `The risk of "${key}"`, POINTS);
    return points === null ? [] : [{ rule: { ...placeOf(reader, keySpan), text: key }, points }];
  });
}
