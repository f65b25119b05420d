/** What the keys of a `sequence` or `together` hold: matches that wait for what is still to come. */
import type { Value } from "../../../compiler/schema/types.ts";
import { sizeFor } from "../memory/ring_arena.ts";
import { type KeyTable, OWN } from "../memory/table.ts";

/**
 * A match of the steps up to one, or in `together` the newest row of one step: as it is saved, and
 * while it moves on.
 */
export interface Partial {
  /** Event time of its first row: `within` counts from here. */
  start: number;
  /** Rows as triples. */
  refs: number[];
  /** Fields of named steps that are read later, as `name.field`. */
  fields: Record<string, Value>;
}

/**
 * Numbers of a key's record: for each positive step behind which a match can wait its start (NaN:
 * none) and the block of its rows; then, where a `!` stands before the first step, the event time of
 * the newest row of it.
 */
const PARTIALS = OWN;

/** Of a match whose rows have no fields that are read later. */
const NO_FIELDS: Record<string, Value> = Object.freeze({});

/** Numbers of a record for so many positive steps. */
export const partialsWidth = (kept: number, bars: boolean): number =>
  PARTIALS + 2 * kept + (bars ? 1 : 0);

export interface PartialsOptions {
  /** Positive steps. */
  readonly positive: number;
  /** Steps behind which a match can wait: all positive ones, or all but the last. */
  readonly kept: number;
  /** The steps come in order, so that a match holds a row of each up to its own. */
  readonly ordered: boolean;
  /** A `!` stands before the first step. */
  readonly bars: boolean;
  /** Some step has fields that are read later. */
  readonly captures: boolean;
}

export class Partials {
  /** Place of the newest bar in a record; -1 where nothing bars. */
  readonly #bar: number;
  /** By slot and positive step: fields of named steps; empty where no step has any. */
  readonly #fields: Record<string, Value>[][] = [];

  readonly positive: number;
  readonly kept: number;
  readonly ordered: boolean;
  readonly captures: boolean;

  constructor(readonly table: KeyTable, of: PartialsOptions) {
    const { kept, bars } = of;
    this.positive = of.positive;
    this.kept = kept;
    this.ordered = of.ordered;
    this.captures = of.captures;
    this.#bar = bars ? PARTIALS + 2 * kept : -1;
  }

  /** The key goes: so does what it holds. */
  release(slot: number): void {
    for (let i = 0; i < this.kept; i++) this.drop(slot, i);
    if (this.captures) this.#fields[slot] = [];
  }

