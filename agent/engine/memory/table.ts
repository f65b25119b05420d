/**
 * State by key, in order of last touch, with a cap. What a key holds is a row of numbers in one
 * array, not an object: with a million keys the collector has nothing to walk through, and what a
 * touch needs lies in one or two cache lines. The order is a queue to which each touch appends the
 * slot: what stood there before is stale, and passed over, so that no touch reads other keys' records.
 */
import type { IrKey } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";
import type { Row, RowContext } from "./context.ts";
import type { KeyPool } from "./key_pool.ts";
import { SlotIndex } from "./slot_index.ts";
import { RingArena } from "./ring_arena.ts";
import { InternPool } from "./intern_pool.ts";

/** The tables of one engine together, for the cap over all, and the rows and values that they hold. */
export class TableGroup {
  size = 0;
  constructor(readonly keys: KeyPool) {
    this.values = new InternPool(keys);
  }
  readonly tables: KeyTable[] = [];
  /** Rows of which only the place is held. */
  readonly rows = new RingArena(0);
  readonly values: InternPool;
  readonly #rows: RingArena[] = [this.rows];

  /** Rows with so many cells. */
  rowsWith(cells: number): RingArena {
    return this.#rows[cells] ??= new RingArena(cells);
  }
}

/** No slot: a key that is not there, or the end of the list. */
export const NONE = -1;

/**
 * A record is its place in the queue, a spare integer, the time of the last touch, the key, the checkpoint period of the
 * last touch, and what the operator holds: two integers beside those, and as many numbers as it needs.
 * Places of integers are in words of 32 bits, places of others in numbers of 64.
 */
const PLACE = 0, NEXT_FREE = 1;
const TOUCHED = 1;
const KEY = 4, EPOCH = 5;
/** The operator's integers. */
export const OWN_INT = 6, OTHER_INT = 7;
/** The operator's first number. */
export const OWN = 4;

export interface KeyTableOptions {
  readonly cx: RowContext;
  /** Index of the rule; negative of a table that no checkpoint has, which counts itself what is driven out. */
  readonly rule: number;
  readonly group: TableGroup;
  /** Fields of the key. */
  readonly by: readonly IrKey[];
  /** Numbers of a record. */
  readonly width: number;
  /** What the operator holds for a slot elsewhere is to be let go. */
  readonly onRemove: (slot: number) => void;
  /** Called before `onRemove` where the cap drives the key out. */
  readonly onEvict: (slot: number) => void;
}

/**
 * Slots for keys, and a queue of them from the one touched longest ago to the newest. Rows come in
 * order of event time, so the queue is in order of time too, and what has expired is at its head.
 */
