/**
 * What a run leaves in each transaction so that it can go on after a kill: where its inputs stand,
 * and the engine's state as one row for each key, so that the cost follows what changed.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Dirty, Engine, Snapshot } from "../engine/engine.ts";
import type { RuleState } from "../engine/snapshot.ts";
import type {
  CheckpointChange,
  Position,
  SavedCheckpoint,
  StateEntry,
  StateKey,
} from "../store/mod.ts";

/** What a rule has beside its stages, and its alerts that can still change; others are stages. */
const RULE = -1, ALERTS = -2;
/** Alert rows beyond those in use, from which on all state is written anew without them. */
const STALE = 5000;

/**
 * Names what a run reads: its operands, as they stand from this folder, and the options that change
 * what their lines mean. A run of the same stream goes on where one that did not end has stopped.
 * Rules are not part of it: each brings its own plan's digest.
 */
export function streamOf(
  operands: readonly string[],
  options: Readonly<Record<string, string | number | undefined | null>>,
): string {
  const names = (operands.length ? operands : ["-"]).map((o) => o === "-" ? o : resolve(o));
  const set = Object.entries(options).filter(([, v]) => v !== undefined && v !== null).sort();
  return createHash("sha256").update(JSON.stringify([[...new Set(names)].sort(), set]))
    .digest("hex").slice(0, 32);
}

/** The engine's own part of a checkpoint. */
type Head = Omit<SavedSnapshot, "rules">;

/** What a checkpoint gives back. */
export interface SavedSnapshot extends Snapshot {
  /** Ids of alerts of windows that were written and may turn out not to be, see SecondReading. */
  readonly provisional?: readonly string[];
}

/** Makes the checkpoint's changes for one transaction after another. */
export class Checkpointer {
  private full = true;
  private ord = 0;
  private alerts = 0;
  private kept = 0;
  /** What was written of each rule beside its stages. */
  private readonly rules = new Map<string, string>();

  /** @param engine null for input that cannot be read again: positions alone are kept */
  constructor(
    readonly stream: string,
    readonly run: string,
    private readonly engine: Engine | null,
    private readonly stale = STALE,
  ) {}

  /** Whether it holds the engine's state. */
  get costly(): boolean {
    return this.engine !== null;
  }

  /**
   * What changed since the last call. The first call gives all, and so does one when the rows of
   * alerts that nothing refers to any more have become many.
   */
  take(positions: readonly Position[]): CheckpointChange {
    const { stream, run, engine } = this;
    if (!engine) {
      return { stream, run, header: null, positions, reset: false, upserts: [], deletes: [] };
    }
    const reset = engine.order.late.takeAnyEnded() || this.full ||
      this.alerts > 2 * this.kept + this.stale;
    const { rules, ...head } = reset ? engine.snapshot() : engine.takeDirty();
    if (reset) {
      this.rules.clear();
      this.alerts = 0;
    }
    const upserts: StateEntry[] = [];
    const deletes: StateKey[] = [];
    for (const rule of rules) this.rule(rule, upserts, deletes);
    if (reset) this.kept = this.alerts;
    this.full = false;
    return {
      stream,
      run,
      header: JSON.stringify({ ...head, ...this.provisional() }),
      positions,
      reset,
      upserts,
      deletes,
    };
  }

  /** Further fields of the header. */
  provisional: () => Pick<SavedSnapshot, "provisional"> = () => ({});

  /** The same for another engine, all of whose state is written first. */
  on(engine: Engine): Checkpointer {
    const next = new Checkpointer(this.stream, this.run, this.engine && engine, this.stale);
    next.provisional = this.provisional;
    return next;
  }

  private rule(state: Dirty["rules"][number], put: StateEntry[], gone: StateKey[]): void {
    const { rule, alerts, stages, ...own } = state;
    const add = (part: number, key: string, value: unknown) =>
      put.push({ rule, part, key: digest(key), ord: this.ord++, state: JSON.stringify(value) });
    for (const alert of alerts) add(ALERTS, String(alert.no), alert);
    this.alerts += alerts.length;
    stages.forEach((stage, i) => {
      for (const key of stage.removed ?? []) gone.push({ rule, part: i, key: digest(key) });
      for (const entry of stage.entries) add(i, entry[0], entry);
    });
    const rest = { ...own, own: stages.map((s) => s.own) };
    const text = JSON.stringify(rest);
    if (this.rules.get(rule) === text) return;
    this.rules.set(rule, text);
    add(RULE, "", rest);
  }
}

/** The engine's state as it was saved; null when the checkpoint holds positions alone. */
export function snapshotOf(saved: SavedCheckpoint): Snapshot | null {
  if (saved.header === null) return null;
  const head = JSON.parse(saved.header) as Head;
  type Building = Omit<RuleState, "alerts" | "stages"> & {
    alerts: RuleState["alerts"][number][];
    stages: { entries: [string, unknown][]; own: unknown }[];
  };
  const rules = new Map<string, Building>();
  for (const { rule, part, state } of saved.state) {
    if (part !== RULE) continue;
    const { own, ...rest } = JSON.parse(state) as Building & { own: unknown[] };
    rules.set(rule, {
      ...rest,
      rule,
      alerts: [],
      stages: own.map((o) => ({ entries: [], own: o })),
    });
  }
  for (const { rule, part, state } of saved.state) {
    const to = rules.get(rule);
    if (!to || part === RULE) continue;
    if (part === ALERTS) to.alerts.push(JSON.parse(state));
    else to.stages[part].entries.push(JSON.parse(state));
  }
  return { ...head, rules: [...rules.values()] };
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}
