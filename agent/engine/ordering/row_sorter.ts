/**
 * External merge sort of the rows that stateful rules take, for input whose lines are in no order of
 * time. Rows are encoded as they come; when a chunk is full it is sorted and spilled as one run; at
 * the end the runs are merged. Memory is one chunk and a read buffer a run.
 */
import type { Event } from "../../event.ts";
import { Heap } from "./heap.ts";
import type { HeldRow } from "./held_rows.ts";

/** Where runs go when they do not fit into memory. Synchronous: a chunk is written every few seconds. */
export interface Spool {
  /** Appends bytes and gives the position of the first. Throws SpoolFull when it cannot grow. */
  append(bytes: Uint8Array): number;
  /** Fills `into` from a position; gives how many bytes there were. */
  read(position: number, into: Uint8Array): number;
}

/** A spool has reached its limit, or its disk is full or gone. */
export class SpoolFull extends Error {}

/** Bytes of a chunk, and of all read buffers of a merge together. */
const CHUNK = 48 * 1024 * 1024, MERGE_BUFFERS = 64 * 1024 * 1024;
const LEAST_BUFFER = 16 * 1024, MOST_BUFFER = 256 * 1024;
/** Bytes before a row's payload: length, time, offset, index, slot, check, shape, source. */
const HEAD = 4 + 8 + 8 + 4 + 4 + 2 + 4 + 4;
/** Steps back for each step forward that make an input one that runs backwards. */
const BACKWARDS = 4;

/** What events of one hidden class have in common. */
interface Shape {
  readonly extractionId: number;
  readonly prototype: object;
  readonly keys: readonly string[];
}

/** How the times of an input step, which decides the order of rows of one time. */
interface Steps {
  last: number;
  back: number;
  forward: number;
  /** Decided at the first spill, since a run is sorted once. */
  backwards: boolean;
}

interface Run {
  readonly end: number;
  position: number;
}

export class RowSorter {
  /** Rows added. */
  rows = 0;
  /** Why nothing more can be spilled: what is added stays in memory, and sorting has to end soon. */
  full: string | null = null;
  #buffer: Uint8Array;
  #view: DataView;
  #used = 0;
  #starts: number[] = [];
  readonly #shapes: Shape[] = [];
  /** By extraction id, the shape seen last. */
  readonly #shapeOf: number[] = [];
  readonly #shapeIds = new Map<string, number>();
  readonly #sources: string[] = [];
  readonly #sourceIds = new Map<string, number>();
  readonly #steps = new Map<number, Steps>();
  readonly #runs: Run[] = [];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  /** @param chunk bytes held in memory before a run is spilled */
  constructor(private readonly spool: Spool, private readonly chunk = CHUNK) {
    this.#buffer = new Uint8Array(Math.min(chunk, 1 << 20));
    this.#view = new DataView(this.#buffer.buffer);
  }

