/** A binary heap: what comes first by `before` is taken first. */
export class Heap<T> {
  readonly #items: T[] = [];

  constructor(private readonly before: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.#items.length;
  }
  peek(): T | undefined {
    return this.#items[0];
  }
  /** All items, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }
  /** All items, in the order in which they would be taken. */
  sorted(): T[] {
    return [...this.#items].sort((a, b) => this.before(a, b) ? -1 : 1);
  }

  add(item: T): void {
    const { before } = this;
    const h = this.#items;
    let i = h.length;
    h.push(item);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(item, h[up])) break;
      h[i] = h[up];
      i = up;
    }
    h[i] = item;
  }

  take(): T | undefined {
    const { before } = this;
    const h = this.#items;
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
