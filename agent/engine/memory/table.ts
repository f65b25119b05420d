/**
 * State by key, in order of last touch, with a cap. What a key holds is a row of numbers in one
 * array, not an object: with a million keys the collector has nothing to walk through, and what a
 * touch needs lies in one or two cache lines.
 */
import type { IrKey } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";
import type { Row, RowContext } from "./context.ts";
import { KEY_NUMBERS, KeyIndex } from "./keys.ts";
import { RingArena } from "./ring_arena.ts";
import { InternPool } from "./intern_pool.ts";

/** The tables of one engine together, for the cap over all, and the rows and values that they hold. */
export class TableGroup {
  size = 0;
  readonly tables: KeyTable[] = [];
  /** Rows of which only the place is held. */
  readonly rows = new RingArena(0);
  readonly values = new InternPool();
  readonly #rows: RingArena[] = [this.rows];

  /** Rows with so many cells. */
  rowsWith(cells: number): RingArena {
    return this.#rows[cells] ??= new RingArena(cells);
  }
}

/** No slot: a key that is not there, or the end of the list. */
export const NONE = -1;

/**
 * A record is the key, the list's two links, the time of the last touch, the checkpoint period of
 * the last touch, and what the operator holds: an integer beside that period, and as many numbers
 * as it needs. Places of integers are in words of 32 bits, places of others in numbers of 64.
 */
const OLDER = 2 * KEY_NUMBERS, NEWER = OLDER + 1;
const TOUCHED = KEY_NUMBERS + 1;
const EPOCH = 2 * KEY_NUMBERS + 4;
/** The operator's integer beside the period. */
export const OWN_INT = EPOCH + 1;
/** The operator's first number. */
export const OWN = KEY_NUMBERS + 3;

export interface KeyTableOptions {
  readonly cx: RowContext;
  /** Index of the rule. */
  readonly rule: number;
  readonly group: TableGroup;
  /** Fields of the key; empty where nobody asks for their values. */
  readonly by: readonly IrKey[];
  /** Numbers of a record. */
  readonly width: number;
  /** What the operator holds for a slot elsewhere is to be let go. */
  readonly onRemove: (slot: number) => void;
  /** Called before `onRemove` where the cap drives the key out. */
  readonly onEvict: (slot: number) => void;
}

/**
 * Slots for keys, and a list through them from the one touched longest ago to the newest. Rows come
 * in order of event time, so the list is in order of time too, and what has expired is at its head.
 */
export class KeyTable {
  /** Slot s begins at `s * width`. Replaced when they grow: not to be held. */
  records: Float64Array;
  /** The same in words of 32 bits: slot s begins at `2 * s * width`. */
  ints: Int32Array;
  /** The same, as the index reads keys. */
  #words: Uint32Array;
  readonly #index: KeyIndex;
  /** Values of keys that are not all text: those of others are read from the key. */
  readonly #values = new Map<number, Value[]>();
  /** Slots ever used. */
  #slots = 0;
  /** First of the free slots, which are chained through NEWER. */
  #free = NONE;
  oldest = NONE;
  newest = NONE;
  /**
   * Keys of the last checkpoint that were removed since; null while nobody takes those. A key that
   * came and went between two checkpoints is not among them, one that came again is.
   */
  removed: Set<string> | null = null;
  /** By slot, 1 where a checkpoint holds its key and it was not removed since. */
  #saved = new Uint8Array(4);

  readonly cx: RowContext;
  readonly rule: number;
  readonly group: TableGroup;
  readonly by: readonly IrKey[];
  readonly width: number;
  readonly onRemove: (slot: number) => void;
  readonly onEvict: (slot: number) => void;

  constructor({ cx, rule, group, by, width, onRemove, onEvict }: KeyTableOptions) {
    this.cx = cx;
    this.rule = rule;
    this.group = group;
    this.by = by;
    this.width = width;
    this.onRemove = onRemove;
    this.onEvict = onEvict;
    this.records = new Float64Array(4 * width);
    this.ints = new Int32Array(this.records.buffer);
    this.#words = new Uint32Array(this.records.buffer);
    this.#index = new KeyIndex(0, 2 * width);
    group.tables.push(this);
  }

  get size(): number {
    return this.#index.size;
  }

  /** The key's slot, or NONE. */
  get(key: string): number {
    return this.#index.get(key, this.#words);
  }

  /** The text of a slot's key, safe to hold. */
  key(slot: number): string {
    return this.#index.text(slot, this.#words);
  }

  /** Event time of the last touch. */
  touched(slot: number): number {
    return this.records[slot * this.width + TOUCHED];
  }

  /** Adds a row's key as the newest, and evicts while a cap is passed. The record's own part is 0. */
  addRow(key: string, row: Row, t: number): number {
    const { by } = this;
    let text = true;
    for (const k of by) {
      const v = field(row, k.field);
      if (v !== undefined && typeof v !== "string") text = false;
    }
    const values = text ? null : by.map((k) => keepValue(field(row, k.field)));
    return this.add(key, values, t);
  }

