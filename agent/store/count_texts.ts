/** What rows add to the counts, in words, as it goes to the thread that writes and to the database. */
import { jsonText, PORTION, portions } from "./json.ts";
import type { Counts } from "./tally.ts";

/** Rows as JSON, without the brackets around them. */
interface Rows {
  readonly n: number;
  readonly text: string;
}

/** Many small objects cost more on their way to another thread. */
export interface CountTexts {
  /** Days since the epoch of the rows' times. */
  readonly days: readonly number[];
  readonly series: readonly Rows[];
  readonly values: readonly Rows[];
}

export function countTexts({ days, series, values }: Counts): CountTexts {
  return { days, series: textsOf(series), values: textsOf(values) };
}

function textsOf(rows: readonly unknown[]): Rows[] {
  return [...portions(rows)].map((some) => ({
    n: some.length,
    text: jsonText(some).slice(1, -1),
  }));
}

/** As few statements' worth as hold all of it. */
export function* together(all: readonly (readonly Rows[])[]): Generator<string> {
  let n = 0, texts: string[] = [];
  for (const rows of all.flat()) {
    if (n > 0 && n + rows.n > PORTION) {
      yield `[${texts.join()}]`;
      n = 0;
      texts = [];
    }
    n += rows.n;
    texts.push(rows.text);
  }
  if (n > 0) yield `[${texts.join()}]`;
}
