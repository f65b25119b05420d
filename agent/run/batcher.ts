/** Groups what is to be stored into transactions: whole batches, the alerts they changed, and where reading stands. */
import type { Checkpointer } from "./checkpoint.ts";
import type { Engine } from "../engine/engine.ts";
import type { AlertChange, EventBatch } from "../event.ts";
import type { InputState } from "./input_state.ts";
import { ownsInput, type ShardWork } from "./shard_work.ts";
import type {
  CheckpointChange,
  HealthEvent,
  NewDelivery,
  Serialiser,
  Write,
  Writer,
  Written,
} from "../store/mod.ts";

/** Rows that go to the store in one transaction, unless a live input makes them wait too long. */
const ROWS_PER_WRITE = 65_536;
/** Rows for which a database that has nothing to do need not wait for more. */
const ROWS_WHEN_IDLE = 8192;
/** Batches that go in one transaction at most: each holds a block of 256 KiB and one line over it. */
const BATCHES_PER_WRITE = 128;
/** Longest that anything waits for its transaction, in ms. */
const WRITE_AFTER = 1000;
/**
 * The same of alerts of a log that goes on, for which somebody may be looking, and the least time between
 * two transactions that are made for them: each costs some rows of counts.
 */
const ALERTS_AFTER = 20, BETWEEN = 150;
/**
 * The same of files that end, until a checkpoint is due. Each transaction writes counts and alerts of
 * what it holds, half a row for each event where it holds 8,000 and a tenth where it holds 65,000, and
 * whoever reads a file that was written long ago does not miss these seconds.
 */
const FILES = { rowsWhenIdle: 32_768, writeAfter: 4000 };
const GOES_ON = { rowsWhenIdle: ROWS_WHEN_IDLE, writeAfter: WRITE_AFTER };

/**
 * Rows for which the second transaction of a run does not wait for more; the first waits for none, and
 * each further one for twice as many, up to `ROWS_PER_WRITE`. A run that is killed soon after its
 * start has left something by then: killed over and over, it still gets on.
 */
const ROWS_OF_SECOND = 4096;

/** Which events the store gets: all, those that a rule matched or took in, or none. */
export type Keep = "all" | "matched" | "none";

/**
 * Longest time between two checkpoints of a run over files that end, in ms. What is read again after
 * a kill is known by its ids, so not every transaction has to carry the state of every key that it
 * touched. A log that goes on may be gone by then: its run leaves 0, a checkpoint in every one.
 */
const CHECKPOINT_EVERY = 10_000;
/**
 * Time to the first checkpoint of such a run, in ms; then one each time that as much time has passed
 * as before it. Killed at any moment, a run has kept half of its work, or all but ten seconds of it; up
 * to a minute where checkpoints are dear, see `CHECKPOINT_SHARE`.
 */
const FIRST_CHECKPOINT = 5000;
/**
 * Share of a run's time that checkpoints of state may take, here and in the store: where many keys are
 * busy, the state of all of them would be most of what is written.
 */
const CHECKPOINT_SHARE = 0.05;
/** Longest that a checkpoint waits because of what they cost, in ms. */
const OLDEST_CHECKPOINT = 60_000;

export interface BatcherOptions {
  /** Null when nothing is stored. */
  readonly writer: Writer | null;
  /** Makes rows of events; null when nothing is stored. */
  readonly serialiser: Serialiser | null;
  readonly engine: Engine | null;
  /** Id of the run. */
  readonly run: string;
  /** Null when the run has no stream to go on from. */
  readonly checkpointer: Checkpointer | null;
  /** Default: 65,536 */
  readonly rowsPerWrite?: number;
  /** Which events are stored. Default: all */
  readonly keep?: Keep;
  /** Its part of shared work: events and jobs of other inputs are others' to write. */
  readonly share?: ShardWork;
  /** ms. Default: 10 s */
  readonly checkpointEvery?: number;
  /** Whether the engine goes on from a checkpoint. Default: false */
  readonly resumed?: boolean;
}

type StateOfOthers = () => Promise<Pick<CheckpointChange, "upserts" | "deletes">>;

function together(
  own: CheckpointChange,
  others: Pick<CheckpointChange, "upserts" | "deletes">,
): CheckpointChange {
  return {
    ...own,
    upserts: own.upserts.concat(others.upserts),
    deletes: own.deletes.concat(others.deletes),
  };
}

