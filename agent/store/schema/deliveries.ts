/** Version 13 of the schema: the outbox. Released migrations are never edited. */
export const DELIVERIES = `
-- One row for one alert and one sink. Rows that are told together share a notification.
CREATE TABLE deliveries (
  -- Given by who routes, from the sink, the alert and what happened to it: written again, it is no second row.
  id uuid PRIMARY KEY,
  -- In the order of writing: numbers are taken under the lock that writers of alerts hold to their end.
  seq bigint GENERATED ALWAYS AS IDENTITY,
  notification uuid NOT NULL,
  sink text COLLATE "C" NOT NULL,
  lane uuid NOT NULL,
  group_key uuid,
  throttle_key uuid,
  event text NOT NULL CHECK (event IN ('opened', 'changed', 'closed', 'health')),
  alert uuid,
  subject text NOT NULL,
  title text NOT NULL,
  severity text,
  -- Event time.
  time timestamptz NOT NULL,
  created timestamptz NOT NULL,
  -- When it was to be sent first.
  scheduled timestamptz NOT NULL,
  -- The first of its notification, which limits count.
  counted boolean NOT NULL,
  -- When it can be claimed: a claim moves this to its own end.
  due timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  worker uuid,
  error text,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
  settled timestamptz,
  repeat_every bigint,
  repeat_at timestamptz,
  -- Gone when it is delivered.
  body jsonb
) WITH (fillfactor = 70);
CREATE INDEX deliveries_waiting ON deliveries (sink, seq) WHERE state = 'waiting';
CREATE INDEX deliveries_due ON deliveries (sink, due) WHERE state = 'waiting';
CREATE INDEX deliveries_tried ON deliveries (lane, seq) WHERE state = 'waiting' AND attempts > 0;
CREATE INDEX deliveries_notification ON deliveries (notification) WHERE state = 'waiting';
CREATE INDEX deliveries_throttle ON deliveries (throttle_key, time) WHERE throttle_key IS NOT NULL;
CREATE INDEX deliveries_group ON deliveries (group_key, scheduled) WHERE group_key IS NOT NULL;
CREATE INDEX deliveries_counted ON deliveries (sink, scheduled) WHERE counted;
CREATE INDEX deliveries_repeat ON deliveries (repeat_at) WHERE repeat_at IS NOT NULL;
CREATE INDEX deliveries_settled ON deliveries (settled) WHERE settled IS NOT NULL;
CREATE INDEX deliveries_created ON deliveries (created, id);
`;
