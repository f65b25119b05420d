/** What a command of a search is at work, and the order of values. */
import type { IrTable } from "../../compiler/ir/program.ts";
import type { Value } from "../../compiler/schema/types.ts";
import type { SearchRow } from "./row.ts";

/** A command at work. */
export interface Stage {
  /** Hands rows on; false once no further row changes anything. */
  push(row: SearchRow): boolean;
  /** No row follows. */
  end(): void;
}

/** What stages share. */
export interface StageContext {
  readonly tables: readonly IrTable[];
  /** Rows, groups or keys that one command holds, at most. */
  readonly limit: number;
  /** Called when a command had to leave rows out, with what it holds at most. */
  readonly truncated: (command: string, limit: number) => void;
}

/** Numbers before text, numbers by size, text by its characters without regard to case first. */
export function compareValues(x: Value, y: Value): number {
  if (typeof x === "number" && typeof y === "number") return x - y;
  if (typeof x === "number") return -1;
  if (typeof y === "number") return 1;
  const s = String(x), t = String(y);
  const a = s.toLowerCase(), b = t.toLowerCase();
  return a < b ? -1 : a > b ? 1 : s < t ? -1 : s > t ? 1 : 0;
}
