/**
 * The order of events: which rows are handed to windows now, which wait for the watermark, which are
 * late, and which are sorted. One input in order has a path of its own, in which nothing waits.
 */
import type { Event, EventBatch, Input } from "../event.ts";
import {
  hold,
  hostOfMark,
  lateKey,
  markOrder,
  peerOf,
  sentTimes,
  sourceOf,
  timed,
} from "./event_rows.ts";
import type { HealthLog } from "./health.ts";
import { LateClocks, type LateKey } from "./late_clocks.ts";
import { ClockTracker } from "./ordering/clocks.ts";
import { type HeldRow, HeldRows } from "./ordering/held_rows.ts";
import type { RowSorter } from "./ordering/row_sorter.ts";
import {
  type InputWatermark,
  isNext,
  liveFloor,
  quietTime,
  reach,
  sourcesOf,
  watermarkOf,
  WatermarkTracker,
} from "./ordering/watermarks.ts";
import type { SignalQueue } from "./operators/signals.ts";
import type { Timeline } from "./timeline.ts";

/** Rows that wait for sources of one input which are behind others of it. */
const MOST_HELD = 100_000;

/** The first row of input that ends which stands behind one of a later time. */
export interface Disorder {
  readonly input: Input;
  /** ms between the two */
  readonly behind: number;
  /** The host of the line of the later time, where it is another one than this line's. */
  readonly ahead: string | null;
}

/** What is known of an input that is opened. */
export interface OpenedAs {
  /** Its lines come as they are written, so that their arrival says what time it is. Default: false */
  readonly live?: boolean;
  /** Nothing of it is known to be unread; else the others wait for what it has. Default: true */
  readonly caughtUp?: boolean;
}

export class EventOrder {
  readonly tracker = new WatermarkTracker();
  readonly clocks = new ClockTracker();
  readonly late: LateClocks;
  readonly heap = new HeldRows();
  /** Lines of input that ends can be sorted: the first that is out of order is told as a {@link Disorder}. */
  sortable = false;
  disorder: Disorder | null = null;
  /** Largest event time seen. */
  seen = -Infinity;
  /** Time of the earliest row in order while somebody waits for it. */
  earliest = Infinity;
  /** Rows behind the watermark, or without a time that can be believed. */
  lateRows = 0;
  #main: Timeline;
  #sorter: RowSorter | null = null;
  #sorted: Iterator<HeldRow> | null = null;
  #matched = new Uint8Array(0);
  /** What takes the row that rules without state saw last; see {@link HeldRow.entries}. */
  #entries: HeldRow["entries"] = null;

  /** @param make a course of time without state, once {@link EventOrder} is there */
  constructor(private readonly make: () => Timeline, private readonly health: HealthLog) {
    this.#main = make();
    this.late = new LateClocks(make);
  }

  /** The course of time of all that comes in order. */
  get main(): Timeline {
    return this.#main;
  }
  get sorting(): boolean {
    return this.#sorter !== null;
  }
  /** Why no more rows can be sorted, so that {@link takeSorted} has to be called; null while they can. */
  get sorterFull(): string | null {
    return this.#sorter?.full ?? null;
  }

  /**
   * Makes an input count for the watermark. Inputs not opened before are opened by their first batch.
   */
  openInput(input: Input, { live = false, caughtUp = true }: OpenedAs = {}): void {
    const s = this.tracker.of(input);
    s.open = true;
    if (!live) return;
    s.live = true;
    s.caughtUp = caughtUp;
  }

  openedAs(input: Input): OpenedAs {
    const { live, caughtUp } = this.tracker.of(input);
    return { live, caughtUp };
  }

  /** The input has ended: it no longer holds the watermark back. */
  closeInput(input: Input): void {
    const s = this.tracker.of(input);
    if (!s.open) return;
    s.open = false;
    this.release();
  }

  /** An idle input does not hold the watermark back until a batch of it comes. */
  setIdle(input: Input, idle: boolean): void {
    const s = this.tracker.of(input);
    if (s.idle === idle) return;
    s.idle = idle;
    if (!idle) return;
    // What is there of it is no whole line.
    s.caughtUp = true;
    this.release();
  }

