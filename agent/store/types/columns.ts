/**
 * What is kept of events by columns: of each block of the raw text's index the values of its events, a
 * column's together. A question about a few fields reads a hundredth of what the rows take.
 *
 * A column's bytes are how many bytes a code takes (0, 1 or 2), two of no use, how many values there are
 * (16 bits), the codes of the events, and the values: their lengths (16 bits each), then their UTF-8. Code 0
 * is no value; without codes all events have the only one. Numbers are little-endian. Ids of kinds and
 * sources are 8 bytes as PostgreSQL has them, numbers of fields their digits. Times are how many ms an
 * event is after the block's earliest: a byte that says how wide (4, or 8 for doubles), three of no use, then
 * the times.
 */
import { FIELD_COLUMNS } from "./kinds.ts";

/** Columns of values, in the order of the rows that COPY takes. */
export const VALUE_COLUMNS: readonly string[] = ["source", "kind", "host", ...FIELD_COLUMNS];
/** All columns of the table `event_columns` that hold bytes. */
export const BLOCK_COLUMNS: readonly string[] = ["time", ...VALUE_COLUMNS, "odd"];
/** Events of a block, at most. */
export const BLOCK_ROWS = 2048;
/** Bytes before the codes of a column, and before the times. */
export const COLUMN_HEAD = 5, TIME_HEAD = 4;
