/**
 * What correlations mean, after the specification 2.1, written apart from the compiler and the engine
 * and for reading: all events at once, every window searched anew.
 */
import { parseAllDocuments } from "yaml";
import { type PlainEvent, plainRule } from "./evaluate.ts";

/** An event at a time in ms. */
export interface TimedEvent {
  readonly t: number;
  readonly fields: PlainEvent;
}

/** When a correlation matches, and the values that it groups by. */
export interface PlainMatch {
  readonly t: number;
  readonly key: string;
}

interface PlainCorrelation {
  readonly type: string;
  readonly rules: readonly string[];
  readonly "group-by"?: readonly string[];
  readonly timespan: string;
  readonly condition?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Row {
  readonly t: number;
  readonly key: string;
  /** Numbers of the rules that match. */
  readonly rules: readonly number[];
  /** What is counted, summed …; missing where it has no such field. */
  readonly value: string | undefined;
}

/**
 * Matches of the correlation in the first document over rules in the others. Of events in a row that
 * keep a condition true the first is the match; of a temporal one the first of each group.
 * @param events in order of time
 */
export function plainCorrelation(text: string, events: readonly TimedEvent[]): PlainMatch[] {
  const [first, ...others] = parseAllDocuments(text).map((d) => d.toJS());
  const c = first.correlation as PlainCorrelation;
  const rules = c.rules.map((name) => {
    const doc = others.find((d) => d.name === name || d.id === name);
    return { name, matches: plainRule(JSON.stringify(doc)) };
  });
  const rows = events.flatMap((e) => rowOf(c, rules, e));
  const ms = Number(c.timespan.slice(0, -1)) *
    { s: 1000, m: 60_000, h: 3_600_000 }[c.timespan.slice(-1)]!;
  const out: PlainMatch[] = [];
  for (const key of new Set(rows.map((r) => r.key))) {
    const own = rows.filter((r) => r.key === key);
    out.push(...matchesOf(c, own, ms).map((t) => ({ t, key })));
  }
  return out.sort((a, b) => a.t - b.t || (a.key < b.key ? -1 : 1));
}

function rowOf(
  c: PlainCorrelation,
  rules: readonly { name: string; matches: (e: PlainEvent) => boolean }[],
  { t, fields }: TimedEvent,
): Row[] {
  const numbers = rules.flatMap((r, i) => r.matches(fields) ? [i] : []);
  if (numbers.length === 0) return [];
  const named = (name: string) =>
    fields[c.aliases?.[name]?.[rules[numbers[0]].name] ?? name] as string | undefined;
  const keys = (c["group-by"] ?? []).map(named);
  if (keys.includes(undefined)) return [];
  const counted = [c.condition?.field ?? []].flat() as string[];
  const values = counted.map(named);
  const value = values.length === 0 || values.includes(undefined)
    ? undefined
    : JSON.stringify(values);
  return [{ t, key: JSON.stringify(keys), rules: numbers, value }];
}

function matchesOf(c: PlainCorrelation, rows: readonly Row[], ms: number): number[] {
  if (c.type === "temporal_ordered") {
    return rows.filter((_, i) => ordered(rows.slice(0, i + 1), c.rules.length, ms)).map((r) => r.t)
      .slice(0, 1);
  }
  if (c.type === "temporal" && (c.condition?.gte ?? c.rules.length) === c.rules.length) {
    return rows.filter((r, i) => {
      const near = rows.slice(0, i + 1).filter((x) => x.t >= r.t - ms);
      return c.rules.every((_, n) => near.some((x) => x.rules.includes(n)));
    }).map((r) => r.t).slice(0, 1);
  }
  const holds = (window: readonly Row[]) => limitsHold(c, measureOf(c, window));
  if (breakable(c)) {
    const ends = [...new Set(rows.map((r) => (Math.floor(r.t / ms) + 1) * ms))];
    return ends.filter((end) => holds(rows.filter((r) => r.t < end && r.t >= end - ms)));
  }
  const out: number[] = [];
  if (c.type === "temporal") {
    const found = rows.findIndex((r, i) =>
      holds(rows.slice(0, i + 1).filter((x) => x.t > r.t - ms))
    );
    return found < 0 ? [] : [rows[found].t];
  }
  rows.forEach((r, i) => {
    const at = (n: number) => holds(rows.slice(0, n + 1).filter((x) => x.t > rows[n].t - ms));
    if (!at(i)) return;
    if (i > 0 && at(i - 1) && r.t - rows[i - 1].t < ms) return;
    out.push(r.t);
  });
  return out;
}

/** Whether the last row ends a run of all rules in their order. */
function ordered(rows: readonly Row[], count: number, ms: number): boolean {
  const last = rows[rows.length - 1];
  const back = (at: number, rule: number): boolean =>
    rows[at].rules.includes(rule) && rows[at].t >= last.t - ms &&
    (rule === 0 || rows.some((_, i) => i < at && back(i, rule - 1)));
  return back(rows.length - 1, count - 1);
}

/** Whether further events can end what held: more than allowed, or a number that has to be exact. */
function breakable({ type, condition }: PlainCorrelation): boolean {
  const ops = Object.keys(condition ?? {}).filter((k) => k !== "field" && k !== "percentile");
  if (ops.includes("eq") || ops.includes("neq")) return true;
  const upper = ops.includes("lt") || ops.includes("lte");
  if (type === "value_min") return ops.includes("gt") || ops.includes("gte");
  return upper && !["value_avg", "value_median", "value_percentile"].includes(type);
}

function measureOf(c: PlainCorrelation, rows: readonly Row[]): number | undefined {
  if (c.type === "event_count") return rows.length;
  if (c.type === "temporal") return new Set(rows.flatMap((r) => r.rules)).size;
  const present = rows.flatMap((r) => r.value === undefined ? [] : [r.value]);
  if (c.type === "value_count") return new Set(present).size;
  const numbers = present.map((v) => JSON.parse(v)[0] as string).filter((v) => v.trim() !== "")
    .map(Number).filter(Number.isFinite).sort((a, b) => a - b);
  if (numbers.length === 0) return undefined;
  const total = numbers.reduce((a, b) => a + b, 0);
  switch (c.type) {
    case "value_sum":
      return total;
    case "value_avg":
      return total / numbers.length;
    case "value_min":
      return numbers[0];
    case "value_max":
      return numbers[numbers.length - 1];
    case "value_median":
      return rank(numbers, 50);
    case "value_percentile":
      return rank(numbers, Number(c.condition!.percentile));
    default:
      throw new Error(`The plain evaluator does not know "${c.type}"`);
  }
}

/** The smallest value that so many per cent of the values do not exceed. */
const rank = (sorted: readonly number[], percent: number): number =>
  sorted.find((v) => sorted.filter((x) => x <= v).length * 100 >= percent * sorted.length)!;

function limitsHold({ condition, rules }: PlainCorrelation, n: number | undefined): boolean {
  if (n === undefined) return false;
  const limits = condition ?? { gte: rules.length };
  return Object.entries(limits).every(([op, limit]) => {
    const value = Number(limit);
    switch (op) {
      case "gt":
        return n > value;
      case "gte":
        return n >= value;
      case "lt":
        return n < value;
      case "lte":
        return n <= value;
      case "eq":
        return n === value;
      case "neq":
        return n !== value;
      default:
        return true;
    }
  });
}
