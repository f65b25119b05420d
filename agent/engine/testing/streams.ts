/** Rules, catalogues and batches by hand, for the tests of this folder. */
import { NO_METADATA } from "../../../compiler/ir/metadata.ts";
import type {
  IrAgg,
  IrAlert,
  IrCommand,
  IrExpr,
  IrKey,
  IrProgram,
  IrRows,
  IrRule,
  IrSource,
  IrStep,
} from "../../../compiler/ir/program.ts";
import type { Catalogue, Extraction, Type, Value } from "../../../compiler/schema/types.ts";
import type { Alert, Event, EventBatch, Input } from "../../event.ts";
import { createEngine, type Engine, type EngineOptions } from "../engine.ts";

export const span = { start: 0, end: 0 };
const node = (type: Type) => ({ type, span });

export const field = (name: string, type: Type = "string"): IrExpr => ({
  ...node(type),
  op: "field",
  name,
});
export const constant = (value: string | number | boolean): IrExpr => ({
  ...node(typeof value === "string" ? "string" : typeof value === "number" ? "int" : "bool"),
  op: "const",
  value,
});
export const compare = (
  op: "==" | "!=" | "<" | "<=" | ">" | ">=",
  left: IrExpr,
  right: IrExpr,
): IrExpr => ({ ...node("bool"), op, left, right, cs: false });
export const is = (name: string, value: string): IrExpr =>
  compare("==", field(name), constant(value));
export const atLeast = (name: string, n: number): IrExpr =>
  compare(">=", field(name, "int"), constant(n));
export const gap: IrExpr = { ...node("duration"), op: "gap" };

export const keys = (...names: string[]): IrKey[] =>
  names.map((n) => ({
    field: n.replace("?", ""),
    type: "string",
    nullable: n.startsWith("?"),
  }));
export const agg = (
  fn: IrAgg["fn"],
  as: string,
  arg: IrExpr | null = null,
  constant?: number,
): IrAgg => ({
  fn,
  ...(constant === undefined ? {} : { constants: [constant] }),
  as,
  arg,
  type: "int",
});

export const events = (where: IrExpr | null = null): IrRows => ({
  kind: "events",
  from: { any: true },
  where,
  span,
});
export const signal = (...rules: string[]): IrRows => ({
  kind: "signal",
  rules,
  where: null,
  span,
});
export const anySignal = (): IrRows => ({
  kind: "signal",
  rules: [],
  any: true,
  where: null,
  span,
});
export const step = (rows: IrRows, negated = false, as: string | null = null): IrStep => ({
  rows,
  negated,
  as,
});
export const where = (expr: IrExpr): IrCommand => ({ kind: "where", expr, span });

type NoSpan<T> = T extends unknown ? Omit<T, "span"> : never;

export function rule(
  name: string,
  source: IrRows | NoSpan<Exclude<IrSource, { kind: "from" }>>,
  commands: NoSpan<IrCommand>[] = [],
  alert: Partial<IrAlert> = {},
): IrRule {
  const from: IrSource = source.kind === "events" || source.kind === "signal"
    ? { kind: "from", rows: source as IrRows }
    : { ...source, span } as IrSource;
  const inputs = from.kind === "from" ? [from.rows] : from.steps.map((s) => s.rows);
  return {
    name,
    file: "test.sdl",
    span,
    title: name,
    mitre: [],
    ...NO_METADATA,
    source: from,
    commands: commands.map((c) => ({ ...c, span }) as IrCommand),
    alert: { text: null, severity: "medium", entity: [], ...alert },
    tests: [],
    signals: inputs.flatMap((i) => i.kind === "signal" ? i.rules : []),
    rowType: {},
    planHash: name,
  };
}

export const program = (...rules: IrRule[]): IrProgram => ({ rules, tables: [] });

/** One extraction with these captures, and optional constants. */
export function catalogue(
  fields: Record<string, Type>,
  constants: Record<string, string | number | boolean> = {},
  open = false,
): Catalogue {
  const x: Extraction = {
    id: 0,
    sourcetype: "test",
    pattern: "all",
    datasets: ["Authentication"],
    constants,
    captures: Object.entries(fields).map(([name, type]) => ({ name, type, always: false })),
    open,
    parseError: false,
  };
  return { extractions: [x], sourcetypes: [{ name: "test", open, fields: [] }] };
}

export interface TestRow {
  readonly t: number;
  readonly [field: string]: Value;
}

export function input(index = 0, lateness = 0): Input {
  return {
    index,
    name: `input${index}`,
    identity: index.toString(16).padStart(16, "0"),
    sourcetype: "test",
    lateness,
    modified: 0,
  };
}

/** Rows as one batch; `offset` is given by the row's field of that name, or counted. */
export function batch(
  source: Input,
  cat: Catalogue,
  rows: readonly TestRow[],
  from = 0,
): EventBatch {
  const x = cat.extractions[0];
  const list = rows.map((row) => {
    const { t, offset: _, ...fields } = row;
    const e: Record<string, unknown> = Object.create(x.constants as object);
    Object.assign(e, {
      _raw: JSON.stringify(row),
      _time: t,
      host: undefined,
      _time_from: undefined,
      more: null,
    });
    for (const c of x.captures) e[c.name] = undefined;
    return Object.assign(e, fields) as Event;
  });
  return {
    lines: {
      input: source,
      lines: list.map((e) => e._raw),
      arrival: 0,
      offset: (i) => rows[i].offset as number ?? from + i,
    },
    events: list,
    extractionIds: new Uint16Array(rows.length),
    extractions: cat.extractions,
    lineOf: (i) => i,
  };
}

/** The last state of every alert, by id, in order of time and id. */
export class Alerts {
  readonly byId = new Map<string, Alert>();
  take(engine: Engine): void {
    for (const c of engine.takeChanges()) this.byId.set(c.alert.id, c.alert);
  }
  list(rule?: string): Alert[] {
    return [...this.byId.values()].filter((a) => rule === undefined || a.rule === rule)
      .sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  }
}

/** Runs rows of one input, in order, to the end; the alerts of one rule or of all. */
export function run(
  rules: IrProgram,
  cat: Catalogue,
  rows: readonly TestRow[],
  options: EngineOptions & {
    readonly batch?: number;
    readonly rule?: string;
    readonly source?: Input;
  } = {},
): Alert[] {
  const engine = createEngine(rules, cat, options);
  const alerts = new Alerts();
  const source = options.source ?? input();
  const size = options.batch ?? 100;
  for (let i = 0; i < rows.length; i += size) {
    engine.detect(batch(source, cat, rows.slice(i, i + size), i));
    alerts.take(engine);
  }
  engine.end();
  alerts.take(engine);
  return alerts.list(options.rule);
}
