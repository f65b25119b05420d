/** Commands: what each does to the row, and what it must be given. */
import type {
  Command,
  EvalCommand,
  FieldsCommand,
  LookupCommand,
  RenameCommand,
  SortCommand,
  Span,
  StatsCommand,
} from "../../grammar/ast.ts";
import {
  type IrAgg,
  type IrCommand,
  type IrExpr,
  type IrKey,
  type IrSearchCommand,
  WHOLE_RANGE,
} from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import { aggregate } from "./aggregate.ts";
import { type Env, isBroken } from "./env.ts";
import { condition, resolve } from "./expr.ts";
import { nameType } from "./fields.ts";
import { isReserved } from "../schema/reserved.ts";
import { keysOf, rowWith } from "./source.ts";
import type { Row } from "./rows.ts";
import { nearest } from "../../grammar/nearest.ts";
import { aType, isNumeric, isText } from "../schema/typing.ts";

/**
 * One command: what it resolved to, and the row after it. Null for `alert`, and where something was
 * wrong; the row then is the best that is known, so that one mistake is said once.
 */
export function command(env: Env, c: Command): Outcome {
  const { cx, file, row } = env;
  const { span } = c;
  const same = (ir: Outcome["ir"]) => ({ ir, row });
  const missing = (message: string, help: string) => {
    cx.error("unbounded_state", file, span, message, { help });
    return same(null);
  };
  switch (c.kind) {
    case "where": {
      const expr = condition(env, c.expr);
      return same(isBroken(env, expr) ? null : { kind: "where", expr, span });
    }
    case "eval":
      return evalOf(env, c);
    case "lookup":
      return lookup(env, c);
    case "stats":
      return stats(env, c);
    case "dedup": {
      const by = keysOf(env, c.by);
      if (!c.within && !cx.options.search) {
        return missing("dedup has no time limit", "Write dedup … within 1h");
      }
      return same({ kind: "dedup", by, within: c.within?.ms ?? WHOLE_RANGE, span });
    }
    case "first_seen": {
      const by = keysOf(env, c.by);
      if (!c.history) {
        return missing("first_seen has no time limit", "Write first_seen … history 30d");
      }
      return same({
        kind: "first_seen",
        by,
        history: c.history.ms,
        warmup: c.warmup?.ms ?? 0,
        span,
      });
    }
    case "throttle":
      return same({
        kind: "throttle",
        ms: c.length.ms,
        by: keysOf(env, c.by),
        ...(c.group === null ? {} : { group: c.group.name.name }),
        ...(c.group?.within ? { groupMs: c.group.within.ms } : {}),
        span,
      });
    case "baseline":
      return baseline(env, c);
    case "absent":
      return absent(env, c);
    case "rename":
      return rename(env, c);
    case "fields":
      return fieldsOf(env, c);
    case "sort":
      return same(sort(env, c));
    case "limit":
      return same({ kind: "limit", count: c.count, span });
    // Made of the others before: see search.ts.
    case "top":
    case "timechart":
    case "alert":
      return same(null);
  }
}

function sort(env: Env, { keys, span }: SortCommand): IrSearchCommand {
  const known = keys.filter((k) => nameType(env, k.field.name, k.field.span) !== null);
  return {
    kind: "sort",
    keys: known.map((k) => ({ field: k.field.name, descending: k.descending })),
    span,
  };
}

interface Outcome {
  readonly ir: IrCommand | IrSearchCommand | null;
  readonly row: Row;
}

function evalOf(env: Env, { assigns: written, span }: EvalCommand): Outcome {
  const assigns: { name: string; expr: IrExpr }[] = [];
  let row = env.row;
  for (const a of written) {
    const expr = resolve({ ...env, row }, a.expr);
    if (!nameFree(env, a.name.name, a.name.span)) continue;
    const type = isBroken(env, expr) ? "string" : expr.type;
    row = { ...row, fields: new Map([...row.fields, [a.name.name, type]]) };
    assigns.push({ name: a.name.name, expr });
  }
  return { ir: { kind: "eval", assigns, span }, row };
}