  /** As {@link addRow}, with the values of the key's fields. */
  add(key: string, values: Value[] | null, t: number): number {
    let slot = this.#free;
    if (slot !== NONE) this.#free = this.ints[2 * slot * this.width + NEWER];
    else {
      slot = this.#slots++;
      if (this.#slots * this.width > this.records.length) this.#grow();
    }
    const at = slot * this.width;
    // A few numbers: less than what a call of fill takes.
    const { records } = this;
    for (let i = at; i < at + this.width; i++) records[i] = 0;
    records[at + TOUCHED] = t;
    this.ints[2 * at + EPOCH] = this.cx.epoch;
    this.#index.add(key, slot, this.#words);
    if (values?.some((v) => v !== undefined && typeof v !== "string")) {
      this.#values.set(slot, values);
    }
    this.group.size++;
    this.#saved[slot] = 0;
    this.#link(slot);
    const { keysPerRule, keysInAll } = this.cx.limits;
    // Never the key just added: its caller goes on with it.
    while (this.size > keysPerRule && this.oldest !== slot) this.evict();
    while (this.group.size > keysInAll) {
      let most = this.group.tables[0];
      for (const t of this.group.tables) if (t.size > most.size) most = t;
      if (most === this && this.oldest === slot) break;
      most.evict();
    }
    return slot;
  }

  /** The values of a key's fields, as they were when it was added. */
  values(slot: number): Value[] {
    const held = this.#values.get(slot);
    if (held !== undefined) return held;
    const { by } = this;
    const key = this.key(slot);
    return by.length === 1 && !by[0].nullable ? [key] : keyParts(key);
  }

  /** A row of the values of the key's fields alone. */
  row(slot: number): Row {
    const values = this.values(slot);
    const row: Row = {};
    this.by.forEach((k, i) => row[k.field] = values[i]);
    return row;
  }

  /** Marks a key touched at event time `t`. */
  touch(slot: number, t: number): void {
    const at = slot * this.width;
    this.records[at + TOUCHED] = t;
    this.ints[2 * at + EPOCH] = this.cx.epoch;
    if (this.newest === slot) return;
    this.#unlink(slot);
    this.#link(slot);
  }

  remove(slot: number): void {
    if (this.removed !== null && this.#saved[slot] === 1) this.removed.add(this.key(slot));
    this.onRemove(slot);
    this.#index.remove(slot, this.#words);
    if (this.#values.size > 0) this.#values.delete(slot);
    this.group.size--;
    this.#unlink(slot);
    this.ints[2 * slot * this.width + NEWER] = this.#free;
    this.#free = slot;
  }

  evict(): void {
    const slot = this.oldest;
    if (slot === NONE) return;
    this.onEvict(slot);
    this.remove(slot);
    this.cx.evicted[this.rule] = (this.cx.evicted[this.rule] ?? 0) + 1;
  }

  /**
   * All slots from the one touched longest ago, or those touched since a checkpoint period: the cost
   * follows the change. They go into a checkpoint.
   */
  slots(since: number | null): number[] {
    const { ints } = this;
    const width = 2 * this.width;
    const out: number[] = [];
    for (let s = this.newest; s !== NONE; s = ints[s * width + OLDER]) {
      if (since !== null && ints[s * width + EPOCH] < since) break;
      out.push(s);
      this.#saved[s] = 1;
    }
    return out.reverse();
  }

  /** Keys of the checkpoint before this one that are gone since. */
  takeRemoved(): string[] {
    // Asked here and not for each key that is added: very many are, between two checkpoints.
    const removed = [...this.removed ?? []].filter((key) => this.get(key) === NONE);
    this.removed = new Set();
    return removed;
  }

  #grow(): void {
    const more = new Float64Array(this.records.length * 2);
    more.set(this.records);
    this.records = more;
    this.ints = new Int32Array(more.buffer);
    this.#words = new Uint32Array(more.buffer);
    const saved = new Uint8Array(this.#saved.length * 2);
    saved.set(this.#saved);
    this.#saved = saved;
  }

  #link(slot: number): void {
    const r = this.ints;
    const width = 2 * this.width;
    r[slot * width + OLDER] = this.newest;
    r[slot * width + NEWER] = NONE;
    if (this.newest !== NONE) r[this.newest * width + NEWER] = slot;
    else this.oldest = slot;
    this.newest = slot;
  }

  #unlink(slot: number): void {
    const r = this.ints;
    const width = 2 * this.width;
    const older = r[slot * width + OLDER], newer = r[slot * width + NEWER];
    if (older !== NONE) r[older * width + NEWER] = newer;
    else this.oldest = newer;
    if (newer !== NONE) r[newer * width + OLDER] = older;
    else this.newest = older;
  }
}

/** The parts of a key that `keyPart` put together: "-", or a length, a colon and the text. */
function keyParts(key: string): Value[] {
  const out: Value[] = [];
  for (let i = 0; i < key.length;) {
    if (key[i] === "-") {
      out.push(undefined);
      i++;
    } else {
      const colon = key.indexOf(":", i);
      const end = colon + 1 + Number(key.slice(i, colon));
      out.push(key.slice(colon + 1, end));
      i = end;
    }
  }
  return out;
}
