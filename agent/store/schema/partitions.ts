/**
 * Where events lie on PostgreSQL: partitions by time, so that old days are dropped instead of deleted.
 *
 * Recent times have a partition a day, older ones a month, then a year. What no clock of a log should
 * say, before 1990 or after tomorrow, goes to the default partition. So lines with wild times make a
 * few dozen partitions at most. A name tells the bounds: `events_20260329_20260330`.
 */
import type { Connection, Database, Statements } from "../types/database.ts";
import { VALUE_WIDTHS } from "../types/counts.ts";

const DAY = 86_400_000;
/** Days up to today, and after it, that have a partition each; months for the year before. */
const DAYS_BACK = 40, DAYS_AHEAD = 2, MONTHS_BACK = 400;
const FIRST_YEAR = 1990;
/** Any constant, other than those of the migrations and of the alerts. */
const LOCK = 0x7069636d;

/** Days since the epoch, `from <= day < to`. */
export interface Partition {
  readonly from: number;
  readonly to: number;
}

/** A partition for a day, of the width that its age asks for; null for the default one. */
export function partitionOf(
  day: number,
  today: number,
  existing: readonly Partition[],
): Partition | null {
  const date = new Date(day * DAY);
  const year = date.getUTCFullYear(), month = date.getUTCMonth();
  if (day > today + DAYS_AHEAD || year < FIRST_YEAR) return null;
  const utc = (y: number, m: number) => Date.UTC(y, m, 1) / DAY;
  let [from, to] = day >= today - DAYS_BACK
    ? [day, day + 1]
    : day >= today - MONTHS_BACK
    ? [utc(year, month), utc(year, month + 1)]
    : [utc(year, 0), utc(year + 1, 0)];
  // What was a day when it was made stays one: a wider one takes what is free around it.
  for (const p of existing) {
    if (p.to <= day && p.to > from) from = p.to;
    if (p.from > day && p.from < to) to = p.from;
  }
  return { from, to };
}

function nameOf({ from, to }: Partition): string {
  const text = (day: number) => new Date(day * DAY).toISOString().slice(0, 10).replaceAll("-", "");
  return `events_${text(from)}_${text(to)}`;
}

/** All partitions but the default one, by time. */
export async function partitions(db: Statements): Promise<Partition[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'events'::regclass`,
  );
  const found: Partition[] = [];
  for (const { name } of rows) {
    const m = /^events_(\d{4})(\d\d)(\d\d)_(\d{4})(\d\d)(\d\d)$/.exec(name);
    if (!m) continue;
    const [y, mo, d, y2, mo2, d2] = m.slice(1).map(Number);
    found.push({ from: Date.UTC(y, mo - 1, d) / DAY, to: Date.UTC(y2, mo2 - 1, d2) / DAY });
  }
  return found.sort((a, b) => a.from - b.from);
}

/** Makes the partitions that rows will need, before their transaction begins. */
export class Partitioner {
  /** Days that need nothing made: they have a partition, or belong to the default one. */
  private readonly settled = new Set<number>();

  constructor(private readonly db: Connection, private readonly now: () => number = Date.now) {}

  /** @param all days of the rows' times, since the epoch */
  async prepare(all: readonly number[]): Promise<void> {
    if (this.db.kind === "pglite") return;
    const days = all.filter((day) => !this.settled.has(day));
    if (days.length === 0) return;
    if (this.settled.size > 100_000) this.settled.clear();
    const today = Math.floor(this.now() / DAY);
    const existing = await partitions(this.db);
    for (const day of days.sort((a, b) => a - b)) {
      const covered = () => existing.some((p) => p.from <= day && day < p.to);
      if (!covered() && partitionOf(day, today, existing)) {
        existing.splice(0, existing.length, ...await this.make(day, today));
      }
      this.settled.add(day);
    }
  }

  /** Another writer may be making the same: the list is read again under a lock. */
  private async make(day: number, today: number): Promise<Partition[]> {
    return await this.db.transaction(async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      const existing = await partitions(tx);
      if (existing.some((p) => p.from <= day && day < p.to)) return existing;
      const made = partitionOf(day, today, existing)!;
      const [from, to] = [made.from, made.to].map((d) => new Date(d * DAY).toISOString());
      const [{ taken }] = await tx.query<{ taken: boolean }>(
        `SELECT EXISTS (SELECT FROM events_default
           WHERE time >= $1::timestamptz AND time < $2::timestamptz) AS taken`,
        [from, to],
      );
      // Rows of these days came when they were still ahead: they stay where they are.
      if (taken) return existing;
      const name = nameOf(made);
      // Attaching waits for nobody who reads or writes; making it as a partition would.
      await tx.script(
        `CREATE TABLE ${name} (LIKE events INCLUDING ALL);
         ALTER TABLE events ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
      return [...existing, made].sort((a, b) => a.from - b.from);
    });
  }
}

