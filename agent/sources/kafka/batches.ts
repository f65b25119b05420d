/**
 * Record batches of Kafka, version 2 (https://kafka.apache.org/documentation/#recordbatch), cut into
 * lines: a record's value is a line. Values are moved together where they stand, with a line feed
 * behind each, and decoded as a block of a file is: an object for each record costs several times as
 * much.
 */
import { Buffer } from "node:buffer";
import { decodeLine, decodeLines } from "../../stages/decode.ts";
import type { LineCounters } from "../../stages/lines.ts";

/** Bytes of a batch before what its length counts, and before its first record. */
const HEAD = 12, RECORDS = 61;
/** Bytes that a batch may be when it is unpacked: an honest one is a few MB. */
const MOST_UNPACKED = 128 * 1024 * 1024;

/** The library's functions that unpack and check. */
export interface Codecs {
  crc32c(data: Uint8Array): number;
  /** By the number in a batch's attributes. */
  readonly unpack: Readonly<
    Record<number, ((data: Buffer, most: number) => Uint8Array) | undefined>
  >;
}

/** A batch where it stands among the bytes of a fetch. */
export interface BatchHead {
  readonly base: number;
  /** Offset behind its last record. */
  readonly next: number;
  /** Where it ends in the bytes. */
  readonly stop: number;
}

/** Lines of one batch and what is known of each. */
export interface BatchLines {
  lines: string[];
  /** Kafka's offset of each. */
  offsets: Float64Array;
  /** Epoch milliseconds of each. */
  times: Float64Array;
  /** The header `host` of each, empty where there is none; null when no record has one. */
  hosts: string[] | null;
  /** The headers `host` and `source` together, empty where there is neither; null when no record has one. */
  sources: string[] | null;
  /** The header `sourcetype` of each, empty where there is none; null when no record has one. */
  sourcetypes: string[] | null;
  truncated: number[] | null;
}

/** Why records of a batch are not lines. */
export interface Lost {
  /** Records without a value. */
  tombstones: number;
  /** Records of batches that cannot be read, and why the last one could not. */
  unreadable: number;
  why: string;
}

/** The batch that begins at a byte; null when not all of it is there. */
export function batchAt(view: DataView, at: number): BatchHead | null {
  if (at + RECORDS > view.byteLength) return null;
  const stop = at + HEAD + view.getInt32(at + 8);
  if (stop > view.byteLength || stop < at + RECORDS) return null;
  const base = Number(view.getBigInt64(at));
  return { base, next: base + view.getInt32(at + 23) + 1, stop };
}

export interface BatchOptions {
  readonly codecs: Codecs;
  readonly maxLine: number;
  readonly counters: LineCounters;
  readonly lost: Lost;
  /** Whether a producer's transaction that goes on at an offset was aborted. */
  readonly aborted?: (producer: bigint, base: number) => boolean;
  /** Called for each control record of a transaction. */
  readonly control?: (producer: bigint) => void;
}

/**
 * The lines of the batch at a byte, from an offset on: a batch may begin below it. The bytes are
 * written over. Null when there are none.
 */
export function readBatch(
  bytes: Uint8Array,
  at: number,
  head: BatchHead,
  from: number,
  options: BatchOptions,
): BatchLines | null {
  const { codecs, lost } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getInt32(at + 57);
  const unreadable = (why: string) => {
    lost.unreadable += Math.max(1, count);
    lost.why = why;
    return null;
  };
  const magic = view.getInt8(at + 16);
  if (magic !== 2) return unreadable(`format ${magic} of Kafka before 0.11`);
  if (codecs.crc32c(bytes.subarray(at + 21, head.stop)) !== view.getUint32(at + 17)) {
    return unreadable("its checksum is wrong");
  }
  const attributes = view.getInt16(at + 21);
  const producer = view.getBigInt64(at + 43);
  if ((attributes & 32) !== 0) {
    options.control?.(producer);
    return null;
  }
  if ((attributes & 16) !== 0 && options.aborted?.(producer, head.base)) return null;
  if (count <= 0) return null;
  let body = bytes.subarray(at + RECORDS, head.stop);
  const packing = attributes & 7;
  if (packing !== 0) {
    const unpack = codecs.unpack[packing];
    if (unpack === undefined) return unreadable(`compression ${packing} is not known`);
    try {
      body = unpack(Buffer.from(body.buffer, body.byteOffset, body.length), MOST_UNPACKED);
    } catch (error) {
      return unreadable(`it cannot be unpacked: ${(error as Error).message}`);
    }
  }
  const reader = new RecordReader(body, count);
  // Bit 3: the broker's time of the batch counts, not the producer's.
  const fixed = (attributes & 8) !== 0 ? Number(view.getBigInt64(at + 35)) : null;
  const ok = reader.read(head.base, Number(view.getBigInt64(at + 27)), from, fixed);
  if (!ok) return unreadable("its records are no records");
  lost.tombstones += reader.tombstones;
  return reader.lines(options.maxLine, options.counters);
}

