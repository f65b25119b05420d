/** Rows that wait for the watermark, in order of (time, input, offset). */
import type { Extraction } from "../../../compiler/schema/types.ts";
import type { Event } from "../../event.ts";
import type { Entries } from "../../../compiler/plan/plan.ts";
import { Heap } from "./heap.ts";

export interface HeldRow {
  readonly time: number;
  /** Of its input; breaks ties of time. */
  readonly index: number;
  readonly offset: number;
  readonly slot: number;
  readonly check: number;
  readonly source: string;
  /** Extraction id. */
  readonly extractionId: number;
  readonly event: Event;
  /** What takes it, where that is known from when it came; null for all that its kind's rules find. */
  readonly entries: Entries | null;
  /** Given by {@link HeldRows}, in the order in which rows begin to wait. */
  no: number;
}

function before(a: HeldRow, b: HeldRow): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.index !== b.index) return a.index < b.index;
  return a.offset < b.offset;
}

/** Rows at the front of the run that are gone before it is moved together. */
const GONE = 4096;

/**
 * Rows that wait for the watermark, in the order in which they are taken. Most come in that order and
 * stand in a run; a heap has those that come before the run's last.
 */
export class HeldRows {
  #run: (HeldRow | undefined)[] = [];
  /** Where the run begins. */
  #from = 0;
  readonly #heap = new Heap(before);
  #next = 0;

  /** The number of the next row that is added. */
  get next(): number {
    return this.#next;
  }

  get size(): number {
    return this.#run.length - this.#from + this.#heap.size;
  }

  /** All rows, in no order. */
  get items(): readonly HeldRow[] {
    return [...this.#run.slice(this.#from) as HeldRow[], ...this.#heap.items];
  }

  /** All rows, in the order in which they would be taken. */
  sorted(): HeldRow[] {
    return this.items.toSorted((a, b) => before(a, b) ? -1 : 1);
  }

  add(row: HeldRow): void {
    row.no = this.#next++;
    const run = this.#run;
    if (run.length > this.#from && before(row, run[run.length - 1]!)) this.#heap.add(row);
    else run.push(row);
  }

  peek(): HeldRow | undefined {
    const first = this.#run[this.#from];
    if (this.#heap.size === 0) return first;
    const other = this.#heap.peek()!;
    return first === undefined || before(other, first) ? other : first;
  }

  take(): HeldRow | undefined {
    const row = this.peek();
    const run = this.#run;
    if (row === undefined || row !== run[this.#from]) return this.#heap.take();
    run[this.#from++] = undefined;
    if (this.#from === run.length) run.length = this.#from = 0;
    else if (this.#from >= GONE && 2 * this.#from >= run.length) {
      run.splice(0, this.#from);
      this.#from = 0;
    }
    return row;
  }

  /** Numbers of the rows that wait, as ranges: first and last of each, one after the other. */
  ranges(): number[] {
    const numbers = Float64Array.from(this.items, (row) => row.no).sort();
    const out: number[] = [];
    for (const no of numbers) {
      if (out.length > 0 && out[out.length - 1] === no - 1) out[out.length - 1] = no;
      else out.push(no, no);
    }
    return out;
  }

  /** Rows that wait and have this number or a later one, by number. */
  since(no: number): HeldRow[] {
    return this.items.filter((row) => row.no >= no).sort((a, b) => a.no - b.no);
  }
}

/** A row that waits, as its extraction and fields. */
export interface SavedRow {
  readonly time: number;
  readonly index: number;
  readonly offset: number;
  readonly slot: number;
  readonly check: number;
  readonly source: string;
  readonly sourcetype: string;
  readonly pattern: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function saveRow(r: HeldRow, x: Extraction): SavedRow {
  const { extractionId: _, event, entries: _e, no: _no, ...place } = r;
  const fields: Record<string, unknown> = { ...event };
  // What is worked out when it is asked for is no property of its own yet.
  for (const { name } of x.captures) fields[name] = event[name];
  return { ...place, sourcetype: x.sourcetype, pattern: x.pattern, fields };
}

export function loadRow(r: SavedRow, x: Extraction): HeldRow {
  const { sourcetype: _s, pattern: _p, fields, ...place } = r;
  // Constants stand on the prototype, as in the parser's own classes.
  const event = Object.assign(Object.create(x.constants as object), fields) as Event;
  return { ...place, extractionId: x.id, event, entries: null, no: 0 };
}

/** Rows by their numbers, as they are stored: what rows have in common stands once. */
export interface PackedRows {
  /** Sourcetype, pattern and names of fields. */
  readonly shapes: readonly (readonly [string, string, readonly string[]])[];
  readonly sources: readonly string[];
  /** Number, time, index, offset, slot, check, and places of source and shape; then the fields' values. */
  readonly rows: readonly (readonly unknown[])[];
}

/** Packs rows that wait; the result is data for JSON. */
export function packRows(rows: readonly HeldRow[], extractions: readonly Extraction[]): PackedRows {
  const shapes: [string, string, string[]][] = [];
  const sources = new Map<string, number>();
  /** By extraction, the shapes of its events: as a rule one. */
  const known = new Map<number, number[]>();
  const shapeOf = (extractionId: number, keys: string[]): number => {
    const some = known.get(extractionId) ?? [];
    const same = (at: number) =>
      shapes[at][2].length === keys.length && shapes[at][2].every((key, i) => key === keys[i]);
    let at = some.find(same);
    if (at !== undefined) return at;
    const { sourcetype, pattern } = extractions[extractionId];
    at = shapes.push([sourcetype, pattern, keys]) - 1;
    known.set(extractionId, [...some, at]);
    return at;
  };
  const packed = rows.map((r) => {
    if (!sources.has(r.source)) sources.set(r.source, sources.size);
    const { no, time, index, offset, slot, check, event } = r;
    const keys = Object.keys(event), values: unknown[] = Object.values(event);
    // What is worked out when it is asked for is no property of its own yet.
    for (const { name } of extractions[r.extractionId].captures) {
      if (Object.hasOwn(event, name)) continue;
      keys.push(name);
      values.push(event[name]);
    }
    const shape = shapeOf(r.extractionId, keys);
    const place = [no, time, index, offset, slot, check, sources.get(r.source)!, shape];
    return [...place, ...values];
  });
  return { shapes, sources: [...sources.keys()], rows: packed };
}

/** The rows whose numbers are in ranges, see {@link HeldRows.ranges}. */
export function unpackRows(packed: PackedRows, ranges: readonly number[]): SavedRow[] {
  const out: SavedRow[] = [];
  for (const row of packed.rows) {
    const [no, time, index, offset, slot, check, source, shape, ...values] = row as number[];
    if (!overlap(ranges, no, no)) continue;
    const [sourcetype, pattern, keys] = packed.shapes[shape];
    // JSON has no undefined; `more` alone is null when there is nothing in it.
    const fields = keys.flatMap((key, i) =>
      values[i] === null && key !== "more" ? [] : [[key, values[i]]]
    );
    out.push({
      time,
      index,
      offset,
      slot,
      check,
      source: packed.sources[source],
      sourcetype,
      pattern,
      fields: Object.fromEntries(fields),
    });
  }
  return out;
}

/** Whether ranges that rise have a number between two, both included. */
export function overlap(ranges: readonly number[], first: number, last: number): boolean {
  let from = 0, to = ranges.length / 2;
  while (from < to) {
    const half = (from + to) >> 1;
    if (ranges[2 * half + 1] < first) from = half + 1;
    else to = half;
  }
  return from < ranges.length / 2 && ranges[2 * from] <= last;
}