/** Widest buckets of values, in seconds: the others lie in whole days. */
const WEEK = VALUE_WIDTHS[3];
/** Rows deleted in one transaction. */
const PORTION = 20_000;

/**
 * Takes away the events and their counts before a day. Events that alerts name are kept apart, and so
 * are all alerts and incidents.
 * @returns how many events went; those of dropped partitions as the counts say
 */
export async function retain(db: Database, before: number): Promise<number> {
  const day = Math.floor(before / DAY);
  const cut = new Date(day * DAY).toISOString();
  const [{ events }] = await db.query<{ events: number }>(
    `SELECT coalesce(sum(events), 0)::float8 AS events FROM event_series
     WHERE width = 300 AND bucket < $1::timestamptz`,
    [cut],
  );
  await removeColumns(db, cut);
  const tables = db.kind === "postgresql" ? ["events_default"] : ["events"];
  if (db.kind === "postgresql") {
    for (const partition of await partitions(db)) {
      const name = nameOf(partition);
      if (partition.to > day) {
        if (partition.from < day) tables.push(name);
        continue;
      }
      await db.transaction(async (tx) => {
        await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
        await keepEvidence(tx, name);
        await tx.script(`DROP TABLE ${name}`);
      });
    }
  }
  for (const table of tables) while (await removeSome(db, table, cut));
  await db.query("DELETE FROM event_series WHERE bucket < $1::timestamptz", [cut]);
  await db.transaction((tx) => removeValues(tx, cut));
  for (const table of ["event_places", "raw_blocks"]) {
    await db.query(`DELETE FROM ${table} WHERE latest < $1::timestamptz`, [cut]);
  }
  // Of what came meanwhile.
  await removeColumns(db, cut);
  return events;
}

/** Blocks with events before a day have no columns: some of these go. */
async function removeColumns(db: Statements, cut: string): Promise<void> {
  await db.query(
    `DELETE FROM event_columns WHERE block IN (
       SELECT id FROM raw_blocks WHERE earliest < $1::timestamptz)`,
    [cut],
  );
}

/** Takes away the counts of values before a day, and its week is counted anew from the days left of it. */
async function removeValues(tx: Statements, cut: string): Promise<void> {
  // Whoever adds to them waits: an addition must not get lost between what is read and what is written.
  await tx.script("LOCK TABLE event_values IN SHARE ROW EXCLUSIVE MODE");
  await tx.query("DELETE FROM event_values WHERE bucket < $1::timestamptz", [cut]);
  await tx.query(
    `INSERT INTO event_values (width, field, bucket, value, events)
     SELECT ${WEEK}, field, w.begin, value, sum(events)
     FROM (SELECT to_timestamp(floor(extract(epoch FROM $1::timestamptz) / ${WEEK}) * ${WEEK})
       AS begin) w
     JOIN event_values v ON v.width = ${DAY / 1000} AND v.bucket >= w.begin
       AND v.bucket < w.begin + interval '${WEEK} seconds'
     WHERE w.begin < $1::timestamptz
     GROUP BY 1, 2, 3, 4`,
    [cut],
  );
}

/** Deletes a portion of the rows before a time; false when it was the last. */
async function removeSome(db: Database, table: string, cut: string): Promise<boolean> {
  return await db.transaction(async (tx) => {
    await tx.script(
      "CREATE TEMP TABLE IF NOT EXISTS events_old (LIKE events) ON COMMIT DELETE ROWS",
    );
    const [{ n }] = await tx.query<{ n: number }>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE time < $1::timestamptz ORDER BY time LIMIT ${PORTION}
         )) RETURNING *
       ), kept AS (INSERT INTO events_old SELECT * FROM gone)
       SELECT count(*)::float8 AS n FROM gone`,
      [cut],
    );
    if (n > 0) await keepEvidence(tx, "events_old");
    return n === PORTION;
  });
}

async function keepEvidence(tx: Statements, table: string): Promise<void> {
  await tx.script(
    `INSERT INTO evidence SELECT e.* FROM ${table} e
     WHERE e.id IN (SELECT unnest(event_ids) FROM alerts) ON CONFLICT (id) DO NOTHING`,
  );
}
