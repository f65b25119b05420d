/** What waits for the next transaction: whole batches, the alerts they changed, and where reading stands. */
import type { Checkpointer } from "./checkpoint.ts";
import type { Engine } from "./engine.ts";
import type { AlertChange, EventBatch } from "./event.ts";
import { jobOf, type Open, positionOf } from "./inputs.ts";
import type { HealthEvent, Writer, Written } from "./store/mod.ts";

/** Rows that go to the store in one transaction, unless a live input makes them wait too long. */
const ROWS_PER_WRITE = 65_536;
/** Rows of the first transaction; each takes twice as many as the one before. */
const FIRST_ROWS = 8192;
/** Batches that go in one transaction at most: each holds a block of 256 KiB and one line over it. */
const BATCHES_PER_WRITE = 128;
/** Longest that a row waits for its transaction while the input is live, in ms. */
const WRITE_AFTER = 1000;

/** Without a writer nothing is kept. */
export class Pending {
  private batches: EventBatch[] = [];
  private changed = new Map<string, AlertChange>();
  private inputs = new Set<Open>();
  private health: HealthEvent[] = [];
  private rows = 0;
  private since = performance.now();
  /** Rows of the next transaction: few at first, so that the database is not kept waiting. */
  private quota: number;

  constructor(
    private readonly writer: Writer | null,
    private readonly engine: Engine | null,
    private readonly run: string,
    /** Null when the run has no stream to go on from. */
    private readonly checkpointer: Checkpointer | null,
    private readonly rowsPerWrite = ROWS_PER_WRITE,
  ) {
    this.quota = Math.min(FIRST_ROWS, rowsPerWrite);
  }

  alerts(changes: readonly AlertChange[]): void {
    if (this.writer) { for (const change of changes) this.changed.set(change.alert.id, change); }
  }

  notes(health: readonly HealthEvent[]): void {
    if (this.writer) this.health.push(...health);
  }

  touch(open: Open): void {
    if (this.writer) this.inputs.add(open);
  }

  add(open: Open, batch: EventBatch): void {
    if (!this.writer) return;
    this.batches.push(batch);
    this.rows += batch.events.length;
    this.inputs.add(open);
    open.parserState = open.parser?.snapshot() ?? null;
  }

  /** It is time for a transaction. */
  get due(): boolean {
    return this.rows >= this.quota || this.batches.length >= BATCHES_PER_WRITE ||
      (this.rows > 0 && performance.now() - this.since > WRITE_AFTER);
  }

  /** Waits for a read; rows that have waited long enough are written meanwhile. */
  async whileReading<T>(reading: Promise<T>): Promise<T> {
    if (!this.rows) return await reading;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((done) => {
      const wait = WRITE_AFTER - (performance.now() - this.since);
      timer = setTimeout(() => done("late"), Math.max(0, wait));
    });
    const first = await Promise.race([reading, late]);
    clearTimeout(timer);
    if (first !== "late") return first;
    await this.write();
    return await reading;
  }

  /** @param ended the run read all it had: nothing is to be gone on from */
  async write(ended = false): Promise<void> {
    const now = Date.now();
    const { checkpointer } = this;
    const positions = [...this.inputs].map(positionOf).filter((p) => p !== null);
    await this.writer!.write({
      batches: this.batches,
      alerts: [...this.changed.values()].map((c) => c.alert),
      ...(checkpointer === null
        ? {}
        : ended
        ? { ended: checkpointer.stream }
        : { checkpoint: checkpointer.take(positions) }),
      jobs: [...this.inputs].map((open) => jobOf(open, this.run, now)),
      health: [...this.health, ...this.engine?.takeHealth() ?? []],
    });
    this.batches = [];
    this.changed = new Map();
    this.inputs = new Set();
    this.health = [];
    this.rows = 0;
    this.quota = Math.min(2 * this.quota, this.rowsPerWrite);
    this.since = performance.now();
  }

  /** Writes what waits, ends the checkpoint when the run has ended, and waits for all of it. */
  async flush(ended: boolean): Promise<Written | null> {
    if (!this.writer) return null;
    await this.write(ended);
    return await this.writer.flush();
  }
}
