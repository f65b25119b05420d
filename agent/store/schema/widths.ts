/** Version 9 of the schema: values by six hours and by week too. Released migrations are never edited. */
export const WIDER_VALUES = `
-- The most frequent of a day are found among a few thousand rows, and so are those of a year: from a
-- range each whole week is taken, then each day, and so on down to the hours at its ends.
CREATE TABLE event_values_six_hours PARTITION OF event_values FOR VALUES IN (21600)
  WITH (fillfactor = 70);
CREATE TABLE event_values_week PARTITION OF event_values FOR VALUES IN (604800)
  WITH (fillfactor = 70);
INSERT INTO event_values (width, field, bucket, value, events)
SELECT w.width, field, to_timestamp(floor(extract(epoch FROM bucket) / w.width) * w.width), value,
  sum(events)
FROM event_values v JOIN (VALUES (21600, 3600), (604800, 86400)) AS w(width, narrow)
  ON v.width = w.narrow
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
`;
