/**
 * A write from end to end. It runs in the thread that talks to the database: a transaction is a dozen
 * statements, and between two of them it would wait for whatever the other thread is parsing.
 */
import type { Connection, Statements } from "../types/database.ts";
import { jsonText } from "../types/json.ts";
import type { Kind, Named } from "../types/kinds.ts";
import { Partitioner } from "../schema/partitions.ts";
import type { Rest, Work, WriteSequence, Written } from "../types/types.ts";
import { RawIndex, sizeOf } from "./raw_index.ts";
import { canFollow, outOfTurn, type PipelinedWrite, writeAll } from "./write.ts";

/**
 * Characters of state and alerts that are written over before PGlite, in which nothing does it of
 * itself, makes their room usable again. At 2,000 lines/s that is once or twice a minute, and takes a
 * second.
 */
const OVERWRITTEN = 100_000_000;
/** Characters of an alert, about. */
const ALERT = 3000;

interface Begun extends PipelinedWrite {
  readonly turn?: WriteSequence;
}

/**
 * Writes into one database, one after the other, and remembers what need not be written again. On
 * PostgreSQL the rows of an early write go to the server, in a transaction of their own, while the
 * write before it does what comes after its rows; it is committed after that one or not at all.
 */
export class Recorder {
  private readonly partitioner: Partitioner;
  /** Kinds and sources that are surely stored. */
  private readonly known = new Set<string>();
  private readonly rawIndex = new RawIndex();
  private last: Begun | undefined;
  /** Characters written over since room was last given back. */
  private overwritten = 0;

  constructor(private readonly db: Connection) {
    this.partitioner = new Partitioner(db);
  }

  /** @throws {StoreError} out_of_turn for an early write when the one before it is not carried out */
  async record({ rows, rest, turn }: Work): Promise<Written> {
    const { parts, counts } = rows;
    const { last } = this;
    if (turn?.speculative) {
      const { writer, number } = last?.turn ?? {};
      if (writer !== turn.writer || number !== turn.number - 1) throw outOfTurn();
    }
    const write: Begun = {
      turn,
      rows,
      rawBlocks: once((exact: boolean) => this.rawIndex.add(parts, exact)),
      sent: Promise.withResolvers(),
      done: Promise.withResolvers(),
      ending: false,
    };
    this.last = write;
    let written = false;
    try {
      const ahead = turn?.speculative && this.db.kind === "postgresql" && canFollow(parts, last!);
      await (ahead ? last!.sent.promise : last?.done.promise);
      await this.partitioner.prepare(counts.days);
      await storeNames(this.db, parts, this.known);
      let result = ahead && !last!.ending ? await writeAll(this.db, write, rest, last) : null;
      if (result === null) {
        if (turn?.speculative && !await last!.done.promise) throw outOfTurn();
        result = (await writeAll(this.db, write, rest))!;
      }
      written = true;
      if (this.db.kind === "pglite") {
        if (result.events > 0) this.overwritten += sizeOf(write.rawBlocks(true));
        await this.reclaim(rest);
      }
      return result;
    } finally {
      // A block has the rows of this write, which are not stored, or nobody knows.
      if (!written) this.rawIndex.end();
      write.ending = true;
      write.sent.resolve();
      write.done.resolve(written);
    }
  }

  /** Gives the room of rows that were written over back to their tables, when they have become many. */
  private async reclaim({ checkpoint, alerts = [], deliveries = [] }: Rest): Promise<void> {
    this.overwritten += ALERT * (alerts.length + deliveries.length) +
      (checkpoint?.header?.length ?? 0);
    for (const { state } of checkpoint?.upserts ?? []) this.overwritten += state.length;
    if (this.overwritten < OVERWRITTEN) return;
    this.overwritten = 0;
    // What was written stays written, whatever comes of this: a full disk is told by the next write.
    await this.db.script(
      "VACUUM streams, engine_state, alerts, deliveries, raw_blocks, event_columns",
    ).catch(
      () => {},
    );
  }

  /** Waits for what was begun. */
  async rest(): Promise<void> {
    await this.last?.done.promise;
  }
}

/** Work that is done when it is first asked for. */
function once<A, T>(work: (how: A) => T): (how: A) => T {
  let done: { readonly result: T } | undefined;
  return (how) => (done ??= { result: work(how) }).result;
}

/**
 * Stores kinds and sources that this process has not stored yet. Not in the transaction of their
 * rows: two writers of new kinds would wait for each other. A kind without rows does no harm.
 */
export async function storeNames(
  db: Statements,
  parts: readonly Named[],
  known: Set<string>,
): Promise<void> {
  const fresh = new Map<string, Kind>();
  const names = new Map<string, string>();
  for (const part of parts) {
    for (const [id, kind] of part.kinds) if (!known.has(id)) fresh.set(id, kind);
    for (const [id, name] of part.sources) if (!known.has(`s${id}`)) names.set(id, name);
  }
  if (fresh.size > 0) {
    await db.query(
      `INSERT INTO event_kinds
         (id, sourcetype, pattern, datasets, bad, parse_error, constants, fields)
       SELECT k.id, k.sourcetype, k.pattern, k.datasets, k.bad, k."parseError", k.constants, k.fields
       FROM jsonb_to_recordset($1::text::jsonb) AS k(id bigint, sourcetype text, pattern text,
         datasets text[], bad boolean, "parseError" text, constants jsonb, fields text[])
       ORDER BY 1 ON CONFLICT (id) DO NOTHING`,
      [jsonText([...fresh.values()])],
    );
  }
  if (names.size > 0) {
    await db.query(
      `INSERT INTO event_sources (id, name)
       SELECT s.id, s.name FROM jsonb_to_recordset($1::text::jsonb) AS s(id bigint, name text)
       ORDER BY 1 ON CONFLICT (id) DO NOTHING`,
      [jsonText([...names].map(([id, name]) => ({ id, name })))],
    );
  }
  for (const id of fresh.keys()) known.add(id);
  for (const id of names.keys()) known.add(`s${id}`);
}
