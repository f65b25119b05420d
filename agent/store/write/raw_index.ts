/** The index of the raw text, worked out from rows as COPY takes them, in the thread that writes them. */
import type { Statements } from "../types/database.ts";
import { CASE, FOLDS_TO_ASCII, gramOf, GRAMS, LEAST_BITS } from "../types/grams.ts";
import { BLOCK_ROWS as ROWS } from "../types/columns.ts";
import type { RowBlock } from "../types/rows.ts";
import { ColumnBuilder, type ColumnBytes, sizeOfColumns } from "./columns.ts";
import { EPOCH, HEADER, SIGNATURE, TIME } from "./row_header.ts";

/** Grams of a block about: with more, many blocks would seem to hold any text. Counted after so many bytes. */
const MANY_GRAMS = GRAMS / 4, COUNTED = 1 << 18;
/** A block of so many events ends where it would reach over so many ms; an input with as many has its own. */
const MANY = 256, LONGEST = 3_600_000;
/** Bits of a block for each that is set. */
const SPARSE = 8;
/** Hex digits of an id that tell its input. */
const IDENTITY = 16;
/** Where in a row its id stands. */
const ID = 6;
const TWO32 = 0x1_0000_0000;

interface Block {
  readonly id: string;
  /** A byte for each gram, which costs less to set than a bit. */
  readonly grams: Uint8Array;
  rows: number;
  /** Bytes of text since its grams were counted. */
  bytes: number;
  full: boolean;
  earliest: number;
  latest: number;
  /** Ids of its events lie between these, 32 hex digits. */
  lowest: string;
  highest: string;
  /** It has a text whose grams do not tell all. */
  open: boolean;
  /** It was given to be stored before. */
  given: boolean;
  /** As it was given last, or when it was full. */
  columns: ColumnBytes | null;
}

/** A block as it is stored. */
export interface StoredBlock {
  readonly id: string;
  /** Epoch ms. */
  readonly earliest: number;
  readonly latest: number;
  readonly lowest: string;
  readonly highest: string;
  /** Bits, folded to a power of two; null where nothing is known. */
  readonly grams: Uint8Array | null;
  /** It is stored already, with fewer events. */
  readonly continued: boolean;
  /** What its events are; null where not all of the rows are stored. */
  readonly columns: ColumnBytes | null;
}

const utf8 = new TextDecoder();

/**
 * Gathers blocks. An input that has many rows in a write has blocks of its own, so that what is said by
 * one input is in few blocks, and its values repeat. All others share a block, which goes on with the next
 * write, whose transaction writes it anew: what comes in live is few rows a second. It must not go on
 * behind a write that failed: see {@link end}.
 */
export class RawIndex {
  readonly #shared: Gatherer;
  readonly #own: Gatherer;

  /** @param fresh a new id for a block */
  constructor(fresh: () => string = () => crypto.randomUUID()) {
    this.#shared = new Gatherer(fresh);
    this.#own = new Gatherer(fresh);
  }

  /**
   * The blocks that these rows are in, as they are with them.
   * @param exact whether all of them will be stored; else some may be there already
   */
  add(parts: readonly RowBlock[], exact = true): StoredBlock[] {
    if (!exact) this.end();
    const blocks: Block[] = [];
    const inputs = Map.groupBy(parts, (p) => undashed(p.firstId).slice(0, IDENTITY));
    for (const all of inputs.values()) {
      const rows = all.reduce((n, p) => n + p.count, 0);
      const to = rows < MANY ? this.#shared : this.#own;
      if (to === this.#own) to.most = Math.ceil(rows / Math.ceil(rows / ROWS));
      for (const part of all) to.add(part);
      if (to === this.#own) blocks.push(...to.take(true));
    }
    blocks.push(...this.#shared.take(!exact));
    return blocks.map((block) => {
      const out = stored(block, exact);
      block.given = true;
      return out;
    });
  }

  /** Begins a block with the next row. */
  end(): void {
    this.#shared.take(true);
  }
}

/** Fills one block after the other. */
class Gatherer {
  /** Rows of a block, at most. */
  most = ROWS;
  #block: Block | undefined;
  readonly #columns = new ColumnBuilder();
  /** Those with rows since they were taken last. */
  #touched = new Set<Block>();

  constructor(readonly fresh: () => string) {}

  /** The blocks with rows of the parts since the last call. @param end the last of them takes no more */
  take(end: boolean): Block[] {
    const blocks = [...this.#touched];
    this.#touched.clear();
    const block = this.#block;
    if (block !== undefined && blocks.includes(block)) block.columns = this.#packed(block);
    if (end) this.#block = undefined;
    return blocks;
  }

  #packed({ earliest, latest }: Block): ColumnBytes {
    return this.#columns.packed(earliest, latest);
  }

  add({ data, count, rising, firstId, lastId }: RowBlock): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let at = SIGNATURE.length;
    // Of rows whose ids rise, those of a block lie between its first and its last.
    let first = 0, last = 0, of: Block | undefined;
    const idAt = (row: number) => data.slice(row + ID, row + ID + 16).toHex();
    const settle = () => {
      if (of === undefined) return;
      const [low, high] = rising ? [idAt(first), idAt(last)] : [firstId, lastId].map(undashed);
      if (of.lowest === "" || low < of.lowest) of.lowest = low;
      if (high > of.highest) of.highest = high;
    };
    for (let i = 0; i < count; i++) {
      const row = at;
      const time = Math.round(
        view.getInt32(at + TIME) * (TWO32 / 1000) + view.getUint32(at + TIME + 4) / 1000,
      ) + EPOCH;
      // id, time, ingested, source and kind stand in the header, then come host and raw.
      at += HEADER;
      at += 4 + Math.max(0, view.getInt32(at));
      const length = view.getInt32(at);
      const block = this.#blockFor(time);
      if (block !== of) {
        settle();
        this.#touched.add(of = block);
        first = row;
      }
      last = row;
      addText(block, data, at + 4, length);
      at = this.#columns.add(data, view, row, at + 4 + length, time);
    }
    settle();
  }

  #blockFor(time: number): Block {
    let block = this.#block;
    if (block === undefined || !this.#fits(block, time)) {
      if (block !== undefined) block.columns = this.#packed(block);
      this.#columns.clear();
      block = this.#block = {
        id: this.fresh(),
        grams: new Uint8Array(GRAMS),
        rows: 0,
        bytes: 0,
        full: false,
        earliest: time,
        latest: time,
        lowest: "",
        highest: "",
        open: false,
        given: false,
        columns: null,
      };
    }
    block.rows++;
    if (time < block.earliest) block.earliest = time;
    if (time > block.latest) block.latest = time;
    return block;
  }

