/**
 * Rows of large sliding windows as checkpoints hold them: in blocks, so that a key that is always busy
 * costs the rows that came, and not its window. Rows of a window are numbered as they come.
 */
import type { Value } from "../../../compiler/schema/types.ts";
import type { SavedBlock, SavedStage } from "./operator.ts";

/** Rows of a block. */
const ROWS = 64;
/** Rows from which on a window is saved in blocks, and below which it is not any more. */
const LARGE = 2 * ROWS, SMALL = ROWS;

interface Blocks {
  readonly key: string;
  /** Number of the next row. */
  end: number;
  /** Rows before this number are in stored blocks as they are. */
  saved: number;
  /** The first block that is stored, and the one after the last. */
  first: number;
  last: number;
}

/** What of a window is to be saved. */
interface ToSave {
  /** Number of the oldest row. */
  readonly oldest: number;
  /** Number of the first row to save, and its place in the window. */
  readonly from: number;
  readonly place: number;
}

export class WindowBlocks {
  /** By slot. */
  readonly #all: (Blocks | null)[] = [];
  #gone: [string, number][] = [];

  /** A window has got another row, its newest. */
  appended(slot: number): void {
    if (slot >= this.#all.length) return;
    const blocks = this.#all[slot];
    if (blocks) blocks.end++;
  }

  /** The newest of `n` rows was moved to an earlier place. */
  inserted(slot: number, n: number, place: number): void {
    const blocks = slot < this.#all.length ? this.#all[slot] : null;
    if (blocks) blocks.saved = Math.min(blocks.saved, blocks.end - n + place);
  }

  /** The window is gone. */
  remove(slot: number): void {
    const blocks = slot < this.#all.length ? this.#all[slot] : null;
    if (!blocks) return;
    this.#drop(blocks, blocks.last);
    this.#all[slot] = null;
  }

  /**
   * What of a window of `n` rows is to be saved in blocks, which counts as done; null when all of it
   * goes into its entry.
   * @param whole nothing of it is stored
   */
  save(slot: number, key: string, n: number, whole: boolean): ToSave | null {
    while (this.#all.length <= slot) this.#all.push(null);
    let blocks = this.#all[slot];
    if (whole) blocks = null;
    if (n < (blocks ? SMALL : LARGE)) {
      this.remove(slot);
      return null;
    }
    this.#all[slot] = blocks ??= { key, end: n, saved: 0, first: 0, last: 0 };
    const oldest = blocks.end - n;
    const from = Math.max(oldest, Math.floor(blocks.saved / ROWS) * ROWS);
    this.#drop(blocks, Math.floor(oldest / ROWS));
    blocks.saved = blocks.end;
    blocks.last = Math.ceil(blocks.end / ROWS);
    return { oldest, from, place: from - oldest };
  }

  /** A window was taken up from blocks that are stored: the number of its oldest row of `n`. */
  restored(slot: number, key: string, oldest: number, n: number): void {
    while (this.#all.length <= slot) this.#all.push(null);
    const end = oldest + n;
    const [first, last] = [Math.floor(oldest / ROWS), Math.ceil(end / ROWS)];
    this.#all[slot] = { key, end, saved: end, first, last };
  }

  /** Keys and numbers of blocks that went since the last call. */
  takeGone(): [string, number][] {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  /** Blocks before a number go. */
  #drop(blocks: Blocks, before: number): void {
    const end = Math.min(before, blocks.last);
    for (let no = blocks.first; no < end; no++) this.#gone.push([blocks.key, no]);
    blocks.first = Math.max(blocks.first, before);
  }
}

/**
 * Rows as blocks.
 * @param from number of the first row
 * @param rows three numbers each
 * @param values as many for each row
 */
export function cutBlocks(
  key: string,
  from: number,
  rows: readonly number[],
  values: readonly Value[],
): SavedBlock[] {
  const n = rows.length / 3, width = values.length / n;
  const out: SavedBlock[] = [];
  for (let at = 0; at < n;) {
    const no = Math.floor((from + at) / ROWS);
    const to = Math.min(n, (no + 1) * ROWS - from);
    const places = rows.slice(3 * at, 3 * to), some = values.slice(width * at, width * to);
    out.push([key, no, from + at, places, some]);
    at = to;
  }
  return out;
}

/** Entries with the rows that their blocks hold, and behind them the number of the oldest. */
export function joinBlocks(
  entries: SavedStage["entries"],
  blocks: readonly SavedBlock[],
): SavedStage["entries"] {
  const byKey = Map.groupBy(blocks, ([key]) => key);
  return entries.map(([key, state]) => {
    const all = state as unknown[];
    const of = byKey.get(key);
    if (!of || all[3] !== null) return [key, state];
    const [, , n] = all as number[];
    const oldest = all[10] as number;
    const rows: number[] = [], values: Value[] = [];
    for (const [, , from, places, some] of of.toSorted((a, b) => a[1] - b[1])) {
      const width = some.length / (places.length / 3);
      const skip = Math.max(0, oldest - from);
      rows.push(...places.slice(3 * skip));
      values.push(...some.slice(width * skip));
    }
    if (rows.length !== 3 * n) {
      throw new Error(`Blocks hold ${rows.length / 3} rows instead of ${n}`);
    }
    return [key, [...all.slice(0, 3), rows, values, ...all.slice(5, 11)]];
  });
}