  /**
   * @param caughtUp nothing of the batch's input is unread behind it
   * @returns for each event of the batch whether a rule matched it or took it in, those apart that wait for silence; reused by the next call
   */
  take(batch: EventBatch, caughtUp = false): Uint8Array {
    const { input } = batch.lines;
    const s = this.tracker.of(input);
    s.open = true;
    s.idle = false;
    this.#main.cx.source = input.name;
    const n = batch.events.length;
    if (this.#matched.length < n) this.#matched = new Uint8Array(n);
    else this.#matched.fill(0, 0, n);
    if (this.#sorter !== null) this.#sort(batch, s);
    else if (s.live) this.#takeLive(batch, s, caughtUp);
    else if (input.lateness === 0 && this.heap.size === 0 && !this.tracker.others(s)) {
      this.#takeStraight(batch, s);
    } else this.#takeBuffered(batch, s);
    return this.#matched.subarray(0, n);
  }

  /** One input in order: nothing waits. */
  #takeStraight(batch: EventBatch, s: InputWatermark): void {
    const main = this.#main;
    const { cx } = main;
    const { kinds } = main.built;
    const { timers } = cx;
    const list = batch.events, lines = batch.lines, ids = batch.extractionIds;
    const matched = this.#matched;
    const n = list.length;
    let mark = Math.max(s.seen, main.passed);
    for (let i = 0; i < n; i++) {
      const event = list[i];
      const t = event._time;
      if (t < mark || !timed(event)) {
        cx.passed = mark;
        main.fire(mark);
        if (this.#takeBehind(batch, i, s, mark)) {
          this.#statelessRest(batch, i + 1, s);
          return;
        }
        continue;
      }
      mark = t;
      if (main.expecting) {
        if (t < this.earliest) this.earliest = t;
        main.begin(this.earliest);
      }
      const detector = kinds[ids[i]];
      if (detector) {
        cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        if (timers.next <= t) {
          main.fire(t);
          cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        }
        matched[i] = main.ordered(event, t, detector, 3) >> 1;
      }
    }
    s.seen = mark;
    if (mark > this.seen) this.seen = mark;
    if (mark > cx.passed) cx.passed = mark;
    if (timers.next <= mark) main.fire(mark);
  }

  /**
   * A batch of the one input whose rows are in order, for rules that read signals of other parts: each
   * comes between the rows where it was made.
   */
  takeWith(batch: EventBatch, queue: SignalQueue): Uint8Array {
    const main = this.#main;
    const { cx } = main;
    const s = this.tracker.of(batch.lines.input);
    s.open = true;
    cx.source = batch.lines.input.name;
    const { events, lines, extractionIds } = batch;
    const matched = new Uint8Array(events.length);
    let mark = Math.max(s.seen, main.passed);
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      const t = event._time;
      // The part that reads has told of it.
      if (t < mark || !timed(event)) continue;
      mark = t;
      if (main.expecting) {
        if (t < this.earliest) this.earliest = t;
        main.begin(this.earliest);
      }
      const detector = main.built.kinds[extractionIds[i]];
      const line = batch.lineOf(i);
      if (!detector && !queue.hasLine(line)) continue;
      const at = () => cx.at(s.slot, lines, line, event._raw);
      at();
      main.fireWith(t, queue);
      at();
      matched[i] = main.orderedWith(event, t, detector, queue.takeLine(line), at) >> 1;
    }
    s.seen = mark;
    if (mark > this.seen) this.seen = mark;
    if (mark > cx.passed) cx.passed = mark;
    main.fireWith(mark, queue);
    return matched;
  }

