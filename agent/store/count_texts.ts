/** What rows add to the counts, in words, as it goes to the thread that writes and to the database. */
import { cleanText, PORTION, portions } from "./json.ts";
import type { Counts, SeriesCount, ValueCount } from "./tally.ts";

/** Rows by their columns: of each its values as they stand in the literal of an array. */
interface Rows {
  readonly n: number;
  readonly columns: readonly string[];
}

/** Many small objects cost more on their way to another thread, and JSON of them in the database. */
export interface CountTexts {
  /** Days since the epoch of the rows' times. */
  readonly days: readonly number[];
  readonly series: readonly Rows[];
  readonly values: readonly Rows[];
}

export const SERIES_COLUMNS: readonly (keyof SeriesCount)[] = [
  "width",
  "bucket",
  "sourcetype",
  "parseError",
  "action",
  "severity",
  "events",
];
export const VALUE_COLUMNS: readonly (keyof ValueCount)[] = [
  "width",
  "field",
  "bucket",
  "value",
  "events",
];

export function countTexts({ days, series, values }: Counts): CountTexts {
  return {
    days,
    series: textsOf(series, SERIES_COLUMNS),
    values: textsOf(values, VALUE_COLUMNS),
  };
}

function textsOf<T extends SeriesCount | ValueCount>(
  rows: readonly T[],
  columns: readonly (keyof T)[],
): Rows[] {
  return [...portions(rows)].map((some) => ({
    n: some.length,
    columns: columns.map((name) => some.map((row) => element(row[name])).join()),
  }));
}

function element(value: unknown): string {
  if (typeof value !== "string") return String(value);
  return `"${cleanText(value).replace(/["\\]/g, "\\$&")}"`;
}

/** As few statements' worth of arrays as hold all of it. */
export function* together(all: readonly (readonly Rows[])[]): Generator<string[]> {
  let n = 0, some: Rows[] = [];
  const arrays = () =>
    some[0].columns.map((_, i) => `{${some.map(({ columns }) => columns[i]).join()}}`);
  for (const rows of all.flat()) {
    if (n > 0 && n + rows.n > PORTION) {
      yield arrays();
      n = 0;
      some = [];
    }
    n += rows.n;
    some.push(rows);
  }
  if (n > 0) yield arrays();
}
