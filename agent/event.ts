/**
 * The shapes that move through the pipeline. Every stage after `lines` moves batches, never single
 * events. Times are epoch milliseconds.
 */
import type { Extraction, Value } from "../compiler/schema/types.ts";
import type { AlertMetadata } from "../compiler/ir/metadata.ts";
import type { Severity } from "../compiler/ir/program.ts";
import type { AlertContext } from "./context.ts";
import type { Input } from "./input.ts";

export type { Input };

/** Lines in the order read, without their terminators. */
export interface LineBatch {
  readonly input: Input;
  readonly lines: string[];
  readonly arrival: number;
  /** Byte offset, in the input, of `lines[i]`'s first byte. Computed on demand: not for hot paths. */
  offset(i: number): number;
}

/** The part that every event has. Own properties follow in the order of its extraction's captures. */
export interface Event {
  readonly _raw: string;
  /** Event time; see `_time_from` for lines that carry none. */
  readonly _time: number;
  readonly host: string | undefined;
  /**
   * Where `_time` is from when the line had none that reads: the previous event, the record that carried
   * the line, or the arrival.
   */
  readonly _time_from: "previous" | "record" | "arrival" | "clamped" | undefined;
  /** Vendor fields that no capture names; null when there are none. */
  readonly more: Record<string, Value> | null;
  readonly [field: string]: Value | Record<string, Value> | null;
}

export interface EventBatch {
  readonly lines: LineBatch;
  /** One for every line or record, in input order. `events[i]` was read from `lines.lines[lineOf(i)]`. */
  readonly events: Event[];
  /** Extraction id of each event. */
  readonly extractionIds: Uint16Array;
  readonly extractions: readonly Extraction[];
  /** Index of event i's first line in `lines` (equal to i unless records span lines). */
  lineOf(i: number): number;
  /** Lines that are no events, by what they are; missing where there are none. */
  readonly dropped?: ReadonlyMap<string, number>;
}

/** What an alert looks like to sinks, the store and the API. */
export interface Alert {
  /** 32 hex digits, derived from rule, key and the event that opened the episode. */
  readonly id: string;
  readonly rule: string;
  readonly planHash: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: "open" | "acknowledged" | "closed";
  /** Event time at which the rule fired. */
  readonly time: number;
  readonly first: number;
  readonly last: number;
  /** Rows that took part. */
  readonly count: number;
  /** Hits held back by `throttle` since. */
  readonly suppressed: number;
  readonly entity: Readonly<Record<string, Value>>;
  readonly fields: Readonly<Record<string, Value>>;
  readonly mitre: readonly {
    readonly id: string;
    readonly name: string;
    readonly tactics: readonly string[];
  }[];
  /** What the rule's author says of it: id, status, author, references … */
  readonly metadata: AlertMetadata;
  /** What is known of the values that it names; missing where nothing is, or nothing is configured. */
  readonly context?: AlertContext;
  readonly message: string;
  /** At most 100, in order of time: the first 50 and the newest 50. */
  readonly eventIds: readonly string[];
}

/** An alert that opened, changed or ended. The last change of an alert says all of it. */
export interface AlertChange {
  readonly change: "open" | "update" | "close";
  readonly alert: Alert;
}

const ZEROS = "0".repeat(12);

/**
 * The id of an event, 32 hex digits: identity of the input, offset, and a check of the line's text,
 * so that ids of one input sort by offset and two inputs that begin alike do not share ids.
 */
export function eventId(identity: string, offset: number, check: number): string {
  const at = offset.toString(16);
  // Digits behind a leading one: an alert has a hundred ids, and padding each costs as much as the rest.
  return identity + ZEROS.slice(at.length) + at + (0x10000 | check & 0xffff).toString(16).slice(1);
}

/**
 * A 16-bit check over the length and 16 characters spread over the text: cheap enough to take for
 * every row that a windowed rule keeps, and never the only thing that tells two events apart.
 */
export function textCheck(raw: string): number {
  const n = raw.length;
  let h = n * 0x9e3779b1 | 0;
  const step = n < 32 ? 1 : n >> 4;
  for (let i = n - 1; i >= 0; i -= step) h = Math.imul(h ^ raw.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 16)) & 0xffff;
}
