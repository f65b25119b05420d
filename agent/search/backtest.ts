/**
 * Backtests: rules over what is stored, by the engine of the stream. The alerts are those that a live
 * run begun at the same event would have raised, with the same ids.
 */
import type { IrCommand, IrExpr, IrProgram, IrRows, IrRule } from "../../compiler/ir/program.ts";
import { readsAny, withRead } from "../../compiler/ir/signals.ts";
import { groupMates, inputsOf } from "../../compiler/ir/walk.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { Alert } from "../event.ts";
import type { Store, StoredEvent } from "../store/mod.ts";
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
  /** Of performance.now: reading stops then, see `reached`. */
  readonly deadline?: number;
  readonly progress?: (reached: number | null) => void;
}

export interface Backtest {
  /** By time, those of all rules that were asked for. */
  readonly alerts: readonly Alert[];
  /** Events that the rules' conditions let through to be looked at. */
  readonly events: number;
  /** There were more alerts than the limit. */
  readonly more: boolean;
  /** The time was up: event time up to which all was read, epoch ms. Null: all of the range was. */
  readonly reached: number | null;
}

/** The rules of these names, those that share a throttle with them, and all whose signals these read. */
export function withSignals(program: IrProgram, names: ReadonlySet<string>): IrProgram {
  const mates = groupMates(program.rules);
  const all = new Set(names);
  for (const rule of program.rules) {
    if (names.has(rule.name)) { for (const mate of mates.get(rule) ?? []) all.add(mate.name); }
  }
  return { ...program, rules: withRead(program.rules, all) };
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
  const { limit, sourcetypes } = options;
  const engine = new BacktestEngine(program, names, {
    from,
    limit,
    technique,
    catalogue: storedCatalogue(await store.storedKinds(), sourcetypes),
  });
  const { events, more, reached } = await readFor(
    store,
    { rows: readBy(program.rules), from: from - warmup, to },
    (some) => Promise.resolve(engine.take(some)),
    options,
  );
  return { alerts: engine.end(), events, more, reached };
}

/** What a backtest reads, ms. */
export interface BacktestReads {
  readonly rows: IrRows;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads events in order of time and hands them on.
 * @param take false when it wants no more
 */
export async function readFor(
  store: Store,
  { rows, ...range }: BacktestReads,
  take: (events: readonly StoredEvent[]) => Promise<boolean>,
  { signal, deadline = Infinity, progress }: Pick<
    BacktestOptions,
    "signal" | "deadline" | "progress"
  >,
): Promise<Pick<Backtest, "events" | "more" | "reached">> {
  const reads = { rows, where: [] };
  let events = 0;
  for await (const slice of slices(store, { reads, range, order: "oldest" }, signal)) {
    events += slice.events.length;
    const goesOn = await take(slice.events);
    progress?.(slice.reached);
    if (!goesOn) return { events, more: true, reached: null };
    if (slice.reached !== null && performance.now() > deadline) {
      return { events, more: false, reached: slice.reached };
    }
  }
  return { events, more: false, reached: null };
}

/** The engine of a backtest, and the alerts that are asked for. */
export class BacktestEngine {
  readonly #replay: Replay;
  readonly #alerts = new FinalAlerts();
  #more = false;

  constructor(
    program: IrProgram,
    readonly names: ReadonlySet<string>,
    readonly options: Pick<BacktestOptions, "from" | "limit" | "technique"> & {
      /** Of what is stored: {@link storedCatalogue}. */
      readonly catalogue: Catalogue;
    },
  ) {
    const { catalogue, technique } = options;
    this.#replay = new Replay(program, catalogue, { technique });
  }

  /** @returns whether there is room for more alerts */
  take(events: readonly StoredEvent[]): boolean {
    this.#keep(this.#replay.take(events));
    return !this.#more;
  }

  /** No event follows: the alerts by time. */
  end(): Alert[] {
    if (!this.#more) this.#keep(this.#replay.end());
    return this.#alerts.list();
  }

  #keep(changes: ReturnType<Replay["end"]>): void {
    const { from, limit } = this.options;
    const asked = changes.filter(({ alert: a }) => this.names.has(a.rule) && a.time >= from);
    this.#more ||= !this.#alerts.add(asked, limit);
  }
}

/** What some rules read: one source with the conditions of all, where they have one; else any event. */
export function readBy(rules: readonly IrRule[]): IrRows {
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
    // Rules that read the alerts of all come behind all of them.
    const read = readsAny(rule) ? [...of.values()] : rule.signals.map((s) => of.get(s) ?? 0);
    const signals = Math.max(0, ...read);
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
  alerts: readonly Pick<Alert, "time">[],
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
