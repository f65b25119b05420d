/** Where rows enter the operators of a rule. */
import type { Row } from "../memory/context.ts";

/** What generated code calls of the operator that a rule begins with. Others may stand in front of it. */
export interface EntryOperator {
  readonly args?: unknown[];
  row?(row: Row, arg: unknown): void;
  step?(step: number, row: Row, key: unknown): void;
  /** A row that another shard takes. */
  foreign?(key: unknown): void;
}
