/** Version 14 of the schema: what people make of alerts. Released migrations are never edited. */
export const TRIAGE = `
ALTER TABLE alerts
  ADD COLUMN verdict text CHECK (verdict IN ('true_positive', 'false_positive', 'benign')),
  ADD COLUMN verdict_by text,
  ADD COLUMN verdict_at timestamptz,
  ADD COLUMN assignee text;
CREATE INDEX alerts_verdict ON alerts (rule, verdict) WHERE verdict IS NOT NULL;

-- Null where the entry changed none; 'none' and '' where it was taken back.
ALTER TABLE alert_history ADD COLUMN verdict text, ADD COLUMN assignee text;

-- Alerts that are stored and not delivered, from now to an end.
CREATE TABLE silences (
  id uuid PRIMARY KEY,
  rule text,
  -- Values as text by field of the entity or of the alert's fields; all of them have to match.
  fields jsonb NOT NULL,
  reason text NOT NULL,
  who text NOT NULL,
  created timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  ended timestamptz,
  ended_by text
);
CREATE INDEX silences_ends ON silences (ends) WHERE ended IS NULL;

-- What a rule matches and is no alert, beside those of agent.yaml.
CREATE TABLE exceptions (
  id uuid PRIMARY KEY,
  rule text NOT NULL,
  -- SDL over the fields of the rule's alerts.
  condition text NOT NULL,
  reason text NOT NULL,
  who text NOT NULL,
  created timestamptz NOT NULL,
  -- Event time from which on it no longer holds.
  until timestamptz,
  ended timestamptz,
  ended_by text,
  -- The alert that it was made from.
  alert uuid
);

-- Who did what. Rows are only ever added.
CREATE TABLE audit (
  id uuid NOT NULL,
  time timestamptz NOT NULL,
  who text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  detail jsonb NOT NULL
);
CREATE INDEX audit_time ON audit (time DESC, id DESC);
CREATE INDEX audit_subject ON audit (subject);
`;
