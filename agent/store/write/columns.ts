/** Columns of a block of events, gathered from rows as COPY takes them: see types/columns.ts. */
import type { Statements, Transaction } from "../types/database.ts";
import {
  BLOCK_COLUMNS,
  BLOCK_ROWS as ROWS,
  COLUMN_HEAD,
  TIME_HEAD,
  VALUE_COLUMNS,
} from "../types/columns.ts";
import { FIELD_COLUMNS, FIELDS } from "../types/kinds.ts";
import { HEADER, KIND, SIGNATURE, SOURCE } from "./row_header.ts";

/** Slots of a column's values: four times as many as there may be. */
const SLOTS = 4 * ROWS;
/** Bytes of a value that is kept: an event with a longer one is odd. */
const LONGEST = 4096;
const TWO32 = 0x1_0000_0000;

const utf8 = new TextDecoder();
/** An object of fields without columns that has one with a column all the same. */
const HAS_COLUMN = new RegExp(`"(?:${FIELD_COLUMNS.join("|")})"`);

/** The values of one column, each once. */
class Column {
  readonly codes = new Uint16Array(ROWS);
  readonly #slots = new Uint16Array(SLOTS);
  #bytes = new Uint8Array(4096);
  /** Where each value ends, by its code; the first begins at 0. */
  readonly #ends = new Int32Array(ROWS + 1);
  #values = 0;
  #last = 0;
  /** Events without a value. */
  #missing = false;

  clear(): void {
    if (this.#values > 0) this.#slots.fill(0);
    this.#values = this.#last = 0;
    this.#missing = false;
  }

  none(row: number): void {
    this.codes[row] = 0;
    this.#missing = true;
  }

  add(row: number, data: Uint8Array, from: number, length: number): void {
    if (this.#last !== 0 && this.#is(this.#last, data, from, length)) {
      this.codes[row] = this.#last;
      return;
    }
    let hash = length;
    for (let i = from, to = from + length; i < to; i++) {
      hash = Math.imul(hash ^ data[i], 0x01000193);
    }
    let slot = (hash ^ hash >>> 15) & (SLOTS - 1);
    for (;;) {
      const code = this.#slots[slot];
      if (code === 0) break;
      if (this.#is(code, data, from, length)) {
        this.codes[row] = this.#last = code;
        return;
      }
      slot = slot + 1 & (SLOTS - 1);
    }
    this.codes[row] = this.#last = this.#slots[slot] = this.#append(data, from, length);
  }

  #is(code: number, data: Uint8Array, from: number, length: number): boolean {
    const begin = this.#ends[code - 1];
    if (this.#ends[code] - begin !== length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) if (bytes[begin + i] !== data[from + i]) return false;
    return true;
  }

  #append(data: Uint8Array, from: number, length: number): number {
    const begin = this.#ends[this.#values], end = begin + length;
    if (end > this.#bytes.length) {
      const more = new Uint8Array(2 * end);
      more.set(this.#bytes);
      this.#bytes = more;
    }
    for (let i = 0; i < length; i++) this.#bytes[begin + i] = data[from + i];
    this.#ends[++this.#values] = end;
    return this.#values;
  }

  /** Null where no event has a value. */
  packed(rows: number): Uint8Array | null {
    const values = this.#values;
    if (values === 0) return null;
    const width = values === 1 && !this.#missing ? 0 : values < 256 ? 1 : 2;
    const end = this.#ends[values];
    const out = new Uint8Array(COLUMN_HEAD + width * rows + 2 * values + end);
    const view = new DataView(out.buffer);
    out[0] = width;
    view.setUint16(3, values, true);
    let at = COLUMN_HEAD;
    for (let i = 0; i < rows && width > 0; i++, at += width) {
      out[at] = this.codes[i];
      if (width === 2) out[at + 1] = this.codes[i] >>> 8;
    }
    for (let i = 1; i <= values; i++, at += 2) {
      view.setUint16(at, this.#ends[i] - this.#ends[i - 1], true);
    }
    out.set(this.#bytes.subarray(0, end), at);
    return out;
  }
}

/** Gathers the events of one block at a time. */
export class ColumnBuilder {
  #rows = 0;
  readonly #times = new Float64Array(ROWS);
  readonly #columns = VALUE_COLUMNS.map(() => new Column());
  readonly #odd = new Uint8Array(ROWS);
  #anyOdd = false;
  /** For values that stand otherwise in a row. */
  readonly #scratch = new Uint8Array(32);

  clear(): void {
    this.#rows = 0;
    this.#anyOdd = false;
    this.#odd.fill(0);
    for (const column of this.#columns) column.clear();
  }

  /**
   * Takes a row.
   * @param header where it begins
   * @param rest where what comes after its raw text begins
   * @param ms when the event was
   * @returns where it ends
   */
  add(data: Uint8Array, view: DataView, header: number, rest: number, ms: number): number {
    const row = this.#rows++;
    this.#times[row] = ms;
    const columns = this.#columns;
    columns[0].add(row, data, header + SOURCE, 8);
    columns[1].add(row, data, header + KIND, 8);
    this.#text(2, row, data, view, header + HEADER);
    // Why it could not be parsed.
    let at = rest + 4 + Math.max(0, view.getInt32(rest));
    for (let i = 0; i < FIELDS.length; i++) {
      const kind = FIELDS[i][1];
      if (kind === "address") at = this.#address(3 + i, row, data, view, at);
      else if (kind === "text") at = this.#text(3 + i, row, data, view, at);
      else at = this.#number(3 + i, row, view, at);
    }
    const length = view.getInt32(at);
    at += 4;
    if (length <= 0) return at;
    // A copy, since no decoder takes memory that threads share.
    if (data[at] === 0x7b && HAS_COLUMN.test(utf8.decode(data.slice(at, at + length)))) {
      this.#strange(row);
    }
    return at + length;
  }

  #strange(row: number): void {
    this.#odd[row] = 1;
    this.#anyOdd = true;
  }

  #text(column: number, row: number, data: Uint8Array, view: DataView, at: number): number {
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      this.#columns[column].none(row);
      return at;
    }
    if (length > LONGEST) {
      this.#columns[column].none(row);
      this.#strange(row);
    } else this.#columns[column].add(row, data, at, length);
    return at + length;
  }

  /** Its text where it has one, else the address. */
  #address(column: number, row: number, data: Uint8Array, view: DataView, at: number): number {
    const text = view.getInt32(at);
    if (text >= 0) {
      at = this.#text(column, row, data, view, at);
      return at + 4 + Math.max(0, view.getInt32(at));
    }
    at += 4;
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      this.#columns[column].none(row);
      return at;
    }
    if (length !== 8) {
      this.#columns[column].none(row);
      this.#strange(row);
      return at + length;
    }
    const out = this.#scratch;
    let to = 0;
    for (let i = at + 4; i < at + 8; i++) {
      const n = data[i];
      if (to > 0) out[to++] = 46;
      if (n >= 100) out[to++] = 48 + (n / 100 | 0);
      if (n >= 10) out[to++] = 48 + (n / 10 | 0) % 10;
      out[to++] = 48 + n % 10;
    }
    this.#columns[column].add(row, out, 0, to);
    return at + length;
  }

  #number(column: number, row: number, view: DataView, at: number): number {
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      this.#columns[column].none(row);
      return at;
    }
    let n = length === 4 ? view.getInt32(at) : view.getInt32(at) * TWO32 + view.getUint32(at + 4);
    const out = this.#scratch;
    const negative = n < 0;
    if (negative) n = -n;
    let to = out.length;
    do {
      const next = Math.floor(n / 10);
      out[--to] = 48 + n - 10 * next;
      n = next;
    } while (n > 0);
    if (negative) out[--to] = 45;
    this.#columns[column].add(row, out, to, out.length - to);
    return at + length;
  }

  /** What it has, as it is stored: in the order of BLOCK_COLUMNS. */
  packed(earliest: number, latest: number): ColumnBytes {
    const rows = this.#rows;
    const width = latest - earliest < TWO32 ? 4 : 8;
    const times = new Uint8Array(TIME_HEAD + width * rows);
    const view = new DataView(times.buffer);
    times[0] = width;
    for (let i = 0, at = TIME_HEAD; i < rows; i++, at += width) {
      const after = this.#times[i] - earliest;
      if (width === 4) view.setUint32(at, after, true);
      else view.setFloat64(at, after, true);
    }
    return {
      events: rows,
      columns: [
        times,
        ...this.#columns.map((c) => c.packed(rows)),
        this.#anyOdd ? this.#odd.slice(0, rows) : null,
      ],
    };
  }
}

