/** Version 16 of the schema: what is known of the values that alerts name. Never edited once released. */
export const ALERT_CONTEXT = `
-- context: as the agent knew it when it wrote the alert. reputation: marks that services gave later,
-- which writing the alert again leaves.
ALTER TABLE alerts ADD COLUMN context jsonb, ADD COLUMN reputation jsonb;

-- What services said of addresses, so that one is not asked again.
CREATE TABLE reputations (
  source text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  asked timestamptz NOT NULL,
  mark jsonb NOT NULL,
  PRIMARY KEY (source, address)
);
CREATE INDEX reputations_asked ON reputations (asked);

-- Requests to a service on a day of UTC, counted before they are sent.
CREATE TABLE request_counts (
  source text COLLATE "C" NOT NULL,
  day date NOT NULL,
  requests integer NOT NULL,
  PRIMARY KEY (source, day)
);
`;

/** An alert's context with what services gave later, instead of what was said of the same before. */
const MARKED = `coalesce(context, '{}') || jsonb_build_object('intelligence', (
      SELECT coalesce(jsonb_agg(old), '[]')
      FROM jsonb_array_elements(coalesce(context -> 'intelligence', '[]')) AS old
      WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(reputation) AS fresh
        WHERE fresh ->> 'source' = old ->> 'source' AND fresh ->> 'value' = old ->> 'value')
    ) || reputation)`;

/** The same as a column; null where there is nothing of it. */
export const CONTEXT = `CASE WHEN reputation IS NULL THEN context ELSE ${MARKED} END AS context`;

/** The body of a delivery with what is known of its alert by now. */
export const bodyOf = (row: string) =>
  `coalesce((SELECT jsonb_set(${row}.body, '{alert,context}', ${MARKED}) FROM alerts
     WHERE alerts.id = ${row}.alert AND alerts.reputation IS NOT NULL AND ${row}.body ? 'alert'),
   ${row}.body)`;
