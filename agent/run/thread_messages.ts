/** What goes between the thread that reads and those that run a part of the rules. */
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { ParserState } from "../../compiler/sourcetype/mod.ts";
import type { StoredFamily, StoredSourcetypes } from "../../compiler/sourcetype/compile/stored.ts";
import type { ChangesTaken, Counters, Health, Limits, Snapshot } from "../engine/engine.ts";
import type { Signal } from "../engine/operators/signals.ts";
import type { AlertChange } from "../event.ts";
import type { InputProperties } from "../input.ts";
import type { Content, TextBatch } from "../stages/lines.ts";
import type { CheckpointChange } from "../store/mod.ts";

/** What a thread begins with. */
export interface Beginning {
  readonly program: IrProgram;
  /** Indexes of the rules that it runs. */
  readonly here: ReadonlySet<number>;
  readonly sourcetypes: { readonly head: StoredSourcetypes; readonly families: StoredFamily[] };
  readonly parse: {
    readonly tz?: string;
    readonly year?: number;
    readonly future?: number;
    readonly mixed: boolean;
    /** Networks of proxies that are trusted; see `ParserOptions.trustedProxies`. */
    readonly proxies?: readonly string[];
  };
  readonly limits: Limits;
  /** Of all rules: a part takes up the state of its own. */
  readonly snapshot: Snapshot;
  readonly sortable: boolean;
  /** Whether it is asked which events its rules matched. */
  readonly matched: boolean;
}

/** An input by what is known of it now. */
export interface InputNow extends Required<InputProperties> {
  /** What its parser remembers; left out where the other thread knows it. */
  readonly parser?: ParserState;
}

/** Lines of one batch. */
export interface PackedLines {
  /** Joined by line feeds; as they are where they hold line feeds themselves. */
  readonly text: string | readonly string[];
  readonly count: number;
  /** Byte offset of each. */
  readonly starts: Float64Array;
  readonly arrival: number;
  readonly truncated: readonly number[] | null;
  readonly end: number;
  readonly encoding: Content;
  readonly peers?: readonly string[];
}

export type Request =
  | { readonly op: "begin"; readonly with: Beginning }
  | { readonly op: "open"; readonly input: InputNow }
  | { readonly op: "take"; readonly input: InputNow; readonly lines: PackedLines }
  | { readonly op: "close"; readonly index: number }
  | { readonly op: "changes"; readonly which: ChangesTaken }
  | { readonly op: "checkpoint" }
  | { readonly op: "snapshot" }
  | { readonly op: "end" };

/** How a part stands after what it was asked. */
export interface Standing {
  /** Alerts with changes that were not taken; whether there are such to take. */
  readonly changed: number;
  readonly has: Readonly<Record<ChangesTaken, boolean>>;
  readonly health: readonly Health[];
  /** Now and then. */
  readonly counters: Counters | null;
}

/** Answers by what was asked. */
export interface Results {
  begin: null;
  open: null;
  take: Taken;
  close: null;
  changes: AlertChange[];
  checkpoint: Pick<CheckpointChange, "upserts" | "deletes">;
  snapshot: Snapshot;
  /** Signals for rules elsewhere that the end made. */
  end: readonly Signal[];
}

export interface Taken {
  /** Which events of the batch its rules matched; null where that is not asked for. */
  readonly matched: Uint8Array | null;
  /** For rules elsewhere. */
  readonly signals: readonly Signal[];
}

export type Reply =
  | { readonly result: Results[keyof Results]; readonly standing: Standing }
  | { readonly fault: string };

/** Lines as they are sent. The batch stays as it is. */
export function packLines(batch: TextBatch): PackedLines {
  const { lines, arrival, truncated, end, encoding, peers } = batch;
  const framed = encoding.includes(" ") || encoding === "evtx";
  const starts = new Float64Array(lines.length);
  for (let i = 0; i < starts.length; i++) starts[i] = batch.offset(i);
  return {
    text: framed ? lines : lines.join("\n"),
    count: lines.length,
    starts,
    arrival,
    truncated,
    end,
    encoding,
    ...(peers === undefined ? {} : { peers }),
  };
}

export function unpackLines(packed: PackedLines, input: TextBatch["input"]): TextBatch {
  const { text, count, starts, arrival, truncated, end, encoding, peers } = packed;
  const lines = typeof text !== "string" ? [...text] : count === 0 ? [] : text.split("\n");
  return {
    input,
    lines,
    offset: (i) => starts[i],
    arrival,
    truncated,
    end,
    encoding,
    ...(peers === undefined ? {} : { peers }),
  };
}
