/**
 * Unpacks .xz as it comes: streams of blocks by LZMA2, each with a check, and an index behind them.
 * https://tukaani.org/xz/xz-file-format.txt
 */
import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { chunkAt, Lzma2, Lzma2Error } from "./lzma2.ts";

/** Bytes that are no .xz, end too early, or need more than is given; the message says which. */
export class XzError extends Error {}

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const LZMA2 = 0x21;
/** Bytes of the largest dictionary that is made: that of `xz -9`. A header can name 4 GiB. */
const MOST_DICTIONARY = 64 * 1024 * 1024;
/** Bytes of an index: that of some 400,000 blocks. */
const MOST_INDEX = 4 * 1024 * 1024;
const OTHER_FILTERS: Record<number, string> = { 3: "delta", 4: "x86", 5: "PowerPC", 7: "ARM" };

/** CRC-64 of ECMA-182, as halves of 32 bits: the default check of xz. */
class Crc64 {
  private static table: Uint32Array | null = null;
  private low = 0xffffffff;
  private high = 0xffffffff;

  private static made(): Uint32Array {
    const table = new Uint32Array(512);
    for (let i = 0; i < 256; i++) {
      let low = i, high = 0;
      for (let bit = 0; bit < 8; bit++) {
        const odd = low & 1;
        low = (low >>> 1 | high << 31) >>> 0;
        high >>>= 1;
        if (odd) {
          low = (low ^ 0xd7870f42) >>> 0;
          high = (high ^ 0xc96c5795) >>> 0;
        }
      }
      table[2 * i] = low;
      table[2 * i + 1] = high;
    }
    return table;
  }

