/** Version 10 of the schema: sums of incidents. Released migrations are never edited. */
export const INCIDENT_SUMS = `
-- What incidents need of their alerts, so that a write reads no alerts but those that it changes. One
-- row for the alerts of one actor without a gap of a day, whether or not they are an incident.
CREATE TABLE incident_sums (
  -- As in alerts.incident.
  id uuid PRIMARY KEY,
  actor uuid NOT NULL,
  first timestamptz NOT NULL,
  last timestamptz NOT NULL,
  -- The alert that began first, and how it writes the actor.
  first_alert uuid NOT NULL,
  field text NOT NULL,
  value text NOT NULL,
  -- By rule, severity and techniques: how many alerts, and the first of them by time and id.
  parts jsonb NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX incident_sums_actor ON incident_sums (actor);
INSERT INTO incident_sums (id, actor, first, last, first_alert, field, value, parts)
SELECT c.id, c.actor, c.first, c.last, c.first_alert, w.field, w.value, p.parts
FROM (
  SELECT incident AS id, (array_agg(actor))[1] AS actor, min(first) AS first, max(last) AS last,
    (array_agg(id ORDER BY first, id))[1] AS first_alert
  FROM alerts WHERE incident IS NOT NULL AND actor IS NOT NULL GROUP BY incident
) c
JOIN (
  SELECT incident, jsonb_agg(jsonb_build_object('rule', rule, 'severity', severity, 'mitre', mitre,
    'alerts', alerts, 'time', time, 'alert', replace(alert::text, '-', ''))) AS parts
  FROM (
    SELECT incident, rule, severity, mitre, count(*) AS alerts,
      (extract(epoch FROM min(time)) * 1000)::float8 AS time,
      (array_agg(id ORDER BY time, id))[1] AS alert
    FROM alerts WHERE incident IS NOT NULL AND actor IS NOT NULL GROUP BY 1, 2, 3, 4
  ) p GROUP BY incident
) p ON p.incident = c.id
JOIN alerts a ON a.id = c.first_alert
CROSS JOIN LATERAL (
  SELECT key AS field, value FROM jsonb_each_text(a.entity) WHERE value <> ''
  ORDER BY key <> 'src', key <> 'user', key COLLATE "C" LIMIT 1
) w;
`;
