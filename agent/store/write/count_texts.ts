/** What rows add to the counts, in words, as it goes to the thread that writes and to the database. */
import { cleanText, portions } from "../types/json.ts";
import type { Columns, Counts, CountTexts, SeriesCount, ValueCount } from "../types/counts.ts";

export const SERIES_COLUMNS: readonly (keyof SeriesCount)[] = [
  "width",
  "bucket",
  "sourcetype",
  "parseError",
  "datasets",
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
    lessens: [series, values].some((rows) => rows.some(({ events }) => events < 0)),
  };
}

function textsOf<T extends SeriesCount | ValueCount>(
  rows: readonly T[],
  columns: readonly (keyof T)[],
): Columns[] {
  return [...portions(rows)].map((some) =>
    columns.map((name) => `{${some.map((row) => element(row[name])).join()}}`)
  );
}

function element(value: unknown): string {
  if (typeof value !== "string") return String(value);
  return `"${cleanText(value).replace(/["\\]/g, "\\$&")}"`;
}
