/**
 * What a run leaves in each transaction so that it can go on after a kill: where its inputs stand,
 * and the engine's state as one row for each key, so that the cost follows what changed.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Dirty, Engine, Snapshot } from "../engine/engine.ts";
import { overlap, type PackedRows, unpackRows } from "../engine/ordering/held_rows.ts";
import type { SavedBlock } from "../engine/operators/operator.ts";
import { isKafkaUrl } from "../kafka/url.ts";
import { joinBlocks } from "../engine/operators/window_blocks.ts";
import type { RuleState } from "../engine/snapshot.ts";
import type {
  CheckpointChange,
  Position,
  SavedCheckpoint,
  StateBlock,
  StateEntry,
  StateKey,
} from "../store/mod.ts";

/**
 * What a rule has beside its stages, its alerts that can still change, rows that wait for the
 * watermark, which belong to no rule, and from there down blocks of rows of its stages; others are
 * stages.
 */
const RULE = -1, ALERTS = -2, HELD = -3, BLOCKS = -4;
/** Rows that wait, of one entry. */
const HELD_ROWS = 500;

/**
 * Names what a run reads: its operands, as they stand from this folder, and the options that change
 * what their lines mean. A run of the same stream goes on where one that did not end has stopped.
 * Rules are not part of it: each brings its own plan's digest.
 */
export function streamOf(
  operands: readonly string[],
  options: Readonly<Record<string, string | number | undefined | null>>,
): string {
  const names = (operands.length ? operands : ["-"])
    .map((o) => o === "-" || isKafkaUrl(o) ? o : resolve(o));
  const set = Object.entries(options).filter(([, v]) => v !== undefined && v !== null).sort();
  return createHash("sha256").update(JSON.stringify([[...new Set(names)].sort(), set]))
    .digest("hex").slice(0, 32);
}

/** The engine's own part of a checkpoint. */
interface Head extends Omit<SavedSnapshot, "rules"> {
  /** Numbers of the rows that wait, whose entries hold others too; absent where `rows` are all of them. */
  readonly held?: readonly number[];
}

/** What a checkpoint gives back. */
export interface SavedSnapshot extends Snapshot {
  /** Ids of alerts of windows that were written and may turn out not to be, see SecondReading. */
  readonly provisional?: readonly string[];
}

/** What the rows of a checkpoint are that a run goes on with, and that the next one changes. */
export interface StoredRows {
  /** Number of the next row. */
  readonly ord: number;
  readonly alerts: ReadonlyMap<string, { all: Set<number>; closed: number[] }>;
  /** What is there of each rule beside its stages. */
  readonly rules: ReadonlyMap<string, string>;
  /** Rows that wait have other numbers now. */
  readonly held: readonly StateKey[];
  /** Rules, and rules of late clocks, that do not go on. */
  readonly ended: readonly string[];
}

/**
 * @param snapshot that the engine was restored from
 * @param goesOn whether a rule has taken up its state, by name
 */
export function storedRows(
  { state }: SavedCheckpoint,
  snapshot: Pick<Snapshot, "late">,
  goesOn: (rule: string) => boolean,
): StoredRows {
  const alerts = new Map<string, { all: Set<number>; closed: number[] }>();
  const rules = new Map<string, string>();
  const held: StateKey[] = [];
  const suffixes = (snapshot.late ?? []).map(({ key }) => `@${key}`);
  const ended = new Set<string>(), kept = new Set<string>();
  let ord = 0;
  for (const block of state) {
    const { rule, part, keys } = block;
    for (const number of block.ords) ord = Math.max(ord, number + 1);
    if (part === HELD) {
      for (const key of keys ?? []) held.push({ rule, part, key });
      continue;
    }
    if (!kept.has(rule) && !ended.has(rule)) {
      const suffix = suffixes.find((s) => rule.endsWith(s)) ?? "";
      (goesOn(rule.slice(0, rule.length - suffix.length)) ? kept : ended).add(rule);
    }
    if (ended.has(rule)) continue;
    if (part === RULE) {
      for (const own of block.states) rules.set(rule, JSON.stringify(own));
    }
    if (part !== ALERTS) continue;
    const of = alerts.get(rule) ?? { all: new Set(), closed: [] };
    alerts.set(rule, of);
    for (const { no, closed } of block.states as { no: number; closed: boolean }[]) {
      of.all.add(no);
      if (closed) of.closed.push(no);
    }
  }
  return { ord, alerts, rules, held, ended: [...ended] };
}