  add(row: HeldRow): void {
    this.rows++;
    this.step(row.index, row.time);
    const payload = JSON.stringify(this.#values(row));
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const need = HEAD + 3 * payload.length;
    if (this.#used > 0 && this.#used + need > this.chunk && this.full === null) this.#spill();
    this.#reserve(need);
    const at = this.#used;
    const { written } = this.#encoder.encodeInto(payload, this.#buffer.subarray(at + HEAD));
    const v = this.#view;
    v.setUint32(at, HEAD + written, true);
    v.setFloat64(at + 4, row.time, true);
    v.setFloat64(at + 12, row.offset, true);
    v.setUint32(at + 20, row.index, true);
    v.setUint32(at + 24, row.slot, true);
    v.setUint16(at + 28, row.check, true);
    v.setUint32(at + 30, this.#shapeOf[row.extractionId], true);
    v.setUint32(at + 34, this.#sourceId(row.source), true);
    this.#starts.push(at);
    this.#used = at + HEAD + written;
  }

  /** All rows in order of (time, input, offset); offsets count down in an input that runs backwards. */
  *sorted(): Generator<HeldRow> {
    const rest = this.#sortChunk();
    if (this.#runs.length === 0) {
      for (const at of rest) yield this.#decode(this.#buffer, this.#view, at);
      return;
    }
    const size = Math.max(
      LEAST_BUFFER,
      Math.min(MOST_BUFFER, Math.floor(MERGE_BUFFERS / this.#runs.length)),
    );
    const cursors = this.#runs.map((run) => this.#readRun(run, size));
    cursors.push(this.#readChunk(rest));
    const heads = new Heap<{ row: HeldRow; from: Iterator<HeldRow> }>((a, b) =>
      this.#before(a.row, b.row)
    );
    for (const from of cursors) {
      const first = from.next();
      if (!first.done) heads.add({ row: first.value, from });
    }
    for (let head = heads.take(); head !== undefined; head = heads.take()) {
      yield head.row;
      const next = head.from.next();
      if (!next.done) heads.add({ row: next.value, from: head.from });
    }
  }

  /** A line of an input, of which windows need not take a row: its time says which way the input runs. */
  step(index: number, time: number): void {
    let s = this.#steps.get(index);
    if (s === undefined) {
      this.#steps.set(index, s = { last: time, back: 0, forward: 0, backwards: false });
    }
    if (time < s.last) s.back++;
    else if (time > s.last) s.forward++;
    s.last = time;
    if (this.#runs.length === 0) s.backwards = s.back > BACKWARDS * s.forward;
  }

  #before(a: HeldRow, b: HeldRow): boolean {
    if (a.time !== b.time) return a.time < b.time;
    if (a.index !== b.index) return a.index < b.index;
    return (a.offset < b.offset) !== this.#steps.get(a.index)!.backwards;
  }

  #reserve(need: number): void {
    if (this.#used + need <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#used + need, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  #sourceId(source: string): number {
    let id = this.#sourceIds.get(source);
    if (id === undefined) {
      this.#sourceIds.set(source, id = this.#sources.length);
      this.#sources.push(source);
    }
    return id;
  }

  /** The values of an event in the order of its keys; sets `#shapeOf` for its extraction. */
  #values({ event, extractionId }: HeldRow): unknown[] {
    let shape = this.#shapes[this.#shapeOf[extractionId]] as Shape | undefined;
    if (shape === undefined || !hasShape(event, shape)) {
      const prototype = Object.getPrototypeOf(event);
      const keys = Object.keys(event);
      const name = `${extractionId} ${JSON.stringify(keys)}`;
      let id = this.#shapeIds.get(name);
      if (id === undefined) {
        this.#shapeIds.set(name, id = this.#shapes.length);
        this.#shapes.push({ extractionId, prototype, keys });
      }
      this.#shapeOf[extractionId] = id;
      shape = this.#shapes[id];
    }
    const { keys } = shape;
    const out = new Array(keys.length);
    for (let i = 0; i < keys.length; i++) out[i] = event[keys[i]];
    return out;
  }

  #decode(bytes: Uint8Array, v: DataView, at: number): HeldRow {
    const shape = this.#shapes[v.getUint32(at + 30, true)];
    const text = this.#decoder.decode(bytes.subarray(at + HEAD, at + v.getUint32(at, true)));
    const values = JSON.parse(text) as unknown[];
    const event = Object.create(shape.prototype) as Record<string, unknown>;
    const { keys } = shape;
    for (let i = 0; i < keys.length; i++) {
      // JSON has no undefined; `more` alone is null when there is nothing in it.
      const value = values[i];
      event[keys[i]] = value === null && keys[i] !== "more" ? undefined : value;
    }
    return {
      time: v.getFloat64(at + 4, true),
      offset: v.getFloat64(at + 12, true),
      index: v.getUint32(at + 20, true),
      slot: v.getUint32(at + 24, true),
      check: v.getUint16(at + 28, true),
      extractionId: shape.extractionId,
      source: this.#sources[v.getUint32(at + 34, true)],
      event: event as unknown as Event,
      entries: null,
      no: 0,
    };
  }

  /** The starts of the chunk's rows in order. */
  #sortChunk(): number[] {
    const v = this.#view;
    const time = (at: number) => v.getFloat64(at + 4, true);
    const index = (at: number) => v.getUint32(at + 20, true);
    const offset = (at: number) => v.getFloat64(at + 12, true);
    const sign = (i: number) => this.#steps.get(i)!.backwards ? -1 : 1;
    return this.#starts.sort((a, b) =>
      time(a) - time(b) || index(a) - index(b) || sign(index(a)) * (offset(a) - offset(b))
    );
  }

  #spill(): void {
    const starts = this.#sortChunk();
    const out = new Uint8Array(this.#used);
    let to = 0;
    for (const at of starts) {
      const n = this.#view.getUint32(at, true);
      out.set(this.#buffer.subarray(at, at + n), to);
      to += n;
    }
    let position: number;
    try {
      position = this.spool.append(out);
    } catch (error) {
      if (!(error instanceof SpoolFull)) throw error;
      this.full = error.message;
      return;
    }
    this.#runs.push({ position, end: position + to });
    this.#starts = [];
    this.#used = 0;
  }

  *#readChunk(starts: readonly number[]): Generator<HeldRow> {
    for (const at of starts) yield this.#decode(this.#buffer, this.#view, at);
  }

  *#readRun(run: Run, size: number): Generator<HeldRow> {
    let bytes = new Uint8Array(size);
    let view = new DataView(bytes.buffer);
    let { position } = run;
    while (position < run.end) {
      let n = Math.min(bytes.length, run.end - position);
      n = this.spool.read(position, bytes.subarray(0, n));
      let at = 0;
      while (at + 4 <= n) {
        const length = view.getUint32(at, true);
        if (at + length > n) break;
        yield this.#decode(bytes, view, at);
        at += length;
      }
      if (at === 0) {
        // One row is longer than the buffer.
        bytes = new Uint8Array(Math.max(2 * bytes.length, view.getUint32(0, true)));
        view = new DataView(bytes.buffer);
      }
      position += at;
    }
  }
}

/** Whether an event has the keys of a shape; its hidden class cannot be asked for. */
function hasShape(event: Event, shape: Shape): boolean {
  const { keys } = shape;
  let i = 0;
  for (const key in event) {
    if (!Object.hasOwn(event, key)) break;
    if (key !== keys[i++]) return false;
  }
  return i === keys.length;
}