const HOST = new TextEncoder().encode("host"), SOURCE = new TextEncoder().encode("source");
const SOURCETYPE = new TextEncoder().encode("sourcetype");

/** A header's value that records which stand together share: it is decoded once. */
class Shared {
  text = "";
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param most bytes of it that count @returns whether it is another than before */
  take(body: Uint8Array, at: number, size: number, most: number): boolean {
    const length = Math.min(size, most);
    const last = this.#bytes;
    let same = last.length === length;
    for (let i = 0; same && i < length; i++) same = last[i] === body[at + i];
    if (same) return false;
    this.#bytes = body.slice(at, at + length);
    this.text = decodeLine(this.#bytes, "utf-8").text;
    return true;
  }
}

/** Bytes of the longest name of a host, of a source (paths are 4096 at most) and of a sourcetype that count. */
const HOST_NAME = 253, SOURCE_NAME = 4096, SOURCETYPE_NAME = 100;

/** Reads the records of one batch. */
class RecordReader {
  tombstones = 0;
  #at = 0;
  #n = 0;
  /** Bytes that the values take, moved together, a line feed behind each. */
  #packed = 0;
  readonly #offsets: Float64Array;
  readonly #times: Float64Array;
  /** Where each value ends among those moved together. */
  readonly #ends: Int32Array;
  #hosts: string[] | null = null;
  #sources: string[] | null = null;
  #sourcetypes: string[] | null = null;
  readonly #host = new Shared();
  readonly #source = new Shared();
  readonly #sourcetype = new Shared();
  /** Both together, and which of them it is of. */
  #from = "";
  #withHost = false;
  #withSource = false;

  constructor(private readonly body: Uint8Array, private readonly count: number) {
    // A count is what the sender says: a record takes seven bytes at least.
    const most = Math.min(count, Math.ceil(body.length / 7));
    this.#offsets = new Float64Array(most);
    this.#times = new Float64Array(most);
    this.#ends = new Int32Array(most);
  }