  /** Several inputs, or one whose rows may be out of order: rows wait for the watermark. */
  #takeBuffered(batch: EventBatch, s: InputWatermark): void {
    const list = batch.events;
    for (let i = 0; i < list.length; i++) {
      const event = list[i];
      const t = event._time;
      const known = timed(event);
      const mark = Math.max(watermarkOf(s), this.#main.passed);
      if (known && t > s.seen) s.seen = t;
      if (known && t > this.seen) this.seen = t;
      if (!known || t < mark) {
        if (this.#takeBehind(batch, i, s, mark)) {
          this.#statelessRest(batch, i + 1, s);
          break;
        }
        continue;
      }
      if (t < this.earliest) this.earliest = t;
      if (this.#takeStateless(batch, i, s, t)) this.heap.add(hold(batch, i, s, t, this.#entries));
    }
    this.release();
  }

  /** Lines that come as they are written: no line moves time further than its arrival. */
  #takeLive(batch: EventBatch, s: InputWatermark, caughtUp: boolean): void {
    const { lines, events } = batch;
    const { arrival, input } = lines;
    const sentAt = sentTimes(batch);
    const sources = sentAt && sourcesOf(s);
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      let t = arrival;
      if (timed(event)) {
        const of = {
          slot: s.slot,
          input: input.name,
          peer: peerOf(batch, i),
          host: event.host ?? "",
        };
        t = this.clocks.order(of, event._time, arrival, caughtUp);
      }
      if (t !== event._time) markOrder(event, t);
      const reached = Math.min(t, arrival);
      sources?.note(sourceOf(batch, i), reached, sentAt![batch.lineOf(i)]);
      if (t < this.#main.passed) {
        this.#takeBehind(batch, i, s, this.#main.passed, t);
        continue;
      }
      if (reached > s.seen) {
        s.seen = reached;
        s.seenAt = arrival;
        s.lag = arrival - reached;
      }
      if (reached > this.seen) this.seen = reached;
      if (t < this.earliest) this.earliest = t;
      if (this.#takeStateless(batch, i, s, t)) this.heap.add(hold(batch, i, s, t, this.#entries));
    }
    reach(s);
    s.caughtUp = caughtUp;
    s.arrival = arrival;
    this.release();
    // Lines that come without end, whatever their times, do not keep the clock from going on.
    const live = this.tracker.live();
    if (live.every((o) => o.caughtUp)) this.advanceWatermark(quietTime(live, arrival));
  }

