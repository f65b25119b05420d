/** Deadlines in event time, taken in order of (due, rule, stage, key). */
import { Heap } from "./heap.ts";

export interface Timer {
  readonly due: number;
  readonly rule: number;
  readonly stage: number;
  readonly key: string;
}

function before(a: Timer, b: Timer): boolean {
  if (a.due !== b.due) return a.due < b.due;
  if (a.rule !== b.rule) return a.rule < b.rule;
  if (a.stage !== b.stage) return a.stage < b.stage;
  return a.key < b.key;
}

/** Timers are not cancelled: who set one sees, when it fires, whether it still counts. */
export class Timers {
  readonly #heap = new Heap(before);
  /** The earliest deadline; Infinity when there is none. */
  next = Infinity;

  get size(): number {
    return this.#heap.size;
  }

  add(timer: Timer): void {
    this.#heap.add(timer);
    if (timer.due < this.next) this.next = timer.due;
  }

  take(): Timer | undefined {
    const top = this.#heap.take();
    this.next = this.#heap.peek()?.due ?? Infinity;
    return top;
  }
}
