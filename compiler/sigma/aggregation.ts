/** Aggregations behind a condition, as Sigma had them before correlations: `| count() by x > 5`, `| near y`. */
import type { Span } from "../../grammar/ast.ts";
import type { Token } from "./condition.ts";
import type { Named } from "./correlation.ts";
import { checkCounts, type Limit, type Measure, type MeasureFn } from "./measure.ts";
import { SigmaError } from "./yaml.ts";

export type Aggregation =
  | { readonly kind: "measure"; readonly measure: Measure; readonly by: readonly Named[] }
  /** An event of the other selection in the time frame before or after. */
  | { readonly kind: "near"; readonly selection: Named; readonly span: Span };

const FUNCTIONS: Readonly<Record<string, MeasureFn>> = {
  count: "count",
  min: "min",
  max: "max",
  avg: "avg",
  sum: "sum",
};
const OPS: Readonly<Record<string, Limit["op"]>> = {
  ">": ">",
  ">=": ">=",
  "<": "<",
  "<=": "<=",
  "=": "==",
  "==": "==",
};

/**
 * Reads what stands behind the `|`.
 * @param tokens those behind it
 * @param place of the whole condition
 * @throws {SigmaError} for what has no certain meaning
 */
export function parseAggregation(tokens: readonly Token[], place: Span): Aggregation {
  const parts = tokens.flatMap(pieces);
  const span = parts.length === 0
    ? place
    : { start: parts[0].span.start, end: parts.at(-1)!.span.end };
  const first = parts[0]?.text.toLowerCase() ?? "";
  return first === "near" ? near(parts, span) : measured(parts, span);
}

/** A token with what stands in it without blanks: `host>5`, `a,b`. */
function pieces({ text, span }: Token): Token[] {
  const exact = span.end - span.start === text.length;
  return [...text.matchAll(/[(),|]|[<>=]+|[^(),|<>=]+/g)].map((m) => ({
    text: m[0],
    span: exact ? { start: span.start + m.index, end: span.start + m.index + m[0].length } : span,
  }));
}

function near(parts: readonly Token[], span: Span): Aggregation {
  if (parts.length === 2) {
    return { kind: "near", selection: { name: parts[1].text, span: parts[1].span }, span };
  }
  throw new SigmaError(
    "not_supported",
    span,
    '"near" with more than one selection does not say which of them are near which',
    "Write one rule for each selection and a correlation of type temporal over them",
  );
}

function measured(parts: readonly Token[], span: Span): Aggregation {
  let at = 0;
  const bad = (help: string) =>
    new SigmaError(
      "not_supported",
      parts[at]?.span ?? span,
      "The aggregation does not read as count(), min, max, avg or sum of a field, by a field, and a limit",
      help,
    );
  const name = parts[at]?.text.toLowerCase() ?? "";
  if (!Object.hasOwn(FUNCTIONS, name) || parts[at + 1]?.text !== "(") {
    throw bad("Write | count() by FIELD > 5, or a correlation");
  }
  at = 2;
  const fields: Named[] = [];
  if (parts[at]?.text !== ")") fields.push({ name: parts[at]?.text ?? "", span: parts[at]?.span });
  at += fields.length;
  if (parts[at++]?.text !== ")") throw bad("Close the parenthesis behind one field");
  const by: Named[] = [];
  if (parts[at]?.text.toLowerCase() === "by") {
    do {
      const key = parts[++at];
      if (key === undefined || /^[(),|<>=]/.test(key.text)) throw bad("Name the field after by");
      by.push({ name: key.text, span: key.span });
      at++;
    } while (parts[at]?.text === ",");
  }
  const op = OPS[parts[at]?.text ?? ""];
  const value = Number(parts[at + 1]?.text ?? NaN);
  if (op === undefined || !Number.isFinite(value) || parts.length !== at + 2) {
    throw bad(
      "End it with > and a number, or another of >= < <= ==; conditions stand before the |",
    );
  }
  let fn = FUNCTIONS[name];
  if (fn !== "count" && fields.length === 0) throw bad(`Write ${name}(FIELD)`);
  // count(x) is the number of distinct values, as in every converter.
  if (fn === "count" && fields.length > 0) fn = "dc";
  const measure = { fn, fields, percentile: null, limits: [{ op, value }], span };
  checkCounts(measure);
  return { kind: "measure", measure, by };
}