  /** Rows go to the sorter; rules without state see them at once. */
  #sort(batch: EventBatch, s: InputWatermark): void {
    const list = batch.events;
    for (let i = 0; i < list.length; i++) {
      const event = list[i];
      const known = timed(event);
      if (known) this.#notice(event._time, s);
      else this.#countLate(s.input, event, NaN);
      if (this.#takeStateless(batch, i, s, event._time) && known) {
        this.#sorter!.add(hold(batch, i, s, event._time));
      }
    }
  }

  #notice(t: number, s: InputWatermark): void {
    this.#sorter?.step(s.input.index, t);
    if (t > s.sorted) s.sorted = t;
    if (t > this.seen) this.seen = t;
    if (t < this.earliest) this.earliest = t;
  }

  /** The rest of a batch whose stateful rows are read again. */
  #statelessRest(batch: EventBatch, from: number, s: InputWatermark): void {
    for (let i = from; i < batch.events.length; i++) {
      this.#takeStateless(batch, i, s, batch.events[i]._time);
    }
  }

  /** Rules without state see a row; gives whether one with state takes it. */
  #takeStateless(batch: EventBatch, i: number, s: InputWatermark, t: number): boolean {
    const main = this.#main;
    const detector = main.built.kinds[batch.extractionIds[i]];
    if (!detector) return false;
    const event = batch.events[i];
    main.place(batch.lines, batch.lineOf(i), s.slot, t, event._raw);
    const hit = detector(event, 1);
    this.#matched[i] = hit >> 1;
    if ((hit & 1) === 0) return false;
    this.#entries = detector.matching?.() ?? null;
    return true;
  }

  /**
   * A row behind the mark, or without a time. Gives whether it shows that input that ends is in
   * disorder.
   */
  #takeBehind(
    batch: EventBatch,
    i: number,
    s: InputWatermark,
    mark: number,
    t = batch.events[i]._time,
  ): boolean {
    const event = batch.events[i];
    const known = s.live || timed(event);
    const stateful = this.#takeStateless(batch, i, s, t);
    if (known && this.sortable && !s.live) {
      this.disorder ??= {
        input: s.input,
        behind: mark - t,
        ahead: hostOfMark(batch, i, t),
      };
      return true;
    }
    this.#countLate(s.input, event, known ? mark - t : NaN);
    if (stateful && known) {
      const row = hold(batch, i, s, t);
      this.#takeLate(row, lateKey(row, peerOf(batch, i), sourceOf(batch, i)), batch.lines.arrival);
    }
    return false;
  }

  #takeLate(row: HeldRow, key: LateKey, arrival: number): void {
    const uncovered = this.#main.takeLate(row);
    if (uncovered.length > 0) this.late.take(key, uncovered, arrival);
  }

  #countLate(input: Input, event: Event, behind: number): void {
    this.lateRows++;
    this.health.late(input.name, event.host, behind);
  }

  /** Takes rows that nothing can come before any more, then the timers up to the watermark. */
  release(): void {
    const main = this.#main;
    const holding = this.tracker.holding();
    let least = Infinity;
    // Sources of one input hold the others only as long as there is room for what waits.
    const room = this.heap.size <= MOST_HELD;
    for (const s of holding) {
      least = Math.min(least, room ? watermarkOf(s) : s.seen - s.input.lateness);
    }
    least = Math.max(least, liveFloor(holding));
    if (holding.length === 0) least = this.seen;
    if (main.expecting && this.earliest <= least) main.begin(this.earliest);
    for (let row = this.heap.peek(); row !== undefined; row = this.heap.peek()) {
      const r: HeldRow = row;
      if (r.time > least) break;
      if (r.time === least && !isNext(r, holding)) break;
      this.heap.take();
      main.take(r);
    }
    if (least > main.passed) main.passed = least;
    if (main.cx.timers.next <= least && least < Infinity) main.fire(least);
  }

  /** The clock, for `absent … clock`: silence counts up to `now` even when no event moves the watermark. */
  advanceProcessingTime(now: number): void {
    this.#main.fireClocked(now);
  }

  /**
   * Event time has reached `time` although no event says so. Windows close and sequences that waited
   * are decided; only `absent` without `clock` goes by events alone.
   */
  advanceWatermark(time: number): void {
    const main = this.#main;
    if (!(time > main.passed)) return;
    for (
      let row = this.heap.peek();
      row !== undefined && row.time <= time;
      row = this.heap.peek()
    ) {
      this.heap.take();
      main.take(row);
    }
    main.fireQuiet(time);
    main.passed = time;
  }

  /** Nothing of any input is unread: time goes on by the clock. @param now epoch milliseconds */
  advanceQuiet(now: number): void {
    const live = this.tracker.live();
    const time = quietTime(live, now);
    if (Number.isNaN(time)) return;
    this.late.advance(now, Math.max(...live.map((s) => s.input.lateness)));
    this.advanceWatermark(time);
    this.advanceProcessingTime(time);
  }

  /**
   * Windows start anew, and rows that they take go to the sorter until {@link takeSorted}. Changes of
   * alerts that were not taken are lost.
   */
  startSorting(sorter: RowSorter): void {
    this.#main = this.make();
    while (this.heap.take() !== undefined);
    this.disorder = null;
    this.#sorter = sorter;
  }

  /** Rows of a second reading that windows take, up to an offset; no rule is run on them. */
  collect(batch: EventBatch, until: number): void {
    const s = this.tracker.of(batch.lines.input);
    const { kinds } = this.#main.built;
    this.#main.cx.source = batch.lines.input.name;
    for (let i = 0; i < batch.events.length; i++) {
      const event = batch.events[i];
      if (!timed(event)) continue;
      if (batch.lines.offset(batch.lineOf(i)) >= until) return;
      this.#notice(event._time, s);
      const detector = kinds[batch.extractionIds[i]];
      if (detector && (detector(event, 0) & 1) === 1) {
        this.#collectRow(hold(batch, i, s, event._time), s, batch.lines.arrival);
      }
    }
  }

  /** For the sorter, or when that was full, for windows as it comes. */
  #collectRow(row: HeldRow, s: InputWatermark, arrival: number): void {
    const main = this.#main;
    if (this.#sorter !== null) this.#sorter.add(row);
    else if (row.time >= main.passed) main.take(row);
    else {
      this.#countLate(s.input, row.event, main.passed - row.time);
      this.#takeLate(row, lateKey(row, "", ""), arrival);
    }
  }

  /** Hands so many sorted rows to the windows. Gives whether there are more. */
  takeSorted(rows: number): boolean {
    const main = this.#main;
    if (this.#sorter === null) return false;
    this.#sorted ??= this.#sorter.sorted();
    if (main.expecting && this.earliest < Infinity) main.begin(this.earliest);
    for (let n = 0; n < rows; n++) {
      const next = this.#sorted.next();
      if (next.done) {
        this.#sorter = this.#sorted = null;
        if (this.seen > main.passed) main.passed = this.seen;
        main.fire(main.passed);
        return false;
      }
      main.take(next.value);
    }
    return true;
  }

  /** The end of all input: passes everything that waits. @param queue signals of other parts at their end */
  end(queue?: SignalQueue): void {
    const main = this.#main;
    this.tracker.closeAll();
    while (this.takeSorted(1_000_000));
    if (main.expecting && this.earliest < Infinity) main.begin(this.earliest);
    for (let row = this.heap.take(); row !== undefined; row = this.heap.take()) main.take(row);
    // Nothing is known of the time after the last event: silence there is the input's end.
    main.end(this.seen, queue);
    this.late.end();
  }
}
