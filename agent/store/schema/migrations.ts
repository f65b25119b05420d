/**
 * The schema's versions, oldest first. A released migration is never edited: add the next one.
 * See migrate.ts for how they are applied.
 */
import { ALERT_CONTEXT } from "./context.ts";
import { DELIVERIES } from "./deliveries.ts";
import { SHARES, SHARES_SEEN, SHARES_SESSION } from "./shares.ts";
import { TRIAGE } from "./triage.ts";
import type { Database } from "../types/database.ts";
import { EVENTS_BY_KIND } from "./events.ts";
import { PLACES } from "./block_index.ts";
import { COLUMNS_OF_BLOCKS } from "./columns.ts";
import { RAW_INDEX } from "./raw_index.ts";
import { VIEWS } from "./views.ts";
import { WIDER_VALUES } from "./widths.ts";
import { INCIDENT_SUMS } from "./incidents.ts";
import { VALUES_APART } from "./values.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string | Readonly<Record<Database["kind"], string>>;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "events, alerts, incidents, counts, checkpoints, jobs, health",
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
  comment text,
  -- Digest of whom it is about; null when it names nobody. A digest, since the text has no bound.
  actor uuid,
  -- The alerts of one actor without a gap of a day share it, whether or not they are an incident.
  incident uuid
);
CREATE INDEX alerts_time ON alerts (time, id);
CREATE INDEX alerts_actor ON alerts (actor, last) WHERE actor IS NOT NULL;
CREATE INDEX alerts_incident ON alerts (incident) WHERE incident IS NOT NULL;

-- Worked out from alerts in the transaction that changes them; the timeline is the alerts.
CREATE TABLE incidents (
  id uuid PRIMARY KEY,
  entity_field text NOT NULL,
  entity_value text NOT NULL,
  severity text NOT NULL
    CHECK (severity IN ('informational', 'low', 'medium', 'high', 'critical')),
  first timestamptz NOT NULL,
  last timestamptz NOT NULL,
  rules text[] NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  alerts bigint NOT NULL,
  updated timestamptz NOT NULL
);
CREATE INDEX incidents_first ON incidents (first, id);

-- One row while a run of these inputs has not ended.
CREATE TABLE streams (
  stream text PRIMARY KEY,
  run uuid NOT NULL,
  -- The engine's state that belongs to no rule; null when its input cannot be read again.
  head text,
  updated timestamptz NOT NULL
);
CREATE TABLE positions (
  stream text REFERENCES streams ON DELETE CASCADE,
  input text,
  source text NOT NULL,
  job uuid NOT NULL,
  byte_offset bigint NOT NULL,
  lines bigint NOT NULL,
  encoding text,
  sourcetype text,
  time double precision,
  -- JSON as text: jsonb takes neither NUL nor lone surrogates, which log lines may hold.
  parser text,
  done boolean NOT NULL,
  PRIMARY KEY (stream, input)
);
-- One row for each key of each operator, so that a checkpoint writes only what changed.
CREATE TABLE engine_state (
  stream text REFERENCES streams ON DELETE CASCADE,
  rule text,
  part integer,
  key uuid,
  ord bigint NOT NULL,
  state text NOT NULL,
  PRIMARY KEY (stream, rule, part, key)
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
  -- Given by the writer, so that a write sent again is no second row.
  id uuid PRIMARY KEY,
  time timestamptz NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  message text NOT NULL,
  detail jsonb NOT NULL
);
CREATE INDEX health_time ON health (time, id);
`,
  },
  {
    version: 2,
    name: "counts by five minutes and by value, changes of alerts in order, status history, tokens",
    sql: `
-- Counts are kept in the transaction of what they count, so that statistics scan nothing. Widths are
-- seconds. Bytes are compared, not letters: these keys are only ever looked up.
CREATE TABLE event_series (
  width integer NOT NULL,
  bucket timestamptz NOT NULL,
  sourcetype text COLLATE "C" NOT NULL,
  parse_error boolean NOT NULL,
  -- Empty when the events have none.
  action text COLLATE "C" NOT NULL,
  severity text COLLATE "C" NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (width, bucket, sourcetype, parse_error, action, severity)
);
CREATE TABLE event_values (
  width integer NOT NULL,
  field text COLLATE "C" NOT NULL,
  bucket timestamptz NOT NULL,
  -- Empty for all values that were too many to be kept apart.
  value text COLLATE "C" NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (width, field, bucket, value)
);
INSERT INTO event_series
SELECT w.width, to_timestamp(floor(extract(epoch FROM time) / w.width) * w.width), sourcetype,
  parse_error IS NOT NULL, coalesce(left(action, 64), ''),
  coalesce(left(extra ->> 'severity', 64), ''), count(*)
