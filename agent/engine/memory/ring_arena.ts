/**
 * The rows that windows hold, as numbers: where each was read (time, offset, slot and check), and
 * behind these what its aggregates took from it, one cell each. They stand in blocks of 1, 2, 4, …
 * rows that are cut from large arrays and used again. A block is a ring.
 */
import { addRef, type EventRefs, newRefs } from "./records.ts";

/** Rows of one large array; a larger block has an array of its own. */
const BITS = 12;
const ROWS = 1 << BITS;

/** Numbers that say where a row was read: its time, offset, and slot and check. Behind them are the cells. */
export const CELLS = 3;

export class RingArena {
  /** Numbers of a row. */
  readonly width: number;
  readonly #arrays: Float64Array[] = [];
  /** First free block by the logarithm of its size; chained through the first number of each. */
  readonly #free: number[] = [];
  /** The next row of the newest array that was never used, and the end of that array. */
  #next = 0;
  #end = 0;

  constructor(cells: number) {
    this.width = CELLS + cells;
  }

  /** A block of `1 << size` rows. */
  take(size: number): number {
    const free = this.#free[size] ?? -1;
    if (free >= 0) {
      this.#free[size] = this.#arrays[free >> BITS][(free & (ROWS - 1)) * this.width];
      return free;
    }
    const rows = 1 << size;
    if (rows > ROWS) return (this.#arrays.push(new Float64Array(this.width * rows)) - 1) << BITS;
    // The rest of an array goes to those that need less.
    while (this.#end - this.#next < rows) {
      if (this.#next === this.#end) {
        this.#next = (this.#arrays.push(new Float64Array(this.width * ROWS)) - 1) << BITS;
        this.#end = this.#next + ROWS;
      } else {
        const left = 31 - Math.clz32(this.#end - this.#next);
        this.give(this.#next, left);
        this.#next += 1 << left;
      }
    }
    const block = this.#next;
    this.#next += rows;
    return block;
  }

  /** Takes a block back. */
  give(block: number, size: number): void {
    this.#arrays[block >> BITS][(block & (ROWS - 1)) * this.width] = this.#free[size] ?? -1;
    this.#free[size] = block;
  }

  /** The array in which a block is, for one who reads many of its numbers. */
  numbersOf(block: number): Float64Array {
    return this.#arrays[block >> BITS];
  }

  /** Where in that array its first row begins. */
  placeOf(block: number): number {
    return (block & (ROWS - 1)) * this.width;
  }

  set(block: number, i: number, t: number, offset: number, meta: number): void {
    const a = this.#arrays[block >> BITS];
    const at = ((block & (ROWS - 1)) + i) * this.width;
    a[at] = t;
    a[at + 1] = offset;
    a[at + 2] = meta;
  }

  time(block: number, i: number): number {
    return this.#arrays[block >> BITS][((block & (ROWS - 1)) + i) * this.width];
  }

  setTime(block: number, i: number, t: number): void {
    this.#arrays[block >> BITS][((block & (ROWS - 1)) + i) * this.width] = t;
  }

  /** Two rows of a block change places, cells and all. */
  swap(block: number, i: number, j: number): void {
    const a = this.#arrays[block >> BITS];
    const base = block & (ROWS - 1), width = this.width;
    const from = (base + i) * width, to = (base + j) * width;
    for (let k = 0; k < width; k++) {
      const n = a[from + k];
      a[from + k] = a[to + k];
      a[to + k] = n;
    }
  }

  /** What a row holds for a column of the aggregates. */
  cell(block: number, i: number, column: number): number {
    const at = ((block & (ROWS - 1)) + i) * this.width + CELLS;
    return this.#arrays[block >> BITS][at + column];
  }

  setCell(block: number, i: number, column: number, value: number): void {
    const at = ((block & (ROWS - 1)) + i) * this.width + CELLS;
    this.#arrays[block >> BITS][at + column] = value;
  }

  /** `n` rows of a ring of `1 << size` from `head` on, laid out from the beginning of another block. */
  copy(from: number, size: number, head: number, n: number, to: number): void {
    const source = this.#arrays[from >> BITS], target = this.#arrays[to >> BITS];
    const width = this.width;
    const a = (from & (ROWS - 1)) * width, b = (to & (ROWS - 1)) * width;
    const first = Math.min(n, (1 << size) - head) * width, all = n * width;
    // Most are a few numbers: less than what a view on them takes.
    const begin = a + head * width;
    for (let i = 0; i < first; i++) target[b + i] = source[begin + i];
    for (let i = first; i < all; i++) target[b + i] = source[a + i - first];
  }

  /** `n` rows of a ring from `head` on as flat triples. */
  list(block: number, size: number, head: number, n: number): number[] {
    const a = this.#arrays[block >> BITS];
    const base = block & (ROWS - 1), mask = (1 << size) - 1;
    const out: number[] = [];
    for (let i = 0; i < n; i++) {
      const at = (base + ((head + i) & mask)) * this.width;
      out.push(a[at], a[at + 1], a[at + 2]);
    }
    return out;
  }

  /** The rows of a ring as an alert names them: all, or the first 50 and the newest 50. */
  refs(block: number, size: number, head: number, n: number): EventRefs {
    const a = this.#arrays[block >> BITS];
    const base = block & (ROWS - 1), mask = (1 << size) - 1;
    const refs = newRefs();
    for (let i = 0; i < n; i++) {
      if (i === 50 && n > 100) i = n - 50;
      const at = (base + ((head + i) & mask)) * this.width;
      addRef(refs, a[at], a[at + 1], a[at + 2]);
    }
    return refs;
  }
}

/** The logarithm of the smallest block for `n` rows. */
export const sizeFor = (n: number): number => n <= 1 ? 0 : 32 - Math.clz32(n - 1);