  /** A row of a `!` before the first step came. */
  bar(slot: number, t: number): void {
    this.table.records[slot * this.table.width + this.#bar] = t;
  }

  /** What bars a start is lifted. */
  unbar(slot: number): void {
    if (this.#bar >= 0) this.bar(slot, -Infinity);
  }

  /** Rows of the match behind a positive step. */
  length(at: number): number {
    return this.ordered ? at + 1 : 1;
  }

  /** Event time of the first row of the match behind a positive step; NaN when none waits. */
  start(slot: number, at: number): number {
    return this.table.records[slot * this.table.width + PARTIALS + 2 * at];
  }

  /** Event time of the last row of the match behind a positive step; NaN when none waits. */
  last(slot: number, at: number): number {
    const { records, width } = this.table;
    const place = slot * width + PARTIALS + 2 * at;
    if (Number.isNaN(records[place])) return NaN;
    return this.table.group.rows.time(records[place + 1], this.length(at) - 1);
  }

  /** A match waits behind a positive step. */
  has(slot: number, at: number): boolean {
    return !Number.isNaN(this.start(slot, at));
  }

  /** The match behind a positive step; null when none waits. */
  partial(slot: number, at: number): Partial | null {
    const start = this.start(slot, at);
    if (Number.isNaN(start)) return null;
    const n = this.length(at);
    const block = this.table.records[slot * this.table.width + PARTIALS + 2 * at + 1];
    return {
      start,
      refs: this.table.group.rows.list(block, sizeFor(n), 0, n),
      fields: this.captures ? this.#fields[slot][at] ?? NO_FIELDS : NO_FIELDS,
    };
  }

  /** Lets a match wait behind a positive step, in place of one that did. */
  put(slot: number, at: number, partial: Partial): void {
    const { records, width } = this.table;
    const place = slot * width + PARTIALS + 2 * at;
    if (Number.isNaN(records[place])) {
      records[place + 1] = this.table.group.rows.take(sizeFor(this.length(at)));
    }
    records[place] = partial.start;
    const { refs } = partial;
    for (let i = 0; i < refs.length; i += 3) {
      this.table.group.rows.set(records[place + 1], i / 3, refs[i], refs[i + 1], refs[i + 2]);
    }
    if (this.captures) this.#fields[slot][at] = partial.fields;
  }

  /** A match begins with the row at hand, of which no field is read later: most rows of most sequences. */
  begin(slot: number): void {
    const { cx } = this.table;
    const { records, width } = this.table;
    const place = slot * width + PARTIALS;
    if (Number.isNaN(records[place])) records[place + 1] = this.table.group.rows.take(0);
    else if (this.captures) this.#fields[slot][0] = NO_FIELDS;
    records[place] = cx.t;
    this.table.group.rows.set(records[place + 1], 0, cx.t, cx.offset, cx.meta);
  }

  /** Lets the match behind a positive step go. */
  drop(slot: number, at: number): void {
    const { records, width } = this.table;
    const place = slot * width + PARTIALS + 2 * at;
    if (Number.isNaN(records[place])) return;
    this.table.group.rows.give(records[place + 1], sizeFor(this.length(at)));
    records[place] = NaN;
    if (this.captures) this.#fields[slot][at] = NO_FIELDS;
  }

  /** Event time of the newest row of a `!` before the first step; -Infinity when none came. */
  barred(slot: number): number {
    return this.#bar < 0 ? -Infinity : this.table.records[slot * this.table.width + this.#bar];
  }

  /** Nothing waits and nothing bars a start: the key need not be held. */
  isEmpty(slot: number): boolean {
    for (let i = 0; i < this.kept; i++) if (this.has(slot, i)) return false;
    return this.barred(slot) === -Infinity;
  }

  /** A match waits behind every positive step. */
  isFull(slot: number): boolean {
    for (let i = 0; i < this.positive; i++) if (!this.has(slot, i)) return false;
    return true;
  }

  /** A new record in which nothing waits. */
  empty(slot: number): number {
    const { records, width } = this.table;
    if (this.#bar >= 0) records[slot * width + this.#bar] = -Infinity;
    for (let i = 0; i < this.kept; i++) records[slot * width + PARTIALS + 2 * i] = NaN;
    if (this.captures) this.#fields[slot] = [];
    return slot;
  }

  /** `together`: what was gathered as one match. */
  gathered(slot: number): Partial {
    const parts: Partial[] = [];
    for (let i = 0; i < this.positive; i++) parts.push(this.partial(slot, i)!);
    return merge(parts);
  }
}

/** The rows of several matches in order of time, each once. */
function merge(parts: readonly Partial[]): Partial {
  const rows: [number, number, number][] = [];
  for (const p of parts) {
    for (let i = 0; i < p.refs.length; i += 3) {
      const [t, offset, meta] = p.refs.slice(i, i + 3);
      const same = rows.some((r) => meta >= 0 && r[0] === t && r[1] === offset && r[2] === meta);
      if (!same) rows.push([t, offset, meta]);
    }
  }
  const slot = (meta: number) => Math.floor(meta / 65536);
  rows.sort((a, b) => a[0] - b[0] || slot(a[2]) - slot(b[2]) || a[1] - b[1]);
  return {
    start: Math.min(...parts.map((p) => p.start)),
    refs: rows.flat(),
    fields: Object.assign({}, ...parts.map((p) => p.fields)),
  };
}