export interface ColumnBytes {
  readonly events: number;
  readonly columns: readonly (Uint8Array | null)[];
}

/** Bytes of all columns of a block. */
export const sizeOfColumns = ({ columns }: ColumnBytes): number =>
  columns.reduce((n, c) => n + (c?.length ?? 0), 0);

/** A block as far as its columns are concerned. */
interface ColumnedBlock {
  readonly id: string;
  /** It is stored already, with fewer events. */
  readonly continued: boolean;
  /** Null where not all of its rows are stored. */
  readonly columns: ColumnBytes | null;
}

const NAMES = BLOCK_COLUMNS.map((c) => `"${c}"`);

/** Writes the columns of blocks that are stored: of those that go on anew, unless somebody took them away. */
export async function writeColumns(
  tx: Transaction,
  blocks: readonly ColumnedBlock[],
): Promise<void> {
  const fresh = blocks.filter((b) => b.columns !== null && !b.continued);
  if (fresh.length > 0) {
    await tx.copy(`event_columns (block, events, ${NAMES.join(", ")})`, copyRows(fresh));
  }
  for (const block of blocks) {
    if (block.columns !== null && block.continued) await replace(tx, block, block.columns);
  }
}

async function replace(tx: Statements, { id }: ColumnedBlock, { events, columns }: ColumnBytes) {
  const set = NAMES.map((name, i) => `${name} = decode($${i + 3}, 'hex')`);
  await tx.query(
    `UPDATE event_columns SET events = $2, ${set.join(", ")} WHERE block = $1::uuid`,
    [id, events, ...columns.map((c) => c === null ? null : c.toHex())],
  );
}

/** In COPY's binary format: see row_header.ts. */
function copyRows(blocks: readonly ColumnedBlock[]): Uint8Array {
  const fields = NAMES.length + 2;
  const size = (b: ColumnedBlock) => 2 + 4 * fields + 20 + sizeOfColumns(b.columns!);
  const out = new Uint8Array(SIGNATURE.length + blocks.reduce((n, b) => n + size(b), 0) + 2);
  const view = new DataView(out.buffer);
  out.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const { id, columns } of blocks) {
    view.setInt16(at, fields);
    view.setInt32(at + 2, 16);
    out.set(Uint8Array.fromHex(id.replaceAll("-", "")), at + 6);
    view.setInt32(at + 22, 4);
    view.setInt32(at + 26, columns!.events);
    at += 30;
    for (const bytes of columns!.columns) {
      view.setInt32(at, bytes?.length ?? -1);
      at += 4;
      if (bytes === null) continue;
      out.set(bytes, at);
      at += bytes.length;
    }
  }
  view.setInt16(at, -1);
  return out;
}
