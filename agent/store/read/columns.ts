/** Columns of blocks as they are read: see types/columns.ts. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { Statements } from "../types/database.ts";
import { COLUMN_HEAD, TIME_HEAD, VALUE_COLUMNS } from "../types/columns.ts";
import { FIELD_COLUMNS } from "../types/kinds.ts";
import type { TimeRange } from "../types/types.ts";
import { Conditions } from "./conditions.ts";
import { numberOf } from "./numbers.ts";
import { addBlocksOf } from "./raw_index.ts";
import { NUMBERS } from "./search_condition.ts";

/** Fields of events that columns hold: those of a block, and what its kinds and sources say. */
export const COLUMN_FIELDS: ReadonlySet<string> = new Set([
  "host",
  "source",
  "sourcetype",
  ...FIELD_COLUMNS,
]);

/** What events of one pattern share. */
export interface KnownKind {
  readonly sourcetype: string;
  readonly datasets: readonly string[];
  readonly constants: Readonly<Record<string, Value>>;
}

/** What ids of kinds and sources stand for, by their 16 hex digits. */
export interface KnownNames {
  readonly kinds: ReadonlyMap<string, KnownKind>;
  readonly sources: ReadonlyMap<string, string>;
}

const utf8 = new TextDecoder();

/** The values of one column of a block: a code for each event, 0 without a value. */
export class BlockColumn {
  readonly codes: Uint16Array;
  /** Codes are below this. */
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #ends: Int32Array;
  /** All values together, where each character is one byte. */
  readonly #text: string | null;

