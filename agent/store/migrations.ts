/**
 * The schema's versions, oldest first. A released migration is never edited: add the next one.
 * Each runs in one transaction under an advisory lock, so that two starts at once do it once.
 */
import type { Database, Statements } from "./database.ts";
import { StoreError } from "./error.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "events, alerts, counts, checkpoints, jobs, health",
    sql: `
CREATE TABLE events (
  id uuid PRIMARY KEY,
  time timestamptz NOT NULL,
  ingested timestamptz NOT NULL,
  source text NOT NULL,
  sourcetype text NOT NULL,
  datasets text[] NOT NULL,
  parse_error text,
  host text,
  src text,
  src_ip inet,
  dest text,
  dest_ip inet,
  dest_port integer,
  "user" text,
  action text,
  app text,
  status text,
  url text,
  http_method text,
  bytes_out bigint,
  extra jsonb,
  raw text NOT NULL
);
-- Many events share a second, which keeps this index small; rows come nearly in its order.
CREATE INDEX events_time ON events (time);
-- Addresses have a bounded size: text from a log line could be longer than an index entry may be.
CREATE INDEX events_src ON events (src_ip, time) WHERE src_ip IS NOT NULL;

-- Written in the transaction of the events that it counts, so that statistics scan no events.
CREATE TABLE event_counts (
  hour timestamptz NOT NULL,
  sourcetype text NOT NULL,
  parse_error boolean NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (hour, sourcetype, parse_error)
);

CREATE TABLE alerts (
  id uuid PRIMARY KEY,
  rule text NOT NULL,
  plan_hash text NOT NULL,
  title text NOT NULL,
  severity text NOT NULL
    CHECK (severity IN ('informational', 'low', 'medium', 'high', 'critical')),
  status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'closed')),
  time timestamptz NOT NULL,
  first timestamptz NOT NULL,
  last timestamptz NOT NULL,
  count bigint NOT NULL,
  suppressed bigint NOT NULL,
  entity jsonb NOT NULL,
  fields jsonb NOT NULL,
  mitre jsonb NOT NULL,
  message text NOT NULL,
  event_ids uuid[] NOT NULL,
  updated timestamptz NOT NULL,
  -- Set together when a person changes the status; from then on the engine leaves it.
  status_by text,
  status_at timestamptz,
  comment text
);
CREATE INDEX alerts_time ON alerts (time, id);
CREATE INDEX alerts_event_ids ON alerts USING gin (event_ids);

CREATE TABLE checkpoints (
  input text PRIMARY KEY,
  source text NOT NULL,
  byte_offset bigint NOT NULL,
  lines bigint NOT NULL,
  watermark timestamptz,
  updated timestamptz NOT NULL
);
CREATE TABLE rule_state (
  rule text PRIMARY KEY,
  plan_hash text NOT NULL,
  state bytea NOT NULL,
  updated timestamptz NOT NULL
);

CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  run uuid NOT NULL,
  source text NOT NULL,
  sourcetype text,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
  lines bigint NOT NULL,
  events bigint NOT NULL,
  parse_errors bigint NOT NULL,
  rate double precision NOT NULL,
  error text,
  started timestamptz NOT NULL,
  updated timestamptz NOT NULL
);
CREATE INDEX jobs_started ON jobs (started, id);

CREATE TABLE health (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  message text NOT NULL,
  detail jsonb NOT NULL
);
`,
  },
];

/** Any constant will do as long as no other program on the server takes the same lock. */
const LOCK = 0x7069636b;

/**
 * Brings the schema up to date.
 * @throws {StoreError} newer_schema when a newer program has been here
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const newest = migrations.at(-1)!.version;
  for (;;) {
    const done = await db.transaction(async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      const at = await version(tx);
      if (at > newest) {
        throw new StoreError(
          "newer_schema",
          `The store "${db.place}" has schema version ${at} and this program knows ${newest}; update the program`,
        );
      }
      const next = migrations.find((m) => m.version > at);
      if (!next) return true;
      await tx.script(next.sql);
      await tx.query(
        "INSERT INTO schema_migrations (version, name, applied) VALUES ($1, $2, now())",
        [next.version, next.name],
      );
      return false;
    });
    if (done) return;
  }
}

/** Reads without creating where it can: a user who may only read can still serve. */
async function version(tx: Statements): Promise<number> {
  const [{ there }] = await tx.query<{ there: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS there",
  );
  if (!there) {
    await tx.script(
      `CREATE TABLE schema_migrations
         (version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL)`,
    );
  }
  const [{ at }] = await tx.query<{ at: number }>(
    "SELECT coalesce(max(version), 0) AS at FROM schema_migrations",
  );
  return at;
}
