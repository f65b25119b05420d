/** The inputs of an engine: how far in event time each has come, and which of them hold the others back. */
import type { Input } from "../../event.ts";
import type { HeldRow } from "./held_rows.ts";
import { type SavedMarks, SourceMarks } from "./source_marks.ts";

export interface InputWatermark {
  readonly input: Input;
  /** Its number in the rows that windows hold. */
  slot: number;
  /** Largest event time seen. */
  seen: number;
  /** The same of rows that are sorted first, which move no watermark. */
  sorted: number;
  open: boolean;
  idle: boolean;
  known: boolean;
  /** Its lines come as they are written. */
  live: boolean;
  /** Live: nothing of it was unread behind its last batch, and when that came, in epoch ms. */
  caughtUp: boolean;
  arrival: number;
  /** Live: when the newest event came, and ms that it was behind that. */
  seenAt: number;
  lag: number;
  /** Of an input that several sources share: how far each has come. */
  sources: SourceMarks | null;
  /** Event time that all of its sources that are not idle have reached. */
  reached: number;
}

interface Slot {
  identity: string;
  input: Input | null;
  seen: number;
  sources: SavedMarks | null;
}

export interface SavedSlot {
  readonly identity: string;
  readonly seen: number | null;
  /** Absent where the input has no sources of its own. */
  readonly sources?: SavedMarks;
}

/** Event time that nothing of an input can come before in order. */
export const watermarkOf = (s: InputWatermark): number =>
  (s.sources === null ? s.seen : s.reached) - s.input.lateness;

/** The sources of an input that several share; made at its first call. */
export function sourcesOf(s: InputWatermark): SourceMarks {
  if (s.sources === null) {
    s.sources = new SourceMarks();
    s.reached = s.seen;
  }
  return s.sources;
}

/** To be called when lines of an input's sources were noted. */
export function reach(s: InputWatermark): void {
  if (s.sources === null) return;
  const floor = s.sources.floor();
  s.reached = floor === Infinity ? s.seen : floor;
}

/** ms behind its arrival up to which the newest event of live input is of now. */
const CURRENT = 300_000;

/**
 * Event time below which live inputs do not hold the watermark: the furthest of them less the largest
 * lateness, so that a slow or lying host holds nobody back. -Infinity while something is still to be
 * read, and where all times are of long ago: a log that is sent has no clock but its own.
 */
export function liveFloor(holding: readonly InputWatermark[]): number {
  let leader = -Infinity, arrival = -Infinity, lateness = 0;
  for (const s of holding) {
    if (!s.live || !s.caughtUp) return -Infinity;
    leader = Math.max(leader, s.seen);
    arrival = Math.max(arrival, s.arrival);
    lateness = Math.max(lateness, s.input.lateness);
  }
  return leader >= arrival - CURRENT ? leader - lateness : -Infinity;
}

/**
 * Event time by processing time, while nothing of any live input is unread: the newest event's and
 * what has gone by since it came, less the largest lateness. Where times are of long ago, logs have no
 * clock but their own: time goes up to the newest event of the one furthest behind that is not idle.
 * NaN when there is no event yet.
 */
export function quietTime(live: readonly InputWatermark[], now: number): number {
  let leader: InputWatermark | null = null;
  let lateness = 0;
  for (const s of live) {
    lateness = Math.max(lateness, s.input.lateness);
    if (leader === null || s.seen > leader.seen) leader = s;
  }
  if (leader === null || leader.seen === -Infinity) return NaN;
  // What a checkpoint left goes on from now.
  if (leader.seenAt === -Infinity) leader.seenAt = now;
  const timeOf = (s: InputWatermark) => s.seen + (now - s.seenAt) - lateness;
  if (leader.lag <= CURRENT) return timeOf(leader);
  const active = live.filter((s) => !s.idle);
  if (active.length === 0) return leader.seen;
  return Math.min(...active.map((s) => {
    const seen = s.sources === null ? s.seen : s.reached;
    return seen === -Infinity ? NaN : Math.min(timeOf(s), seen);
  }));
}

