/** What an engine counts. */
import type { AlertEmitter } from "./alerts/emitter.ts";
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
  /** Names of rules that lost state to a cap. */
  readonly degraded: readonly string[];
}

/** The counts that rules and their state keep. */
export function stateCounters(
  { evicted, rowsEvicted, nullKeys }: RowContext,
  sinks: readonly AlertEmitter[],
): Omit<Counters, "events" | "late" | "buffered"> {
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
