/** The shapes that a generated parser reads, gives and asks for. */
import type { Extraction, Value } from "../../schema/types.ts";
import type { SourcetypeLayouts } from "./catalogue.ts";
import type { Keyed } from "../formats/keyed.ts";

/** The parts of a batch of lines that a parser reads; `LineBatch` of the agent fits. */
export interface Lines {
  readonly input: { readonly modified: number };
  readonly lines: readonly string[];
  readonly arrival: number;
  /** Indices of lines that were cut at the limit on length. */
  readonly truncated?: readonly number[] | null;
  /** Keys and values of each line, where they were read before: of a sourcetype of records. */
  readonly keys?: readonly Keyed[];
}

/** The parts of an event that every parser gives; `Event` of the agent fits. */
export interface ParsedEvent {
  readonly _raw: string;
  readonly _time: number;
  readonly host: string | undefined;
  readonly _time_from: "previous" | "record" | "arrival" | "clamped" | undefined;
  readonly more: Record<string, Value> | null;
  readonly [field: string]: Value | Record<string, Value> | null;
}

/** A batch with its events; `EventBatch` of the agent fits when `L` is its `LineBatch`. */
export interface Parsed<L> {
  readonly lines: L;
  readonly events: ParsedEvent[];
  readonly extractionIds: Uint16Array;
  readonly extractions: readonly Extraction[];
  lineOf(i: number): number;
}

export interface Family {
  readonly own: SourcetypeLayouts;
  readonly members: readonly SourcetypeLayouts[];
}

/** What generated code asks of its surroundings, and leaves there. */
export interface Env {
  arrival: number;
  events: ParsedEvent[];
  readonly facilities: readonly string[];
  readonly severities: readonly string[];
  /** A text in the one form of its type, `ip` or `host`; undefined when it is none. */
  address(v: string | undefined): string | undefined;
  hostName(v: string | undefined): string | undefined;
  /** The value of keys of one meaning; undefined when they have two, one of them or together. */
  answer(
    keys: Keyed,
    field: string,
    names: readonly string[],
    value: Value,
    two: boolean,
  ): Value;
  missing(values: readonly string[], v: string | undefined): string | undefined;
  /** `field` of the nearest line before that has this host and this value of `by`. */
  recall(host: string | undefined, by: string, value: Value, field: string): Value;
  /** What else a line is that `event` says little of; null when nothing better is found. */
  other(
    raw: string,
    text: string,
    at: number,
    event: ParsedEvent,
    kind: number,
  ): ParsedEvent | null;
  /** Of the event that `other` gave, or a reader's `read`. */
  kind: number;
  /** Of the text that a reader's `read` has taken: where its message begins, and itself. */
  at: number;
  text: string;
  /** Another reader is to go on with the batch. */
  leave: boolean;
}

/** A generated parser, with the surroundings that all parsers of an input share. */
export interface Reader {
  /** Reads lines from index `i` on; gives the index of the first that is not read. */
  batch(lines: readonly string[], events: ParsedEvent[], kinds: Uint16Array, i: number): number;
  /** Reads records; only where the sourcetype reads them. */
  records?(
    lines: readonly string[],
    keys: readonly Keyed[],
    events: ParsedEvent[],
    kinds: Uint16Array,
  ): void;
  /** Reads the text that `raw` has from `at` on, of an outer line with this time and host. */
  read(
    raw: string,
    text: string,
    at: number,
    time: number,
    host: string | undefined,
    from: ParsedEvent["_time_from"],
  ): ParsedEvent;
}
