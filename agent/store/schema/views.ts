/** Version 19 of the schema: alerts and incidents for people. Released migrations are never edited. */
export const VIEWS = `
-- As events_shown: what psql and other programs read by names.
CREATE VIEW alerts_shown AS
SELECT replace(a.id::text, '-', '') AS id, a.time, a.severity, a.status, a.verdict, a.assignee, a.rule,
  a.title, coalesce(a.entity ->> 'src', a.fields ->> 'src') AS src,
  coalesce(a.entity ->> 'user', a.fields ->> 'user') AS "user",
  coalesce(a.entity ->> 'dest', a.fields ->> 'dest') AS dest, a.entity, a.message, a.count,
  a.suppressed, a.first, a.last,
  ARRAY(SELECT m ->> 'id' FROM jsonb_array_elements(a.mitre) m) AS techniques, a.comment,
  a.status_by, a.updated,
  replace(i.id::text, '-', '') AS incident
FROM alerts a LEFT JOIN incidents i ON i.id = a.incident;
CREATE VIEW incidents_shown AS
SELECT replace(i.id::text, '-', '') AS id, i.severity,
  CASE WHEN s.open THEN 'open' WHEN s.acknowledged THEN 'acknowledged' ELSE 'closed' END AS status,
  i.entity_field || '=' || i.entity_value AS entity, i.first, i.last, i.alerts, i.rules, i.tactics,
  i.techniques, i.updated
FROM incidents i CROSS JOIN LATERAL (
  SELECT bool_or(a.status = 'open') AS open, bool_or(a.status = 'acknowledged') AS acknowledged
  FROM alerts a WHERE a.incident = i.id
) s;
`;
