/**
 * Lists of threat intelligence: one entry a line, CSV, or a bundle of STIX 2.1. They are foreign text: what
 * does not read is counted, and the rest is taken.
 */
import { ThreatList } from "./entries.ts";
import { csv } from "../csv.ts";
import { readStix } from "./stix.ts";

export const LIST_FORMATS = ["lines", "csv", "stix"] as const;
export type ListFormat = typeof LIST_FORMATS[number];

/** Largest list, in bytes. */
export const MOST_LIST = 128 * 1024 ** 2;

/** Columns of CSV that hold what is listed, where none is named; else the first. */
const COLUMNS = [
  "indicator",
  "ioc",
  "ioc_value",
  "value",
  "ip",
  "ip_address",
  "dst_ip",
  "src_ip",
  "address",
  "cidr",
  "network",
  "url",
  "domain",
  "host",
  "hostname",
  "sha256_hash",
  "sha256",
  "sha1_hash",
  "sha1",
  "md5_hash",
  "md5",
];
const DESCRIPTIONS = [
  "description",
  "malware",
  "malware_printable",
  "threat",
  "threat_type",
  "tags",
];

export interface ListOptions {
  /** Null: told from the text. */
  readonly format: ListFormat | null;
  /** Of CSV. */
  readonly column: string | null;
}

/**
 * @throws {Error} for a text that cannot be a list, with what is wrong
 */
export function readThreatList(given: string, { format, column }: ListOptions): ThreatList {
  const text = given.replace(/^\ufeff/, "");
  const list = new ThreatList();
  const kind = format ?? formatOf(text, column);
  if (kind === "stix") readStix(text, list);
  else if (kind === "csv") readCsv(text, column, list);
  else readLines(text, list);
  // An error page instead of a list, and the like: what was known before is worth more.
  if (list.size === 0 && list.unread > 0) {
    throw new Error(`none of its ${list.unread} entries is an address, a name, an URL or a hash`);
  }
  return list;
}

function formatOf(text: string, column: string | null): ListFormat {
  const start = text.slice(0, 4096).trimStart();
  if (start.startsWith("{")) return "stix";
  if (column !== null) return "csv";
  const first = start.split(/\r?\n/).find((l) => l !== "" && !/^[#;]/.test(l)) ?? "";
  return first.includes(",") ? "csv" : "lines";
}

function readLines(text: string, list: ThreatList): void {
  for (const line of linesOf(text)) {
    const [first, second] = line.split(/[\s;#]+/, 2);
    // A hosts file: what a name is to lead to, and the name.
    const hosts = second && /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)$/.test(first);
    list.add(hosts ? second : first, line.match(/[;#]\s*(.*)$/)?.[1] ?? "");
  }
}

function* linesOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const line = text.slice(at, end).trim();
    if (line !== "" && !/^[#;]/.test(line)) yield line;
    at = end + 1;
  }
}

/** Comments may stand before the rows, and the last of them may be the header (abuse.ch). */
function readCsv(text: string, column: string | null, list: ThreatList): void {
  const comments: string[] = [];
  let at = 0;
  while (text[at] === "#") {
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    comments.push(text.slice(at, end).replace(/^#+\s*/, "").trim());
    at = end + 1;
  }
  const rows = csv(text.slice(at)).filter((r) => r.some((c) => c.trim() !== "") && r[0][0] !== "#");
  const names = (row: readonly string[]) => row.map((c) => c.trim().toLowerCase());
  const commented = names(csv(comments.findLast((c) => c.includes(",")) ?? "")[0] ?? []);
  const isHeader = (row: readonly string[]) =>
    row.some((name) => name === column?.toLowerCase() || COLUMNS.includes(name));
  const first = names(rows[0] ?? []);
  const header = isHeader(first) ? first : isHeader(commented) ? commented : [];
  if (header === first) rows.shift();
  const where = column === null
    ? header.findIndex((name) => COLUMNS.includes(name))
    : header.indexOf(column.toLowerCase());
  if (column !== null && where < 0) {
    throw new Error(
      `it has no column "${column}"; the first line is "${first.join(",").slice(0, 100)}"`,
    );
  }
  const words = header.findIndex((name) => DESCRIPTIONS.includes(name));
  for (const row of rows) {
    list.add(row[Math.max(where, 0)] ?? "", words < 0 ? "" : row[words] ?? "");
  }
}