/** Makes the checkpoint's changes for one transaction after another. */
export class Checkpointer {
  private full: boolean;
  private ord: number;
  /** By rule, the numbers of the alerts that have a row, and of those among them that are closed. */
  private readonly alerts: Map<string, { all: Set<number>; closed: number[] }>;
  /** What was written of each rule beside its stages. */
  private readonly rules: Map<string, string>;
  /** Entries of rows that wait: the numbers of the first and the last. */
  private held: (readonly [number, number])[] = [];
  /** Number of the first row that waits and has no entry. */
  private nextHeld = 0;

  /** Of a checkpoint that it goes on from, what the next one takes away; null where it is written anew. */
  private leftover: Pick<StoredRows, "held" | "ended"> | null;

  /**
   * @param engine null for input that cannot be read again: positions alone are kept
   * @param stored what is there already of the engine's state; null where all of it is to be written
   */
  constructor(
    readonly stream: string,
    readonly run: string,
    private readonly engine: Engine | null,
    stored: StoredRows | null = null,
  ) {
    this.full = stored === null;
    this.ord = stored?.ord ?? 0;
    this.alerts = new Map(stored?.alerts);
    this.rules = new Map(stored?.rules);
    this.leftover = stored;
  }

  /** Whether it holds the engine's state. */
  get costly(): boolean {
    return this.engine !== null;
  }

  /** What changed since the last call; the first call gives all. */
  take(positions: readonly Position[]): CheckpointChange {
    const { stream, run, engine } = this;
    if (!engine) {
      return { stream, run, header: null, positions, reset: false, upserts: [], deletes: [] };
    }
    const reset = this.full;
    this.full = false;
    const ended = this.endedClocks(engine);
    const { leftover } = this;
    this.leftover = null;
    const { rules, ...head } = engine.takeDirty(reset);
    const upserts: StateEntry[] = [];
    const deletes: StateKey[] = [...leftover?.held ?? []];
    for (const rule of rules) this.rule(rule, upserts, deletes);
    const held = this.heldRows(engine, upserts, deletes);
    return {
      stream,
      run,
      header: JSON.stringify({ ...head, rows: [], held, ...this.provisional() } satisfies Head),
      positions,
      reset,
      ended: [...ended, ...leftover?.ended ?? []],
      upserts,
      deletes,
    };
  }

  /** Further fields of the header. */
  provisional: () => Pick<SavedSnapshot, "provisional"> = () => ({});

  /** The same for another engine, all of whose state is written first. */
  on(engine: Engine): Checkpointer {
    const next = new Checkpointer(this.stream, this.run, this.engine && engine);
    next.provisional = this.provisional;
    return next;
  }

  /** Rules as they stand for clocks whose rows came late, and that ended since the last call. */
  private endedClocks(engine: Engine): string[] {
    const ended = engine.order.late.takeGone().flatMap((key) =>
      engine.plan.rules.map(({ rule }) => `${rule.name}@${key}`)
    );
    for (const rule of ended) {
      this.rules.delete(rule);
      this.alerts.delete(rule);
    }
    return ended;
  }

  private rule(state: Dirty["rules"][number], put: StateEntry[], gone: StateKey[]): void {
    const { rule, alerts, gone: closed = [], stages, ...own } = state;
    const add = (part: number, key: string, value: unknown) =>
      put.push({ rule, part, key: digest(key), ord: this.ord++, state: JSON.stringify(value) });
    const rows = this.alerts.get(rule) ?? { all: new Set(), closed: [] };
    this.alerts.set(rule, rows);
    const written = new Set(alerts.map((alert) => alert.no));
    for (const no of [...rows.closed.splice(0), ...closed]) {
      if (written.has(no) || !rows.all.delete(no)) continue;
      gone.push({ rule, part: ALERTS, key: digest(String(no)) });
    }
    for (const alert of alerts) {
      add(ALERTS, String(alert.no), alert);
      rows.all.add(alert.no);
      if (alert.closed) rows.closed.push(alert.no);
    }
    stages.forEach((stage, i) => {
      for (const key of stage.removed ?? []) gone.push({ rule, part: i, key: digest(key) });
      for (const entry of stage.entries) add(i, entry[0], entry);
      const name = (key: string, no: number) => `${no} ${key}`;
      for (const [key, no] of stage.goneBlocks ?? []) {
        gone.push({ rule, part: BLOCKS - i, key: digest(name(key, no)) });
      }
      for (const block of stage.blocks ?? []) add(BLOCKS - i, name(block[0], block[1]), block);
    });
    const rest = { ...own, own: stages.map((s) => s.own) };
    const text = JSON.stringify(rest);
    if (this.rules.get(rule) === text) return;
    this.rules.set(rule, text);
    add(RULE, "", rest);
  }

