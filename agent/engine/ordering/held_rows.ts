/** Rows that wait for the watermark, in order of (time, input, offset). */
import type { Extraction } from "../../../compiler/schema/types.ts";
import type { Event } from "../../event.ts";
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
}

function before(a: HeldRow, b: HeldRow): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.index !== b.index) return a.index < b.index;
  return a.offset < b.offset;
}

/** Rows that wait for the watermark, in the order in which they are taken. */
export const rowHeap = (): Heap<HeldRow> => new Heap(before);

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
  const { extractionId: _, event, ...place } = r;
  return { ...place, sourcetype: x.sourcetype, pattern: x.pattern, fields: { ...event } };
}

export function loadRow(r: SavedRow, x: Extraction): HeldRow {
  const { sourcetype: _s, pattern: _p, fields, ...place } = r;
  // Constants stand on the prototype, as in the parser's own classes.
  const event = Object.assign(Object.create(x.constants as object), fields) as Event;
  return { ...place, extractionId: x.id, event };
}
