/** Rows that wait for the watermark, in order of (time, input, offset). */
import type { Event } from "../event.ts";

export interface HeldRow {
  readonly time: number;
  /** Of its input; breaks ties of time. */
  readonly index: number;
  readonly offset: number;
  readonly slot: number;
  readonly check: number;
  readonly source: string;
  /** Extraction id. */
  readonly kind: number;
  readonly event: Event;
}

function before(a: HeldRow, b: HeldRow): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.index !== b.index) return a.index < b.index;
  return a.offset < b.offset;
}

export class RowHeap {
  readonly #rows: HeldRow[] = [];

  get size(): number {
    return this.#rows.length;
  }
  peek(): HeldRow | undefined {
    return this.#rows[0];
  }
  rows(): HeldRow[] {
    return [...this.#rows].sort((a, b) => before(a, b) ? -1 : 1);
  }

  add(row: HeldRow): void {
    const h = this.#rows;
    let i = h.length;
    h.push(row);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(row, h[up])) break;
      h[i] = h[up];
      i = up;
    }
    h[i] = row;
  }

  take(): HeldRow | undefined {
    const h = this.#rows;
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
    return top;
  }
}