  constructor(bytes: Uint8Array | null, events: number) {
    const codes = this.codes = new Uint16Array(events);
    if (bytes === null) {
      this.size = 1;
      this.#bytes = new Uint8Array();
      this.#ends = new Int32Array(1);
      this.#text = "";
      return;
    }
    const width = bytes[0], values = bytes[3] | bytes[4] << 8;
    this.size = values + 1;
    let at = COLUMN_HEAD;
    if (width === 0) codes.fill(1);
    else if (width === 1) { for (let i = 0; i < events; i++) codes[i] = bytes[at++]; }
    else for (let i = 0; i < events; i++, at += 2) codes[i] = bytes[at] | bytes[at + 1] << 8;
    const ends = this.#ends = new Int32Array(values + 1);
    for (let i = 1; i <= values; i++, at += 2) {
      ends[i] = ends[i - 1] + (bytes[at] | bytes[at + 1] << 8);
    }
    this.#bytes = bytes.subarray(at);
    const text = utf8.decode(this.#bytes);
    this.#text = text.length === this.#bytes.length ? text : null;
  }

  /** @param code not 0 */
  text(code: number): string {
    const from = this.#ends[code - 1], to = this.#ends[code];
    return this.#text === null
      ? utf8.decode(this.#bytes.subarray(from, to))
      : this.#text.slice(from, to);
  }

  /** An id as 16 hex digits. */
  id(code: number): string {
    return this.#bytes.subarray(this.#ends[code - 1], this.#ends[code]).toHex();
  }
}

/** A block with the columns that were asked for. */
export class ColumnBlock {
  readonly events: number;
  /** Epoch ms of each event. */
  readonly times: Float64Array;
  /** Not 0 for events of which the columns do not tell all. */
  readonly odd: Uint8Array | null;
  readonly kind: BlockColumn;
  /** By code; that of 0 is none. */
  readonly kinds: readonly (KnownKind | undefined)[];
  readonly #columns: ReadonlyMap<string, BlockColumn>;
  readonly #names: KnownNames;

  constructor(row: BlockRow, names: KnownNames) {
    const { events, earliest } = row;
    this.events = events!;
    this.#names = names;
    this.times = timesOf(bytesOf(row.time)!, events!, earliest);
    this.odd = bytesOf(row.odd);
    const columns = new Map<string, BlockColumn>();
    for (const name of VALUE_COLUMNS) {
      if (name in row) columns.set(name, new BlockColumn(bytesOf(row[name]), events!));
    }
    this.#columns = columns;
    const kind = this.kind = columns.get("kind")!;
    this.kinds = Array.from(
      { length: kind.size },
      (_, code) => code === 0 ? undefined : names.kinds.get(kind.id(code)),
    );
  }

  /** Codes of a field's own values; null for what only the kind says. */
  column(field: string): BlockColumn | null {
    return field === "sourcetype" ? null : this.#columns.get(field)!;
  }

  /** The value that a code stands for. @param code not 0 */
  value(field: string, code: number): Value {
    const column = this.#columns.get(field)!;
    if (field === "source") return this.#names.sources.get(column.id(code));
    const text = column.text(code);
    return NUMBERS.has(field) ? Number(text) : field === "status" ? numberOf(text) : text;
  }

  /** What events without a value of their own have, by the code of their kind. */
  ofKind(field: string, code: number): Value {
    const kind = this.kinds[code];
    if (field === "sourcetype") return kind?.sourcetype;
    if (field === "host" || field === "source") return undefined;
    const value = kind?.constants[field];
    return field === "status" ? numberOf(value) : value;
  }
}

/** A block as it is read; columns as Base64, each that was asked for. */
interface BlockRow {
  /** Epoch ms. */
  readonly earliest: number;
  /** Null where there are no columns. */
  readonly events: number | null;
  readonly [column: string]: string | number | null;
}

function bytesOf(value: string | number | null): Uint8Array | null {
  return typeof value === "string" ? Uint8Array.fromBase64(value) : null;
}

function timesOf(bytes: Uint8Array, events: number, earliest: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const out = new Float64Array(events);
  const width = bytes[0];
  for (let i = 0, at = TIME_HEAD; i < events; i++, at += width) {
    out[i] = earliest + (width === 4 ? view.getUint32(at, true) : view.getFloat64(at, true));
  }
  return out;
}

/** The columns that fields are asked of. */
const columnsOf = (fields: Iterable<string>): string[] => [
  ...new Set(["kind", ...[...fields].filter((f) => f !== "sourcetype")]),
];

/**
 * The blocks with events of a range, with the columns of some fields. Null where events of it lie in a
 * block without columns. Blocks may have events outside of the range.
 */
export async function readBlocks(
  db: Statements,
  range: TimeRange,
  fields: Iterable<string>,
): Promise<ColumnBlock[] | null> {
  const where = new Conditions();
  addBlocksOf(where, range);
  const columns = columnsOf(fields);
  const list = ["time", "odd", ...columns].map((c) => `encode(c."${c}", 'base64') AS "${c}"`);
  const [rows, names] = await Promise.all([
    db.query<BlockRow>(
      `SELECT round(extract(epoch FROM b.earliest) * 1000)::float8 AS earliest, c.events,
         ${list.join(", ")}
       FROM raw_blocks b LEFT JOIN event_columns c ON c.block = b.id ${where}`,
      where.params,
    ),
    knownNames(db, columns.includes("source")),
  ]);
  if (rows.some((r) => r.events === null)) return null;
  return rows.map((r) => new ColumnBlock(r, names));
}

async function knownNames(db: Statements, sources: boolean): Promise<KnownNames> {
  const id = "lpad(to_hex(id), 16, '0') AS id";
  const [kinds, named] = await Promise.all([
    db.query<KnownKind & { readonly id: string }>(
      `SELECT ${id}, sourcetype, datasets, constants FROM event_kinds`,
    ),
    sources ? db.query<{ id: string; name: string }>(`SELECT ${id}, name FROM event_sources`) : [],
  ]);
  return {
    kinds: new Map(kinds.map((k) => [k.id, k])),
    sources: new Map(named.map((s) => [s.id, s.name])),
  };
}
