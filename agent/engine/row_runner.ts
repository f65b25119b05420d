/** Runs rows and timers through the operators, in order of event time. */
import type { Event } from "../event.ts";
import type { RowContext } from "./memory/context.ts";
import type { Detector } from "./operators/build.ts";
import type { Operator } from "./operators/operator.ts";
import type { Timer, Timers } from "./ordering/timers.ts";

export class RowRunner {
  readonly timers: Timers;

  constructor(
    private readonly cx: RowContext,
    /** By rule and stage. */
    private readonly operators: readonly (readonly Operator[])[],
  ) {
    this.timers = cx.timers;
  }

  /**
   * One row in order, after the timers that are due before it. Where it was read is set on the
   * context before. @returns what the detector gave
   */
  run(event: Event, detector: Detector, mode: number): number {
    const { cx } = this;
    const t = event._time;
    if (this.timers.next <= t) this.fire(t);
    cx.t = t;
    cx.seq++;
    cx.key = "";
    cx.contributing = null;
    const result = detector(event, mode);
    if (cx.waiting.length > 0) this.#flush();
    return result;
  }

  /** Fires timers that are due at or before a time, in order. */
  fire(until: number): void {
    const { timers } = this;
    while (timers.next <= until) {
      const timer = timers.take()!;
      this.#fire(timer, this.operators[timer.rule][timer.stage]);
    }
  }

  /** As {@link fire}, of some operators; timers of the others stay. */
  fireOnly(until: number, which: (operator: Operator) => boolean): void {
    const { timers } = this;
    const rest: Timer[] = [];
    while (timers.next <= until) {
      const timer = timers.take()!;
      const operator = this.operators[timer.rule][timer.stage];
      if (which(operator)) this.#fire(timer, operator);
      else rest.push(timer);
    }
    for (const timer of rest) timers.add(timer);
  }

  #fire(timer: Timer, operator: Operator): void {
    const { cx } = this;
    cx.t = timer.due;
    cx.seq++;
    cx.key = "";
    cx.contributing = null;
    operator.fire(timer.key, timer.due);
    if (cx.waiting.length > 0) this.#flush();
  }

  /** Sequences take the steps of the current row. */
  #flush(): void {
    const { waiting } = this.cx;
    while (waiting.length > 0) {
      // By rule: a sequence that reads another's signal comes after it.
      if (waiting.length > 1) {
        (waiting as unknown as { rule: number }[]).sort((a, b) => a.rule - b.rule);
      }
      waiting.shift()!.flush();
    }
  }
}