function lookup(env: Env, c: LookupCommand): Outcome {
  const { cx, file, row } = env;
  const key = resolve(env, c.key);
  const table = cx.tables.get(c.table.name);
  if (!table) {
    const near = nearest(c.table.name, cx.tables.keys());
    cx.error("unknown_table", file, c.table.span, `Unknown table "${c.table.name}"`, {
      help: near
        ? `Did you mean ${near}?`
        : `Declare it: list ${c.table.name} = file "${c.table.name}.csv"`,
      ...(near ? { suggestion: near } : {}),
    });
    return { ir: null, row };
  }
  const list = cx.lists.get(c.table.name);
  if (list) list.used = true;
  if (table.live) cx.live.add(table.name);
  const as = c.as?.name ?? c.table.name;
  const fields = table.columns.map((col) => [`${as}.${col.name}`, col.type] as const);
  return {
    ir: { kind: "lookup", table: table.name, key, as, span: c.span },
    row: { ...row, fields: new Map([...row.fields, ...fields]) },
  };
}

function rename(env: Env, c: RenameCommand): Outcome {
  const fields = new Map(env.row.fields);
  const pairs: { from: string; to: string }[] = [];
  for (const p of c.pairs) {
    const type = nameType(env, p.from.name, p.from.span);
    if (type === null || !nameFree(env, p.to.name, p.to.span)) continue;
    fields.delete(p.from.name);
    fields.set(p.to.name, type);
    pairs.push({ from: p.from.name, to: p.to.name });
  }
  return { ir: { kind: "rename", pairs, span: c.span }, row: { ...env.row, fields } };
}

function fieldsOf(env: Env, { names: written, remove, span }: FieldsCommand): Outcome {
  const { row } = env;
  const names = written.filter((n) => nameType(env, n.name, n.span) !== null).map((n) => n.name);
  const kept = remove
    ? [...row.fields].filter(([n]) => !names.includes(n))
    : names.map((n) => [n, row.fields.get(n) ?? "string"] as const);
  return {
    ir: { kind: "fields", remove, names, span },
    row: { ...rowWith(kept, "the row after fields"), open: row.open && remove },
  };
}

function nameFree(env: Env, name: string, span: Span): boolean {
  const why = isReserved(name);
  if (why === null) return true;
  env.cx.error("reserved_name", env.file, span, `"${name}" ${why} and cannot be set`, {
    help: "Choose another name",
  });
  return false;
}

function stats(env: Env, c: StatsCommand): { ir: IrCommand | null; row: Row } {
  const { cx, file } = env;
  const by = keysOf(env, c.by);
  const aggs: IrAgg[] = [];
  const fields: [string, Type][] = by.map((k) => [k.field, k.type]);
  for (const a of c.aggs) {
    const agg = aggregate(env, a.call, a.as?.name ?? null);
    if (!agg) continue;
    const at = a.as?.span ?? a.call.span;
    if (fields.some(([n]) => n === agg.as)) {
      cx.error("duplicate_name", file, at, `Two columns of stats are called "${agg.as}"`, {
        help: "Name one of them with as",
      });
      continue;
    }
    if (!nameFree(env, agg.as, at)) continue;
    aggs.push(agg);
    fields.push([agg.as, agg.type]);
  }
  // An aggregate that was reported keeps its name, so that what uses it is not reported too.
  for (const a of c.aggs) {
    const name = a.as?.name;
    if (name && !fields.some(([n]) => n === name)) fields.push([name, "int"]);
  }
  const row = rowWith(fields, "the row after stats");
  if (!c.window && cx.options.search) {
    const window = { kind: "session", ms: WHOLE_RANGE, max: null } as const;
    return { ir: { kind: "stats", aggs, by, window, span: c.span }, row };
  }
  if (!c.window) {
    cx.error(
      "unbounded_state",
      file,
      c.span,
      "The stats has no window: it would hold every event for ever",
      {
        help: "Write over 5m, over tumbling 1h, or over session 30m after it",
      },
    );
    return { ir: null, row };
  }
  const { kind, length, max } = c.window;
  if (length.ms <= 0) {
    cx.error("bad_unit", file, length.span, "A window of no length holds nothing", {
      help: "Give it a length, as over 5m",
    });
    return { ir: null, row };
  }
  const window = kind === "session"
    ? { kind, ms: length.ms, max: max?.ms ?? null } as const
    : { kind, ms: length.ms } as const;
  return { ir: { kind: "stats", aggs, by, window, span: c.span }, row };
}