  #fits({ rows, full, earliest, latest }: Block, time: number): boolean {
    if (rows >= this.most || full) return false;
    return rows < MANY || Math.max(latest, time) - Math.min(earliest, time) <= LONGEST;
  }
}

function addText(block: Block, data: Uint8Array, from: number, length: number): void {
  const { grams } = block;
  const to = from + length;
  // Of what is beyond ASCII there are more grams than anybody asks for: telling them apart costs more.
  let word = 0, all = 0;
  for (let i = from; i < to; i++) {
    const c = data[i];
    all |= c;
    word = word << 8 | c | CASE;
    grams[gramOf(word)] = 1;
  }
  block.bytes += length;
  if (block.bytes >= COUNTED) {
    block.bytes = 0;
    block.full = countOf(packed(grams)) >= MANY_GRAMS;
  }
  // A copy, since no decoder takes memory that threads share.
  if (all > 127 && FOLDS_TO_ASCII.test(utf8.decode(data.slice(from, to)))) block.open = true;
}

function stored({ grams, open, given, ...block }: Block, exact: boolean): StoredBlock {
  const { id, earliest, latest, lowest, highest, columns } = block;
  return {
    id,
    earliest,
    latest,
    lowest,
    highest,
    grams: open ? null : folded(packed(grams)),
    continued: given,
    columns: exact ? columns : null,
  };
}

const undashed = (id: string) => id.replaceAll("-", "");

/** A bit for each gram. */
function packed(grams: Uint8Array): Uint8Array {
  const words = new Uint32Array(grams.buffer, grams.byteOffset, grams.length / 4);
  const out = new Uint8Array(grams.length / 8);
  const four = (x: number) => (x | x >>> 7 | x >>> 14 | x >>> 21) & 15;
  for (let i = 0; i < out.length; i++) out[i] = four(words[2 * i]) | four(words[2 * i + 1]) << 4;
  return out;
}

function countOf(bits: Uint8Array): number {
  let n = 0;
  for (const byte of bits) for (let b = byte; b !== 0; b &= b - 1) n++;
  return n;
}

/** As few bits as keep it sparse: halves are laid over each other. */
function folded(grams: Uint8Array): Uint8Array {
  const least = Math.max(LEAST_BITS, SPARSE * countOf(grams));
  let out = grams;
  for (let bits = 8 * out.length / 2; bits >= least; bits /= 2) {
    const half = out.subarray(0, bits / 8), other = out.subarray(bits / 8);
    for (let i = 0; i < half.length; i++) half[i] |= other[i];
    out = half;
  }
  return out;
}

/** Writes blocks, those that are there anew. */
export async function writeRawBlocks(
  tx: Statements,
  blocks: readonly StoredBlock[],
): Promise<void> {
  if (blocks.length === 0) return;
  const list = (of: (b: StoredBlock) => string | number) => `{${blocks.map(of).join()}}`;
  await tx.query(
    `INSERT INTO raw_blocks (id, earliest, latest, mask, grams, lowest, highest)
     SELECT id, to_timestamp(earliest / 1000), to_timestamp(latest / 1000),
       coalesce(length(grams), 0) * 8 - 1, grams, lowest, highest
     FROM (
       SELECT id, earliest, latest, decode(grams, 'hex') AS grams, lowest, highest
       FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::text[], $5::uuid[], $6::uuid[])
         AS b(id, earliest, latest, grams, lowest, highest)
     ) b
     ON CONFLICT (id) DO UPDATE SET earliest = excluded.earliest, latest = excluded.latest,
       mask = excluded.mask, grams = excluded.grams, lowest = excluded.lowest,
       highest = excluded.highest`,
    [
      list((b) => b.id),
      list((b) => b.earliest),
      list((b) => b.latest),
      list((b) => b.grams === null ? "NULL" : b.grams.toHex()),
      list((b) => b.lowest),
      list((b) => b.highest),
    ],
  );
}

/** Bytes that blocks take, about. */
export const sizeOf = (blocks: readonly StoredBlock[]): number =>
  blocks.reduce(
    (n, b) => n + (b.grams?.length ?? 0) + (b.columns === null ? 0 : sizeOfColumns(b.columns)),
    0,
  );