export class KeyTable {
  /** Slot s begins at `s * width`. Replaced when they grow: not to be held. */
  records: Float64Array;
  /** The same in words of 32 bits: slot s begins at `2 * s * width`. */
  ints: Int32Array;
  readonly #index = new SlotIndex();
  /** Values of keys that are not all text: those of others are read from the key. */
  readonly #values = new Map<number, Value[]>();
  /** Slots ever used. */
  #slots = 0;
  /** First of the free slots, which are chained through NEXT_FREE. */
  #free = NONE;
  /** Slots as they were touched; an entry counts while the slot's record has its place. */
  #queue = new Int32Array(64);
  #head = 0;
  #tail = 0;
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
  readonly #keyPool: KeyPool;
  /** The key is the text of its one field, which must be there. */
  readonly #whole: boolean;

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
    this.#keyPool = group.keys;
    this.#whole = by.length === 0 || (by.length === 1 && !by[0].nullable);
    group.tables.push(this);
  }

  get size(): number {
    return this.#index.size;
  }

  /** The slot touched longest ago; NONE where there is none. */
  get oldest(): number {
    const queue = this.#queue, ints = this.ints, width = 2 * this.width, tail = this.#tail;
    let at = this.#head;
    while (at < tail && ints[queue[at] * width + PLACE] !== at) at++;
    this.#head = at;
    return at === tail ? NONE : queue[at];
  }

  /** The key's slot, or NONE. */
  get(key: number): number {
    return this.#index.get(key);
  }

  /** The key of its values. */
  keyFor(values: readonly Value[]): number {
    return this.#keyPool.ofValues(values, this.#whole);
  }

  /** A key's slot, or NONE, by its values. */
  find(values: readonly Value[]): number {
    return this.get(this.keyFor(values));
  }

  /** A slot's key. */
  keyOf(slot: number): number {
    return this.ints[2 * slot * this.width + KEY];
  }

  /** The key of a text that {@link key} gave, as checkpoints, timers and late rows have it. */
  read(text: string): number {
    return this.#keyPool.ofText(text, this.#whole);
  }

  /** The text of a slot's key, safe to hold. */
  key(slot: number): string {
    return this.#keyPool.text(this.keyOf(slot));
  }

  /** Event time of the last touch. */
  touched(slot: number): number {
    return this.records[slot * this.width + TOUCHED];
  }

  /** Adds a row's key as the newest, and evicts while a cap is passed. The record's own part is 0. */
  addRow(key: number, row: Row, t: number): number {
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
  add(key: number, values: Value[] | null, t: number): number {
    let slot = this.#free;
    if (slot !== NONE) this.#free = this.ints[2 * slot * this.width + NEXT_FREE];
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
    this.ints[2 * at + KEY] = key;
    this.#keyPool.retain(key);
    this.#index.add(key, slot);
    if (values?.some((v) => v !== undefined && typeof v !== "string")) {
      this.#values.set(slot, values);
    }
    this.group.size++;
    this.#saved[slot] = 0;
    this.#append(slot);
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
    return this.by.length === 0 ? [] : this.#keyPool.values(this.keyOf(slot));
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
    if (this.#queue[this.#tail - 1] !== slot) this.#append(slot);
  }

  remove(slot: number): void {
    if (this.removed !== null && this.#saved[slot] === 1) this.removed.add(this.key(slot));
    this.onRemove(slot);
    const key = this.keyOf(slot);
    this.#index.remove(key);
    this.#keyPool.release(key);
    if (this.#values.size > 0) this.#values.delete(slot);
    this.group.size--;
    const at = 2 * slot * this.width;
    this.ints[at + PLACE] = NONE;
    this.ints[at + NEXT_FREE] = this.#free;
    this.#free = slot;
  }

  evict(): void {
    const slot = this.oldest;
    if (slot === NONE) return;
    this.onEvict(slot);
    this.remove(slot);
    if (this.rule < 0) return;
    this.cx.evicted[this.rule] = (this.cx.evicted[this.rule] ?? 0) + 1;
  }

  /**
   * All slots from the one touched longest ago, or those touched since a checkpoint period: the cost
   * follows the change. They go into a checkpoint.
   */
  slots(since: number | null): number[] {
    const out = this.#touchedSince(since);
    for (const slot of out) this.#saved[slot] = 1;
    return out;
  }

  /** Lets keys among those go that matter no more. */
  removeThose(since: number | null, which: (slot: number) => boolean): void {
    for (const slot of this.#touchedSince(since)) if (which(slot)) this.remove(slot);
  }

  #touchedSince(since: number | null): number[] {
    const { ints } = this;
    const width = 2 * this.width;
    const out: number[] = [];
    for (let at = this.#tail - 1; at >= this.#head; at--) {
      const s = this.#queue[at];
      if (ints[s * width + PLACE] !== at) continue;
      if (since !== null && ints[s * width + EPOCH] < since) break;
      out.push(s);
    }
    return out.reverse();
  }

  /** All that it holds was just read from a checkpoint, which goes on to hold it. */
  stored(): void {
    if (this.rule < 0) return;
    this.removed = new Set();
    this.#saved.fill(1);
  }

  /** Keys of the checkpoint before this one that are gone since. */
  takeRemoved(): string[] {
    // Asked here and not for each key that is added: very many are, between two checkpoints.
    const removed = [...this.removed ?? []].filter((key) => this.get(this.read(key)) === NONE);
    this.removed = new Set();
    return removed;
  }

  #grow(): void {
    const more = new Float64Array(this.records.length * 2);
    more.set(this.records);
    this.records = more;
    this.ints = new Int32Array(more.buffer);
    const saved = new Uint8Array(this.#saved.length * 2);
    saved.set(this.#saved);
    this.#saved = saved;
  }

  /** Puts a slot at the end of the queue; stale entries go when they are more than the others. */
  #append(slot: number): void {
    if (this.#tail === this.#queue.length) this.#compact();
    this.#queue[this.#tail] = slot;
    this.ints[2 * slot * this.width + PLACE] = this.#tail++;
  }

  #compact(): void {
    const from = this.#queue, { ints } = this, width = 2 * this.width;
    // Room for as many touches again as there are keys: what a touch costs here does not grow.
    const room = Math.max(64, 4 * this.size);
    const to = room > from.length || 4 * room < from.length ? new Int32Array(room) : from;
    let n = 0;
    for (let at = this.#head; at < this.#tail; at++) {
      const slot = from[at];
      const place = slot * width + PLACE;
      if (ints[place] !== at) continue;
      to[n] = slot;
      ints[place] = n++;
    }
    this.#queue = to;
    this.#head = 0;
    this.#tail = n;
  }
}
