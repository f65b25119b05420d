/** What a transaction carries: events, alerts, and all that must outlive a run. Times are epoch ms. */
import type { Alert, EventBatch } from "../../event.ts";
import type { DeliveriesWritten, NewDelivery } from "./delivery_types.ts";
import type { HealthEvent } from "./health_event.ts";
import type { Rows } from "./rows.ts";
import type { Lease } from "./share_types.ts";

export type { HealthEvent };

/** Where reading of one input stands. */
export interface Position {
  /** The input's identity. */
  readonly input: string;
  readonly source: string;
  /** Id of its job, which goes on when the run does. */
  readonly job: string;
  /** Bytes read and stored, up to the end of a line. */
  readonly offset: number;
  readonly lines: number;
  readonly encoding: string | null;
  readonly sourcetype: string | null;
  /** Largest event time seen. */
  readonly time: number | null;
  /** What its parser remembers, as JSON. */
  readonly parser: string | null;
  /** Whether it was read to its end. */
  readonly done: boolean;
}

/** Names one entry of the engine's state. */
export interface StateKey {
  readonly rule: string;
  /** Stage of the rule, or a negative number for what belongs to no stage. */
  readonly part: number;
  /** 32 hex digits. */
  readonly key: string;
}

export interface StateEntry extends StateKey {
  /** Entries of a rule's part are given back in this order. */
  readonly ord: number;
  /** JSON. */
  readonly state: string;
}

/** How a transaction changes the checkpoint of a stream; see agent/run/checkpoint.ts. */
export interface CheckpointChange {
  readonly stream: string;
  readonly run: string;
  readonly header: string | null;
  readonly positions: readonly Position[];
  /** Inputs whose positions go, unless they are among `positions`. */
  readonly forget?: readonly string[];
  /** Whether all entries written before go first. */
  readonly reset: boolean;
  /** Rules all of whose entries written before go first. */
  readonly ended?: readonly string[];
  readonly upserts: readonly StateEntry[];
  readonly deletes: readonly StateKey[];
}

/** Entries of one part of a rule as they are given back: many at once, since a row for each is slow. */
export interface StateBlock {
  readonly rule: string;
  readonly part: number;
  /** Of each entry its order and its state, read from JSON; in no order. */
  readonly ords: readonly number[];
  readonly states: readonly unknown[];
  /** The keys of the entries; null for those of a rule's stages. */
  readonly keys: readonly string[] | null;
}

/** A checkpoint of a run that did not end. */
export interface SavedCheckpoint {
  readonly run: string;
  readonly header: string | null;
  readonly positions: readonly Position[];
  readonly state: readonly StateBlock[];
}

/** Lines of one shape that mean nothing to rules: numbers, addresses and names are masked. */
export interface UnreadShape {
  readonly sourcetype: string;
  readonly shape: string;
  readonly lines: number;
}

/** One input of one run. */
export interface Job {
  /** 32 hex digits, as is `run`. */
  readonly id: string;
  readonly run: string;
  readonly source: string;
  readonly sourcetype: string | null;
  readonly state: "running" | "done" | "failed" | "stopped";
  readonly lines: number;
  readonly events: number;
  readonly parseErrors: number;
  /** Events that are in a dataset. */
  readonly understood: number;
  /** The commonest shapes of lines that are in none. */
  readonly unread: readonly UnreadShape[];
  /** Lines per second. */
  readonly rate: number;
  /** Records that are there and were not read; null where that is not known. */
  readonly lag: number | null;
  readonly error: string | null;
  readonly started: number;
}

/** What one transaction carries. Everything in it is stored, or nothing. */
export interface Write {
  /** Batches are serialised before `write` returns its promise; nothing of them is kept after. */
  readonly batches?: readonly EventBatch[];
  /** Batches that are serialised already, in place of `batches`. */
  readonly rows?: Rows;
  /** The last state of each alert that changed. Of several with one id the last counts. */
  readonly alerts?: readonly Alert[];
  /** Ids of alerts that were written as provisional and did not come about; what people have touched stays. */
  readonly retract?: readonly string[];
  /** What is to be delivered of the alerts and health events; what is there already stays as it is. */
  readonly deliveries?: readonly NewDelivery[];
  readonly checkpoint?: CheckpointChange;
  /** The right to write this; it fails with `superseded` once another has taken it over. */
  readonly lease?: Lease;
  /** The stream that ended: its checkpoint goes. */
  readonly ended?: string;
  /** A run that was killed: those of its jobs that are called running, and are not in `jobs`, stopped. */
  readonly stoppedRun?: string;
  readonly jobs?: readonly Job[];
  readonly health?: readonly HealthEvent[];
}

/** What a write holds beside its rows. Health has ids, so that it can be sent again. */
export interface Rest extends Omit<Write, "batches" | "rows" | "health"> {
  readonly health?: readonly (HealthEvent & { readonly id: string })[];
}

/** Where a write stands among those of one writer, which are carried out in order. */
export interface WriteSequence {
  readonly writer: string;
  /** Counted from 1. */
  readonly number: number;
  /** Whether it was sent before the one before it was done: then it is carried out after that one or not at all. */
  readonly speculative: boolean;
}

/** A write as it goes to another thread. */
export interface Work {
  readonly rows: Rows;
  readonly rest: Rest;
  readonly turn?: WriteSequence;
}

export interface Written {
  /** Rows added. */
  readonly events: number;
  /** Rows that were there already. */
  readonly duplicates: number;
  /** Alerts that were not there before. */
  readonly alerts: number;
  /** ms that its checkpoint took; of a write with one. */
  readonly checkpointMs?: number;
  /** Of a write with deliveries. */
  readonly deliveries?: DeliveriesWritten;
}
