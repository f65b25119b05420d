/** Event batches as rows for COPY, and as what they add to the counts. */
import type { EventBatch } from "../../event.ts";
import { eventId, textCheck } from "../../event.ts";
import type { Event } from "../../event.ts";
import { type RowShape, RowWriter } from "./binary.ts";
import { release } from "./buffers.ts";
import { rowHeader } from "./row_header.ts";
import { countTexts } from "./count_texts.ts";
import { COLUMNS, encoderOf } from "./encoder.ts";
import { type Kind, sourceId } from "../types/kinds.ts";
import { BlockIndex } from "./block_index.ts";
import type { CountedEvents } from "../types/counts.ts";
import { Stretches } from "./stretches.ts";
import type { RowBlock, Rows } from "../types/rows.ts";

/** A part that grows. */
interface Building {
  readonly identity: string;
  /** Where its bytes begin and end. */
  readonly begin: number;
  end: number;
  count: number;
  /** Offset and check, which order the ids of one input, of the smallest and of the largest. */
  firstOffset: number;
  firstCheck: number;
  lastOffset: number;
  lastCheck: number;
  rising: boolean;
  readonly kinds: Map<string, Kind>;
  readonly sources: Map<string, string>;
  readonly places: BlockIndex;
}

/**
 * Serialises batches. Those of one input that follow each other are one part, since a COPY for a
 * transaction costs less than one for each batch: ids of an input rise with the offset, so what lies
 * between the ends is still its own.
 */
export function serialise(batches: readonly EventBatch[]): Rows {
  const serialiser = new Serialiser();
  for (const batch of batches) serialiser.add(batch);
  return serialiser.take();
}

/** Gives back the memory of parts that are written and that nobody looks at any more. */
export function releaseParts(parts: readonly RowBlock[]): void {
  for (const { data } of parts) release(data.buffer);
}

/** Serialises batches as they come, so that their events need not be held until they are written. */
export class Serialiser {
  private parts: Building[] = [];
  private writer: RowWriter | undefined;
  /** Counts of all parts together: where inputs take turns, a value is in many of them. */
  private readonly stretches = new Stretches();

  /**
   * Goes on with counts where events are stored already.
   * @param identity of the input
   * @param offset where reading goes on
   * @param events what is stored of the input from the beginning of that stretch
   */
  seed(identity: string, offset: number, events: readonly CountedEvents[]): void {
    this.stretches.seed(identity, offset, events);
  }

  /**
   * @param kept which events to store: those where it is not 0; all when left out
   * @returns how many were taken
   */
  add(batch: EventBatch, kept?: Uint8Array): number {
    const { identity, name } = batch.lines.input;
    if (identity === null) throw new Error(`Input "${name}" has no identity yet`);
    const chosen = kept === undefined ? batch.events.length : kept.reduce((n, k) => n + +!!k, 0);
    if (chosen === 0) return 0;
    const writer = this.writer ??= new RowWriter();
    let part = this.parts.at(-1);
    if (part?.identity !== identity) {
      this.finish();
      this.parts.push(part = newPart(identity, writer.at));
      writer.begin();
    }
    add(part, this.stretches, writer, batch, kept);
    return chosen;
  }

  /** What came since the last call. */
  take(): Rows {
    const { writer } = this;
    this.finish();
    this.writer = undefined;
    const parts = this.parts.splice(0).map((part): RowBlock => ({
      data: writer!.slice(part.begin, part.end),
      count: part.count,
      firstId: eventId(part.identity, part.firstOffset, part.firstCheck),
      lastId: eventId(part.identity, part.lastOffset, part.lastCheck),
      rising: part.rising,
      kinds: part.kinds,
      sources: part.sources,
      places: part.places.take(),
    }));
    return { parts, counts: countTexts(this.stretches.take()) };
  }

  /** Ends the last part. */
  private finish(): void {
    const part = this.parts.at(-1);
    if (!part || !this.writer) return;
    this.writer.end();
    part.end = this.writer.at;
  }
}

function newPart(identity: string, begin: number): Building {
  return {
    identity,
    begin,
    end: begin,
    count: 0,
    firstOffset: Infinity,
    firstCheck: 0,
    lastOffset: -Infinity,
    lastCheck: 0,
    rising: true,
    places: new BlockIndex(),
    kinds: new Map(),
    sources: new Map(),
  };
}

function add(
  part: Building,
  stretches: Stretches,
  writer: RowWriter,
  batch: EventBatch,
  kept: Uint8Array | undefined,
): void {
  const { events, extractionIds, extractions, lines } = batch;
  if (events.length === 0) return;
  const { name } = lines.input;
  const source = sourceId(name);
  const ingested = clampTime(lines.arrival);
  part.sources.set(source, name);
  /** For each extraction of the batch. */
  const shapes: (RowShape<Event> | undefined)[] = [];
  let { rollup, end } = stretches.rollup(part.identity, lines.offset(batch.lineOf(0)));
  const rows = (again: boolean) => {
    for (let i = 0; i < events.length; i++) {
      if (kept !== undefined && kept[i] === 0) continue;
      const event = events[i];
      let shape = shapes[extractionIds[i]];
      if (shape === undefined) {
        const { kind, write } = encoderOf(extractions[extractionIds[i]]);
        part.kinds.set(kind.id, kind);
        const header = rowHeader(COLUMNS.length, part.identity, ingested, source, kind.id);
        shape = shapes[extractionIds[i]] = { header, write };
      }
      const time = clampTime(event._time);
      const offset = lines.offset(batch.lineOf(i)), check = textCheck(event._raw);
      writer.row(shape, offset, check, time, event);
      if (again) continue;
      order(part, offset, check);
      part.places.add(offset, time);
      if (offset >= end) ({ rollup, end } = stretches.rollup(part.identity, offset));
      rollup.add(event, extractions[extractionIds[i]], time, name);
    }
  };
  const begin = writer.at;
  rows(false);
  if (!writer.fill()) {
    writer.again(begin);
    rows(true);
    writer.careful = false;
  }
}

/** Takes a row into the bounds of its part. */
function order(part: Building, offset: number, check: number): void {
  if (before(offset, check, part.firstOffset, part.firstCheck)) {
    part.firstOffset = offset;
    part.firstCheck = check;
  }
  if (before(part.lastOffset, part.lastCheck, offset, check)) {
    part.lastOffset = offset;
    part.lastCheck = check;
  } else part.rising = false;
  part.count++;
}

function before(aOffset: number, aCheck: number, bOffset: number, bCheck: number): boolean {
  return aOffset < bOffset || (aOffset === bOffset && aCheck < bCheck);
}

/** Times that are stored, in ms: from 1901 to the last day of a year of four digits. */
export const EARLIEST = Date.UTC(1, 0, 1), LATEST = Date.UTC(9999, 11, 31);

/** A time in whole ms that a column can hold; an unreadable one is the epoch's. */
function clampTime(ms: number): number {
  return ms >= EARLIEST ? (ms <= LATEST ? Math.floor(ms) : LATEST) : ms < EARLIEST ? EARLIEST : 0;
}
