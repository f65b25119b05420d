/** Where in time a text may be, by the index of the raw text. */
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { LIKE_ANY, LIKE_ONE, likeTokens } from "../../../compiler/schema/like.ts";
import type { Statements } from "../types/database.ts";
import { gramsOf } from "../types/grams.ts";
import type { EventSpan, IdSpan, SearchedRows, TimeRange } from "../types/types.ts";
import { Conditions } from "./conditions.ts";
import { conditionsOf } from "./search_condition.ts";

/** Grams of one text that are asked for, and texts of a condition. */
const GRAMS = 10, TEXTS = 64;
/** Spans of ids of one stretch, at most: with more, all of its events are looked at. */
const SPANS = 8;
/** Hex digits of an id that tell its input. */
const IDENTITY = 16;

const TRUE = "true";

/** Whether the index of the raw text can tell events apart by a condition. */
export const hasRawText = (request: Pick<SearchedRows, "rows" | "where">): boolean =>
  testOf(request) !== TRUE;

/** The parts of a range where events may be that fit, in order of time; what lies between has none. */
export async function rawRanges(db: Statements, request: SearchedRows): Promise<EventSpan[]> {
  const { from, to } = request;
  const test = testOf(request);
  if (test === TRUE) return [{ from, to }];
  const where = new Conditions();
  addBlocksOf(where, request);
  where.addMade(`(b.grams IS NULL OR ${test})`);
  const rows = await db.query<
    { earliest: number; latest: number; lowest: string | null; highest: string | null }
  >(
    `SELECT (extract(epoch FROM b.earliest) * 1000)::float8 AS earliest,
       (extract(epoch FROM b.latest) * 1000)::float8 AS latest,
       replace(b.lowest::text, '-', '') AS lowest, replace(b.highest::text, '-', '') AS highest
     FROM raw_blocks b ${where} ORDER BY 1`,
    where.params,
  );
  const out: { from: number; to: number; ids: Map<string, IdSpan> | null }[] = [];
  for (const { earliest, latest, lowest, highest } of rows) {
    const begin = Math.max(earliest, from ?? -Infinity);
    const end = Math.min(latest + 1, to ?? Infinity);
    let last = out.at(-1);
    if (last !== undefined && begin <= last.to) last.to = Math.max(last.to, end);
    else out.push(last = { from: begin, to: end, ids: new Map() });
    if (lowest === null || highest === null) last.ids = null;
    else if (last.ids !== null) widen(last.ids, [lowest, highest]);
  }
  return out.map(({ from, to, ids }) =>
    ids === null || ids.size > SPANS ? { from, to } : { from, to, ids: [...ids.values()] }
  );
}

/** Chooses those `raw_blocks b` that may have events of a range. */
export function addBlocksOf(where: Conditions, { from, to }: TimeRange): void {
  if (from !== undefined) where.add("b.latest >= to_timestamp(?::float8 / 1000)", from);
  if (to !== undefined) where.add("b.earliest < to_timestamp(?::float8 / 1000)", to);
}

/** Adds ids to those of their input. */
function widen(ids: Map<string, IdSpan>, [lowest, highest]: IdSpan): void {
  const input = lowest.slice(0, IDENTITY);
  const [low, high] = ids.get(input) ?? [lowest, highest];
  ids.set(input, [lowest < low ? lowest : low, highest > high ? highest : high]);
}

/** What each block that may hold fitting events fulfils; it holds numbers of ours alone. */
const testOf = (request: Pick<SearchedRows, "rows" | "where">): string =>
  every(conditionsOf(request).map(test));

function test(expr: IrExpr): string {
  switch (expr.op) {
    case "and":
      return every(expr.args.map(test));
    case "or":
      return some(expr.args.map(test));
    case "contains":
    case "startswith":
    case "endswith": {
      if (!isRaw(expr.value)) return TRUE;
      const tests = expr.needles.map((n) =>
        n.op === "const" && typeof n.value === "string" ? holds(n.value) : TRUE
      );
      return expr.quant === "any" ? some(tests) : every(tests);
    }
    case "like": {
      if (!isRaw(expr.value)) return TRUE;
      const texts = [""];
      for (const t of likeTokens(expr.pattern, expr.escapes === true)) {
        if (t === LIKE_ANY || t === LIKE_ONE) texts.push("");
        else texts[texts.length - 1] += t;
      }
      return every(texts.map(holds));
    }
    case "==":
      for (const [field, other] of [[expr.left, expr.right], [expr.right, expr.left]]) {
        if (!isRaw(field) || other.op !== "const" || typeof other.value !== "string") continue;
        return holds(other.value);
      }
      return TRUE;
    case "in": {
      if (!isRaw(expr.value) || expr.negated || expr.set.kind !== "values") return TRUE;
      return some(expr.set.values.map((v) => typeof v === "string" ? holds(v) : TRUE));
    }
    default:
      return TRUE;
  }
}

const isRaw = (e: IrExpr) => e.op === "field" && e.name === "_raw";

function every(tests: readonly string[]): string {
  const real = [...new Set(tests)].filter((t) => t !== TRUE).slice(0, TEXTS);
  return real.length === 0 ? TRUE : `(${real.join(" AND ")})`;
}

function some(tests: readonly string[]): string {
  if (tests.length === 0 || tests.length > TEXTS || tests.includes(TRUE)) return TRUE;
  return `(${[...new Set(tests)].join(" OR ")})`;
}

/** Of a long text some of its grams, from all over it. */
function holds(text: string): string {
  const all = gramsOf(text);
  const step = Math.max(1, all.length / GRAMS);
  const asked = Array.from(
    { length: Math.min(all.length, GRAMS) },
    (_, i) => all[Math.floor(i * step)],
  );
  return every(
    asked.map((gram) =>
      `(get_byte(substring(b.grams FROM ((${gram} & b.mask) >> 3) + 1 FOR 1), 0) >> ${
        gram & 7
      }) & 1 = 1`
    ),
  );
}
