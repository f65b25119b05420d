/** `except:` what rules match and is no alert, with a reason and an end. */
import type { Node } from "yaml";
import { type Exception, placeText } from "../../compiler/ir/tuning.ts";
import type { Entry } from "../../grammar/yaml_reader.ts";
import type { Section, SettingsReader } from "./section.ts";
import { conditionOf, isMapping, patternsOf, placeOf } from "./written.ts";

const KEYS = ["rule", "rules", "where", "reason", "until", "by"];

export const except: Section<readonly Exception[]> = {
  summary:
    "What is no alert: `rule` or `rules`, `where` (an SDL condition over the fields of the " +
    "alert), `reason`, and if wanted `until` (a date) and `by`",
  empty: [],
  read: (reader, node) =>
    reader.list(node, '"except"').flatMap((item) => exceptionOf(reader, item) ?? []),
};

function exceptionOf(reader: SettingsReader, node: Node): Exception | null {
  if (!isMapping(reader, node, "An exception")) return null;
  const place = placeOf(reader, reader.span(node));
  const first = { start: place.span.start, end: place.span.start + 1 };
  const entries = reader.record(node, "An exception", KEYS);
  const needed = (key: string, help: string): Entry | null => {
    const entry = entries.get(key);
    if (entry !== undefined) return entry;
    reader.report("missing_key", first, `The exception has no "${key}"`, { help });
    return null;
  };
  const named = entries.get("rules") ?? entries.get("rule");
  if (named === undefined) {
    const help = "Name the rule: rule: NAME, or several: rules: [NAME, NAME]";
    reader.report("missing_key", first, 'The exception has no "rule"', { help });
  } else if (entries.has("rules") && entries.has("rule")) {
    const { keySpan } = entries.get("rule")!;
    reader.report("duplicate", keySpan, 'The exception has both "rule" and "rules"', {
      help: "Keep one of them",
    });
  }
  const rules = named ? patternsOf(reader, named.node, `"${named.key}"`) : [];
  const condition = needed("where", 'Write a condition, as where: user == "backup"');
  const where = condition && conditionOf(reader, condition.node, '"where"');
  const why = needed("reason", "Say why it is no alert, for who reads this in a year");
  const reason = why && textOf(reader, why);
  const until = untilOf(reader, entries.get("until"));
  const by = entries.get("by");
  if (rules.length === 0 || !where || !reason || until === undefined) return null;
  return {
    ...place,
    id: placeText(place),
    rules,
    where,
    reason,
    until,
    by: by ? textOf(reader, by) ?? "" : "",
  };
}

function textOf(reader: SettingsReader, { key, node }: Entry): string | null {
  const text = reader.string(node, `"${key}"`);
  if (text === null || text.trim() !== "") return text;
  reader.report("bad_value", reader.span(node), `"${key}" is empty`, { help: "Write a few words" });
  return null;
}

/** Epoch ms of the end; a date without a time is its whole day in UTC. Undefined for a bad one. */
function untilOf(reader: SettingsReader, entry: Entry | undefined): number | null | undefined {
  if (entry === undefined) return null;
  const text = reader.string(entry.node, '"until"');
  if (text === null) return undefined;
  const until = parseUntil(text);
  if (until !== null) return until;
  reader.report("bad_value", reader.span(entry.node), `"${text}" is no date`, {
    help: "Write it as 2027-03-01, or with a time as 2027-03-01T12:00:00Z",
  });
  return undefined;
}

/** A date, whose day it includes, or a time of RFC 3339; epoch ms, null when it is neither. */
export function parseUntil(text: string): number | null {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  if (!day && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) {
    return null;
  }
  const ms = Date.parse(text);
  // 2027-02-30 would be taken as the 2nd of March.
  if (Number.isNaN(ms) || (day && new Date(ms).toISOString().slice(0, 10) !== text)) return null;
  return day ? ms + 864e5 : ms;
}
