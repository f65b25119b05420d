/** The index of the raw text, worked out from rows as COPY takes them, in the thread that writes them. */
import type { Statements } from "../types/database.ts";
import { CASE, FOLDS_TO_ASCII, gramOf, GRAMS, LEAST_BITS } from "../types/grams.ts";
import type { RowBlock } from "../types/rows.ts";
import { EPOCH, HEADER, TIME } from "./row_header.ts";

/** Events of a block at most. */
const ROWS = 2048;
/** Grams of a block about: with more, many blocks would seem to hold any text. Counted after so many bytes. */
const MANY_GRAMS = GRAMS / 4, COUNTED = 1 << 18;
/** A block of so many events ends where it would reach over so many ms. */
const MANY = 256, LONGEST = 3_600_000;
/** Bits of a block for each that is set. */
const SPARSE = 8;
/** Where in a row its id stands. */
const ID = 6;
/** What stands before the rows: see binary.ts. */
const SIGNATURE = 19;

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
}

const utf8 = new TextDecoder();

/**
 * Gathers blocks. The last of a write goes on with the next one, whose transaction writes it anew: what
 * comes in live is few rows a second. Rows of a write that failed stay in it, which costs a look at a
 * block and never hides a row.
 */
export class RawIndex {
  #block: Block | undefined;
  readonly #fresh: () => string;

  /** @param fresh a new id for a block */
  constructor(fresh: () => string = () => crypto.randomUUID()) {
    this.#fresh = fresh;
  }

  /** The blocks that these rows are in, as they are with them. */
  add(parts: readonly RowBlock[]): StoredBlock[] {
    const touched = new Set<Block>();
    for (const part of parts) this.#addPart(part, touched);
    return [...touched].map(stored);
  }

  #addPart({ data, count, rising, firstId, lastId }: RowBlock, touched: Set<Block>): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let at = SIGNATURE;
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
      const fields = view.getInt16(at);
      const time = view.getInt32(at + TIME) * (0x1_0000_0000 / 1000) +
        view.getUint32(at + TIME + 4) / 1000 + EPOCH;
      // id, time, ingested, source and kind stand in the header, then come host and raw.
      at += HEADER;
      at += 4 + Math.max(0, view.getInt32(at));
      const length = view.getInt32(at);
      const block = this.#blockFor(time);
      if (block !== of) {
        settle();
        touched.add(of = block);
        first = row;
      }
      last = row;
      addText(block, data, at + 4, length);
      at += 4 + length;
      for (let field = 7; field < fields; field++) at += 4 + Math.max(0, view.getInt32(at));
    }
    settle();
  }

  #blockFor(time: number): Block {
    let block = this.#block;
    if (block === undefined || !fits(block, time)) {
      block = this.#block = {
        id: this.#fresh(),
        grams: new Uint8Array(GRAMS),
        rows: 0,
        bytes: 0,
        full: false,
        earliest: time,
        latest: time,
        lowest: "",
        highest: "",
        open: false,
      };
    }
    block.rows++;
    if (time < block.earliest) block.earliest = time;
    if (time > block.latest) block.latest = time;
    return block;
  }
}

function fits({ rows, full, earliest, latest }: Block, time: number): boolean {
  if (rows >= ROWS || full) return false;
  return rows < MANY || Math.max(latest, time) - Math.min(earliest, time) <= LONGEST;
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

function stored({ grams, open, ...block }: Block): StoredBlock {
  const { id, earliest, latest, lowest, highest } = block;
  return { id, earliest, latest, lowest, highest, grams: open ? null : folded(packed(grams)) };
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
  blocks.reduce((n, b) => n + (b.grams?.length ?? 0), 0);
