/** The accumulator of `min` and `max`. */
import { keepValue } from "../schema/keep.ts";
import type { Value } from "../schema/types.ts";
import type { Accumulator } from "./spec.ts";

/** Smallest or largest: a queue of the values that can still become it. */
export class Extreme implements Accumulator {
  queue: Value[] = [];
  head = 0;
  constructor(readonly sign: 1 | -1, readonly sliding: boolean) {}
  add(v: Value): Value {
    if (typeof v !== "number" && typeof v !== "string") return undefined;
    const kept = keepValue(v)!;
    const q = this.queue;
    while (
      q.length > this.head &&
      (kept > q[q.length - 1]! ? 1 : kept < q[q.length - 1]! ? -1 : 0) === this.sign
    ) {
      q.pop();
    }
    if (this.sliding || q.length === this.head) q.push(kept);
    return kept;
  }
  remove(v: Value): void {
    if (v === undefined || this.queue[this.head] !== v) return;
    if (++this.head > 32 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }
  value(): Value {
    return this.queue[this.head];
  }
  reset(): void {
    if (this.queue.length > 0) this.queue = [];
    this.head = 0;
  }
  save(): unknown {
    return this.queue.slice(this.head);
  }
  load(saved: unknown): void {
    this.queue = saved as Value[];
    this.head = 0;
  }
}
