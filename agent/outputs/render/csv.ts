/** Records of CSV that no spreadsheet runs and no terminal obeys. */
import { visibleLines } from "../../../grammar/visible.ts";

/**
 * A record of RFC 4180. Text that a spreadsheet would run as a formula (`= + - @`, also in their
 * wide forms, or after white space) gets an apostrophe before it; controls that act on a terminal
 * are written as escapes, of which a carriage return is one. Numbers stay numbers.
 */
export function csvLine(values: readonly unknown[]): string {
  return values.map(cell).join(",") + "\r\n";
}

const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%])/;

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const plain = visibleLines(Array.isArray(value) ? value.join(" ") : String(value));
  const text = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",'\s;]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}