function baseline(
  env: Env,
  c: Extract<Command, { kind: "baseline" }>,
): { ir: IrCommand | null; row: Row } {
  const { cx, file, row } = env;
  const name = c.field.name;
  const type = nameType(env, name, c.field.span);
  const after: Row = {
    ...row,
    fields: new Map([
      ...row.fields,
      ...["mean", "stdev", "z"].map((s) => [`${name}_${s}`, "float"] as const),
    ]),
  };
  if (type === null) return { ir: null, row: after };
  if (!isNumeric(type)) {
    cx.error(
      "bad_baseline",
      file,
      c.field.span,
      `A baseline takes a number, "${name}" is ${aType(type)}`,
      {
        help: "Name a column of stats, as count() as n",
      },
    );
    return { ir: null, row: after };
  }
  if (!c.history) {
    cx.error("unbounded_state", file, c.span, "The baseline has no time limit", {
      help: `Write baseline ${name} history 14d`,
    });
    return { ir: null, row: after };
  }
  let min = 2;
  if (c.min) {
    const ir = resolve(env, c.min);
    if (
      ir.op !== "const" || typeof ir.value !== "number" || !Number.isInteger(ir.value) ||
      ir.value < 1
    ) {
      if (!isBroken(env, ir)) {
        cx.error("bad_baseline", file, c.min.span, "After min comes a whole number of windows", {
          help: "Write min 48, or a param",
        });
      }
      return { ir: null, row: after };
    }
    min = ir.value;
  }
  return {
    ir: { kind: "baseline", field: name, history: c.history.ms, min, span: c.span },
    row: after,
  };
}

function absent(
  env: Env,
  c: Extract<Command, { kind: "absent" }>,
): { ir: IrCommand | null; row: Row } {
  const { cx, file } = env;
  const by: IrKey[] = keysOf(env, c.by);
  const row = rowWith(by.map((k) => [k.field, k.type] as const), "the row after absent");
  if (c.by.length === 0) {
    cx.error("unbounded_state", file, c.span, "The absent has no key", {
      help: "Say whose silence counts: absent 15m by host",
    });
    return { ir: null, row };
  }
  let expect: string | null = null;
  if (c.expect) {
    if (!cx.tables.has(c.expect.name)) {
      const near = nearest(c.expect.name, cx.tables.keys());
      cx.error("unknown_table", file, c.expect.span, `Unknown table "${c.expect.name}"`, {
        help: near ? `Did you mean ${near}?` : `Declare it: list ${c.expect.name} = […]`,
        ...(near ? { suggestion: near } : {}),
      });
      return { ir: null, row };
    }
    if (cx.tables.get(c.expect.name)?.live) {
      cx.error("unknown_table", file, c.expect.span, `"${c.expect.name}" cannot be gone through`, {
        help: `Its rows are only found by a key; declare a list: list NAME = […]`,
      });
      return { ir: null, row };
    }
    const list = cx.lists.get(c.expect.name);
    if (list) list.used = true;
    expect = c.expect.name;
  }
  const first = by[0];
  if (expect !== null && first && !isText(first.type)) {
    cx.error(
      "type_mismatch",
      file,
      c.span,
      `The table of expect names keys as text, "${first.field}" is ${aType(first.type)}`,
      {
        help: "Watch a field that holds text",
      },
    );
  }
  return {
    ir: {
      kind: "absent",
      ms: c.length.ms,
      by,
      expect,
      clock: c.clock,
      ...(c.live ? { live: true } : {}),
      span: c.span,
    },
    row,
  };
}
