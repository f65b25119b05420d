/** How statements that read are put together: every value is a parameter, names in the SQL are ours. */
import type { Row, Statements } from "../types/database.ts";
import type { Page, PageRequest, TimeRange } from "../types/types.ts";

/** Epoch ms as a number, whichever driver reads it. */
export const ms = (column: string, table?: string) =>
  `(extract(epoch FROM ${table ? `${table}.` : ""}${column}) * 1000)::float8 AS ${column}`;
export const hex = (column: string) => `replace(${column}::text, '-', '') AS ${column}`;

/** Width of the narrowest counts, in ms. */
export const FIVE_MINUTES = 300_000;

/** A range that begins with the five minutes that it touches first. */
export function touched({ from, to }: TimeRange, width = FIVE_MINUTES): TimeRange {
  return { from: from === undefined ? undefined : Math.floor(from / width) * width, to };
}

/** Collects conditions and their parameters. */
export class Conditions {
  readonly #all: string[] = [];

  /** @param params of the whole statement, when it has other conditions too */
  constructor(readonly params: unknown[] = []) {}

  /** `sql` has `?` once for each value. */
  add(sql: string, ...values: unknown[]): void {
    let at = 0;
    this.#all.push(sql.replaceAll("?", () => this.param(values[at++])));
  }

  /** A condition made with {@link param}. */
  addMade(sql: string): void {
    this.#all.push(sql);
  }

  /** How the statement calls a value. */
  param(value: unknown): string {
    this.params.push(value);
    return `$${this.params.length}`;
  }

  range({ from, to }: TimeRange, column = "time"): void {
    if (from !== undefined) this.add(`${column} >= to_timestamp(?::float8 / 1000)`, from);
    if (to !== undefined) this.add(`${column} < to_timestamp(?::float8 / 1000)`, to);
  }

  /** The first condition is for the index, which orders by time alone. */
  after({ cursor }: PageRequest): void {
    if (!cursor) return;
    this.add("time <= to_timestamp(?::float8 / 1000)", cursor.time);
    this.add("(time, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }

  /** All of them as one expression. */
  get test(): string {
    return this.#all.length === 0 ? "true" : this.#all.join(" AND ");
  }

  toString(): string {
    return this.#all.length === 0 ? "" : `WHERE ${this.test}`;
  }
}

/** Which rows of a table are read, and as what. */
export interface Listing<T> {
  readonly table: string;
  /** The select list; it has `time` and `id`. */
  readonly columns: string;
  readonly shape: (row: Row) => T;
}

/**
 * Reads one row more than the page holds, to know whether there is another. Orders by the table's
 * columns, which the index has, not by the result's numbers of the same name.
 */
export async function page<T extends { time: number; id: string }>(
  db: Statements,
  { table, columns, shape }: Listing<T>,
  where: Conditions,
  limit: number,
): Promise<Page<T>> {
  const rows = await db.query(
    `SELECT ${columns} FROM ${table} ${where}
     ORDER BY ${table}.time DESC, ${table}.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit).map(shape);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.time, id: last.id } : null };
}