  update(data: Uint8Array): void {
    const table = Crc64.table ??= Crc64.made();
    let { low, high } = this;
    for (let i = 0; i < data.length; i++) {
      const at = (low ^ data[i]) & 0xff;
      low = (low >>> 8 | high << 24) ^ table[2 * at];
      high = high >>> 8 ^ table[2 * at + 1];
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(8);
    const view = new DataView(out.buffer);
    view.setUint32(0, ~this.low >>> 0, true);
    view.setUint32(4, ~this.high >>> 0, true);
    return out;
  }
}

interface Check {
  update(data: Uint8Array): void;
  bytes(): Uint8Array;
}

function littleEndian(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

/** Sizes of checks by their number; those that are not known are passed over. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

function checkOf(type: number): Check | null {
  if (type === 1) {
    let sum = 0;
    return { update: (data) => void (sum = crc32(data, sum)), bytes: () => littleEndian(sum) };
  }
  if (type === 4) return new Crc64();
  if (type !== 10) return null;
  const hash: Hash = createHash("sha256");
  return { update: (data) => void hash.update(data), bytes: () => hash.digest() };
}

const same = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

type Step = "stream" | "block" | "chunks" | "padding" | "index" | "footer" | "between";

/** Takes packed bytes, gives unpacked ones. Holds one packed chunk, one unpacked, and a dictionary. */
export class Unxz {
  private bytes = new Uint8Array(0);
  private at = 0;
  private length = 0;
  private step: Step = "stream";
  private check = 0;
  private checking: Check | null = null;
  private decoder: Lzma2 | null = null;
  /** Packed bytes of the block, for its padding. */
  private packed = 0;
  private streams = 0;

  /** Yields what the bytes taken so far give. */
  *push(data: Uint8Array): Generator<Uint8Array> {
    this.keep(data);
    for (;;) {
      const out = this.next();
      if (out === null) return;
      if (out.length > 0) yield out;
    }
  }

  /** The end of the packed bytes. */
  end(): Uint8Array[] {
    const done = this.step === "between" && this.streams > 0;
    if (!done || this.length !== this.at) throw new XzError("it ends too early");
    return [];
  }

  private keep(data: Uint8Array): void {
    const rest = this.bytes.subarray(this.at, this.length);
    const grown = new Uint8Array(rest.length + data.length);
    grown.set(rest);
    grown.set(data, rest.length);
    this.bytes = grown;
    this.at = 0;
    this.length = grown.length;
  }

  /** Null when more bytes are needed. */
  private next(): Uint8Array | null {
    try {
      return this[this.step]();
    } catch (error) {
      throw error instanceof Lzma2Error ? new XzError(error.message) : error;
    }
  }

  private done(step: Step, bytes: number): Uint8Array {
    this.step = step;
    this.at += bytes;
    return new Uint8Array(0);
  }

  private u32(at: number): number {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(at, true);
  }

  private stream(): Uint8Array | null {
    const { at } = this;
    if (this.length - at < 12) return null;
    if (MAGIC.some((byte, i) => this.bytes[at + i] !== byte)) {
      throw new XzError("what follows is no xz stream");
    }
    if (crc32(this.bytes.subarray(at + 6, at + 8)) !== this.u32(at + 8)) {
      throw new XzError("the sum of its header is wrong");
    }
    this.check = this.bytes[at + 7] & 15;
    this.streams++;
    return this.done("block", 12);
  }

  private block(): Uint8Array | null {
    const { at, bytes } = this;
    if (this.length === at) return null;
    if (bytes[at] === 0) return this.done("index", 0);
    const size = (bytes[at] + 1) * 4;
    if (this.length - at < size) return null;
    const head = bytes.subarray(at, at + size);
    if (crc32(head.subarray(0, size - 4)) !== this.u32(at + size - 4)) {
      throw new XzError("the sum of a block's header is wrong");
    }
    let p = 2;
    const number = () => {
      const [value, next] = vli(head, p);
      p = next;
      return value;
    };
    if (head[1] & 0x40) number();
    if (head[1] & 0x80) number();
    const filters = (head[1] & 3) + 1;
    const filter = number();
    if (filters > 1 || filter !== LZMA2) {
      const name = OTHER_FILTERS[filter] ?? String(filter);
      throw new XzError(`it uses the filter ${name}, which is not read`);
    }
    number();
    const bits = head[p];
    const dictionary = bits > 39 ? 2 ** 32 : (2 | bits & 1) * 2 ** ((bits >> 1) + 11);
    if (dictionary > MOST_DICTIONARY) {
      throw new XzError(
        `it needs a dictionary of ${
          dictionary / 1024 / 1024
        } MiB, more than the 64 MiB that are given`,
      );
    }
    this.decoder = new Lzma2(dictionary);
    this.checking = checkOf(this.check);
    this.packed = size;
    return this.done("chunks", size);
  }

  private chunks(): Uint8Array | null {
    const { at } = this;
    if (this.length === at) return null;
    const chunk = chunkAt(this.bytes.subarray(0, this.length), at);
    if (chunk === null || this.length - at < chunk.head + chunk.packed) return null;
    this.packed += chunk.head + chunk.packed;
    if (chunk.control === 0) return this.done("padding", 1);
    const out = this.decoder!.take(this.bytes, at, chunk);
    this.at += chunk.head + chunk.packed;
    this.checking?.update(out);
    return out;
  }

  private padding(): Uint8Array | null {
    const padding = -this.packed & 3, size = CHECK_SIZES[this.check];
    if (this.length - this.at < padding + size) return null;
    const given = this.bytes.subarray(this.at + padding, this.at + padding + size);
    if (this.checking && !same(this.checking.bytes(), given)) {
      throw new XzError("the check of a block does not fit");
    }
    this.decoder = null;
    return this.done("block", padding + size);
  }

  /** Sizes of the blocks, which nothing here needs; its sum is checked. */
  private index(): Uint8Array | null {
    const { bytes, at } = this;
    const seen = bytes.subarray(at, this.length);
    let p = 1;
    const [records, next] = vli(seen, p);
    p = next;
    for (let i = 0; i < 2 * records && p <= seen.length; i++) p = vli(seen, p)[1];
    p = p + 3 & ~3;
    if (seen.length < p + 4) {
      if (seen.length > MOST_INDEX) throw new XzError("its index is too long");
      return null;
    }
    if (crc32(seen.subarray(0, p)) !== this.u32(at + p)) {
      throw new XzError("the sum of its index is wrong");
    }
    return this.done("footer", p + 4);
  }

  private footer(): Uint8Array | null {
    const { at, bytes } = this;
    if (this.length - at < 12) return null;
    if (
      bytes[at + 10] !== 0x59 || bytes[at + 11] !== 0x5a ||
      crc32(bytes.subarray(at + 4, at + 10)) !== this.u32(at)
    ) throw new XzError("its end is wrong");
    return this.done("between", 12);
  }

  /** Zeros in fours, or another stream. */
  private between(): Uint8Array | null {
    if (this.length - this.at < 4) return null;
    if (this.u32(this.at) === 0) return this.done("between", 4);
    return this.done("stream", 0);
  }
}

/** A number in groups of seven bits, lowest first; where its bytes are not all there, past the end. */
function vli(data: Uint8Array, at: number): [value: number, next: number] {
  let value = 0, scale = 1;
  for (let i = 0; i < 9; i++) {
    if (at + i >= data.length) return [value, data.length + 1];
    value += (data[at + i] & 127) * scale;
    if (data[at + i] < 128) return [value, at + i + 1];
    scale *= 128;
  }
  throw new XzError("a number has no end");
}
