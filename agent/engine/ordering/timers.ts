/**
 * Deadlines in event time. At one deadline those downstream come first: a signal that is made at
 * that moment is a row of it, and comes after the deadlines of what it reaches. The end of `within`
 * takes its last moment in, so it is half a millisecond after that; there signals come before.
 */
import { Heap } from "./heap.ts";

export interface Timer {
  readonly due: number;
  readonly rule: number;
  readonly stage: number;
  readonly key: string;
}

/** Whether a timer fires before another. */
export function before(a: Timer, b: Timer): boolean {
  if (a.due !== b.due) return a.due < b.due;
  // Rules stand behind those whose signals they read.
  if (a.rule !== b.rule) return (a.rule < b.rule) === (a.due % 1 !== 0);
  if (a.stage !== b.stage) return a.stage > b.stage;
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

  /** The one that is taken next. */
  peek(): Timer | undefined {
    return this.#heap.peek();
  }

  take(): Timer | undefined {
    const top = this.#heap.take();
    this.next = this.#heap.peek()?.due ?? Infinity;
    return top;
  }
}
