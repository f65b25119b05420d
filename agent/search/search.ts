/**
 * Runs a search over the store. Conditions and counts go to the database as far as SQL says what the
 * language says; the rest is done here, by the same functions as in the stream. What is read is read in
 * slices, between which writes go first and who asks can stop.
 */
import {
  type IrExpr,
  type IrRows,
  type IrRule,
  type IrSearch,
  WHOLE_RANGE,
} from "../../compiler/ir/program.ts";
import { NO_METADATA } from "../../compiler/ir/metadata.ts";
import { evaluator } from "../../compiler/plan/conditions.ts";
import type { Catalogue, Type } from "../../compiler/schema/types.ts";
import {
  isFrom,
  type SearchedRows,
  type Store,
  type StoredEvent,
  type TimeRange,
} from "../store/mod.ts";
import { FinalAlerts, Replay, storedCatalogue } from "./replay.ts";
import { rowOf, type SearchRow } from "./row.ts";
import type { Stage } from "./stage.ts";
import { chainOf, isBatchCommand, needsOrder, type SearchCommand } from "./stages.ts";
import { countGroups, type ReadOnly } from "./count_groups.ts";
import { planGroups } from "./groups.ts";
import { slices } from "./slices.ts";

export interface SearchOptions {
  /** Bounds of event time, epoch ms. */
  readonly range: TimeRange;
  /** Rows to give, at most. */
  readonly limit: number;
  readonly signal?: AbortSignal;
  readonly sourcetypes: Catalogue["sourcetypes"];
  /** Of performance.now: reading stops then, and a note says how far it came. */
  readonly deadline?: number;
  /** Rows that a command holds, at most. Default: 1,000,000 */
  readonly held?: number;
  /** Called after each slice. */
  readonly progress?: (progress: SearchProgress) => void;
  /** Called with rows as they are found, where their order is known already. */
  readonly rows?: (rows: readonly SearchRow[]) => void;
}

export interface SearchProgress {
  /** Event time that was reached, epoch ms; null before the first slice. */
  readonly reached: number | null;
  /** Rows found so far. */
  readonly found: number;
}

export interface SearchResult {
  /** Fields in the order in which they are shown; for events, those that rows have. */
  readonly columns: readonly Column[];
  readonly rows: readonly SearchRow[];
  /** Rows are events as they are stored, newest first. */
  readonly events: boolean;
  /** More rows than the limit were found, or may be. */
  readonly more: boolean;
  /** What commands left out, as sentences. */
  readonly notes: readonly string[];
}

export interface Column {
  readonly name: string;
  readonly type: Type | null;
}

/** Rows held by one command, unless told. */
const HELD = 1_000_000;
/** Commands behind which a row has the fields that they name. */
const CHOOSING = new Set(["stats", "fields", "absent"]);

/** What is done where: made before anything is read. */
export interface SearchPlan {
  /** What is read, and conditions that SQL helps with. */
  readonly reads: SearchedRows;
  /** Conditions asked of each row that was read. */
  readonly tests: readonly IrExpr[];
  /** Commands of the stream, in its engine; empty when there are none. */
  readonly streamed: readonly SearchCommand[];
  /** Source of the stream's part. */
  readonly source: IrSearch["source"];
  readonly batch: readonly SearchCommand[];
  readonly order: "newest" | "oldest";
}

/** How a search is carried out. */
export function planSearch(search: IrSearch): SearchPlan {
  const { source, commands } = search;
  const last = commands.findLastIndex((c) => !isBatchCommand(c));
  const streams = source.kind !== "from" || last >= 0;
  if (streams) {
    const rows = source.kind === "from" ? source.rows : anyOf(source);
    const leading = source.kind === "from" ? leadingConditions(commands) : [];
    return {
      reads: { rows, where: leading },
      tests: [],
      streamed: commands.slice(0, last + 1),
      source,
      batch: commands.slice(last + 1),
      order: "oldest",
    };
  }
  const tests = leadingConditions(commands);
  const batch = commands.slice(tests.length);
  // Rows are shown newest first; what hangs on their order is worked out oldest first.
  const order = batch.some(needsOrder) ? "oldest" : "newest";
  return { reads: { rows: source.rows, where: tests }, tests, streamed: [], source, batch, order };
}

