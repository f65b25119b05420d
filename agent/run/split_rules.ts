/** Which rules each thread runs: parts that take about as long, by the kinds of events that came so far. */
import { groupsOf as groupsIn } from "../../compiler/ir/walk.ts";
import type { Plan, RulePlan, StagePlan } from "../../compiler/plan/plan.ts";

/** ns of one look at a condition, and of one behind an index, see docs/performance.md. */
const CONDITION = 20, INDEXED_CONDITION = 3;
/** Rules of a kind of event from which on they are behind an index. */
const INDEXED = 48;
/** ns that a thread has with an event beside rules, where that was not measured. */
const PARSING = 1300;
/** ns of a rule of which nothing is known yet. */
const UNKNOWN = 100;
/** What of an operator's rows reaches the one behind it. */
const PASSED = 0.3;

/** Indexes of rules. */
export type Rules = ReadonlySet<number>;

export interface Split {
  /** A set for each thread, the calling one first. */
  readonly parts: readonly Rules[];
  /** Rules of the calling thread that come after all others, whose signals they read. */
  readonly readers: Rules;
  /** Estimated time of one thread alone, in those of the slowest of them. */
  readonly gain: number;
}

export interface SplitOptions {
  /** Events by extraction id. */
  readonly seen: ReadonlyMap<number, number>;
  readonly threads: number;
  /** ns that the calling thread has more than the others with an event. */
  readonly extra: number;
  /** Signals may go from one part to another: rows come in order. */
  readonly signals: boolean;
  /** What was measured; estimated from the kinds of operators when left out. */
  readonly measured?: Measured;
}

/** What some events took in one thread, in ns of each. */
export interface Measured {
  /** Of parsing, and of looking for the rules that match, which behind an index takes half of them as long. */
  readonly each: number;
  /** Of operators, by the rule's index. */
  readonly rules: readonly number[];
}

/**
 * Shares rules out over so many threads; null where they cannot be parted. Rules that take signals stay
 * with those that give them, unless these give few: then they come after all others.
 */
export function splitRules(plan: Plan, of: SplitOptions): Split | null {
  const weights = weightsOf(plan, of);
  // A rule over the alerts of all others comes after them.
  const second = new Set(plan.rules.filter((r) => r.second).map((r) => r.index));
  const whole = second.size > 0 ? null : share(plan, second, weights, of);
  if (!of.signals) return whole;
  const readers = second.union(seldomRead(plan));
  const torn = throttleGroups(plan).some((g) =>
    g.some((r) => readers.has(r) !== readers.has(g[0]))
  );
  if (torn) return whole;
  const apart = readers.size === 0 ? null : share(plan, readers, weights, of);
  return (apart?.gain ?? 0) > (whole?.gain ?? 0) ? apart : whole;
}

function share(
  plan: Plan,
  readers: Rules,
  weights: readonly number[],
  { threads, extra, measured }: SplitOptions,
): Split | null {
  const each = measured?.each ?? PARSING;
  const weight = (rules: Iterable<number>) =>
    [...rules].reduce((sum, rule) => sum + weights[rule], 0);
  const groups = groupsOf(plan, readers).map((rules) => ({ rules, weight: weight(rules) }))
    .sort((a, b) => b.weight - a.weight);
  if (groups.length < 2) return null;
  const after = extra + weight(readers);
  const parts = Array.from({ length: Math.min(threads, groups.length) }, (_, i) => ({
    rules: new Set<number>(),
    load: each + (i === 0 ? after : 0),
  }));
  for (const { rules, weight } of groups) {
    const least = parts.reduce((a, b) => b.load < a.load ? b : a);
    for (const rule of rules) least.rules.add(rule);
    least.load += weight;
  }
  const all = groups.reduce((sum, g) => sum + g.weight, each + after);
  return {
    parts: parts.map((p) => p.rules),
    readers,
    gain: all / Math.max(...parts.map((p) => p.load)),
  };
}

/**
 * Rules that read signals of rules which count something before they give one, and whoever reads
 * theirs.
 */
function seldomRead(plan: Plan): Rules {
  const out = new Set<number>();
  const add = (rule: number): void => {
    if (out.has(rule)) return;
    out.add(rule);
    for (const reader of plan.rules[rule].readers) add(reader.rule);
  };
  for (const p of plan.rules) if (isSeldom(p)) p.readers.forEach((r) => add(r.rule));
  return out;
}

/** Its rows are made by a count, of values alone, so that they can go to another thread. */
function isSeldom({ stages }: RulePlan): boolean {
  const makers = stages.filter(({ command: c }) =>
    c === null || c.kind === "stats" || c.kind === "absent"
  );
  return makers.at(-1)?.command?.kind === "stats" &&
    stages.every((s) => s.command?.kind !== "baseline");
}

/** ns an event of each rule, by the rule's index. */
function weightsOf(plan: Plan, { seen, measured }: SplitOptions): number[] {
  // A rule that nothing has fed yet may be fed later: those are spread evenly.
  const least = seen.size > 0 ? 1 : UNKNOWN;
  const out = plan.rules.map(({ index }) => least + (measured?.rules[index] ?? 0));
  if (measured !== undefined) return out;
  const events = seen.values().reduce((a, b) => a + b, 0);
  for (const [id, n] of seen) {
    const { entries } = plan.kindOf(plan.catalogue.extractions[id]);
    const look = entries.length < INDEXED ? CONDITION : INDEXED_CONDITION;
    for (const { rule } of entries) {
      const behind = entries.length < INDEXED ? stagesCost(rule) : 0;
      out[rule.index] += n / events * (look + behind);
    }
  }
  return out;
}

function stagesCost({ stages }: RulePlan): number {
  let cost = 0;
  for (const stage of stages.toReversed()) cost = stageCost(stage) + PASSED * cost;
  return cost;
}

/** ns a row. */
function stageCost({ command }: StagePlan): number {
  if (command === null || command.kind === "absent") return 300;
  return command.kind === "stats" ? 300 + 150 * (command.aggs.length - 1) : 200;
}

/** Indexes of the rules that share a throttle, by its group. */
function throttleGroups(plan: Plan): number[][] {
  const names = plan.rules.map((r) => groupsIn(r.rule));
  return [...new Set(names.flat())].map((group) =>
    plan.rules.filter((_, i) => names[i].includes(group)).map((r) => r.index)
  );
}

/** Rules that signals or a throttle tie together, without those that come after all; each group in their order. */
function groupsOf(plan: Plan, readers: Rules): number[][] {
  const rules = plan.rules.filter((r) => !readers.has(r.index));
  const leader = plan.rules.map((r) => r.index);
  const find = (i: number): number => leader[i] === i ? i : leader[i] = find(leader[i]);
  for (const r of rules) {
    for (const { rule } of r.readers) if (!readers.has(rule)) leader[find(rule)] = find(r.index);
  }
  // Rules that share a throttle look into each other's.
  for (const group of throttleGroups(plan)) {
    for (const rule of group) if (!readers.has(rule)) leader[find(rule)] = find(group[0]);
  }
  return [...Map.groupBy(rules.map((r) => r.index), find).values()];
}
