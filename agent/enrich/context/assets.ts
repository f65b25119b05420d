/** Tables of assets and identities: CSV rows by network, address, name or pattern. */
import { formatIp, parseIp } from "../../../grammar/ip.ts";
import { nearest } from "../../../grammar/nearest.ts";
import { type AssetMark, PRIORITIES, type Priority } from "../../context.ts";
import { csv } from "../csv.ts";
import { NetworkMap } from "./networks.ts";

/** What a row says. */
export interface AssetRow {
  readonly name: string;
  readonly priority?: Priority;
  readonly owner?: string;
}

/** Something wrong in a table, at a line of its file. */
export interface TableMistake {
  readonly line: number;
  readonly message: string;
  readonly help: string;
}

/** Columns that are read; further ones are left alone. */
const COLUMNS = ["match", "name", "priority", "owner"];

/** Rows of one table. */
export const MOST_ASSETS = 1_000_000;
/** Patterns of one table: each value that no row names is tried on them one after the other. */
export const MOST_PATTERNS = 1_000;

/** Finds the row of a value: the one that names it, else of the narrowest network, else of the longest pattern. */
export class AssetTable {
  readonly #named = new Map<string, AssetRow>();
  readonly #networks = new NetworkMap<AssetRow>();
  /** Longest first. */
  readonly #patterns: { readonly pattern: string; readonly row: AssetRow }[] = [];

  constructor(readonly kind: AssetMark["kind"]) {}

  get size(): number {
    return this.#named.size + this.#networks.size + this.#patterns.length;
  }

  find(value: string): AssetRow | undefined {
    const key = keyOf(value);
    const named = this.#named.get(key);
    if (named !== undefined || key.length > 1000) return named;
    return this.#networks.find(value) ??
      this.#patterns.find((p) => isLike(key, p.pattern))?.row;
  }

  /**
   * Adds the rows of a CSV text whose header names `match` and, as they are there, `name`, `priority`
   * and `owner`. Gives what is wrong with it, by lines; rows without a mistake are taken.
   */
  add(text: string): TableMistake[] {
    const [header = [], ...rows] = csv(text.replace(/^\ufeff/, ""));
    const names = header.map((cell) => cell.trim().toLowerCase());
    const at = (column: string) => names.indexOf(column);
    if (at("match") < 0) return [noMatch(names)];
    if (rows.length > MOST_ASSETS) {
      return [{
        line: 1,
        message: `${rows.length} rows are more than ${MOST_ASSETS}`,
        help: "Use networks and patterns",
      }];
    }
    const mistakes: TableMistake[] = [];
    let line = 2;
    for (const row of rows) {
      const cell = (column: string) => (row[at(column)] ?? "").trim();
      const mistake = row.every((c) => c.trim() === "") ? null : this.#add(cell);
      if (mistake) mistakes.push({ line, ...mistake });
      line += 1 + row.reduce((n, c) => n + c.split("\n").length - 1, 0);
    }
    this.#patterns.sort((a, b) => b.pattern.length - a.pattern.length);
    return mistakes;
  }

  #add(cell: (column: string) => string): Omit<TableMistake, "line"> | null {
    const match = cell("match");
    if (match === "") {
      return { message: `A row has no "match"`, help: "Give a network, an address or a name" };
    }
    const priority = cell("priority").toLowerCase();
    if (priority !== "" && !PRIORITIES.includes(priority as Priority)) {
      const near = nearest(priority, PRIORITIES);
      return {
        message: `Unknown priority "${cell("priority")}"`,
        help: near ? `Did you mean ${near}?` : `Give one of ${PRIORITIES.join(", ")}`,
      };
    }
    const row: AssetRow = {
      name: cell("name") || match,
      ...(priority === "" ? {} : { priority: priority as Priority }),
      ...(cell("owner") === "" ? {} : { owner: cell("owner") }),
    };
    return this.#place(match, row);
  }

  #place(match: string, row: AssetRow): Omit<TableMistake, "line"> | null {
    if (this.kind === "asset" && /^[0-9a-f:.]+\/\d*$/i.test(match)) {
      return this.#networks.add(match, row) ? null : {
        message: `"${match}" is no network`,
        help: "Write an address and the length of its prefix, as 10.1.0.0/16",
      };
    }
    if (match.includes("*")) {
      if (this.#patterns.length === MOST_PATTERNS) {
        return {
          message: `"${match}" is one pattern more than ${MOST_PATTERNS}`,
          help: "Use networks and names",
        };
      }
      this.#patterns.push({ pattern: match.toLowerCase(), row });
      return null;
    }
    const key = keyOf(match);
    const other = this.#named.get(key);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(row)) {
      return { message: `"${match}" is there twice`, help: "Keep one of the rows" };
    }
    this.#named.set(key, row);
    return null;
  }
}

function noMatch(names: readonly string[]): TableMistake {
  const near = names.find((n) => nearest(n, ["match"]) !== undefined);
  return {
    line: 1,
    message: `The header "${names.join(",").slice(0, 100)}" has no column "match"`,
    help: near !== undefined
      ? `Did you mean "match" by "${near}"?`
      : `Begin the file with ${COLUMNS.join(",")}`,
  };
}

/** Texts without case; an IPv6 address has several forms. */
function keyOf(value: string): string {
  const ip = value.includes(":") ? parseIp(value) : null;
  return ip === null ? value.toLowerCase() : formatIp(ip);
}

/** Whether a text is like a pattern with `*`, both in lower case; in linear time for each star. */
function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const first = parts.shift()!, last = parts.pop()!;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}