/** Whether its rows are events as they are stored. */
export function givesEvents(search: IrSearch): boolean {
  const { streamed, source, batch } = planSearch(search);
  return streamed.length === 0 && source.kind === "from" &&
    batch.every((c) => c.kind === "limit" || c.kind === "sort" || c.kind === "dedup");
}

function leadingConditions(commands: readonly SearchCommand[]): IrExpr[] {
  const out: IrExpr[] = [];
  for (const c of commands) {
    if (c.kind !== "where") break;
    out.push(c.expr);
  }
  return out;
}

/** What the steps of a sequence read: one source where all have it, else any event. */
function anyOf(source: Exclude<IrSearch["source"], { readonly kind: "from" }>): IrRows {
  const rows = [...source.steps.map((s) => s.rows), ...(source.until ? [source.until] : [])];
  const span = source.span;
  const wheres = rows.map((r) => r.kind === "events" ? r.where : null);
  const where: IrExpr | null = wheres.includes(null)
    ? null
    : { op: "or", args: wheres as IrExpr[], type: "bool", span };
  const froms = new Set(rows.map((r) => JSON.stringify(r.kind === "events" ? r.from : {})));
  const from = froms.size === 1 && rows[0].kind === "events" ? rows[0].from : { any: true };
  return { kind: "events", from, where, span };
}

/**
 * @throws {StoreError} when the store fails
 * @throws {DOMException} AbortError when `signal` is aborted
 */
export async function runSearch(
  store: Store,
  search: IrSearch,
  options: SearchOptions,
): Promise<SearchResult> {
  return await new SearchRun(store, search, options).run();
}

class SearchRun {
  readonly #rows: SearchRow[] = [];
  readonly #notes = new Set<string>();
  readonly #plan: SearchPlan;
  #more = false;
  #shown = 0;

  constructor(
    readonly store: Store,
    readonly search: IrSearch,
    readonly options: SearchOptions,
  ) {
    this.#plan = planSearch(search);
  }

  async run(): Promise<SearchResult> {
    const { streamed, source, batch } = this.#plan;
    const chain = chainOf(batch, {
      tables: this.search.tables,
      limit: this.options.held ?? HELD,
      truncated: (command, limit) =>
        this.#notes.add(
          `"${command}" holds at most ${limit} rows: what came after is not counted; narrow the search`,
        ),
    }, (row) => this.#out(row));
    if (streamed.length > 0 || source.kind !== "from") await this.#stream(chain);
    else if (!await this.#counted(chain)) await this.#read(chain);
    chain.end();
    this.#show();
    return {
      columns: this.#columns(),
      rows: this.#rows,
      events: givesEvents(this.search),
      more: this.#more,
      notes: [...this.#notes],
    };
  }

  #out(row: SearchRow): boolean {
    if (this.#rows.length >= this.options.limit) {
      this.#more = true;
      return false;
    }
    this.#rows.push(row);
    return true;
  }

  /** Hands on what was found since the last call. */
  #show(): void {
    if (this.options.rows && this.#rows.length > this.#shown) {
      this.options.rows(this.#rows.slice(this.#shown));
    }
    this.#shown = this.#rows.length;
  }

  /** Groups that are counted without a look at each row; false where the command has none. */
  async #counted(chain: Stage): Promise<boolean> {
    const { reads, batch, order } = this.#plan;
    const groups = planGroups(batch[0], reads);
    const { range, signal, held = HELD } = this.options;
    if (groups === null || groups.buckets(range) === undefined) return false;
    const { to } = range;
    await countGroups({
      store: this.store,
      groups,
      reads,
      range,
      order,
      signal,
      limit: held + 1,
      ends: (reached) => {
        this.#progress(reached);
        return reached !== null && reached !== to && this.#late(reached, "after");
      },
      read: (only) => this.#read(chain, only),
    }, chain);
    return true;
  }

