/** Version 8 of the schema: events without an index on their ids. Released migrations are never edited. */
export const PLACES = `
-- When the events of a stretch of an input were: ids are found by it, at a hundredth of what an index
-- on them costs.
CREATE TABLE event_places (
  -- The first 8 bytes of the ids.
  input bigint NOT NULL,
  -- Offset in the input, in 32 KiB. Several places of one block lie apart in time.
  block bigint NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  earliest timestamptz NOT NULL,
  latest timestamptz NOT NULL
);
INSERT INTO event_places (input, block, first, last, earliest, latest)
SELECT input, at / 32768, min(at), max(at), min(time), max(time)
FROM (
  SELECT ('x' || left(replace(id::text, '-', ''), 16))::bit(64)::bigint AS input,
    ('x' || substr(replace(id::text, '-', ''), 17, 12))::bit(48)::bigint AS at, time
  FROM events
) e
GROUP BY input, at / 32768, floor(extract(epoch FROM time) / 10);
CREATE INDEX event_places_block ON event_places (input, block);
DROP INDEX events_id;
DROP INDEX events_time;
-- No two entries are alike, so that looking for those that are is work without use.
CREATE INDEX events_time ON events (time, id) WITH (deduplicate_items = off);

-- What the values of a row's extra are called, when it is an array: a number whose bits say which
-- of these fields the row has, and their values.
ALTER TABLE event_kinds ADD COLUMN fields text[] NOT NULL DEFAULT '{}';
CREATE OR REPLACE VIEW events_shown AS
SELECT e.id, e.time, e.ingested, s.name AS source, k.sourcetype, k.datasets,
  CASE WHEN k.bad THEN coalesce(e.parse_error, k.parse_error) END AS parse_error, e.host,
  coalesce(e.src, host(e.src_ip), k.constants ->> 'src') AS src,
  coalesce(e.dest, host(e.dest_ip), k.constants ->> 'dest') AS dest, e.dest_port,
  coalesce(e."user", k.constants ->> 'user') AS "user",
  coalesce(e.action, k.constants ->> 'action') AS action,
  coalesce(e.app, k.constants ->> 'app') AS app,
  coalesce(e.status, k.constants ->> 'status') AS status, e.url,
  coalesce(e.http_method, k.constants ->> 'http_method') AS http_method, e.bytes_out,
  k.constants || CASE WHEN json_typeof(e.extra) = 'array' THEN coalesce((
      SELECT jsonb_object_agg(f.name, (e.extra -> f.place::integer)::jsonb)
      FROM (
        SELECT name, row_number() OVER (ORDER BY i) AS place
        FROM unnest(k.fields) WITH ORDINALITY AS n(name, i)
        WHERE (e.extra ->> 0)::bigint >> (i - 1)::integer & 1 = 1
      ) f
    ), '{}') ELSE coalesce(e.extra::jsonb, '{}') END AS more, e.raw
FROM events e JOIN event_kinds k ON k.id = e.kind JOIN event_sources s ON s.id = e.source;
`;
