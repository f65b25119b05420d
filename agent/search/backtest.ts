/**
 * Backtests: rules over what is stored, by the engine of the stream. The alerts are those that a live
 * run begun at the same event would have raised, with the same ids.
 */
import type { IrCommand, IrExpr, IrProgram, IrRows, IrRule } from "../../compiler/ir/program.ts";
import { inputsOf } from "../../compiler/ir/walk.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { Alert } from "../event.ts";
import type { Store } from "../store/mod.ts";
import { FinalAlerts, Replay, storedCatalogue } from "./replay.ts";
import { slices } from "./slices.ts";

export interface BacktestOptions extends Pick<EngineOptions, "technique"> {
  /** Alerts of this time and later count, epoch ms. */
  readonly from: number;
  /** Before this time, epoch ms. */
  readonly to: number;
  /** How far before `from` is read so that windows are warm, ms; see {@link warmupOf}. */
  readonly warmup: number;
  readonly sourcetypes: Catalogue["sourcetypes"];
  /** Alerts to keep, at most. */
  readonly limit: number;
  readonly signal?: AbortSignal;
  readonly progress?: (reached: number | null) => void;
}

export interface Backtest {
  /** By time, those of all rules that were asked for. */
  readonly alerts: readonly Alert[];
  /** Events that the rules' conditions let through to be looked at. */
  readonly events: number;
  /** There were more alerts than the limit. */
  readonly more: boolean;
}

/** The rules of these names, and those whose signals they read. */
export function withSignals(program: IrProgram, names: ReadonlySet<string>): IrProgram {
  const wanted = new Set(names);
  // Signals come before their readers.
  for (const rule of [...program.rules].reverse()) {
    if (wanted.has(rule.name)) { for (const s of rule.signals) wanted.add(s); }
  }
  return { ...program, rules: program.rules.filter((r) => wanted.has(r.name)) };
}

/**
 * @param program the rules with those whose signals they read
 * @param names whose alerts are asked for
 * @throws {StoreError} when the store fails
 */
export async function backtest(
  store: Store,
  program: IrProgram,
  names: ReadonlySet<string>,
  options: BacktestOptions,
): Promise<Backtest> {
  const { from, to, warmup, technique } = options;
  const catalogue = storedCatalogue(await store.storedKinds(), options.sourcetypes);
  const replay = new Replay(program, catalogue, { technique });
  const alerts = new FinalAlerts();
  let more = false, count = 0;
  const keep = (changes: ReturnType<Replay["end"]>) => {
    const asked = changes.filter(({ alert: a }) => names.has(a.rule) && a.time >= from);
    more ||= !alerts.add(asked, options.limit);
  };
  const reads = { rows: readBy(program.rules), where: [] };
  const range = { from: from - warmup, to };
  for await (const slice of slices(store, { reads, range, order: "oldest" }, options.signal)) {
    count += slice.events.length;
    keep(replay.take(slice.events));
    options.progress?.(slice.next?.time ?? null);
    if (more) break;
  }
  if (!more) keep(replay.end());
  return { alerts: alerts.list(), events: count, more };
}

/** What some rules read: one source with the conditions of all, where they have one; else any event. */
function readBy(rules: readonly IrRule[]): IrRows {
  const span = { start: 0, end: 0 };
  const rows = rules.flatMap(inputsOf).flatMap((r) => r.kind === "events" ? [r] : []);
  const froms = new Map(rows.map((r) => [JSON.stringify(r.from), r.from]));
  const wheres = rows.map((r) => r.where);
  // A long condition costs the database more than the rows that it leaves out.
  // Silence is counted by the time of any event.
  const silent = rules.some((r) => r.commands.some((c) => c.kind === "absent"));
  if (silent) return { kind: "events", from: { any: true }, where: null, span };
  const narrow = rows.length <= MOST_CONDITIONS && !wheres.includes(null);
  const where: IrExpr | null = narrow
    ? { op: "or", args: wheres as IrExpr[], type: "bool", span }
    : null;
  const from = froms.size === 1 ? [...froms.values()][0] : { any: true };
  return { kind: "events", from, where, span };
}
const MOST_CONDITIONS = 20;

/** Longest that is read before a backtest, unless told: a month. */
const LONGEST = 31 * 86_400_000;

/** How far back what a rule holds reaches, ms: its windows after each other, and those of its signals. */
export function warmupOf(program: IrProgram): number {
  const of = new Map<string, number>();
  for (const rule of program.rules) {
    const signals = Math.max(0, ...rule.signals.map((s) => of.get(s) ?? 0));
    const own = rule.commands.reduce((sum, c) => sum + reach(c), 0) +
      (rule.source.kind === "from" ? 0 : rule.source.within);
    of.set(rule.name, signals + own);
  }
  return Math.min(LONGEST, Math.max(0, ...of.values()));
}

function reach(c: IrCommand): number {
  switch (c.kind) {
    case "stats":
      return c.window.kind === "session" ? c.window.max ?? 10 * c.window.ms : c.window.ms;
    case "dedup":
      return c.within;
    case "first_seen":
      return c.history + c.warmup;
    case "baseline":
      return c.history;
    case "throttle":
    case "absent":
      return c.ms;
    default:
      return 0;
  }
}

/** Alerts by day (UTC), days without any among them. */
export function byDay(
  alerts: readonly Alert[],
  { from, to }: { readonly from: number; readonly to: number },
): { readonly day: number; readonly alerts: number }[] {
  const DAY = 86_400_000;
  const first = Math.floor(from / DAY), last = Math.max(first, Math.ceil(to / DAY) - 1);
  const counts = new Map<number, number>();
  for (const { time } of alerts) {
    const day = Math.floor(time / DAY);
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  // Of a long range only the days that have some.
  const days = last - first < 400
    ? Array.from({ length: last - first + 1 }, (_, i) => first + i)
    : [...counts.keys()].sort((a, b) => a - b);
  return days.map((day) => ({ day: day * DAY, alerts: counts.get(day) ?? 0 }));
}
