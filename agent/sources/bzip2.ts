/**
 * Unpacks bzip2 block by block. The format: a header, blocks of up to 900,000 bytes, each sorted
 * (Burrows-Wheeler), moved to front and coded by up to six Huffman tables that change every 50
 * symbols, and a check of each block. https://en.wikipedia.org/wiki/Bzip2#File_format
 */

const BLOCK = 0x314159265359, END = 0x177245385090;
/** Symbols coded by one table before the next is chosen. */
const GROUP = 50;
const LONGEST_CODE = 20;
/** Runs of equal bytes grow a block up to 51 times: its text is handed on in parts of this size. */
const PART = 1 << 18;

/** Bytes that are no bzip2, or end too early; the message says which. */
export class Bzip2Error extends Error {}

/** Takes packed bytes, gives unpacked ones. Holds one packed block and one unpacked. */
export class Bunzip2 {
  private bytes = new Uint8Array(0);
  private length = 0;
  /** Bits taken of `bytes`. */
  private bit = 0;
  /** Bytes of a block when it was packed; 0 between streams. */
  private size = 0;
  private streams = 0;
  private readonly sorted = new Uint32Array(900_000);

  /** Yields what the bytes taken so far give. Blocks are unpacked when they are certain to be there. */
  *push(data: Uint8Array): Generator<Uint8Array> {
    this.keep(data);
    // No packed block is longer than this: coding may grow a block a little.
    const enough = () => Math.ceil(Math.max(100_000, this.size) * 1.1) + 40_000;
    while (this.length - (this.bit >> 3) >= enough()) yield* this.step();
  }

  /** The end of the packed bytes. */
  *end(): Generator<Uint8Array> {
    while (this.size > 0 || this.length - ((this.bit + 7) >> 3) > 0) yield* this.step();
    if (this.streams === 0) throw new Bzip2Error("it ends too early");
  }

  private keep(data: Uint8Array): void {
    const from = this.bit >> 3;
    const rest = this.length - from;
    if (rest + data.length > this.bytes.length) {
      const grown = new Uint8Array(2 * (rest + data.length));
      grown.set(this.bytes.subarray(from, this.length));
      this.bytes = grown;
    } else this.bytes.copyWithin(0, from, this.length);
    this.bytes.set(data, rest);
    this.length = rest + data.length;
    this.bit &= 7;
  }

