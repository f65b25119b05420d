/** What the engine asks of every operator with state. */
import type { Row, RowContext, UncoveredRow } from "../memory/context.ts";
import type { TableGroup } from "../memory/table.ts";
import type { ShardRules } from "./shard.ts";
import type { AlertEmitter, AlertRecord } from "../alerts/emitter.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";
import type { IrKey } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";

/** The functions that the planner generated for what follows an operator. */
export interface StageCode {
  /** Hands a row on. */
  readonly next: (row: Row) => void;
  /** `stats`: the group's row, or nothing when a `where` behind it says no. `only`: nobody reads the row. */
  readonly test?: (group: unknown, only: boolean) => Row | undefined;
  /** `stats`: what later commands without state make of a group's row; null when there are none. */
  readonly reproject?: ((row: Row) => Row) | null;
  /** `stats`: arguments that need `gap()`. */
  readonly gaps?: readonly (((row: Row) => Value) | null)[];
}

/** State of one operator as JSON: entries by key, from the one touched longest ago, and its own. */
export interface SavedStage {
  readonly entries: [string, unknown][];
  /** Keys gone since the last incremental checkpoint; absent in a full one. */
  readonly removed?: string[];
  readonly own: unknown;
  /** Rows of windows with many, whose entries name none; absent where entries have all of them. */
  readonly blocks?: readonly SavedBlock[];
  /** Blocks gone since the last checkpoint: key and number. */
  readonly goneBlocks?: readonly (readonly [string, number])[];
}

/** Some rows of a key's window: the key, the block's number, that of its first row, places and values. */
export type SavedBlock = readonly [string, number, number, readonly number[], readonly Value[]];

/** How much of an operator's state is saved. */
export interface SaveScope {
  /** Only entries touched since this checkpoint period; all where it is null. */
  readonly since: number | null;
  /** Rows of large windows stand in blocks, of which those that changed are saved. */
  readonly blocks: boolean;
}

/** Where an operator stands, and what it shares with others. */
export interface OperatorContext {
  /** The current row. */
  readonly cx: RowContext;
  /** Index of its rule, and of the operator in it. */
  readonly rule: number;
  readonly stage: number;
  /** The end of the rule's pipeline. */
  readonly sink: AlertEmitter;
  /** Tables of all operators, which share a cap. */
  readonly group: TableGroup;
  /** What this agent takes of the rules where several share them; null for all. */
  readonly share: ShardRules | null;
}

export interface Operator {
  code: StageCode;
  /** Takes a late row that another course of time no longer covers. */
  take(row: UncoveredRow): void;
  /** A timer of this operator is due. */
  fire(key: string, due: number): void;
  save(records: RecordSaver, scope: SaveScope): SavedStage;
  load(saved: SavedStage, records: RecordLoader): void;
}

/** Alerts that state refers to are saved once and named by number. */
export type RecordSaver = (record: AlertRecord | null) => number | null;
export type RecordLoader = (no: number | null) => AlertRecord | null;

/** The values of a group's key, safe to hold. */
export function keyValues(by: readonly IrKey[], row: Row): Value[] {
  return by.map((k) => keepValue(field(row, k.field)));
}

/** JSON has no undefined: values are saved with null in its place. */
export const unnull = (kv: readonly (Value | null)[]): Value[] =>
  kv.map((v) => v === null ? undefined : v);
