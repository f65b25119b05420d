/**
 * Version 3 of the schema: what all events of a parser pattern share moves to their kind, and on
 * PostgreSQL events are partitioned by time. Released migrations are never edited.
 */

const TABLE = `
CREATE TABLE event_kinds (
  -- Digest of the rest.
  id bigint PRIMARY KEY,
  sourcetype text NOT NULL,
  pattern text NOT NULL,
  datasets text[] NOT NULL,
  -- Lines that no pattern took.
  bad boolean NOT NULL,
  -- Why; null when each line has a reason of its own.
  parse_error text,
  constants jsonb NOT NULL
);
CREATE TABLE event_sources (
  -- Digest of the name.
  id bigint PRIMARY KEY,
  name text NOT NULL
);
ALTER TABLE events RENAME TO events_before;
CREATE TABLE events (
  id uuid NOT NULL,
  time timestamptz NOT NULL,
  ingested timestamptz NOT NULL,
  source bigint NOT NULL,
  kind bigint NOT NULL,
  parse_error text,
  host text,
  -- Null when src_ip says it all, as it does of an IPv4 address.
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
  -- Not jsonb: reading a row's fields is rare, and jsonb costs a fifth of what COPY takes for a row.
  extra json,
  raw text NOT NULL
)`;

const MOVE = `
INSERT INTO event_sources
SELECT ((('x' || left(encode(sha256(convert_to(source, 'UTF8')), 'hex'), 16))::bit(64) >> 2)::bigint),
  source
FROM (SELECT DISTINCT source FROM events_before) s;
INSERT INTO event_kinds
SELECT ('x' || left(md5(ROW(sourcetype, datasets, parse_error)::text), 15))::bit(60)::bigint,
  sourcetype, '', datasets, parse_error IS NOT NULL, parse_error, '{}'
FROM (SELECT DISTINCT sourcetype, datasets, parse_error FROM events_before) k;
INSERT INTO events (id, time, ingested, source, kind, host, src, src_ip, dest, dest_ip, dest_port,
  "user", action, app, status, url, http_method, bytes_out, extra, raw)
SELECT id, time, ingested,
  ((('x' || left(encode(sha256(convert_to(source, 'UTF8')), 'hex'), 16))::bit(64) >> 2)::bigint),
  ('x' || left(md5(ROW(sourcetype, datasets, parse_error)::text), 15))::bit(60)::bigint, host,
  CASE WHEN family(src_ip) = 4 THEN NULL ELSE src END, src_ip,
  CASE WHEN family(dest_ip) = 4 THEN NULL ELSE dest END, dest_ip, dest_port, "user", action, app,
  status, url, http_method, bytes_out, extra::json, raw
FROM events_before;
DROP TABLE events_before;
-- Not unique: a unique index of a partitioned table must hold the time. Whoever writes holds a lock on
-- the input that its ids begin with.
CREATE INDEX events_id ON events (id);
CREATE INDEX events_time ON events (time);
-- One index for the fields that name somebody or some machine, by digests, which are of one size
-- however long the text is.
CREATE INDEX events_names ON events USING gin ((ARRAY[hashtext(coalesce(src, host(src_ip))),
  hashtext("user"), hashtext(host), hashtext(coalesce(dest, host(dest_ip)))]))
  WITH (gin_pending_list_limit = 1024);
-- Events that alerts name, once retention has taken the others.
CREATE TABLE evidence (LIKE events, PRIMARY KEY (id));

-- For people: the columns that the agent speaks of.
CREATE VIEW events_shown AS
SELECT e.id, e.time, e.ingested, s.name AS source, k.sourcetype, k.datasets,
  CASE WHEN k.bad THEN coalesce(e.parse_error, k.parse_error) END AS parse_error, e.host,
  coalesce(e.src, host(e.src_ip), k.constants ->> 'src') AS src,
  coalesce(e.dest, host(e.dest_ip), k.constants ->> 'dest') AS dest, e.dest_port,
  coalesce(e."user", k.constants ->> 'user') AS "user",
  coalesce(e.action, k.constants ->> 'action') AS action,
  coalesce(e.app, k.constants ->> 'app') AS app,
  coalesce(e.status, k.constants ->> 'status') AS status, e.url,
  coalesce(e.http_method, k.constants ->> 'http_method') AS http_method, e.bytes_out,
  k.constants || coalesce(e.extra::jsonb, '{}') AS more, e.raw
FROM events e JOIN event_kinds k ON k.id = e.kind JOIN event_sources s ON s.id = e.source;
`;

const PARTITIONS = ` PARTITION BY RANGE (time);
CREATE TABLE events_default PARTITION OF events DEFAULT;
DO $$
DECLARE m timestamp;
BEGIN
  FOR m IN SELECT DISTINCT date_trunc('month', time AT TIME ZONE 'UTC') FROM events_before
    WHERE time >= '1990-01-01Z' AND time < date_trunc('month', now()) LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
      to_char(m, '"events_"YYYYMMDD') || to_char(m + interval '1 month', '_YYYYMMDD'),
      to_char(m, 'YYYY-MM-DD"Z"'), to_char(m + interval '1 month', 'YYYY-MM-DD"Z"'));
  END LOOP;
  FOR m IN SELECT DISTINCT date_trunc('day', time AT TIME ZONE 'UTC') FROM events_before
    WHERE time >= date_trunc('month', now()) AND time < now() + interval '1 day' LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
      to_char(m, '"events_"YYYYMMDD') || to_char(m + interval '1 day', '_YYYYMMDD'),
      to_char(m, 'YYYY-MM-DD"Z"'), to_char(m + interval '1 day', 'YYYY-MM-DD"Z"'));
  END LOOP;
END $$;
`;

export const EVENTS_BY_KIND = {
  pglite: `${TABLE};${MOVE}`,
  postgresql: TABLE + PARTITIONS + MOVE,
};
