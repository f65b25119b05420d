/** A whole file, chunk by chunk, from a stream of bytes. */
import { crc32 } from "node:zlib";
import { CHUNK_SIZE, type ChunkOptions, type EvtxRecord, readChunk } from "./chunk.ts";
import { type Damage, noDamage, note } from "./damage.ts";

const HEADER_SIZE = 4096;
const FILE_SIGNATURE = "ElfFile\0";
const CHUNK_SIGNATURE = "ElfChnk\0";
/** File flag: the checksums were not written. */
const NO_CHECKSUMS = 4;

/** The records of one chunk. */
export interface EvtxBatch {
  readonly records: EvtxRecord[];
  readonly damaged: Damage;
  /** Byte offset of the chunk in the file; a record's own offset adds to it. */
  readonly offset: number;
}

/** Whether a file that begins with these bytes (8 or more) is an event log of this format. */
export function isEvtx(start: Uint8Array): boolean {
  return starts(start, 0, FILE_SIGNATURE);
}

/**
 * Reads event logs of Windows Vista and later. Yields a batch for each chunk that is not empty, in
 * the order of the file, which after a log has wrapped is not the order of time. What the file header
 * says of the number of chunks is not believed: files that were copied while in use have more. Holds
 * one chunk at a time; throws only what the stream throws. Input that is no event log gives no record
 * and the reason `not an event log`.
 */
export async function* readEvtx(
  stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: ChunkOptions = {},
): AsyncGenerator<EvtxBatch> {
  const reader = new EvtxReader(options);
  for await (const part of stream) yield* reader.push(part);
  yield* reader.end();
}

/** What `readEvtx` does, for those who have the bytes and no stream. */
export class EvtxReader {
  readonly #block = new Uint8Array(CHUNK_SIZE);
  #filled = 0;
  #wanted = HEADER_SIZE;
  /** File offset of the block's first byte. */
  #offset: number;
  #options: ChunkOptions;
  /** What the header showed, until the first batch carries it. */
  #header: Damage | null = null;
  #recognised = false;

  /** @param offset where the bytes begin in their file; not 0 only where a chunk begins */
  constructor(options: ChunkOptions = {}, offset = 0) {
    this.#options = options;
    this.#offset = offset;
    if (offset > 0) {
      this.#wanted = CHUNK_SIZE;
      this.#recognised = true;
    }
  }

  /** File offset behind the chunks read so far: where another reader can go on. */
  get offset(): number {
    return this.#wanted === HEADER_SIZE ? 0 : this.#offset;
  }

  /** Whether the file says that it has checksums. */
  get checksums(): boolean {
    return this.#options.checksums !== false;
  }

  /** Takes bytes, which are copied; yields the chunks that they end. Take all of them. */
  *push(part: Uint8Array): Generator<EvtxBatch> {
    for (let from = 0; from < part.length;) {
      from += this.#take(part, from);
      if (this.#filled === this.#wanted) yield* this.#batches();
    }
  }

  /** Copies what fits from `part`; returns how many bytes that were. */
  #take(part: Uint8Array, from: number): number {
    const n = Math.min(part.length - from, this.#wanted - this.#filled);
    this.#block.set(part.subarray(from, from + n), this.#filled);
    this.#filled += n;
    return n;
  }

  *#batches(): Generator<EvtxBatch> {
    if (this.#wanted === HEADER_SIZE) {
      this.#wanted = CHUNK_SIZE;
      // Chunks without a file header, as recovery tools leave them: the block goes on filling.
      if (!starts(this.#block, 0, CHUNK_SIGNATURE)) this.#readHeader();
      return;
    }
    const shift = this.#shift();
    const batch = this.#batch(this.#block.subarray(0, shift === 0 ? this.#filled : shift));
    if (batch !== null) yield batch;
    this.#block.copyWithin(0, shift, this.#filled);
    this.#offset += shift === 0 ? this.#filled : shift;
    this.#filled = shift === 0 ? 0 : this.#filled - shift;
  }

  /** There is no more: what is left of the file. */
  *end(): Generator<EvtxBatch> {
    if (this.#wanted === HEADER_SIZE) {
      this.#header = noDamage();
      this.#recognised = isEvtx(this.#block.subarray(0, this.#filled));
      if (this.#recognised) note(this.#header, "file header is damaged");
    } else {
      while (this.#filled > 0) yield* this.#batches();
    }
    if (this.#header !== null) {
      if (!this.#recognised) note(this.#header, "not an event log");
      yield { records: [], damaged: this.#header, offset: this.#offset };
    }
  }

  #readHeader(): void {
    const block = this.#block;
    const view = new DataView(block.buffer);
    if (!starts(block, 0, FILE_SIGNATURE)) {
      note(this.#header = noDamage(), "file header is damaged");
    } else {
      this.#recognised = true;
      const sum = view.getUint32(124, true);
      const flags = view.getUint32(120, true);
      if (flags & NO_CHECKSUMS) this.#options = { ...this.#options, checksums: false };
      else if (sum !== 0 && crc32(block.subarray(0, 120)) !== sum) {
        note(this.#header = noDamage(), "file header is damaged");
      }
    }
    this.#offset = HEADER_SIZE;
    this.#filled = 0;
  }

  /**
   * Where the next chunk begins within the block, as it does when bytes were lost or added; 0 when it
   * does not. What looks like a signature among the records of a sound chunk is taken for text.
   */
  #shift(): number {
    const block = this.#block;
    const free = new DataView(block.buffer).getUint32(48, true);
    let from = starts(block, 0, CHUNK_SIGNATURE) ? free : 1;
    if (from < 1 || from > CHUNK_SIZE) from = 1;
    for (let at = block.indexOf(0x45, from); at >= 0; at = block.indexOf(0x45, at + 1)) {
      if (at + 8 > this.#filled) return 0;
      if (starts(block, at, CHUNK_SIGNATURE)) return at;
    }
    return 0;
  }

  #batch(bytes: Uint8Array): EvtxBatch | null {
    const signed = starts(bytes, 0, CHUNK_SIGNATURE);
    const { records, damaged } = readChunk(bytes, this.#options);
    if (signed || records.length > 0) this.#recognised = true;
    if (records.length === 0 && damaged.chunks === 0) return null;
    // Of what is no event log at all, one sentence at the end is enough.
    if (!this.#recognised) return null;
    if (this.#header !== null) {
      for (const reason of Object.keys(this.#header.reasons)) {
        note(damaged, reason as keyof Damage["reasons"]);
      }
      this.#header = null;
    }
    return { records, damaged, offset: this.#offset };
  }
}

function starts(bytes: Uint8Array, at: number, signature: string): boolean {
  if (at + signature.length > bytes.length) return false;
  for (let i = 0; i < signature.length; i++) {
    if (bytes[at + i] !== signature.charCodeAt(i)) return false;
  }
  return true;
}
