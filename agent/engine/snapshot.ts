/** Saving and restoring what rules hold, by the digest of their plan. */
import type { AlertEmitter, AlertRecord } from "./alerts/emitter.ts";
import { exceptionsOf } from "./alerts/rule_end.ts";
import { flat } from "./memory/records.ts";
import type { Built } from "./operators/build.ts";
import { loadRow, type SavedRow, saveRow } from "./ordering/held_rows.ts";
import type { LateClocks } from "./late_clocks.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { ClockTracker } from "./ordering/clocks.ts";
import type { HeldRows } from "./ordering/held_rows.ts";
import type { WatermarkTracker } from "./ordering/watermarks.ts";
import type { SavedSlot } from "./ordering/watermarks.ts";
import type { Timeline } from "./timeline.ts";
import type { RecordLoader, RecordSaver, SavedStage, SaveScope } from "./operators/operator.ts";

/** State of one rule. */
export interface RuleState {
  readonly rule: string;
  readonly planHash: string;
  readonly hits: number;
  /** Missing in checkpoints of earlier versions. */
  readonly suppressed?: number;
  /** Rows that exceptions held back, by their ids; missing where none did. */
  readonly excepted?: Readonly<Record<string, number>>;
  readonly degraded: boolean;
  /** Number of the next alert record. */
  readonly next: number;
  /** Alerts that state refers to, and those with changes not taken yet. */
  readonly alerts: readonly AlertRecord[];
  /** Numbers of alerts that closed since the last checkpoint, whose changes are taken; absent in a whole one. */
  readonly gone?: readonly number[];
  readonly changed: readonly number[];
  readonly stages: readonly SavedStage[];
}

/** All state as JSON-able data. */
export interface Snapshot {
  readonly version: 1;
  readonly slots: readonly SavedSlot[];
  readonly passed: number | null;
  readonly seen: number | null;
  /** Time of the earliest row that came in order. */
  readonly earliest: number | null;
  readonly counts: { readonly events: number; readonly late: number };
  /** Rows were being sorted: windows hold nothing, and everything is to be read again. */
  readonly unordered?: boolean;
  /** Clocks that are off, see ClockTracker. */
  readonly clocks?: readonly (readonly [string, string, string, number])[];
  /** Clocks whose rows came late, and how far each is in event time; their rules are named `rule@key`. */
  readonly late?: readonly { readonly key: string; readonly passed: number }[];
  /** Rows that wait for the watermark, as their extraction and fields. */
  readonly rows: readonly SavedRow[];
  readonly rules: readonly RuleState[];
}

/**
 * State changed since the last one was taken, or since a whole {@link Snapshot}. Rows that wait for
 * the watermark are asked for by their numbers, see Engine.heldSince.
 */
export type Dirty = Omit<Snapshot, "rows">;

/** The parts of an engine that hold state. */
export interface EngineParts {
  readonly main: Timeline;
  readonly late: LateClocks;
  readonly tracker: WatermarkTracker;
  readonly clocks: ClockTracker;
  readonly heap: HeldRows;
  readonly catalogue: Catalogue;
  readonly sorting: boolean;
}

/** What a snapshot says of the events that came. */
export type SeenEvents = Pick<Snapshot, "seen" | "earliest" | "counts">;

/** All state of an engine. */
export function saveEngine(engine: EngineParts, head: SeenEvents): Snapshot {
  const { heap, catalogue } = engine;
  const rows = heap.sorted().map((r) => saveRow(r, catalogue.extractions[r.extractionId]));
  return { ...saveState(engine, { since: null, blocks: false }, head), rows };
}

/** All state beside the rows that wait, or what was touched since the checkpoint period before. */
export function saveDirty(engine: EngineParts, whole: boolean, head: SeenEvents): Dirty {
  return saveState(engine, { since: whole ? null : NaN, blocks: true }, head);
}

/** @param scope for each course of time `since` is its own, unless all is saved */
function saveState(engine: EngineParts, scope: SaveScope, head: SeenEvents): Dirty {
  const { main, tracker, clocks } = engine;
  const late = [...engine.late.timelines()];
  const of = (timeline: Timeline, suffix: string) => {
    const { cx, built } = timeline;
    const since = cx.epoch++;
    const states = saveRules(built, scope.since === null ? scope : { ...scope, since });
    return suffix === "" ? states : states.map((s) => ({ ...s, rule: s.rule + suffix }));
  };
  const offsets = clocks.save();
  return {
    version: 1,
    slots: tracker.save(),
    passed: finite(main.passed),
    ...head,
    ...(engine.sorting ? { unordered: true } : {}),
    ...(offsets.length > 0 ? { clocks: offsets } : {}),
    ...(late.length > 0
      ? {
        late: late.map(([key, { timeline }]) => ({ key, passed: timeline.passed })),
      }
      : {}),
    rules: [
      ...of(main, ""),
      ...late.flatMap(([key, { timeline }]) => of(timeline, `@${key}`)),
    ],
  };
}