  /** Reads all; false when they are not what they should be. */
  read(base: number, time: number, from: number, fixed: number | null): boolean {
    const { body, count } = this;
    if (count > this.#ends.length) return false;
    for (let i = 0; i < count; i++) {
      const length = this.#varint();
      const stop = this.#at + length;
      if (!(length >= 6) || stop > body.length) return false;
      this.#at++;
      const delta = this.#varlong();
      const offset = base + this.#varint();
      const key = this.#varint();
      if (key > 0) this.#at += key;
      const size = this.#varint();
      const value = this.#at;
      if (size > 0) this.#at += size;
      if (this.#at > stop) return false;
      const headers = this.#varint();
      if (offset >= from) {
        if (size < 0) this.tombstones++;
        else {
          if (headers > 0 && !this.#headers(headers, stop)) return false;
          if (this.#hosts !== null && this.#hosts.length <= this.#n) this.#hosts.push("");
          if (this.#sources !== null && this.#sources.length <= this.#n) this.#sources.push("");
          if (this.#sourcetypes !== null && this.#sourcetypes.length <= this.#n) {
            this.#sourcetypes.push("");
          }
          this.#offsets[this.#n] = offset;
          this.#times[this.#n] = fixed ?? time + delta;
          // What is moved never reaches what is not read yet: a record has six bytes around its value.
          body.copyWithin(this.#packed, value, value + size);
          this.#packed += size;
          this.#ends[this.#n++] = this.#packed;
          body[this.#packed++] = 10;
        }
      }
      this.#at = stop;
    }
    return true;
  }

  lines(maxLine: number, counters: LineCounters): BatchLines | null {
    const n = this.#n;
    if (n === 0) return null;
    counters.bytes += this.#packed;
    counters.lines += n;
    const out: BatchLines = {
      lines: [],
      offsets: this.#offsets.subarray(0, n),
      times: this.#times.subarray(0, n),
      hosts: this.#hosts,
      sources: this.#sources,
      sourcetypes: this.#sourcetypes,
      truncated: null,
    };
    if (!this.#fast(maxLine, out)) this.#slow(maxLine, counters, out);
    return out;
  }

  /** All at once: where no value has line feeds in it, is too long, or is no text. */
  #fast(maxLine: number, out: BatchLines): boolean {
    let start = 0;
    for (let i = 0; i < this.#n; i++) {
      if (this.#ends[i] - start > maxLine) return false;
      start = this.#ends[i] + 1;
    }
    const text = decodeLines(this.body.subarray(0, this.#packed - 1));
    if (text === null || text.lines.length !== this.#n) return false;
    out.lines = text.lines;
    if (text.cr) {
      for (let i = 0; i < this.#n; i++) {
        const line = out.lines[i];
        if (line.endsWith("\r")) out.lines[i] = line.slice(0, -1);
      }
    }
    return true;
  }

  #slow(maxLine: number, counters: LineCounters, out: BatchLines): void {
    let start = 0;
    for (let i = 0; i < this.#n; i++) {
      let end = this.#ends[i];
      // Many a producer sends the line feed along.
      while (end > start && (this.body[end - 1] === 10 || this.body[end - 1] === 13)) end--;
      if (end - start > maxLine) {
        const cut = characterStart(this.body, start, start + maxLine);
        counters.truncated++;
        counters.droppedBytes += end - cut;
        (out.truncated ??= []).push(i);
        end = cut;
      }
      const { text, invalid } = decodeLine(this.body.subarray(start, end), "utf-8");
      if (invalid) counters.invalid++;
      out.lines.push(text);
      start = this.#ends[i] + 1;
    }
  }

  /** Looks for the headers `host`, `source` and `sourcetype`; false when what is there are no headers. */
  #headers(count: number, stop: number): boolean {
    const { body } = this;
    let host = false, source = false, other = false;
    for (let h = 0; h < count; h++) {
      const length = this.#varint();
      const name = this.#at;
      if (length < 0) return false;
      this.#at += length;
      const size = this.#varint();
      const value = this.#at;
      if (size > 0) this.#at += size;
      if (this.#at > stop) return false;
      if (size <= 0) continue;
      if (this.#is(HOST, name, length)) {
        host = true;
        other = this.#host.take(body, value, size, HOST_NAME) || other;
      } else if (this.#is(SOURCE, name, length)) {
        source = true;
        other = this.#source.take(body, value, size, SOURCE_NAME) || other;
      } else if (this.#is(SOURCETYPE, name, length)) {
        this.#sourcetype.take(body, value, size, SOURCETYPE_NAME);
        (this.#sourcetypes ??= new Array(this.#n).fill(""))[this.#n] = this.#sourcetype.text;
      }
    }
    if (host) (this.#hosts ??= new Array(this.#n).fill(""))[this.#n] = this.#host.text;
    if (!host && !source) return true;
    if (other || host !== this.#withHost || source !== this.#withSource) {
      this.#withHost = host;
      this.#withSource = source;
      this.#from = `${host ? this.#host.text : ""}\n${source ? this.#source.text : ""}`;
    }
    (this.#sources ??= new Array(this.#n).fill(""))[this.#n] = this.#from;
    return true;
  }

  #is(header: Uint8Array, name: number, length: number): boolean {
    if (length !== header.length) return false;
    for (let i = 0; i < length; i++) if (this.body[name + i] !== header[i]) return false;
    return true;
  }

  #varint(): number {
    const { body } = this;
    let value = 0, shift = 0, byte: number;
    do {
      byte = body[this.#at++];
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte >= 128 && shift < 35);
    return value >>> 1 ^ -(value & 1);
  }

  /** Beyond 32 bits by multiplication; exact to 2^53. */
  #varlong(): number {
    const { body } = this;
    let value = 0, scale = 1, byte: number;
    do {
      byte = body[this.#at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128 && scale < 2 ** 70);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** The last place at or before `end` where a character begins. */
function characterStart(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && at > end - 4 && (bytes[at] & 0xc0) === 0x80) at--;
  return at;
}
