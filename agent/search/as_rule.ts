/** A search as a rule, where the stream can do all of it. */
import { ERRORS } from "../../compiler/check/codes.ts";
import { ruleText, Unwritable } from "../../compiler/print/rule.ts";
import type { IrCommand, IrRule, IrSearch } from "../../compiler/ir/program.ts";
import { WHOLE_RANGE } from "../../compiler/ir/program.ts";
import { NO_METADATA } from "../../compiler/ir/metadata.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { QUERY_NAME } from "./compile.ts";

/** The rule's text, or why there is none: each with the part that a stream cannot do. */
export type AsRule =
  | { readonly text: string; readonly refusals: readonly [] }
  | { readonly text: null; readonly refusals: readonly Diagnostic[] };

/** Names of saved searches: a title, of which a rule's name is made. */
export const SAVED_NAME = /^[A-Za-z][\w .-]{0,63}$/;

/** A rule's name from a search's. */
export const ruleNameOf = (name: string): string =>
  name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");

/**
 * @param name of the saved search
 * @param query its text, which comments say
 */
export function searchAsRule(
  search: IrSearch,
  name: string,
  query: string,
  catalogue: Catalogue,
): AsRule {
  const refusals = refusalsOf(search, query);
  if (refusals.length > 0) return { text: null, refusals };
  const rule: IrRule = {
    ...NO_METADATA,
    name: ruleNameOf(name),
    file: QUERY_NAME,
    span: { start: 0, end: 0 },
    title: name,
    mitre: [],
    source: search.source,
    commands: search.commands as readonly IrCommand[],
    alert: { text: null, severity: "medium", entity: [] },
    tests: [],
    signals: [],
    rowType: search.rowType,
    planHash: "",
  };
  try {
    const comment = `From the saved search: ${query}`;
    return { text: ruleText(rule, catalogue, [comment]), refusals: [] };
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    const whole = { start: 0, end: query.length };
    return { text: null, refusals: [refusal(whole, error.message, "Write the rule by hand")] };
  }
}

function refusalsOf({ source, commands }: IrSearch, query: string): Diagnostic[] {
  const out: Diagnostic[] = [];
  const written = ({ start, end }: Span) => query.slice(start, end).replace(/\s+/g, " ");
  // `top` and `timechart` stand for several commands at one place: one refusal tells of them.
  const told = new Set<string>();
  for (const c of commands) {
    const part = written(c.span);
    if (told.has(part)) continue;
    const said = partOf(c, part);
    if (said === null) continue;
    told.add(part);
    out.push(refusal(c.span, ...said));
  }
  const bare = source.kind === "from" && source.rows.kind === "events" &&
    source.rows.from.any === true && source.rows.where === null;
  if (bare && !commands.some((c) => c.kind !== "fields" && c.kind !== "rename")) {
    const whole = { start: 0, end: query.length };
    const message = "The search has no condition: its rule would raise an alert for every event";
    out.push(refusal(whole, message, "Write what events have to be"));
  }
  return out;
}

/** What of a command a stream cannot do, and what can be done instead. */
function partOf(c: IrSearch["commands"][number], part: string): [string, string] | null {
  switch (c.kind) {
    case "sort":
    case "limit":
      return [
        `A stream cannot do "${part}": it never has all rows`,
        "Remove it, or count over a window and compare: | stats count() as n by src over " +
        "tumbling 1h | where n > 10",
      ];
    case "stats":
      return c.window.ms !== WHOLE_RANGE ? null : /^(?:top|timechart)\b/i.test(part)
        ? [
          `A stream cannot do "${part}": it never has all rows`,
          "Count over a window and compare: | stats count() as n by src over tumbling 1h | " +
          "where n > 10",
        ]
        : [`"${part}" has no window, and a stream has no end`, "Write behind it: over tumbling 1h"];
    case "dedup":
      return c.within !== WHOLE_RANGE
        ? null
        : [`"${part}" has no end, and a stream has none either`, "Write behind it: within 1h"];
    default:
      return null;
  }
}

const refusal = (span: Span, message: string, help: string): Diagnostic => ({
  code: ERRORS.bad_search,
  level: "error",
  file: QUERY_NAME,
  span,
  message,
  help,
});
