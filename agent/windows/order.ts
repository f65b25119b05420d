/** Rows that wait for the watermark, in order of (time, input, offset). */
import type { Event } from "../event.ts";
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
  readonly kind: number;
  readonly event: Event;
}

function before(a: HeldRow, b: HeldRow): boolean {
  if (a.time !== b.time) return a.time < b.time;
  if (a.index !== b.index) return a.index < b.index;
  return a.offset < b.offset;
}

/** Rows that wait for the watermark, in the order in which they are taken. */
export const rowHeap = (): Heap<HeldRow> => new Heap(before);