/**
 * Takes a snapshot up; gives the rules that start fresh because their plan is another one.
 * @param given nobody else holds what is in the snapshot: it need not be copied
 */
export function restoreEngine(engine: EngineParts, snapshot: Snapshot, given: boolean): string[] {
  const { main, tracker, clocks, heap, catalogue } = engine;
  tracker.load(snapshot.slots);
  clocks.load(snapshot.clocks ?? []);
  main.passed = main.cx.restored = snapshot.passed ?? -Infinity;
  for (const row of snapshot.rows) {
    const x = catalogue.extractions.find((x) =>
      x.sourcetype === row.sourcetype && x.pattern === row.pattern
    );
    if (x) heap.add(loadRow(row, x));
  }
  for (const { key, passed } of snapshot.late ?? []) {
    const timeline = engine.late.restored(key);
    timeline.passed = passed;
    const suffix = `@${key}`;
    const own = snapshot.rules.filter((s) => s.rule.endsWith(suffix));
    restoreRules(
      timeline.built,
      own.map((s) => ({ ...s, rule: s.rule.slice(0, -suffix.length) })),
      given,
    );
  }
  return restoreRules(main.built, snapshot.rules, given);
}

/**
 * What was just restored goes on to be in the checkpoint that it is from: the next one takes what
 * changes from here on. False where it does not hold all of that.
 */
export function goOnStored({ main, late }: EngineParts): boolean {
  const all = [main, ...Array.from(late.timelines(), ([, { timeline }]) => timeline)];
  const lost = (counts: readonly number[]) => counts.some((n) => n > 0);
  if (all.some(({ cx }) => lost(cx.evicted) || lost(cx.rowsEvicted))) return false;
  for (const { cx, built } of all) {
    cx.epoch++;
    for (const table of built.tables) table.stored();
    for (const sink of built.sinks) sink.recent = new Set();
  }
  return true;
}

const finite = (n: number) => Number.isFinite(n) ? n : null;

/** The state of all rules, or what was touched of it. */
export function saveRules(built: Built, scope: SaveScope): RuleState[] {
  const { since } = scope;
  // Records change after a snapshot, which therefore gets its own; a checkpoint is put into words at once.
  const own = scope.blocks ? <T>(value: T): T => value : structuredClone;
  return built.sinks.map((sink, r) => {
    const alerts = new Map<number, AlertRecord>();
    const records: RecordSaver = (record) => {
      if (record === null) return null;
      alerts.set(record.no, record);
      return record.no;
    };
    const stages = built.operators[r].map((o) => o.save(records, scope));
    const changed = Array.from(sink.changed, (record) => records(record)!);
    // An entry that was not touched may refer to a record that was, unless that is closed.
    const gone: number[] = [];
    for (const record of since === null ? [] : sink.recent ?? []) {
      if (!record.closed || alerts.has(record.no)) records(record);
      else gone.push(record.no);
    }
    sink.recent = new Set();
    return {
      rule: sink.rule.name,
      planHash: sink.rule.planHash,
      hits: sink.hits,
      suppressed: sink.suppressed,
      ...(sink.excepted.some((n) => n > 0)
        ? {
          excepted: Object.fromEntries(
            exceptionsOf(sink.rule).map((c) => [c.id, sink.excepted[c.index]]),
          ),
        }
        : {}),
      degraded: sink.degraded,
      next: sink.next,
      alerts: own([...alerts.values()].map((a) => ({ ...a, row: flat(a.row) }))),
      ...(since === null ? {} : { gone }),
      changed,
      stages: own(stages),
    };
  });
}

/** Takes state up; gives the rules that start fresh because their plan is another one. */
export function restoreRules(
  built: Built,
  states: readonly RuleState[],
  given: boolean,
): string[] {
  const taken = given ? <T>(value: T): T => value : structuredClone;
  const fresh: string[] = [];
  built.sinks.forEach((sink, r) => {
    const state = states.find((s) => s.rule === sink.rule.name);
    if (!state) return;
    if (state.planHash !== sink.rule.planHash) {
      fresh.push(sink.rule.name);
      return;
    }
    const alerts = new Map(state.alerts.map((a) => [a.no, taken(a)]));
    const records: RecordLoader = (no) => no === null ? null : alerts.get(no) ?? null;
    state.stages.forEach((s, i) => built.operators[r][i].load(taken(s), records));
    restoreSink(sink, state, alerts);
  });
  return fresh;
}

function restoreSink(
  sink: AlertEmitter,
  state: RuleState,
  alerts: ReadonlyMap<number, AlertRecord>,
): void {
  sink.hits = state.hits;
  sink.suppressed = state.suppressed ?? 0;
  for (const c of exceptionsOf(sink.rule)) sink.excepted[c.index] = state.excepted?.[c.id] ?? 0;
  sink.degraded = state.degraded;
  sink.next = state.next;
  for (const no of state.changed) {
    const record = alerts.get(no);
    if (record) sink.changed.add(Object.assign(record, { dirty: false }));
  }
}