export class WatermarkTracker {
  readonly #all = new Map<Input, InputWatermark>();
  readonly #slots: Slot[] = [];

  /** The input's state; made at its first call. */
  of(input: Input): InputWatermark {
    let s = this.#all.get(input);
    if (s === undefined) {
      const slot = this.#slots.length;
      s = {
        input,
        slot,
        seen: -Infinity,
        sorted: -Infinity,
        open: true,
        idle: false,
        known: false,
        live: false,
        caughtUp: true,
        arrival: -Infinity,
        seenAt: -Infinity,
        lag: 0,
        sources: null,
        reached: -Infinity,
      };
      this.#all.set(input, s);
      this.#know(s);
      if (s.slot === slot) {
        this.#slots.push({
          identity: input.identity ?? "",
          input,
          seen: -Infinity,
          sources: null,
        });
      }
    } else if (!s.known) this.#know(s);
    return s;
  }

  /** An input whose content was read before goes on from the event time that it had reached. */
  #know(s: InputWatermark): void {
    if (s.known || s.input.identity === null) return;
    const slots = this.#slots;
    s.known = true;
    if (s.slot < slots.length) slots[s.slot].identity = s.input.identity;
    const before = slots.findIndex((x) => x.input === null && x.identity === s.input.identity);
    if (before < 0) return;
    s.slot = before;
    slots[before].input = s.input;
    if (slots[before].seen > s.seen) s.seen = slots[before].seen;
    const { sources } = slots[before];
    if (sources === null) return;
    sourcesOf(s).load(sources);
    reach(s);
  }

  /** Names the content of a slot's input. */
  identity(slot: number): string {
    const s = this.#slots[slot];
    return s?.input?.identity ?? s?.identity ?? "0000000000000000";
  }

  /** Whether an input goes on, or has told of a time as late as this. */
  covers(slot: number, t: number): boolean {
    for (const s of this.#all.values()) {
      if (s.slot === slot) return s.live || s.open || Math.max(s.seen, s.sorted) >= t;
    }
    const s = this.#slots[slot];
    return s === undefined || s.seen >= t;
  }

  /** Inputs that hold the watermark back: open, and not idle. */
  holding(): InputWatermark[] {
    const out: InputWatermark[] = [];
    for (const s of this.#all.values()) if (s.open && !s.idle) out.push(s);
    return out;
  }

  /** Open inputs whose lines come as they are written. */
  live(): InputWatermark[] {
    return [...this.#all.values()].filter((s) => s.open && s.live);
  }

  /** Whether another input holds the watermark back. */
  others(than: InputWatermark): boolean {
    for (const s of this.#all.values()) if (s !== than && s.open && !s.idle) return true;
    return false;
  }

  closeAll(): void {
    for (const s of this.#all.values()) s.open = false;
  }

  save(): SavedSlot[] {
    for (const s of this.#all.values()) {
      const slot = this.#slots[s.slot];
      slot.seen = s.seen;
      slot.sources = s.sources?.save() ?? null;
      if (s.input.identity !== null) slot.identity = s.input.identity;
    }
    return this.#slots.map((s) => ({
      identity: s.identity,
      seen: Number.isFinite(s.seen) ? s.seen : null,
      ...(s.sources === null ? {} : { sources: s.sources }),
    }));
  }

  load(saved: readonly SavedSlot[]): void {
    for (const s of saved) {
      this.#slots.push({
        identity: s.identity,
        input: null,
        seen: s.seen ?? -Infinity,
        sources: s.sources ?? null,
      });
    }
  }
}

/** Whether a row is next in order: none of the inputs that hold can still bring one before it. */
export function isNext(row: HeldRow, holding: readonly InputWatermark[]): boolean {
  return holding.every((s) => {
    const mark = watermarkOf(s);
    if (mark !== row.time) return mark > row.time;
    return s.input.index > row.index || (s.input.index === row.index && s.input.lateness === 0);
  });
}
