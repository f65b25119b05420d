/** Deadlines in event time, taken in order of (due, rule, stage, key). */

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

/** A binary heap. Timers are not cancelled: who set one sees, when it fires, whether it still counts. */
export class Timers {
  readonly #heap: Timer[] = [];
  /** The earliest deadline; Infinity when there is none. */
  next = Infinity;

  get size(): number {
    return this.#heap.length;
  }

  add(timer: Timer): void {
    const h = this.#heap;
    let i = h.length;
    h.push(timer);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(timer, h[up])) break;
      h[i] = h[up];
      i = up;
    }
    h[i] = timer;
    this.next = h[0].due;
  }

  take(): Timer | undefined {
    const h = this.#heap;
    const top = h[0];
    if (top === undefined) return undefined;
    const last = h.pop()!;
    if (h.length > 0) {
      let i = 0;
      for (;;) {
        let c = 2 * i + 1;
        if (c >= h.length) break;
        if (c + 1 < h.length && before(h[c + 1], h[c])) c++;
        if (!before(h[c], last)) break;
        h[i] = h[c];
        i = c;
      }
      h[i] = last;
    }
    this.next = h.length > 0 ? h[0].due : Infinity;
    return top;
  }
}