  /** Up to 24 bits. */
  private bits(n: number): number {
    const at = this.bit >> 3;
    if (this.bit + n > this.length * 8) throw new Bzip2Error("it ends too early");
    const { bytes } = this;
    const word = (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0;
    const value = (word << (this.bit & 7)) >>> (32 - n);
    this.bit += n;
    return n === 0 ? 0 : value;
  }

  private *step(): Generator<Uint8Array> {
    if (this.size === 0) return this.header();
    const magic = this.bits(24) * 2 ** 24 + this.bits(24);
    if (magic === END) {
      this.bits(16);
      this.bits(16);
      this.bit = (this.bit + 7) & ~7;
      this.size = 0;
      this.streams++;
      return;
    }
    if (magic !== BLOCK) throw new Bzip2Error("a block does not begin where it should");
    yield* this.block();
  }

  private header(): void {
    const text = String.fromCharCode(this.bits(8), this.bits(8), this.bits(8), this.bits(8));
    if (!/^BZh[1-9]$/.test(text)) throw new Bzip2Error("what follows is not packed by bzip2");
    this.size = Number(text[3]) * 100_000;
  }

  private *block(): Generator<Uint8Array> {
    const check = ((this.bits(16) << 16) | this.bits(16)) >>> 0;
    if (this.bits(1)) throw new Bzip2Error("it is of a version that was given up in 1997");
    const origin = this.bits(24);
    const count = this.symbols();
    if (origin >= count) throw new Bzip2Error("a block is damaged");
    // From each sorted byte to the one that follows it in the text.
    const { sorted } = this;
    const starts = new Uint32Array(256);
    for (let i = 0; i < count; i++) starts[sorted[i] & 0xff]++;
    for (let i = 0, sum = 0; i < 256; i++) {
      const n = starts[i];
      starts[i] = sum;
      sum += n;
    }
    for (let i = 0; i < count; i++) sorted[starts[sorted[i] & 0xff]++] |= i << 8;
    let crc = 0xffffffff;
    for (const part of this.text(count, origin)) {
      for (let i = 0; i < part.length; i++) crc = (crc << 8) ^ CRC[(crc >>> 24) ^ part[i]];
      yield part;
    }
    if ((~crc >>> 0) !== check) throw new Bzip2Error("a block's check does not fit");
  }

  /** The block's text: after four equal bytes stands how many more there are. */
  private *text(count: number, origin: number): Generator<Uint8Array> {
    const { sorted } = this;
    let out = new Uint8Array(PART);
    let length = 0, run = 0, last = -1;
    let at = sorted[origin] >>> 8;
    for (let i = 0; i < count; i++) {
      const entry = sorted[at];
      const byte = entry & 0xff;
      at = entry >>> 8;
      if (length + 256 > PART) {
        yield out.subarray(0, length);
        out = new Uint8Array(PART);
        length = 0;
      }
      if (run === 4) {
        out.fill(last, length, length + byte);
        length += byte;
        run = 0;
        last = -1;
        continue;
      }
      run = byte === last ? run + 1 : 1;
      last = byte;
      out[length++] = byte;
    }
    yield out.subarray(0, length);
  }

  /** Decodes the block's symbols into `sorted`; returns how many bytes that are. */
  private symbols(): number {
    const used = this.usedBytes();
    const symbols = used.length + 2;
    const tables = this.bits(3);
    const choices = this.bits(15);
    if (tables < 2 || tables > 6 || choices < 1) throw new Bzip2Error("a block is damaged");
    const choice = this.choices(tables, choices);
    const codes = Array.from({ length: tables }, () => this.table(symbols));
    const { sorted, size } = this;
    let count = 0, group = 0, left = 0, run = 0, weight = 1;
    let table = codes[0];
    for (;;) {
      if (left-- === 0) {
        if (group === choices) throw new Bzip2Error("a block is damaged");
        table = codes[choice[group++]];
        left = GROUP - 1;
      }
      const symbol = this.symbol(table);
      if (symbol <= 1) {
        run += weight << symbol;
        weight *= 2;
        if (run > size) throw new Bzip2Error("a block is damaged");
        continue;
      }
      if (run > 0) {
        if (count + run > size) throw new Bzip2Error("a block is damaged");
        sorted.fill(used[0], count, count + run);
        count += run;
        run = 0;
        weight = 1;
      }
      if (symbol === symbols - 1) return count;
      const byte = used[symbol - 1];
      used.copyWithin(1, 0, symbol - 1);
      used[0] = byte;
      if (count === size) throw new Bzip2Error("a block is damaged");
      sorted[count++] = byte;
    }
  }

  /** The bytes that the block holds, in their order: the list that is moved to front. */
  private usedBytes(): Uint8Array {
    const out: number[] = [];
    const sixteens = this.bits(16);
    for (let i = 0; i < 16; i++) {
      if (!(sixteens & (0x8000 >> i))) continue;
      const bits = this.bits(16);
      for (let k = 0; k < 16; k++) if (bits & (0x8000 >> k)) out.push(16 * i + k);
    }
    if (out.length === 0) throw new Bzip2Error("a block is damaged");
    return Uint8Array.from(out);
  }

  private choices(tables: number, count: number): Uint8Array {
    const order = Array.from({ length: tables }, (_, i) => i);
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      let k = 0;
      while (this.bits(1)) if (++k === tables) throw new Bzip2Error("a block is damaged");
      const [table] = order.splice(k, 1);
      order.unshift(table);
      out[i] = table;
    }
    return out;
  }

  /** A canonical Huffman code, from the lengths of its symbols' codes. */
  private table(symbols: number): Table {
    const lengths = new Uint8Array(symbols);
    let length = this.bits(5);
    for (let i = 0; i < symbols; i++) {
      for (;;) {
        if (length < 1 || length > LONGEST_CODE) throw new Bzip2Error("a block is damaged");
        if (!this.bits(1)) break;
        length += this.bits(1) ? -1 : 1;
      }
      lengths[i] = length;
    }
    const limit = new Int32Array(LONGEST_CODE + 2).fill(-1);
    const base = new Int32Array(LONGEST_CODE + 2);
    const order: number[] = [];
    let code = 0;
    for (let n = 1; n <= LONGEST_CODE; n++) {
      base[n] = order.length - code;
      for (let i = 0; i < symbols; i++) {
        if (lengths[i] === n) {
          order.push(i);
          code++;
        }
      }
      limit[n] = code - 1;
      code <<= 1;
    }
    return { limit, base, order: Uint16Array.from(order), least: Math.min(...lengths) };
  }

  private symbol({ limit, base, order, least }: Table): number {
    let code = this.bits(least);
    for (let n = least; n <= LONGEST_CODE; n++) {
      if (code <= limit[n]) {
        const at = base[n] + code;
        if (at >= 0 && at < order.length) return order[at];
        break;
      }
      code = code << 1 | this.bits(1);
    }
    throw new Bzip2Error("a block is damaged");
  }
}

interface Table {
  /** Largest code of each length, less than any when there is none. */
  readonly limit: Int32Array;
  /** What makes a code of that length an index into `order`. */
  readonly base: Int32Array;
  readonly order: Uint16Array;
  readonly least: number;
}

/** CRC-32 of polynomial 0x04c11db7, highest bit first. */
const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i << 24;
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c;
});
