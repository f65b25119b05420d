/** Version 17 of the schema: agents that share work. Released migrations are never edited. */
export const SHARES = `
CREATE TABLE shares (
  name text PRIMARY KEY,
  shards integer NOT NULL CHECK (shards BETWEEN 1 AND 64)
);
-- Agents are there for as long as they say so.
CREATE TABLE share_agents (
  share text NOT NULL REFERENCES shares ON DELETE CASCADE,
  agent text NOT NULL,
  seen timestamptz NOT NULL,
  PRIMARY KEY (share, agent)
);
-- A write names the epoch that it was begun in: what a later holder has taken it can change no more.
CREATE TABLE leases (
  share text NOT NULL REFERENCES shares ON DELETE CASCADE,
  shard integer NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  agent text,
  done boolean NOT NULL DEFAULT false,
  taken timestamptz,
  PRIMARY KEY (share, shard)
);
`;

/** Version 20: what is to be seen of inputs that are behind, and of shards that change hands. */
export const SHARES_SEEN = `
-- Records that are there and were not read; null for what has no such number.
ALTER TABLE jobs ADD COLUMN lag bigint;
-- How often a shard was taken from an agent that did not answer any more.
ALTER TABLE leases ADD COLUMN takeovers bigint NOT NULL DEFAULT 0;
`;

/** Version 23: an agent whose session has ended is known to be gone before its time is over. */
export const SHARES_SESSION = `
-- The server's process of the session by which the agent said last that it is there.
ALTER TABLE share_agents ADD COLUMN session integer;
`;
