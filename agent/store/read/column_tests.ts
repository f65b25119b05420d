/**
 * Conditions of searches over columns of blocks. What hangs on one field is asked by the language's own
 * evaluator, once for each value of a block; `and`, `or` and `not` put answers together. Of what columns
 * do not hold an event may fit.
 */
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { children, fieldsRead } from "../../../compiler/ir/walk.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { SearchedRows } from "../types/types.ts";
import { COLUMN_FIELDS, type ColumnBlock } from "./columns.ts";
import { conditionsOf, isFrom, isPlain } from "./search_condition.ts";

/** Answers: bits that an event may fit, and that it surely does. */
export const NO = 0, MAYBE = 1, YES = 3;
/** Answers turned round. */
const NOT = Uint8Array.of(YES, MAYBE, NO, NO);

/** Writes the answer for each event of a block. */
type Judge = (block: ColumnBlock, out: Uint8Array) => void;
type Evaluate = (row: Record<string, Value>, time: number) => Value;
type MakeEvaluator = (expr: IrExpr) => Evaluate;

type Asked = Pick<SearchedRows, "rows" | "where">;

/** Whether an expression is asked at once, of the values of one field. */
function isLeaf(e: IrExpr): boolean {
  const fields = [...fieldsRead(e)];
  return fields.length <= 1 && isPlain(e) && fields.every((f) => COLUMN_FIELDS.has(f));
}

function isDecided(e: IrExpr): boolean {
  if (e.op === "and" || e.op === "or" || e.op === "not") return children(e).every(isDecided);
  return isLeaf(e);
}

/** Whether something of a condition that all events have to fulfil is decided by columns. */
function narrows(e: IrExpr): boolean {
  if (e.op === "and") return e.args.some(narrows);
  return isDecided(e) || e.op === "or" && e.args.every(narrows);
}

/** Whether columns tell of each event if it fits, values apart which they do not hold. */
export const columnsDecide = (asked: Asked): boolean =>
  asked.rows.kind === "events" && conditionsOf(asked).every(isDecided);

/** Whether columns tell of some events that they do not fit. */
export const columnsNarrow = ({ rows, where }: Asked): boolean =>
  rows.kind === "events" && (!rows.from.any || conditionsOf({ rows, where }).some(narrows));

/** Fields of columns that the conditions ask. */
export const fieldsAsked = (asked: Asked): string[] =>
  conditionsOf(asked).flatMap((e) => [...fieldsRead(e)]).filter((f) => COLUMN_FIELDS.has(f));

/** The conditions of a search as a function of blocks. */
export async function judgeOf(asked: Asked): Promise<(block: ColumnBlock) => Uint8Array> {
  const { evaluator } = await import("../../../compiler/plan/conditions.ts");
  const make: MakeEvaluator = (e) => evaluator(e, [], true);
  const judges = conditionsOf(asked).map((e) => judge(e, make));
  const all = joined("and", judges);
  const { rows } = asked;
  return (block) => {
    const out = new Uint8Array(block.events);
    all(block, out);
    const { odd, kind: { codes }, kinds } = block;
    // What a column does not hold is no value of its field.
    if (odd !== null) { for (let i = 0; i < out.length; i++) if (odd[i] !== 0) out[i] = MAYBE; }
    if (rows.kind === "events" && !rows.from.any) {
      const from = kinds.map((k) => k !== undefined && isFrom(k, rows.from));
      for (let i = 0; i < out.length; i++) if (!from[codes[i]]) out[i] = NO;
    }
    return out;
  };
}

function judge(e: IrExpr, make: MakeEvaluator): Judge {
  if (isLeaf(e)) {
    const [field] = fieldsRead(e);
    const test = make(e);
    if (field !== undefined) return leaf(field, (v) => test({ [field]: v }, 0) === true);
    const all = test({}, 0) === true ? YES : NO;
    return (_, out) => out.fill(all);
  }
  switch (e.op) {
    case "and":
    case "or":
      return joined(e.op, e.args.map((a) => judge(a, make)));
    case "not": {
      const arg = judge(e.arg, make);
      return (block, out) => {
        arg(block, out);
        for (let i = 0; i < out.length; i++) out[i] = NOT[out[i]];
      };
    }
    default:
      return (_, out) => out.fill(MAYBE);
  }
}

function joined(op: "and" | "or", judges: readonly Judge[]): Judge {
  if (judges.length === 0) return (_, out) => out.fill(op === "and" ? YES : NO);
  if (judges.length === 1) return judges[0];
  return (block, out) => {
    const other = new Uint8Array(out.length);
    judges[0](block, out);
    for (const judge of judges.slice(1)) {
      judge(block, other);
      if (op === "and") { for (let i = 0; i < out.length; i++) out[i] &= other[i]; }
      else for (let i = 0; i < out.length; i++) out[i] |= other[i];
    }
  };
}

/** Asks the values of one field, each once. */
function leaf(field: string, test: (value: Value) => boolean): Judge {
  return (block, out) => {
    const column = block.column(field), kind = block.kind;
    // Of events without a value of their own.
    const fixed = new Uint8Array(kind.size);
    const missing = test(undefined) ? YES : NO;
    for (let code = 1; code < kind.size; code++) {
      const value = block.ofKind(field, code);
      fixed[code] = value === undefined ? missing : test(value) ? YES : NO;
    }
    const kinds = kind.codes;
    if (column === null) {
      for (let i = 0; i < out.length; i++) out[i] = fixed[kinds[i]];
      return;
    }
    const own = new Uint8Array(column.size);
    for (let code = 1; code < column.size; code++) {
      own[code] = test(block.value(field, code)) ? YES : NO;
    }
    const { codes } = column;
    for (let i = 0; i < out.length; i++) {
      const code = codes[i];
      out[i] = code !== 0 ? own[code] : fixed[kinds[i]];
    }
  };
}