/** Gathers what goes into the next transaction. Without a writer nothing is kept. */
export class Batcher {
  private readonly writer: Writer | null;
  private engine: Engine | null;
  private readonly run: string;
  private checkpointer: Checkpointer | null;
  private readonly rowsPerWrite: number;
  private readonly keep: Keep;
  private readonly checkpointEvery: number;
  private readonly share: ShardWork | undefined;
  private readonly serialiser: Serialiser | null;
  /** What other threads have of the state, since the last checkpoint. */
  private others: StateOfOthers | null = null;
  private batches = 0;
  private changed = new Map<string, AlertChange>();
  private inputs = new Set<InputState>();
  /** Inputs that moved on since the last checkpoint, and when that was, of performance.now. */
  private moved = new Set<InputState>();
  /** Rows for which this transaction does not wait for more. */
  private enough = 1;
  private readonly began = performance.now();
  private checkpointedAt = -Infinity;
  /** What the last checkpoint cost this thread, in ms. */
  private checkpointMs = 0;
  /** What the store had spent on checkpoints when that one was taken, in ms. */
  private storedMs = 0;
  private health: HealthEvent[] = [];
  private deliveries: NewDelivery[] = [];
  private retracted: string[] = [];
  private stoppedRun: string | undefined;
  private forget: readonly string[] = [];
  private rows = 0;
  /** Since when something waits, of performance.now; Infinity when nothing does. */
  private since = Infinity;
  /** The same of alerts. */
  private alertsSince = Infinity;
  /** When the last transaction was handed on, of performance.now. */
  private writtenAt = -Infinity;
  /** The checkpoint of the beginning, until it is written. */
  private initial: CheckpointChange | undefined;

  constructor(of: BatcherOptions) {
    this.writer = of.writer;
    this.serialiser = of.serialiser;
    this.engine = of.engine;
    this.run = of.run;
    this.checkpointer = of.checkpointer;
    this.rowsPerWrite = of.rowsPerWrite ?? ROWS_PER_WRITE;
    this.keep = of.keep ?? "all";
    this.share = of.share;
    this.checkpointEvery = of.checkpointEvery ?? CHECKPOINT_EVERY;
    if (of.resumed || this.checkpointEvery === 0 || !this.checkpointer?.costly) return;
    // A run that is killed before its first checkpoint begins again from nothing; that it has begun
    // is known all the same. Taken now, it holds no state yet.
    this.initial = this.checkpointer.take([]);
    this.checkpointedAt = performance.now();
  }

  /** Goes on with the counts of an input that is not read from its beginning, see Serialiser.seed. */
  seed(identity: string, offset: number, events: Parameters<Serialiser["seed"]>[2]): void {
    this.serialiser?.seed(identity, offset, events);
  }

  /** Whether what is not read now can be read by a later run. */
  get resumable(): boolean {
    return this.writer !== null && this.checkpointer !== null;
  }

  /** Goes on with another engine, whose state is to be written anew. */
  replaceEngine(engine: Engine): void {
    this.engine = engine;
    this.checkpointer = this.checkpointer?.on(engine) ?? null;
    this.others = null;
    this.initial = undefined;
  }

  /** The same engine's state is in several threads from now on, and to be written anew. */
  splitEngine(own: Engine, others: StateOfOthers): void {
    this.engine = own;
    this.checkpointer = this.checkpointer?.on(own) ?? null;
    this.others = others;
  }

  addAlerts(changes: readonly AlertChange[]): void {
    if (!this.writer) return;
    for (const change of changes) this.changed.set(change.alert.id, change);
    if (this.alertsSince === Infinity && changes.length > 0) this.alertsSince = performance.now();
    this.startTimer();
  }

  /** They go in the transaction of the alerts that were added last. */
  addDeliveries(deliveries: readonly NewDelivery[]): void {
    if (!this.writer) return;
    this.deliveries.push(...deliveries);
    this.startTimer();
  }

  /** Alerts that were written and turn out not to be; they go in the transaction that writes the others. */
  retract(ids: readonly string[]): void {
    if (!this.writer || ids.length === 0) return;
    for (const id of ids) this.changed.delete(id);
    this.retracted.push(...ids);
    this.startTimer();
  }

  addHealth(health: readonly HealthEvent[]): void {
    if (!this.writer || health.length === 0) return;
    this.health.push(...health);
    this.startTimer();
  }

  touch(state: InputState): void {
    if (!this.writer) return;
    this.inputs.add(state);
    this.startTimer();
  }

  /** Ends the jobs of an earlier run, and forgets inputs that no later run will ask for. */
  retire(stoppedRun: string | null, forget: readonly string[]): void {
    this.stoppedRun = stoppedRun ?? undefined;
    this.forget = forget;
  }

  /**
   * @param matched for each event whether a rule matched it; null without rules
   * @returns how many events are not stored because of `keep`
   */
  add(state: InputState, batch: EventBatch, matched: Uint8Array | null): number {
    if (!this.writer) return 0;
    const n = batch.events.length;
    const taken = this.keep === "none" || !ownsInput(this.share, state)
      ? 0
      : this.serialiser!.add(batch, this.keep === "matched" ? matched ?? undefined : undefined);
    this.batches++;
    // What is not stored costs the transaction as good as nothing.
    this.rows += taken;
    this.inputs.add(state);
    this.startTimer();
    return n - taken;
  }

  private startTimer(): void {
    if (this.since === Infinity) this.since = performance.now();
  }

