/** What the operators share while one row, or one timer, is at work. */
import { textCheck } from "../../event.ts";
import type { LineBatch } from "../../event.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { ChangeCounts } from "./changed.ts";
import { type Timer, Timers } from "../ordering/timers.ts";
import { EMPTY_KEY, KeyPool } from "./key_pool.ts";
import type { AlertRecord, ContributingEvents, JoinedHit, Row } from "./records.ts";

export type { Row } from "./records.ts";

/** Limits of state. */
export interface Limits {
  /** Keys of one operator. */
  readonly keysPerRule: number;
  /** Keys of all operators together. */
  readonly keysInAll: number;
  /** Rows that one key of a sliding window holds. */
  readonly rowsPerKey: number;
  /** Distinct values, or values of a percentile, held exactly before a sketch takes over. */
  readonly exact: number;
  /** Sliding windows by the same fields from which on they hold the rows of keys with few once. */
  readonly sharedFrom: number;
}

export const LIMITS: Limits = {
  keysPerRule: 1_000_000,
  keysInAll: 4_000_000,
  rowsPerKey: 65_536,
  exact: 1_024,
  sharedFrom: 2,
};

/** A late row as it reached an operator that no longer covers it. */
export interface UncoveredRow {
  readonly rule: number;
  readonly stage: number;
  readonly row: Row;
  /** The key as text, or the value of a baseline. */
  readonly arg: Value;
  /** Of a sequence. */
  readonly step: number;
  /** Arguments of aggregates. */
  readonly args: readonly Value[];
  readonly t: number;
  /** Of the operator that let it through, as text. */
  readonly key: string;
  readonly contributing: ContributingEvents | null;
  readonly derived: Row | null;
  readonly source: string;
  readonly offset: number;
  readonly meta: number;
}

/** Slot and check of a row that was read nowhere. */
const NOWHERE = -65536;

/** Where a row was read, worked out when somebody asks. It holds the batch of the row until then. */
export class RowOrigin {
  offset = -1;
  meta = 0;
  slot = 0;
  lines: LineBatch | null = null;
  line = 0;
  raw = "";

  /** Works out `offset` and `meta`, and lets the batch go. */
  settle(): void {
    if (this.lines === null) return;
    this.offset = this.lines.offset(this.line);
    this.meta = this.slot * 65536 + textCheck(this.raw);
    this.lines = null;
    this.raw = "";
  }
}

/** The current row: its time and, only when an operator asks, where it was read. */
export class RowContext {
  /** Event time of the row, or the deadline of the timer. */
  t = 0;
  /** Counts rows and timers; tells whether two hits came from the same one. */
  seq = 0;
  /** Counts checkpoints; an entry touched since the last one carries the present number. */
  epoch = 1;
  /** Name of the row's input. */
  source = "";
  /** ms since the key's previous row, for aggregates over `gap()`. */
  gap: number | undefined = undefined;
  /** Keys of all operators. */
  readonly keys = new KeyPool();
  /** Key of the operator that let the row through, for the alert's id; {@link EMPTY_KEY} where none did. */
  key = EMPTY_KEY;
  /** Rows that took part, when there are more than the current one. */
  contributing: ContributingEvents | null = null;
  /** The alert that the last hit made; null when it was held back. */
  made: AlertRecord | null = null;
  /** The emitter whose last hit is an alert of another agent that shares the work; null where none was. */
  raisedElsewhere: object | null = null;
  /** The alert of another rule of its group that stands for the row at hand; null where none does. */
  joins: ((hit: JoinedHit) => void) | null = null;
  /** What baselines laid over the row. */
  derived: Row | null = null;
  /** Event time up to which rows have been passed in order. */
  passed = -Infinity;
  /** The row at hand is of an earlier run: it is counted, and raises nothing. */
  past = false;
  /** Event time up to which a checkpoint has brought it; -Infinity without one. */
  restored = -Infinity;
  /** The row at hand came behind `passed`. */
  late = false;
  /** The course of time is that of one clock's late rows. */
  aside = false;
  /** What operators no longer cover of the late row at hand. */
  uncovered: UncoveredRow[] = [];
  readonly timers = new Timers();
  /** The timer at work; null while a row is. */
  firing: Timer | null = null;
  /** Alerts with changes that were not taken. */
  readonly changes = new ChangeCounts();
  /** Sequences with steps of the current row not yet taken, and what its alerts say. */
  readonly waiting: { readonly rule: number; flush(): void }[] = [];
  /** Rows with a missing key, by rule. */
  readonly nullKeys: number[] = [];
  readonly evicted: number[] = [];
  readonly rowsEvicted: number[] = [];

  /** Event time by which state is judged: its row's, or for a late row what has been passed. */
  get now(): number {
    return this.late ? this.passed : this.t;
  }

  /** An operator does not take the late row at hand: it is one of its clock's own course of time. */
  uncover(rule: number, stage: number, given: Pick<UncoveredRow, "row" | "arg" | "step" | "args">) {
    const { t, contributing, derived, source, offset, meta } = this;
    const key = this.keys.text(this.key);
    this.uncovered.push({
      ...given,
      rule,
      stage,
      t,
      key,
      contributing,
      derived,
      source,
      offset,
      meta,
    });
  }

  slot = 0;
  #offset = -1;
  #check = 0;
  #lines: LineBatch | null = null;
  #line = 0;
  #raw = "";

  constructor(
    readonly limits: Limits,
    /** Whether an input, by its slot, would have told of a time: it goes on, or it reaches there. */
    readonly covers: (slot: number, t: number) => boolean = () => true,
  ) {}

  /** Sets where the current row is from; the offset is worked out at first need. */
  at(slot: number, lines: LineBatch | null, line: number, raw: string): void {
    this.slot = slot;
    this.#lines = lines;
    this.#line = line;
    this.#raw = raw;
    this.#offset = -1;
  }
  /** The current row's line in its batch. */
  get line(): number {
    return this.#line;
  }
  /** As {@link at}, with an offset and a check known before. */
  atRef(offset: number, meta: number): void {
    this.#offset = offset;
    this.slot = Math.floor(meta / 65536);
    this.#check = meta % 65536;
  }
  /** The row is a silence that no event ended or began. */
  nowhere(): void {
    this.atRef(0, NOWHERE);
  }
  /** Notes where the current row was read, for one who seldom asks. */
  mark(place: RowOrigin): void {
    if (this.#offset >= 0 || this.#lines === null) {
      place.offset = this.offset;
      place.meta = this.meta;
      place.lines = null;
      return;
    }
    place.slot = this.slot;
    place.lines = this.#lines;
    place.line = this.#line;
    place.raw = this.#raw;
  }
  #locate(): void {
    this.#offset = this.#lines === null ? 0 : this.#lines.offset(this.#line);
    this.#check = textCheck(this.#raw);
  }
  get offset(): number {
    if (this.#offset < 0) this.#locate();
    return this.#offset;
  }
  /** The input's slot and the text's check in one number; negative when there is no such place. */
  get meta(): number {
    if (this.#offset < 0) this.#locate();
    return this.slot * 65536 + this.#check;
  }
}
