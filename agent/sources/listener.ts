/** What brings inputs while a run goes on: followed files and listeners. */
import type { Bytes, InputHandle } from "../input.ts";
import type { LineCounters, TextBatch } from "../stages/lines.ts";
import type { InputPath } from "./files.ts";

/** Marks of a source's own in what it gave, by which a later run goes on: an entry's cursor. */
export interface Marks {
  /** The mark of the last record before an offset; null where there is none. Offsets only grow. */
  at(end: number): string | null;
  /** To be called before `open`: what stands behind the mark is read. */
  goOn(mark: string): void;
}

/** An input that is read as it comes. */
export interface Live {
  /** Nothing is there that was not given: what comes next may be long in coming. */
  readonly waiting: boolean;
  /** Whether nothing was there behind the batch that ends at an offset when it was read. */
  caughtUp(end: number): boolean;
  /** Whether something is there behind an offset at which it is to be opened; no where it cannot tell. */
  unread?(offset: number): boolean;
  /** Of a source that can be read again, but not by offsets. Such an input has no identity at first. */
  readonly marks?: Marks;
  /** A later run can read on from a position, as from a file's; what a listener misses is gone. */
  readonly rereads?: boolean;
  /** Records that are there and were not given, of a source that counts them. */
  readonly lag?: number;
  /** Position of the first that is there, of what `rereads` has come to be since a run before. */
  readonly beginning?: number;
  /**
   * A file's bytes from an offset on, or a listener's lines, which it counts. They end when the feed has
   * stopped.
   */
  open(input: InputHandle, offset: number, counters: LineCounters): {
    readonly bytes: ReadableStream<Bytes>;
  } | {
    readonly lines: ReadableStream<TextBatch>;
  };
}

/** An input that has turned up. */
export interface InputAnnounced {
  readonly found: InputPath;
  /** Null for a file that is read once, to its end. */
  readonly live: Live | null;
  /** 16 hex digits: a file's from its first line, of a listener any that nothing else has. */
  readonly identity?: string;
  /** Given by who sends; else as for every input. */
  readonly sourcetype?: string;
  /** ms */
  readonly lateness?: number;
  /** Where reading begins unless an earlier run has come further. Default: 0 */
  readonly offset?: number;
  /** The input whose content this is, moved or copied, and up to where it was read. */
  readonly continues?: { readonly arrival: InputAnnounced; readonly offset: number };
}

/** Something that did not get through, or that its owner should know. */
export interface Loss {
  readonly subject: string;
  /** A sentence with the number in it. */
  readonly message: string;
  /** Under what the summary counts it; null when it is no record. */
  readonly reason: string | null;
  readonly count: number;
}

export interface Listener {
  /** Inputs that are there from the start. Rejects with InputError when it cannot do its work. */
  start(): Promise<readonly InputAnnounced[]>;
  /** Told of each input that turns up later. Set before `start`. */
  arrived: (arrival: InputAnnounced) => void;
  /** Takes in no more: streams end when what came has been given. Resolves when nothing more comes. */
  stop(): Promise<void>;
  /** Whether nothing is announced after `start`, and every input comes to its end. Default: false */
  readonly ends?: boolean;
  /** Records of inputs that are there and were not taken, by the names of the inputs. */
  lags?(): ReadonlyMap<string, number>;
  /** What was lost since the last call. */
  losses(): Promise<readonly Loss[]>;
}
