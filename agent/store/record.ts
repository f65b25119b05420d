/**
 * A write from end to end. It runs in the thread that talks to the database: a transaction is a dozen
 * statements, and between two of them it would wait for whatever the other thread is parsing.
 */
import type { Connection, Statements } from "./database.ts";
import { StoreError } from "./error.ts";
import { jsonText } from "./json.ts";
import type { Kind, Named } from "./kinds.ts";
import { Partitioner } from "./partitions.ts";
import type { Turn, Work, Written } from "./types.ts";
import { writeAll } from "./write.ts";

/** Writes into one database, and remembers what need not be written again. */
export class Recorder {
  private readonly partitioner: Partitioner;
  /** Kinds and sources that are surely stored. */
  private readonly known = new Set<string>();
  /** The last write that was carried out. */
  private done: Turn | undefined;

  constructor(private readonly db: Connection) {
    this.partitioner = new Partitioner(db);
  }

  /** @throws {StoreError} out_of_turn for an early write when the one before it is not done */
  async record({ parts, rest, turn }: Work): Promise<Written> {
    const { done } = this;
    if (turn?.early && (done?.writer !== turn.writer || done.number !== turn.number - 1)) {
      throw new StoreError("out_of_turn", "The write before it is not done");
    }
    await this.partitioner.prepare(parts);
    await storeNames(this.db, parts, this.known);
    const written = await writeAll(this.db, parts, rest);
    this.done = turn;
    return written;
  }
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
      `INSERT INTO event_kinds (id, sourcetype, pattern, datasets, bad, parse_error, constants)
       SELECT k.id, k.sourcetype, k.pattern, k.datasets, k.bad, k."parseError", k.constants
       FROM jsonb_to_recordset($1::text::jsonb) AS k(id bigint, sourcetype text, pattern text,
         datasets text[], bad boolean, "parseError" text, constants jsonb)
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
