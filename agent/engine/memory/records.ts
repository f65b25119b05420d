/** What operators and alerts pass on: rows, which rows took part, alerts while they can change. */
import type { Severity } from "../../../compiler/ir/program.ts";

/** A row between operators: an event, an event with fields laid over it, or a plain object. */
export type Row = Record<string, unknown>;

/** A row's fields as its own: fields laid over a row stand on it as their prototype. */
export function flat(row: Row): Row {
  const out: Row = {};
  for (const name in row) out[name] = row[name];
  return out;
}

const HALF = 50;

/** Rows that took part, as flat triples (time, offset, slot and check): the first 50, the newest 50. */
export interface EventRefs {
  first: number[];
  /** A ring once it is full; `at` is where its oldest triple stands. */
  newest: number[];
  at: number;
}

export const newRefs = (): EventRefs => ({ first: [], newest: [], at: 0 });

export function addRef(refs: EventRefs, t: number, offset: number, meta: number): void {
  if (refs.first.length < 3 * HALF) refs.first.push(t, offset, meta);
  else if (refs.newest.length < 3 * HALF) refs.newest.push(t, offset, meta);
  else {
    refs.newest[refs.at] = t;
    refs.newest[refs.at + 1] = offset;
    refs.newest[refs.at + 2] = meta;
    refs.at = (refs.at + 3) % (3 * HALF);
  }
}

/** What an operator hands over when its row becomes an alert. */
export interface ContributingEvents {
  readonly count: number;
  readonly refs: EventRefs;
  /** Event times of the first and the last row. */
  readonly first: number;
  readonly last: number;
}

/** What another rule of the group would have said of the same key. */
export interface JoinedHit {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly message: string;
  readonly techniques: readonly {
    readonly id: string;
    readonly name: string;
    readonly tactics: readonly string[];
  }[];
}

/** An alert while it can change. */
export interface AlertRecord {
  readonly no: number;
  readonly key: string;
  /** Where the event that opened it was read: offset, slot and check; null when there was none. */
  readonly opening: readonly [number, number] | null;
  readonly time: number;
  /** How many alerts of its rule opened at this time with this key and opening before it. */
  readonly twin: number;
  readonly first: number;
  last: number;
  count: number;
  suppressed: number;
  row: Row;
  /** What baselines laid over its first row: they do not judge its updates. */
  readonly derived: Row | null;
  /** Event time of `row`. */
  rowTime: number;
  refs: EventRefs;
  /** Fixed for rows that are events, else worked out from the row when the alert is taken. */
  message: string | null;
  severity: Severity | null;
  reported: boolean;
  /** Hits of rules of the same group that it stands for, the first of each rule; missing where none did. */
  joined?: JoinedHit[];
  /** How many still hold it open: its episode, and throttles that count hits on it. */
  open: number;
  closed: boolean;
  dirty: boolean;
}