FROM events CROSS JOIN (VALUES (300), (3600)) AS w(width) GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO event_values
SELECT w.width, v.field, to_timestamp(floor(extract(epoch FROM time) / w.width) * w.width),
  left(v.value, 200), count(*)
FROM events CROSS JOIN (VALUES (3600), (86400)) AS w(width)
CROSS JOIN LATERAL (VALUES ('src', src), ('dest', dest), ('user', "user"), ('host', host),
  ('app', app), ('dest_port', dest_port::text), ('status', status), ('http_method', http_method),
  ('url', url), ('signature', extra ->> 'signature'), ('source', source)) AS v(field, value)
WHERE v.value <> '' GROUP BY 1, 2, 3, 4;
DROP TABLE event_counts;

-- Taken under the lock that writers of alerts hold to their end, so numbers appear in their order.
CREATE SEQUENCE alert_changes;
ALTER TABLE alerts ADD COLUMN change bigint NOT NULL DEFAULT nextval('alert_changes');
CREATE UNIQUE INDEX alerts_change ON alerts (change);
CREATE INDEX alerts_rule ON alerts (rule, time);

CREATE TABLE alert_counts (
  bucket timestamptz NOT NULL,
  rule text COLLATE "C" NOT NULL,
  severity text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  alerts bigint NOT NULL,
  -- Rows that took part, and hits held back.
  events bigint NOT NULL,
  suppressed bigint NOT NULL,
  PRIMARY KEY (bucket, rule, severity, status)
);
INSERT INTO alert_counts
SELECT to_timestamp(floor(extract(epoch FROM time) / 300) * 300), rule, severity, status, count(*),
  sum(count), sum(suppressed)
FROM alerts GROUP BY 1, 2, 3, 4;
-- Whoever changes alerts, the counts follow.
CREATE FUNCTION count_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE alert_counts c SET alerts = c.alerts - g.alerts, events = c.events - g.events,
      suppressed = c.suppressed - g.suppressed
    FROM (SELECT to_timestamp(floor(extract(epoch FROM time) / 300) * 300) AS bucket, rule, severity,
        status, count(*) AS alerts, sum(count) AS events, sum(suppressed) AS suppressed
      FROM before GROUP BY 1, 2, 3, 4) AS g
    WHERE c.bucket = g.bucket AND c.rule = g.rule AND c.severity = g.severity
      AND c.status = g.status;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO alert_counts AS c
    SELECT to_timestamp(floor(extract(epoch FROM time) / 300) * 300), rule, severity, status,
      count(*), sum(count), sum(suppressed)
    FROM after GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (bucket, rule, severity, status) DO UPDATE SET alerts = c.alerts + excluded.alerts,
      events = c.events + excluded.events, suppressed = c.suppressed + excluded.suppressed;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER alerts_added AFTER INSERT ON alerts REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION count_alerts();
CREATE TRIGGER alerts_changed AFTER UPDATE ON alerts
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION count_alerts();
CREATE TRIGGER alerts_gone AFTER DELETE ON alerts REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION count_alerts();

-- What people did to alerts. Rows are only ever added.
CREATE TABLE alert_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert uuid NOT NULL,
  at timestamptz NOT NULL,
  who text NOT NULL,
  -- Null for what was changed before history was kept.
  from_status text,
  to_status text NOT NULL CHECK (to_status IN ('open', 'acknowledged', 'closed')),
  comment text
);
CREATE INDEX alert_history_alert ON alert_history (alert, id);
INSERT INTO alert_history (alert, at, who, to_status, comment)
SELECT id, status_at, status_by, status, comment FROM alerts WHERE status_by IS NOT NULL
ORDER BY status_at;

CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('read', 'write', 'admin')),
  -- SHA-256 of the token, in hex: the token itself is nowhere.
  hash text COLLATE "C" NOT NULL UNIQUE,
  created timestamptz NOT NULL,
  revoked timestamptz
);
-- A name can be given again once its token is revoked.
CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked IS NULL;
`,
  },
  { version: 3, name: "events by kind and by time, with evidence", sql: EVENTS_BY_KIND },
  {
    version: 4,
    name: "ids that the planner knows to be unique",
    sql: {
      // Nothing gathers statistics here, and without them a hundred ids are taken for half the table.
      pglite: "DROP INDEX events_id; CREATE UNIQUE INDEX events_id ON events (id)",
      // Autovacuum does, and a unique index of a partitioned table must hold the time.
      postgresql: "",
    },
  },
  {
    version: 5,
    name: "digests of names without those that are missing, and of addresses as they are",
    // An entry for every missing name is work without use, and so is the text of an address.
    sql: `
DROP INDEX events_names;
CREATE INDEX events_names ON events USING gin ((array_remove(ARRAY[
  coalesce(hashtext(src), hashinet(src_ip)), hashtext("user"), hashtext(host),
  coalesce(hashtext(dest), hashinet(dest_ip))], NULL))) WITH (gin_pending_list_limit = 1024);
`,
  },
  {
    version: 6,
    name: "hours and days of values apart",
    sql: VALUES_APART,
  },
  {
    version: 7,
    name: "digests of IPv6 addresses, however they are written",
    // The text of an IPv6 address has several forms; the address has one.
    sql: `
DROP INDEX events_names;
CREATE INDEX events_names ON events USING gin ((array_remove(ARRAY[
  coalesce(hashinet(src_ip), hashtext(src)), hashtext("user"), hashtext(host),
  coalesce(hashinet(dest_ip), hashtext(dest))], NULL))) WITH (gin_pending_list_limit = 1024);
`,
  },
  { version: 8, name: "ids by their places, values without their names", sql: PLACES },
  { version: 9, name: "values by six hours and by week", sql: WIDER_VALUES },
  { version: 10, name: "sums of incidents", sql: INCIDENT_SUMS },
  {
    version: 11,
    name: "what a rule's author says of it, with each alert",
    sql: "ALTER TABLE alerts ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}'",
  },
  {
    version: 12,
    name: "how many events of a job mean something, and the shapes of the others",
    sql: "ALTER TABLE jobs ADD COLUMN understood bigint NOT NULL DEFAULT 0, " +
      "ADD COLUMN unread jsonb NOT NULL DEFAULT '[]'",
  },
  { version: 13, name: "the outbox of deliveries", sql: DELIVERIES },
  {
    version: 14,
    name: "verdicts, assignments, silences, exceptions, and who did what",
    sql: TRIAGE,
  },
  { version: 15, name: "which blocks of events may hold a text", sql: RAW_INDEX },
  {
    version: 16,
    name: "what is known of the values that alerts name",
    sql: ALERT_CONTEXT,
  },
  { version: 17, name: "agents that share work", sql: SHARES },
  {
    version: 18,
    name: "searches that people keep",
    sql: `
CREATE TABLE saved_searches (
  name text PRIMARY KEY,
  query text NOT NULL,
  -- From when it searches, as in "7d"; null for what whoever runs it says.
  since text,
  description text NOT NULL,
  who text NOT NULL,
  updated timestamptz NOT NULL
);
`,
  },
  { version: 19, name: "alerts and incidents as views for people", sql: VIEWS },
  { version: 20, name: "how far inputs are behind, shards that were taken over", sql: SHARES_SEEN },
  {
    version: 21,
    name: "counts by dataset",
    sql: `
-- With commas; "?" of what was counted before, which nobody knows.
ALTER TABLE event_series ADD COLUMN datasets text COLLATE "C" NOT NULL DEFAULT '?';
ALTER TABLE event_series DROP CONSTRAINT event_series_pkey;
ALTER TABLE event_series ADD PRIMARY KEY
  (width, bucket, sourcetype, parse_error, datasets, action, severity);
`,
  },
  {
    version: 22,
    name: "which events the blocks of the raw text's index are of",
    // Null of what was stored before: any.
    sql: "ALTER TABLE raw_blocks ADD COLUMN lowest uuid, ADD COLUMN highest uuid",
  },
  { version: 23, name: "agents whose session has ended", sql: SHARES_SESSION },
  {
    version: 24,
    name: "views of lists that people keep",
    sql: `
CREATE TABLE saved_views (
  page text NOT NULL,
  name text NOT NULL,
  -- Of the address of the list.
  query text NOT NULL,
  who text NOT NULL,
  updated timestamptz NOT NULL,
  PRIMARY KEY (page, name)
);
`,
  },
  { version: 25, name: "columns of blocks of events", sql: COLUMNS_OF_BLOCKS },
];
