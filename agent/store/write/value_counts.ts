/** Counts of the values of one field. */
import type { Count } from "./capped_counts.ts";

/** Counts of the values of one field in one hour. */
export class ValueCounts {
  readonly counts = new Map<string, Count>();
  private last = "";
  private lastCount: Count = { events: 0 };

  add(value: string, events: number): void {
    // Lines of one connection follow each other, and say the same of it.
    if (value === this.last && value !== "") {
      this.lastCount.events += events;
      return;
    }
    let count = this.counts.get(value);
    if (count === undefined) this.counts.set(value, count = { events: 0 });
    count.events += events;
    this.last = value;
    this.lastCount = count;
  }
}
