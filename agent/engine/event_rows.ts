/** Events of a batch as rows that wait for their turn. */
import { createHash } from "node:crypto";
import { type Event, type EventBatch, textCheck } from "../event.ts";
import type { LateKey } from "./late_clocks.ts";
import type { HeldRow } from "./ordering/held_rows.ts";
import type { InputWatermark } from "./ordering/watermarks.ts";

/** The event's time is its own or its neighbour's. Any other must not move the watermark: one garbled line would make all that follows late. */
export const timed = (event: Event): boolean =>
  event._time_from === undefined || event._time_from === "previous" ||
  event._time_from === "record";

/** The address that sent a line; empty where it came from a file. */
export const peerOf = (batch: EventBatch, i: number): string =>
  (batch.lines as { peers?: readonly string[] }).peers?.[batch.lineOf(i)] ?? "";

/** Which of several sources of its input a line is from; empty where there is one. */
export const sourceOf = (batch: EventBatch, i: number): string =>
  (batch.lines as { sources?: readonly string[] }).sources?.[batch.lineOf(i)] ?? "";

/** When the lines of several sources were sent; null where there is one source. */
export function sentTimes(batch: EventBatch): Float64Array | null {
  const { sources, times } = batch.lines as { sources?: readonly string[]; times?: Float64Array };
  return sources === undefined ? null : times ?? null;
}

/** Names a clock whose rows are late. A host's name may be any text: its digest stands for it. */
export function lateKey({ slot, event }: HeldRow, peer: string, source: string): LateKey {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const sender = `${slot}.${digest(peer)}`;
  const host = event.host ?? "";
  return { sender, key: `${sender}.${digest(source === "" ? host : `${host}\n${source}`)}` };
}

/**
 * A row of a batch. Of a class: objects that are written as literals are made in V8's old generation once
 * many of them have waited, and each that is gone then keeps its event until the whole heap is collected.
 */
class BatchRow implements HeldRow {
  readonly index: number;
  readonly offset: number;
  readonly slot: number;
  readonly check: number;
  readonly source: string;
  readonly extractionId: number;
  readonly event: Event;
  no = 0;

  constructor(
    batch: EventBatch,
    i: number,
    s: InputWatermark,
    readonly time: number,
    readonly entries: HeldRow["entries"],
  ) {
    const event = batch.events[i];
    this.index = s.input.index;
    this.offset = batch.lines.offset(batch.lineOf(i));
    this.slot = s.slot;
    this.check = textCheck(event._raw);
    this.source = s.input.name;
    this.extractionId = batch.extractionIds[i];
    this.event = event;
  }
}

/** @param entries see {@link HeldRow.entries} */
export const hold = (
  batch: EventBatch,
  i: number,
  s: InputWatermark,
  time: number,
  entries: HeldRow["entries"] = null,
): HeldRow => new BatchRow(batch, i, s, time, entries);

/** The event says by which time it was ordered, so that it is ordered so again when it is read from the store. */
export function markOrder(event: Event, t: number): void {
  const open = event as { more: Event["more"] };
  open.more = { ...open.more, _order_time: t };
}

/** The host of the line of the latest time before a line, when it is another host's. */
export function hostOfMark(batch: EventBatch, i: number, t: number): string | null {
  for (let k = i - 1; k >= 0; k--) {
    const event = batch.events[k];
    if (event._time <= t || !timed(event)) continue;
    return event.host !== undefined && event.host !== batch.events[i].host ? event.host : null;
  }
  return null;
}
