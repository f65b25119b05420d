/** Rows of named values as a table for a terminal, as NDJSON and as CSV. */
import type { Value } from "../../../compiler/schema/types.ts";
import { visible, visibleJson } from "../../../grammar/visible.ts";
import { csvLine } from "./csv.ts";
import { rfc3339, timeText } from "./text.ts";

export type TableRow = Readonly<Record<string, Value>>;

/** Widest column of a table on a terminal, in characters; the last one is as wide as it likes. */
const WIDEST = 60;

/** @param times columns whose numbers are epoch ms */
export function tableText(
  columns: readonly string[],
  rows: readonly TableRow[],
  times: ReadonlySet<string>,
): string {
  return new TextTable(columns, times).add(rows);
}

/** A table whose rows come in portions: a column grows wider with what comes. */
export class TextTable {
  readonly #widths: number[];
  #begun = false;

  /** @param times columns whose numbers are epoch ms */
  constructor(readonly columns: readonly string[], readonly times: ReadonlySet<string>) {
    this.#widths = columns.map((c) => c.length);
  }

  /** The lines of further rows, the first time with the names of the columns before them. */
  add(rows: readonly TableRow[]): string {
    const cells = rows.map((row) =>
      this.columns.map((c) => visible(cell(row[c], this.times.has(c))))
    );
    for (const row of cells) {
      row.forEach((text, i) =>
        this.#widths[i] = Math.min(WIDEST, Math.max(this.#widths[i], text.length))
      );
    }
    const head = this.#begun ? "" : this.#line(this.columns);
    this.#begun = true;
    return head + cells.map((row) => this.#line(row)).join("");
  }

  #line(texts: readonly string[]): string {
    const last = texts.length - 1;
    return texts.map((t, i) => i === last ? t : cut(t, this.#widths[i]).padEnd(this.#widths[i]))
      .join("  ").trimEnd() + "\n";
  }
}

const cut = (text: string, width: number) =>
  text.length > width ? text.slice(0, width - 1) + "…" : text;

function cell(value: Value, isTime: boolean): string {
  if (value === undefined) return "";
  if (isTime && typeof value === "number") return timeText(value);
  if (typeof value === "number" && !Number.isInteger(value)) {
    return String(Number(value.toFixed(3)));
  }
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** One JSON object a line; missing values are left out, times are RFC 3339. */
export function tableJson(rows: readonly TableRow[], times: ReadonlySet<string>): string {
  return rows.map((row) => {
    const shown = Object.fromEntries(
      Object.entries(row).filter(([, v]) => v !== undefined).map(([name, value]) => [
        name,
        times.has(name) && typeof value === "number" ? rfc3339(value) : value,
      ]),
    );
    return visibleJson(shown) + "\n";
  }).join("");
}

/** CSV with a line of names; see {@link csvLine}. */
export function tableCsv(
  columns: readonly string[],
  rows: readonly TableRow[],
  times: ReadonlySet<string>,
): string {
  const value = (name: string, v: Value) =>
    times.has(name) && typeof v === "number" ? rfc3339(v) : v;
  return csvLine(columns) +
    rows.map((row) => csvLine(columns.map((name) => value(name, row[name])))).join("");
}
