/** Brings a database's schema up to date. */
import type { Database, Statements } from "../types/database.ts";
import { StoreError } from "../types/error.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";

/** Any constant will do as long as no other program on the server takes the same lock. */
const LOCK = 0x7069636b;

/**
 * Brings the schema up to date. Each version has a transaction of its own, so that two starts at once
 * make it once.
 * @throws {StoreError} newer_schema when a newer program has been here, foreign_schema when another one
 * has; then nothing is changed
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const newest = migrations.at(-1)!.version;
  if (await isCurrent(db, migrations.at(-1)!)) return;
  for (;;) {
    const done = await db.transaction(async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      const at = await version(tx, db.place);
      if (at > newest) {
        throw new StoreError(
          "newer_schema",
          `The store "${db.place}" has schema version ${at} and this program knows ${newest}; update the program`,
        );
      }
      const next = migrations.find((m) => m.version > at);
      if (!next) return true;
      await tx.script(typeof next.sql === "string" ? next.sql : next.sql[db.kind]);
      await tx.query(
        "INSERT INTO schema_migrations (version, name, applied) VALUES ($1, $2, now())",
        [next.version, next.name],
      );
      return false;
    });
    if (done) return;
  }
}

/** One question instead of a transaction's five, at every start but the first one of a version. */
async function isCurrent(db: Statements, { version, name }: Migration): Promise<boolean> {
  try {
    const [last] = await db.query<{ version: number; name: string }>(
      "SELECT version, name, applied FROM schema_migrations ORDER BY version DESC LIMIT 1",
    );
    return last?.version === version && last.name === name;
  } catch {
    // No such table or columns: what is there instead is looked at next.
    return false;
  }
}

/** Names that the schema takes: in a database without ours, none of them may be there. */
const NAMES = [
  "alert_changes",
  "alert_counts",
  "alert_history",
  "alerts",
  "audit",
  "deliveries",
  "engine_state",
  "event_counts",
  "event_kinds",
  "event_places",
  "event_series",
  "event_sources",
  "event_values",
  "events",
  "evidence",
  "exceptions",
  "health",
  "incident_sums",
  "incidents",
  "jobs",
  "positions",
  "silences",
  "streams",
  "tokens",
];

const COLUMNS = "applied timestamp with time zone, name text, version integer";

/**
 * The version that is there, 0 in an empty database. Reads without creating where it can: a user who
 * may only read can still serve.
 */
async function version(tx: Statements, place: string): Promise<number> {
  const [{ columns }] = await tx.query<{ columns: string | null }>(
    `SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attname)
       AS columns
     FROM pg_attribute
     WHERE attrelid = to_regclass('schema_migrations') AND attnum > 0 AND NOT attisdropped`,
  );
  if (columns === null) {
    const there = await tx.query<{ name: string }>(
      `SELECT n.name FROM unnest($1::text[]) AS n(name)
       WHERE to_regclass(quote_ident(n.name)) IS NOT NULL ORDER BY 1`,
      [`{${NAMES.join(",")}}`],
    );
    if (there.length > 0) throw foreign(place, there.map((t) => t.name));
    await tx.script(
      `CREATE TABLE schema_migrations
         (version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL)`,
    );
  } else if (columns !== COLUMNS) throw foreign(place, ["schema_migrations"]);
  const [{ at }] = await tx.query<{ at: number }>(
    "SELECT coalesce(max(version), 0) AS at FROM schema_migrations",
  );
  return at;
}

function foreign(place: string, names: readonly string[]): StoreError {
  return new StoreError(
    "foreign_schema",
    `The database "${place}" has tables of another program (${names.join(", ")}); name an empty ` +
      "database, or a user whose search_path begins with an empty schema",
  );
}
