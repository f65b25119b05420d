/**
 * The commands of a search over rows that come to an end: each takes rows and hands on others, those
 * that need all of them at the end. Commands that only a stream has are in replay.ts.
 */
import { evaluator } from "../../compiler/plan/conditions.ts";
import { tableFinder } from "../../compiler/plan/tables.ts";
import type { IrCommand, IrSearchCommand, IrSortKey } from "../../compiler/ir/program.ts";
import { WHOLE_RANGE } from "../../compiler/ir/program.ts";
import { hasGap } from "../../compiler/ir/walk.ts";
import { field, keyPart } from "../../compiler/plan/helpers.ts";
import type { SearchRow } from "./row.ts";
import { compareValues, type Stage, type StageContext } from "./stage.ts";
import { StatsStage } from "./stats.ts";

export type SearchCommand = IrCommand | IrSearchCommand;

/** Whether a command works on rows that end; the others are the stream's. */
export function isBatchCommand(c: SearchCommand): boolean {
  switch (c.kind) {
    case "where":
    case "eval":
    case "lookup":
    case "rename":
    case "fields":
    case "sort":
    case "limit":
      return true;
    case "stats":
      return !c.aggs.some((a) => a.arg !== null && hasGap(a.arg)) &&
        (c.window.kind === "tumbling" || c.window.ms === WHOLE_RANGE);
    case "dedup":
      return c.within === WHOLE_RANGE;
    default:
      return false;
  }
}

/** Whether what a command gives hangs on the order in which rows come. */
export function needsOrder(c: SearchCommand): boolean {
  if (c.kind === "dedup") return true;
  return c.kind === "stats" && c.aggs.some((a) => ORDERED.has(a.fn));
}
const ORDERED = new Set(["first", "last", "values"]);

/** Ties commands together. @param out takes what comes out at the end; false when it wants no more */
export function chainOf(
  commands: readonly SearchCommand[],
  context: StageContext,
  out: (row: SearchRow) => boolean,
): Stage {
  const last: Stage = { push: out, end() {} };
  return commands.reduceRight<Stage>((next, c) => stageOf(c, context, next), last);
}

function stageOf(c: SearchCommand, context: StageContext, next: Stage): Stage {
  const { tables } = context;
  const map = (change: (row: SearchRow) => SearchRow | null): Stage => ({
    push(row) {
      const changed = change(row);
      return changed === null || next.push(changed);
    },
    end: () => next.end(),
  });
  switch (c.kind) {
    case "where": {
      const test = evaluator(c.expr, tables, true);
      return map((row) => test(row, row._time as number) === true ? row : null);
    }
    case "eval": {
      const assigns = c.assigns.map((a) => ({ name: a.name, value: evaluator(a.expr, tables) }));
      return map((row) => {
        const changed = { ...row };
        for (const { name, value } of assigns) {
          changed[name] = value(changed, changed._time as number);
        }
        return changed;
      });
    }
    case "lookup": {
      const table = tables.find((t) => t.name === c.table);
      const find = tableFinder(table), key = evaluator(c.key, tables);
      const columns = (table?.columns ?? []).map((column) => `${c.as}.${column.name}`);
      return map((row) => {
        const found = find(key(row, row._time as number));
        const changed = { ...row };
        columns.forEach((name, i) => changed[name] = found?.[i]);
        return changed;
      });
    }
    case "rename":
      return map((row) => {
        const changed = { ...row };
        for (const { from } of c.pairs) changed[from] = undefined;
        for (const { from, to } of c.pairs) changed[to] = field(row, from);
        return changed;
      });
    case "fields": {
      const names = new Set(c.names);
      const kept = (name: string) =>
        c.remove ? !names.has(name) : names.has(name) || name.startsWith("_");
      return map((row) => Object.fromEntries(Object.entries(row).filter(([n]) => kept(n))));
    }
    case "stats":
      return new StatsStage(c, context, next);
    case "dedup":
      return new DedupStage(c.by.map((k) => [k.field, k.nullable] as const), context, next);
    case "sort":
      return new SortStage(c.keys, context, next);
    case "limit":
      return new LimitStage(c.count, next);
    default:
      throw new Error(`"${c.kind}" is no command over rows that end`);
  }
}

/** The first row of each key. */
class DedupStage implements Stage {
  readonly #seen = new Set<string>();

  constructor(
    readonly by: readonly (readonly [string, boolean])[],
    readonly context: StageContext,
    readonly next: Stage,
  ) {}

  push(row: SearchRow): boolean {
    let key = "";
    for (const [name, nullable] of this.by) {
      const value = field(row, name);
      if (value === undefined && !nullable) return true;
      key += keyPart(value);
    }
    if (this.#seen.has(key)) return true;
    if (this.#seen.size >= this.context.limit) {
      this.context.truncated("dedup", this.context.limit);
      return false;
    }
    this.#seen.add(key);
    return this.next.push(row);
  }

  end(): void {
    this.next.end();
  }
}

class LimitStage implements Stage {
  #left: number;

  constructor(count: number, readonly next: Stage) {
    this.#left = count;
  }

  push(row: SearchRow): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    return this.next.push(row) && this.#left > 0;
  }

  end(): void {
    this.next.end();
  }
}

class SortStage implements Stage {
  readonly #rows: SearchRow[] = [];

  constructor(
    readonly keys: readonly IrSortKey[],
    readonly context: StageContext,
    readonly next: Stage,
  ) {}

  push(row: SearchRow): boolean {
    if (this.#rows.length >= this.context.limit) {
      this.context.truncated("sort", this.context.limit);
      return false;
    }
    this.#rows.push(row);
    return true;
  }

  end(): void {
    this.#rows.sort((a, b) => compareRows(this.keys, a, b));
    for (const row of this.#rows) if (!this.next.push(row)) break;
    this.next.end();
  }
}

/** By the keys; rows that are alike stay in the order in which they came. */
export function compareRows(keys: readonly IrSortKey[], a: SearchRow, b: SearchRow): number {
  for (const { field: name, descending } of keys) {
    const x = field(a, name), y = field(b, name);
    // What is missing comes last either way.
    if (x === undefined || y === undefined) {
      if (x !== y) return x === undefined ? 1 : -1;
      continue;
    }
    const order = compareValues(x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}