  /** Writes the rows that began to wait since the last call, once. Gives the numbers of all that wait. */
  private heldRows(engine: Engine, put: StateEntry[], gone: StateKey[]): readonly number[] {
    const { rows, ranges, next, pack } = engine.heldSince(this.nextHeld);
    this.nextHeld = next;
    const key = (first: number) => ({ rule: "", part: HELD, key: digest(String(first)) });
    this.held = this.held.filter(([first, last]) => {
      const waits = overlap(ranges, first, last);
      if (!waits) gone.push(key(first));
      return waits;
    });
    for (let i = 0; i < rows.length; i += HELD_ROWS) {
      const some = rows.slice(i, i + HELD_ROWS);
      const first = some[0].no;
      this.held.push([first, some[some.length - 1].no]);
      put.push({ ...key(first), ord: this.ord++, state: JSON.stringify(pack(some)) });
    }
    return ranges;
  }
}

/** The entries of each part of each rule, in their order. */
function entriesOf(blocks: readonly StateBlock[]) {
  const groups = Map.groupBy(blocks, ({ rule, part }) => `${part} ${rule}`);
  return Array.from(groups.values(), (of) => {
    const { rule, part } = of[0];
    const ords = of.flatMap((block) => block.ords);
    const states = of.flatMap((block) => block.states);
    return { rule, part, states: inOrder(states, ords) };
  });
}

function inOrder(states: unknown[], ords: readonly number[]): unknown[] {
  if (ords.every((ord, i) => i === 0 || ords[i - 1] < ord)) return states;
  const places = Uint32Array.from(ords.keys()).sort((a, b) => ords[a] - ords[b]);
  return Array.from(places, (place) => states[place]);
}

/** The engine's state as it was saved; null when the checkpoint holds positions alone. */
export function snapshotOf(saved: SavedCheckpoint): SavedSnapshot | null {
  if (saved.header === null) return null;
  const { held, ...head } = JSON.parse(saved.header) as Head;
  type Building = Omit<RuleState, "alerts" | "stages"> & {
    alerts: RuleState["alerts"][number][];
    stages: { entries: [string, unknown][]; own: unknown; held: SavedBlock[] }[];
  };
  const rules = new Map<string, Building>();
  const parts = entriesOf(saved.state);
  for (const { rule, part, states } of parts) {
    if (part !== RULE) continue;
    const { own, ...rest } = states[0] as Building & { own: unknown[] };
    rules.set(rule, {
      ...rest,
      rule,
      alerts: [],
      stages: own.map((o) => ({ entries: [], own: o, held: [] })),
    });
  }
  const rows = [...head.rows];
  for (const { rule, part, states } of parts) {
    if (part === HELD) {
      for (const packed of states) rows.push(...unpackRows(packed as PackedRows, held ?? []));
    }
    const to = rules.get(rule);
    if (!to || part === RULE) continue;
    if (part === ALERTS) to.alerts = states as Building["alerts"];
    else if (part <= BLOCKS) to.stages[BLOCKS - part].held = states as SavedBlock[];
    else if (part >= 0) to.stages[part].entries = states as [string, unknown][];
  }
  const whole = [...rules.values()].map((rule) => ({
    ...rule,
    stages: rule.stages.map(({ entries, own, held }) => ({
      entries: held.length > 0 ? joinBlocks(entries, held) : entries,
      own,
    })),
  }));
  return { ...head, rows, rules: whole };
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}