  /** When the next transaction is due at the latest, of performance.now; Infinity when nothing waits. */
  get deadline(): number {
    // Looked at again while the database is being made.
    if (this.writer?.unopened && this.since !== Infinity) return performance.now() + WRITE_AFTER;
    const rows = this.since + this.patience.writeAfter;
    if (this.checkpointEvery > 0) return rows;
    return Math.min(rows, Math.max(this.alertsSince + ALERTS_AFTER, this.writtenAt + BETWEEN));
  }

  /** How much is waited for. */
  private get patience(): typeof FILES {
    return this.checkpointEvery === 0 || this.checkpointDue ? GOES_ON : FILES;
  }

  /** Whether it is time for a transaction. */
  get due(): boolean {
    // A write that waits would keep the run from going on: rows gather here as far as they may.
    if (this.writer?.unopened) return this.rows >= this.rowsPerWrite;
    return this.rows >= Math.min(this.enough, this.rowsPerWrite) ||
      this.batches >= BATCHES_PER_WRITE ||
      (this.writer?.idle === true && this.rows >= this.patience.rowsWhenIdle) ||
      performance.now() >= this.deadline;
  }

  /** Whether it is time for a checkpoint. One of positions alone costs nothing and is always. */
  private get checkpointDue(): boolean {
    const now = performance.now();
    const soon = Math.max(FIRST_CHECKPOINT, this.checkpointedAt - this.began);
    const every = Math.max(Math.min(this.checkpointEvery, soon), this.spacing);
    return now - this.checkpointedAt >= every || !this.checkpointer?.costly;
  }

  /** ms that the last checkpoint's cost keeps the next one away, where what came can be read again. */
  private get spacing(): number {
    const again = [...this.moved, ...this.inputs].every((state) => state.resumes === "position");
    if (!again) return 0;
    const cost = this.checkpointMs + (this.writer?.checkpointMs ?? 0) - this.storedMs;
    // What is followed may be gone by the time of a later run.
    const oldest = this.checkpointEvery === 0 ? CHECKPOINT_EVERY : OLDEST_CHECKPOINT;
    return Math.min(cost / CHECKPOINT_SHARE, oldest);
  }

  /** Writes what waits; where reading stands only when it is time for that. */
  async write(): Promise<void> {
    await this.commit(this.checkpointDue ? "checkpoint" : "rows");
  }

  private async commit(as: "rows" | "checkpoint" | "ended"): Promise<void> {
    const now = Date.now();
    for (const state of this.inputs) this.moved.add(state);
    const checkpoint = await this.checkpoint(as);
    await this.writer!.write({
      rows: this.serialiser!.take(),
      alerts: [...this.changed.values()].map((c) => c.alert),
      ...(this.retracted.length > 0 ? { retract: this.retracted } : {}),
      ...checkpoint,
      stoppedRun: this.stoppedRun,
      ...(this.share ? { lease: this.share.lease } : {}),
      jobs: [...this.inputs].filter((state) => ownsInput(this.share, state))
        .map((state) => state.job(this.run, now)),
      health: this.health,
      ...(this.deliveries.length > 0 ? { deliveries: this.deliveries } : {}),
    });
    this.batches = 0;
    this.changed = new Map();
    this.inputs = new Set();
    this.health = [];
    this.deliveries = [];
    this.retracted = [];
    this.stoppedRun = undefined;
    if (checkpoint.checkpoint) this.forget = [];
    if (as === "checkpoint") {
      this.moved = new Set();
      this.checkpointedAt = performance.now();
    }
    if (this.rows > 0) this.enough = Math.max(ROWS_OF_SECOND, this.enough * 2);
    this.rows = 0;
    this.since = Infinity;
    this.alertsSince = Infinity;
    this.writtenAt = performance.now();
  }

  private async checkpoint(
    as: "rows" | "checkpoint" | "ended",
  ): Promise<Pick<Write, "checkpoint" | "ended">> {
    if (!this.checkpointer) return {};
    const { initial, forget } = this;
    this.initial = undefined;
    if (as === "ended") return { ended: this.checkpointer.stream };
    if (as === "rows") return initial ? { checkpoint: { ...initial, forget } } : {};
    // What has changed since a beginning that was never written is all that there is.
    if (initial) this.checkpointer = this.checkpointer.on(this.engine!);
    const positions = [...this.moved].map((state) => state.position()).filter((p) => p !== null);
    const start = performance.now();
    const others = this.checkpointer.costly ? this.others?.() : null;
    const own = this.checkpointer.take(positions);
    const change = others ? together(own, await others) : own;
    this.checkpointMs = performance.now() - start;
    this.storedMs = this.writer!.checkpointMs ?? 0;
    return { checkpoint: { ...change, forget } };
  }

  /** Writes what waits, ends the checkpoint when the run has ended, and waits for all of it. */
  async flush(ended: boolean): Promise<Written | null> {
    if (!this.writer) return null;
    await this.commit(ended ? "ended" : "checkpoint");
    return await this.writer.flush();
  }
}
