/** Version 6 of the schema: hours and days of values apart. Released migrations are never edited. */
export const VALUES_APART = `
-- Rows of days lie together, not each among a hundred of hours. Most of what a transaction adds is
-- updated many times: room in the pages keeps that from the index.
ALTER TABLE event_values RENAME TO event_values_before;
ALTER INDEX event_values_pkey RENAME TO event_values_before_pkey;
CREATE TABLE event_values (
  width integer NOT NULL,
  field text COLLATE "C" NOT NULL,
  bucket timestamptz NOT NULL,
  -- Empty for all values that were too many to be kept apart.
  value text COLLATE "C" NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (width, field, bucket, value)
) PARTITION BY LIST (width);
CREATE TABLE event_values_hour PARTITION OF event_values FOR VALUES IN (3600)
  WITH (fillfactor = 70);
CREATE TABLE event_values_day PARTITION OF event_values FOR VALUES IN (86400)
  WITH (fillfactor = 70);
INSERT INTO event_values SELECT * FROM event_values_before ORDER BY width, bucket, field, value;
DROP TABLE event_values_before;
`;
