/**
 * Lines whose columns an earlier line names: comma-separated values (RFC 4180, other separators too)
 * and the W3C's extended log format (`#Fields: date time c-ip …`, as IIS writes it; Zeek's `#fields`). A record is one
 * line: a quoted value that holds a line feed is not put together again.
 */
import { type Keyed, MAX_KEYS } from "./json/json.ts";

/** Reads one line by the columns that the latest line of names gave. */
export interface TableReader {
  /** Null for what is no row: a comment, or no line of names came before. */
  (text: string): Keyed | null;
  /** The names, and what separates the values; null before there are any. For checkpoints. */
  columns: readonly string[] | null;
  separator: string;
}

/** Key under which a line of names says its names. */
export const COLUMNS = "csv_columns";
/** Key of a comment's text. */
const COMMENT = "csv_comment";
/** Key that joins the columns `date` and `time`. */
const DATE_TIME = "date_time";

/** `fill` makes a bag of names and values, of which the first of a name counts. */
export function tableReader(
  fill: (names: readonly string[], values: readonly string[]) => Keyed,
): TableReader {
  const named = (names: readonly string[], separator: string): Keyed => {
    read.columns = names.slice(0, MAX_KEYS);
    read.separator = separator;
    return fill([COLUMNS], [names.join(",")]);
  };
  const read: TableReader = Object.assign((text: string): Keyed | null => {
    if (text.startsWith("#")) {
      // Zeek's: "#fields", and the names, after tabs.
      if (text.startsWith("#fields\t")) return named(text.slice(8).trimEnd().split("\t"), "\t");
      const fields = /^#Fields:\s*(.*)$/.exec(text);
      return fields === null
        ? fill([COMMENT], [text.slice(1).trim()])
        : named(fields[1].trim().split(/\s+/), " ");
    }
    const { columns } = read;
    if (columns === null) {
      const separator = separatorOf(text);
      const names = cells(text, separator).map((n) => n.trim());
      return names.length > 1 && names.every(isName) ? named(names, separator) : null;
    }
    // CloudFront says its columns with blanks and separates its rows by tabs.
    const separator = read.separator === " " && text.includes("\t") ? "\t" : read.separator;
    const values = cells(text, separator);
    if (values.length < 2 && columns.length > 1) return null;
    if (values.length === columns.length && values.every((v, i) => v.trim() === columns[i])) {
      return named(columns, read.separator);
    }
    const date = columns.indexOf("date");
    const time = columns.indexOf("time");
    if (date < 0 || time < 0 || !/^\d/.test(values[time] ?? "")) return fill(columns, values);
    return fill([...columns, DATE_TIME], [
      ...values.slice(0, columns.length),
      ...Array<string>(Math.max(0, columns.length - values.length)).fill(""),
      `${values[date]} ${values[time]}`,
    ]);
  }, { columns: null, separator: "," });
  return read;
}

/** Whether a reader of keys is one of tables. */
export function isTable(read: (text: string) => Keyed | null): read is TableReader {
  return "columns" in read;
}

function isName(text: string): boolean {
  return /^[A-Za-z_@$][\w .()/:@%$#-]{0,127}$/.test(text);
}

/** Whichever of the usual separators the line has most of. */
function separatorOf(text: string): string {
  let best = ",";
  let most = 0;
  for (const mark of [",", ";", "\t", "|"]) {
    const n = text.split(mark).length;
    if (n > most) [best, most] = [mark, n];
  }
  return best;
}

/** The values of a line; a quoted one may hold the separator, and a quote as two. */
function cells(text: string, separator: string): string[] {
  const out: string[] = [];
  for (let at = 0; at <= text.length;) {
    if (text.charCodeAt(at) === 34) {
      let end = text.indexOf('"', at + 1);
      while (end >= 0 && text.charCodeAt(end + 1) === 34) end = text.indexOf('"', end + 2);
      if (end < 0) end = text.length;
      const next = text.indexOf(separator, end + 1);
      const rest = text.slice(end + 1, next < 0 ? text.length : next);
      out.push(text.slice(at + 1, end).replaceAll('""', '"') + rest);
      if (next < 0) break;
      at = next + 1;
      continue;
    }
    const next = text.indexOf(separator, at);
    out.push(text.slice(at, next < 0 ? text.length : next));
    if (next < 0) break;
    at = next + 1;
  }
  return out;
}
