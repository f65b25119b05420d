/** Version 25 of the schema: columns of blocks of events. Released migrations are never edited. */
export const COLUMNS_OF_BLOCKS = `
-- The values of a block's events, a column's together: see types/columns.ts. A block without a row here
-- has events of which only their own rows tell.
CREATE TABLE event_columns (
  block uuid PRIMARY KEY REFERENCES raw_blocks ON DELETE CASCADE,
  events integer NOT NULL,
  "time" bytea,
  source bytea,
  kind bytea,
  host bytea,
  src bytea,
  dest bytea,
  dest_port bytea,
  "user" bytea,
  action bytea,
  app bytea,
  status bytea,
  url bytea,
  http_method bytea,
  bytes_out bytea,
  -- Events that have values which their columns do not hold.
  odd bytea
);
-- Looking for what repeats in them takes longer than writing them.
ALTER TABLE event_columns
  ALTER COLUMN "time" SET STORAGE EXTERNAL,
  ALTER COLUMN "source" SET STORAGE EXTERNAL,
  ALTER COLUMN "kind" SET STORAGE EXTERNAL,
  ALTER COLUMN "host" SET STORAGE EXTERNAL,
  ALTER COLUMN "src" SET STORAGE EXTERNAL,
  ALTER COLUMN "dest" SET STORAGE EXTERNAL,
  ALTER COLUMN "dest_port" SET STORAGE EXTERNAL,
  ALTER COLUMN "user" SET STORAGE EXTERNAL,
  ALTER COLUMN "action" SET STORAGE EXTERNAL,
  ALTER COLUMN "app" SET STORAGE EXTERNAL,
  ALTER COLUMN "status" SET STORAGE EXTERNAL,
  ALTER COLUMN "url" SET STORAGE EXTERNAL,
  ALTER COLUMN "http_method" SET STORAGE EXTERNAL,
  ALTER COLUMN "bytes_out" SET STORAGE EXTERNAL,
  ALTER COLUMN "odd" SET STORAGE EXTERNAL;
`;
