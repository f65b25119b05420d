/** Which counters of the live stream say something that the pages do not know of yet. */
import type { Counters } from "../../server/types/mod.ts";

export type Counted = Pick<Counters, "events" | "parse_errors" | "alerts" | "open_alerts">;

const sumOf = ({ events, parse_errors, alerts, open_alerts }: Counted): string =>
  [events, parse_errors, alerts, open_alerts].join();

/**
 * What the pages know of: at first what an answer said, or counters that came before any, since pages
 * that were just opened ask by themselves; then what the counters said last.
 */
export class KnownCounts {
  #known: string | null = null;
  /** Whether counters came before any answer. */
  #early = false;

  /** An answer about all that is stored. @returns whether counters before it said something else */
  answered(counted: Counted): boolean {
    const sum = sumOf(counted);
    const differs = this.#early && this.#known !== sum;
    this.#early = false;
    this.#known ??= sum;
    return differs;
  }

  /** @returns whether counters say what is not known yet */
  counted(counters: Counted): boolean {
    const before = this.#known;
    this.#known = sumOf(counters);
    this.#early = before === null;
    return before !== null && before !== this.#known;
  }
}
