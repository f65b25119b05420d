/** Version 15 of the schema: which blocks of events may hold a text. Released migrations are never edited. */
export const RAW_INDEX = `
-- Of each couple of thousand events which four characters in a row their raw texts have, as bits of
-- digests: what a block surely lacks is not looked for in it.
CREATE TABLE raw_blocks (
  id uuid PRIMARY KEY,
  earliest timestamptz NOT NULL,
  latest timestamptz NOT NULL,
  -- Bits of grams, less one.
  mask integer NOT NULL,
  -- Null where nothing is known of the texts.
  grams bytea
);
-- A bit of it is read without the rest.
ALTER TABLE raw_blocks ALTER COLUMN grams SET STORAGE EXTERNAL;
CREATE INDEX raw_blocks_time ON raw_blocks (latest, earliest);
INSERT INTO raw_blocks (id, earliest, latest, mask)
SELECT gen_random_uuid(), bucket, bucket + interval '1 hour', 0
FROM (SELECT DISTINCT bucket FROM event_series WHERE width = 3600) h;
`;
