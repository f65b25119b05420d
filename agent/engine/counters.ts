/** What an engine counts. */
import type { AlertEmitter } from "./alerts/emitter.ts";
import { exceptionsOf } from "./alerts/rule_end.ts";
import type { RowContext } from "./memory/context.ts";

export interface Counters {
  readonly events: number;
  /** Rows behind what had been passed, and those without a time that can be believed: stateless rules alone see these. */
  readonly late: number;
  /** Keys driven out by a cap, and rows driven out of a key's window. */
  readonly evicted: number;
  readonly rowsEvicted: number;
  /** Rows left out because a field of their key was missing. */
  readonly nullKeys: number;
  /** Rows that wait for the watermark. */
  readonly buffered: number;
  /** Hits by rule; held-back ones are not among them. */
  readonly hits: Readonly<Record<string, number>>;
  /** Hits that throttles held back, by rule. */
  readonly suppressed: Readonly<Record<string, number>>;
  /** Rows that exceptions held back: by rule, and by the exceptions' ids. */
  readonly excepted: ExceptedCounts;
  /** Names of rules that lost state to a cap. */
  readonly degraded: readonly string[];
}

export interface ExceptedCounts {
  readonly byRule: Readonly<Record<string, number>>;
  readonly byException: Readonly<Record<string, number>>;
}

/** Sums what the exceptions of all rules held back; those that held nothing back have a 0. */
export function exceptedCounts(
  sinks: Iterable<Pick<AlertEmitter, "rule" | "excepted">>,
): ExceptedCounts {
  const byRule: Record<string, number> = {}, byException: Record<string, number> = {};
  for (const sink of sinks) {
    if (sink.excepted.length === 0) continue;
    for (const { index, id } of exceptionsOf(sink.rule)) {
      const n = sink.excepted[index];
      byRule[sink.rule.name] = (byRule[sink.rule.name] ?? 0) + n;
      byException[id] = (byException[id] ?? 0) + n;
    }
  }
  return { byRule, byException };
}

/** The counts that rules and their state keep. */
export function stateCounters(
  { evicted, rowsEvicted, nullKeys }: RowContext,
  sinks: readonly AlertEmitter[],
): Omit<Counters, "events" | "late" | "buffered" | "excepted"> {
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + (b ?? 0), 0);
  return {
    evicted: sum(evicted),
    rowsEvicted: sum(rowsEvicted),
    nullKeys: sum(nullKeys),
    hits: Object.fromEntries(sinks.map((s) => [s.rule.name, s.hits])),
    suppressed: Object.fromEntries(sinks.map((s) => [s.rule.name, s.suppressed])),
    degraded: sinks.filter((s) => s.degraded).map((s) => s.rule.name),
  };
}