  /**
   * Rows one by one, through what is left of the search; false when that takes no more.
   * @param only those of a part that are in no group
   */
  async #read(chain: Stage, only?: ReadOnly): Promise<boolean> {
    const { reads, tests, order } = this.#plan;
    const { tables } = this.search;
    const conditions = [...reads.rows.where ? [reads.rows.where] : [], ...tests]
      .map((e) => evaluator(e, tables, true));
    const from = reads.rows.kind === "events" ? reads.rows.from : {};
    for await (const events of this.#slices(order, only)) {
      for (const event of events) {
        const row = rowOf(event);
        if (!isFrom(event, from) || !conditions.every((c) => c(row, event.time) === true)) continue;
        if (!chain.push(row)) return false;
      }
      this.#show();
    }
    return true;
  }

  /** The stream's engine over the rows in order of time, and what is left behind it. */
  async #stream(chain: Stage): Promise<void> {
    const { streamed, source } = this.#plan;
    const catalogue = storedCatalogue(await this.store.storedKinds(), this.options.sourcetypes);
    const rule = ruleOf(source, streamed, this.search);
    const replay = new Replay({ rules: [rule], tables: this.search.tables }, catalogue);
    const alerts = new FinalAlerts();
    const held = this.options.held ?? HELD;
    const keep = (changes: Parameters<FinalAlerts["add"]>[0]) => {
      if (alerts.add(changes, held)) return true;
      this.#notes.add(`More than ${held} rows were found: the others are left out`);
      return false;
    };
    for await (const events of this.#slices("oldest")) if (!keep(replay.take(events))) break;
    keep(replay.end());
    for (const { time, fields } of alerts.list()) {
      if (!chain.push({ _time: time, ...fields })) break;
    }
  }

  async *#slices(
    order: "newest" | "oldest",
    only?: ReadOnly,
  ): AsyncGenerator<readonly StoredEvent[]> {
    const { reads } = this.#plan;
    const { range, signal } = this.options;
    const enough = this.#enough();
    const request = { reads, range, order, enough, ...only };
    for await (const slice of slices(this.store, request, signal)) {
      yield slice.events;
      if (only?.times) continue;
      this.#progress(slice.reached);
      if (slice.reached !== null && this.#late(slice.reached)) return;
    }
  }

  /** Rows behind which no other is asked for; undefined where each counts. */
  #enough(): number | undefined {
    const { streamed, source, batch } = this.#plan;
    if (streamed.length > 0 || source.kind !== "from") return undefined;
    let least = this.options.limit;
    for (const c of batch) {
      if (c.kind !== "limit") return undefined;
      least = Math.min(least, c.count);
    }
    // One more tells that there are more.
    return least + 1;
  }

  /** The time is up: what was not looked at is told. */
  #late(reached: number, side?: "after"): boolean {
    if (performance.now() < (this.options.deadline ?? Infinity)) return false;
    const order = side ?? (this.#plan.order === "newest" ? "before" : "after");
    this.#notes.add(
      `The time was up: events ${order} ${new Date(reached).toISOString()} were not looked at; ` +
        "narrow the search or its range",
    );
    this.#more = true;
    return true;
  }

  #progress(reached: number | null): void {
    this.options.progress?.({ reached, found: this.#rows.length });
  }

  #columns(): Column[] {
    const { rowType, open } = this.search;
    const typed = (name: string): Column => ({ name, type: rowType[name] ?? null });
    if (!open && this.search.commands.some((c) => CHOOSING.has(c.kind))) {
      const names = Object.keys(rowType).filter((n) => n !== "_time" && n !== "_raw");
      // Over the whole range a group's time is that of its last row.
      const whole = this.search.commands.findLast((c) => c.kind === "stats");
      const timed = this.#rows.some((r) => r._time !== undefined) &&
        !(whole?.kind === "stats" && whole.window.ms === WHOLE_RANGE);
      return [...(timed ? ["_time"] : []), ...names].map(typed);
    }
    // Of the fields that events may have, those that these do.
    const seen = new Set<string>();
    for (const row of this.#rows) {
      for (const [name, value] of Object.entries(row)) if (value !== undefined) seen.add(name);
    }
    seen.delete("_id");
    const first = ["_time", "host", "source", "sourcetype"].filter((n) => seen.delete(n));
    const raw = seen.delete("_raw") ? ["_raw"] : [];
    return [...first, ...[...seen].sort(), ...raw].map(typed);
  }
}

/** The stream's part of a search as a rule, whose alerts are its rows. */
function ruleOf(
  source: IrSearch["source"],
  commands: readonly SearchCommand[],
  { rowType }: IrSearch,
): IrRule {
  // The others were refused: see compile.ts.
  const own = commands.filter((c) => c.kind !== "sort" && c.kind !== "limit");
  return {
    ...NO_METADATA,
    name: "search",
    file: "<search>",
    span: { start: 0, end: 0 },
    title: "",
    mitre: [],
    source,
    commands: own,
    alert: { text: null, severity: "informational", entity: [] },
    tests: [],
    signals: [],
    rowType,
    planHash: "search",
  };
}
