/** Puts rows of several inputs in order of (time, input, offset): holds them until the watermark passes. */
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { EventBatch } from "../event.ts";
import { textCheck } from "../event.ts";
import type { RowContext } from "./memory/context.ts";
import { AbsentOperator } from "./operators/absent.ts";
import type { Built } from "./operators/build.ts";
import { type HeldRow, loadRow, rowHeap, type SavedRow, saveRow } from "./ordering/held_rows.ts";
import {
  type InputWatermark,
  isNext,
  watermarkOf,
  type WatermarkTracker,
} from "./ordering/watermarks.ts";
import type { RowRunner } from "./row_runner.ts";
import type { Snapshot } from "./snapshot.ts";

export class EventOrder {
  /** Watermark: event time up to which everything was taken. */
  passed = -Infinity;
  /** Largest event time seen. */
  seen = -Infinity;
  /** Smallest event time in order; `expect` counts from it. */
  earliest = Infinity;
  /** Some `absent … expect` has not begun. */
  expecting: boolean;
  readonly #heap = rowHeap();
  readonly #absents: readonly AbsentOperator[];

  constructor(
    private readonly cx: RowContext,
    private readonly built: Built,
    private readonly runner: RowRunner,
    private readonly watermarks: WatermarkTracker,
  ) {
    this.#absents = built.operators.flat().filter((o) => o instanceof AbsentOperator);
    this.expecting = this.#absents.some((o) => o.expecting);
  }

  /** Rows that wait for the watermark. */
  get size(): number {
    return this.#heap.size;
  }

  /** Keeps a row of a batch until the watermark passes it. */
  hold(batch: EventBatch, i: number, from: InputWatermark): void {
    const event = batch.events[i];
    this.#heap.add({
      time: event._time,
      index: from.input.index,
      offset: batch.lines.offset(batch.lineOf(i)),
      slot: from.slot,
      check: textCheck(event._raw),
      source: from.input.name,
      extractionId: batch.extractionIds[i],
      event,
    });
  }

  /** Nothing earlier than the earliest row can come any more: `absent … expect` counts from it. */
  startExpecting(): void {
    this.expecting = false;
    for (const o of this.#absents) o.begin(this.earliest);
  }

  /** Takes rows that nothing can come before any more, then the timers up to the watermark. */
  release(): void {
    let least = Infinity;
    const holding = this.watermarks.holding();
    for (const s of holding) least = Math.min(least, watermarkOf(s));
    if (holding.length === 0) least = this.seen;
    if (this.expecting && this.earliest <= least) this.startExpecting();
    const heap = this.#heap;
    for (let row = heap.peek(); row !== undefined; row = heap.peek()) {
      const r: HeldRow = row;
      if (r.time > least) break;
      if (r.time === least && !isNext(r, holding)) break;
      heap.take();
      this.#take(r);
    }
    if (least > this.passed) this.passed = least;
    if (this.runner.timers.next <= least && least < Infinity) this.runner.fire(least);
  }

  /** The end of all input: takes every row and fires every timer that the input's end decides. */
  end(): void {
    this.watermarks.closeAll();
    if (this.expecting && this.earliest < Infinity) this.startExpecting();
    const heap = this.#heap;
    for (let row = heap.take(); row !== undefined; row = heap.take()) this.#take(row);
    // Nothing is known of the time after the last event: silence there is the input's end.
    for (const o of this.#absents) o.ended = this.seen;
    this.runner.fire(Number.MAX_VALUE);
    if (this.seen > this.passed) this.passed = this.seen;
  }

  #take(r: HeldRow): void {
    const { cx, runner } = this;
    runner.fire(r.time);
    cx.source = r.source;
    cx.at(r.slot, null, 0, "");
    cx.atRef(r.offset, r.slot * 65536 + r.check);
    const detector = this.built.kinds[r.extractionId];
    if (detector) runner.run(r.event, detector, 2);
  }

  /** Rows that wait, in order. */
  save({ extractions }: Catalogue): SavedRow[] {
    return this.#heap.sorted().map((r) => saveRow(r, extractions[r.extractionId]));
  }

  /** Takes up times and rows of a snapshot; rows of extractions that are gone are left out. */
  load(snapshot: Snapshot, { extractions }: Catalogue): void {
    this.passed = snapshot.passed ?? -Infinity;
    this.seen = snapshot.seen ?? -Infinity;
    this.earliest = snapshot.earliest ?? Infinity;
    for (const row of snapshot.rows) {
      const extraction = extractions.find((x) =>
        x.sourcetype === row.sourcetype && x.pattern === row.pattern
      );
      if (extraction) this.#heap.add(loadRow(row, extraction));
    }
  }

  /** Operators were restored: some may have begun already. */
  restored(): void {
    this.expecting = this.#absents.some((o) => o.expecting);
  }
}
