/**
 * Unpacks LZMA2, the filter of .xz: chunks of at most 64 KiB packed and 2 MiB unpacked, each stored or
 * coded by LZMA with a range coder. Formats: https://tukaani.org/xz/xz-file-format.txt and the LZMA
 * specification of the LZMA SDK.
 */

/** Bytes that are no LZMA2; the message says what is wrong. */
export class Lzma2Error extends Error {}

const STATES = 12, POSITION_STATES = 16, LENGTH_TO_DISTANCE_STATES = 4;
/** Distances up to here have bits of their own, above only the lowest four. */
const FULL_DISTANCES = 128, END_OF_DISTANCE_MODEL = 14, ALIGN_BITS = 4;
const MIN_MATCH = 2;
/** Probability of a bit that nothing is known of, of 2048. */
const EVEN = 1024;
const TOO_FAR = "a match reaches behind the beginning";

/** Probabilities of one alphabet of lengths: short, middle, long. */
class Lengths {
  readonly choice = new Uint16Array(2);
  readonly low = new Uint16Array(POSITION_STATES << 3);
  readonly middle = new Uint16Array(POSITION_STATES << 3);
  readonly high = new Uint16Array(256);

  reset(): void {
    for (const part of [this.choice, this.low, this.middle, this.high]) part.fill(EVEN);
  }
}

/** A chunk's head: what it does, and how long its parts are. */
interface Chunk {
  readonly control: number;
  readonly head: number;
  readonly packed: number;
  readonly unpacked: number;
}

/** Of a chunk that begins at `at`; null when more bytes are needed to say. */
export function chunkAt(data: Uint8Array, at: number): Chunk | null {
  const control = data[at];
  if (control === 0) return { control, head: 1, packed: 0, unpacked: 0 };
  if (control > 2 && control < 0x80) throw new Lzma2Error("an unknown kind of LZMA2 chunk");
  // What follows a chunk is longer than what its head may lack.
  if (data.length - at < (control < 0x80 ? 3 : 6)) return null;
  const size = data[at + 1] << 8 | data[at + 2];
  if (control < 0x80) return { control, head: 3, packed: size + 1, unpacked: size + 1 };
  return {
    control,
    head: control >= 0xc0 ? 6 : 5,
    packed: (data[at + 3] << 8 | data[at + 4]) + 1,
    unpacked: ((control & 0x1f) << 16 | size) + 1,
  };
}

/** Decodes chunks of one block; holds its dictionary and nothing else. */
export class Lzma2 {
  /** What came last, as a ring: matches copy from it. */
  private readonly window: Uint8Array;
  private at = 0;
  /** Bytes in the window, its size when it is full. */
  private filled = 0;
  private readonly literals = new Uint16Array(0x300 << 4);
  private readonly isMatch = new Uint16Array(STATES * POSITION_STATES);
  private readonly isRep = new Uint16Array(STATES);
  private readonly isRep0 = new Uint16Array(STATES);
  private readonly isRep1 = new Uint16Array(STATES);
  private readonly isRep2 = new Uint16Array(STATES);
  private readonly isRep0Long = new Uint16Array(STATES * POSITION_STATES);
  private readonly slots = new Uint16Array(LENGTH_TO_DISTANCE_STATES << 6);
  private readonly special = new Uint16Array(FULL_DISTANCES);
  private readonly align = new Uint16Array(1 << ALIGN_BITS);
  private readonly matchLengths = new Lengths();
  private readonly repLengths = new Lengths();
  private lc = 0;
  private lp = 0;
  private pb = 0;
  private state = 0;
  private rep0 = 0;
  private rep1 = 0;
  private rep2 = 0;
  private rep3 = 0;
  private total = 0;
  private range = 0;
  private code = 0;
  private data: Uint8Array = new Uint8Array(0);
  private pos = 0;
  private end = 0;
  /** What the stream must begin with: a dictionary, properties, a state. */
  private needs: "dictionary" | "properties" | "state" | null = "dictionary";

  /** @param size of the dictionary, bytes */
  constructor(size: number) {
    this.window = new Uint8Array(Math.max(size, 4096));
  }

  /** Unpacks a chunk that is there whole: a new array. Throws Lzma2Error. */
  take(data: Uint8Array, at: number, chunk: Chunk): Uint8Array {
    const { control, head, packed, unpacked } = chunk;
    const out = new Uint8Array(unpacked);
    if (control === 1 || control >= 0xe0) {
      this.filled = this.at = this.total = 0;
      if (this.needs === "dictionary") this.needs = "properties";
    } else if (this.needs === "dictionary") {
      throw new Lzma2Error("its first chunk does not reset the dictionary");
    }
    if (control < 0x80) {
      this.store(data.subarray(at + head, at + head + packed), out);
      return out;
    }
    if (control >= 0xc0) this.properties(data[at + 5]);
    else if (this.needs === "properties") throw new Lzma2Error("a chunk has no properties");
    if (control >= 0xa0) this.reset();
    else if (this.needs === "state") throw new Lzma2Error("a chunk has no state");
    this.needs = null;
    this.data = data;
    this.pos = at + head;
    this.end = this.pos + packed;
    this.start();
    this.decode(out);
    if (this.pos !== this.end || this.code !== 0) throw new Lzma2Error("a chunk ends elsewhere");
    this.data = out;
    return out;
  }

  private store(from: Uint8Array, out: Uint8Array): void {
    out.set(from);
    for (let i = 0; i < from.length; i++) this.put(from[i]);
    this.total += from.length;
    if (this.needs === null) this.needs = "state";
  }

  private put(byte: number): void {
    const { window } = this;
    window[this.at++] = byte;
    if (this.at === window.length) this.at = 0;
    if (this.filled < window.length) this.filled++;
  }

  private properties(byte: number): void {
    if (byte >= 9 * 5 * 5) throw new Lzma2Error("its properties are out of range");
    this.lc = byte % 9;
    const rest = byte / 9 | 0;
    this.lp = rest % 5;
    this.pb = rest / 5 | 0;
    if (this.lc + this.lp > 4) throw new Lzma2Error("its properties are out of range");
  }

  private reset(): void {
    this.state =
      this.rep0 =
      this.rep1 =
      this.rep2 =
      this.rep3 =
        0;
    const { literals, isMatch, isRep, isRep0, isRep1, isRep2, isRep0Long } = this;
    for (
      const part of [
        literals,
        isMatch,
        isRep,
        isRep0,
        isRep1,
        isRep2,
        isRep0Long,
        this.slots,
        this.special,
        this.align,
      ]
    ) part.fill(EVEN);
    this.matchLengths.reset();
    this.repLengths.reset();
  }

  /** The range coder's first five bytes, of which the first is 0. */
  private start(): void {
    const { data } = this;
    if (this.end - this.pos < 5 || data[this.pos] !== 0) {
      throw new Lzma2Error("a chunk begins wrongly");
    }
    this.pos++;
    this.range = 0xffffffff;
    this.code = 0;
    for (let i = 0; i < 4; i++) this.code = (this.code << 8 | data[this.pos++]) >>> 0;
  }

  private normalise(): void {
    if (this.range >= 0x1000000) return;
    if (this.pos >= this.end) throw new Lzma2Error("a chunk ends too early");
    this.range = this.range << 8 >>> 0;
    this.code = (this.code << 8 | this.data[this.pos++]) >>> 0;
  }

  private bit(probabilities: Uint16Array, i: number): 0 | 1 {
    const p = probabilities[i];
    const bound = (this.range >>> 11) * p;
    let bit: 0 | 1;
    if (this.code < bound) {
      this.range = bound;
      probabilities[i] = p + (2048 - p >> 5);
      bit = 0;
    } else {
      this.range = this.range - bound >>> 0;
      this.code = this.code - bound >>> 0;
      probabilities[i] = p - (p >> 5);
      bit = 1;
    }
    if (this.range < 0x1000000) this.normalise();
    return bit;
  }

  private tree(probabilities: Uint16Array, from: number, bits: number): number {
    let m = 1;
    for (let i = 0; i < bits; i++) m = m << 1 | this.bit(probabilities, from + m);
    return m - (1 << bits);
  }

  private reverseTree(probabilities: Uint16Array, from: number, bits: number): number {
    let m = 1, out = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(probabilities, from + m);
      m = m << 1 | bit;
      out |= bit << i;
    }
    return out;
  }

  private direct(bits: number): number {
    let out = 0;
    for (let i = 0; i < bits; i++) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit) this.code = this.code - this.range >>> 0;
      out = (out << 1 | bit) >>> 0;
      if (this.range < 0x1000000) this.normalise();
    }
    return out;
  }

  private length(model: Lengths, position: number): number {
    if (!this.bit(model.choice, 0)) return this.tree(model.low, position << 3, 3);
    if (!this.bit(model.choice, 1)) return 8 + this.tree(model.middle, position << 3, 3);
    return 16 + this.tree(model.high, 0, 8);
  }

  private distance(length: number): number {
    const slot = this.tree(this.slots, Math.min(length, LENGTH_TO_DISTANCE_STATES - 1) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = ((2 | slot & 1) << bits) >>> 0;
    if (slot < END_OF_DISTANCE_MODEL) {
      return base + this.reverseTree(this.special, base - slot, bits);
    }
    return base + this.direct(bits - ALIGN_BITS) * 16 +
      this.reverseTree(this.align, 0, ALIGN_BITS);
  }

  private decode(out: Uint8Array): void {
    const mask = (1 << this.pb) - 1;
    let n = 0;
    while (n < out.length) {
      const position = this.total & mask;
      if (!this.bit(this.isMatch, (this.state << 4) + position)) {
        out[n++] = this.literal();
        continue;
      }
      const length = this.match(position);
      if (length > out.length - n) throw new Lzma2Error("a match is longer than its chunk");
      if (this.rep0 >= this.filled) throw new Lzma2Error(TOO_FAR);
      this.total += length;
      const { window } = this;
      let from = this.at - this.rep0 - 1;
      if (from < 0) from += window.length;
      for (let i = 0; i < length; i++) {
        const byte = window[from++];
        if (from === window.length) from = 0;
        this.put(byte);
        out[n++] = byte;
      }
    }
  }

  private literal(): number {
    const { window } = this;
    const before = this.filled === 0 ? 0 : window[(this.at || window.length) - 1];
    const low = this.total & (1 << this.lp) - 1;
    const base = 0x300 * ((low << this.lc) + (before >> 8 - this.lc));
    let symbol = 1;
    if (this.state >= 7) {
      if (this.rep0 >= this.filled) throw new Lzma2Error(TOO_FAR);
      let from = this.at - this.rep0 - 1;
      if (from < 0) from += window.length;
      let match = window[from];
      while (symbol < 0x100) {
        const matchBit = match >> 7 & 1;
        match <<= 1;
        const bit = this.bit(this.literals, base + (1 + matchBit << 8) + symbol);
        symbol = symbol << 1 | bit;
        if (bit !== matchBit) break;
      }
    }
    while (symbol < 0x100) symbol = symbol << 1 | this.bit(this.literals, base + symbol);
    const { state } = this;
    this.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    this.put(symbol & 0xff);
    this.total++;
    return symbol & 0xff;
  }

  /** The length of a match; its distance is `rep0` then. */
  private match(position: number): number {
    const { state } = this;
    if (!this.bit(this.isRep, state)) {
      this.rep3 = this.rep2;
      this.rep2 = this.rep1;
      this.rep1 = this.rep0;
      const length = this.length(this.matchLengths, position);
      this.state = state < 7 ? 7 : 10;
      this.rep0 = this.distance(length);
      return length + MIN_MATCH;
    }
    if (!this.bit(this.isRep0, state)) {
      if (!this.bit(this.isRep0Long, (state << 4) + position)) {
        this.state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      let distance: number;
      if (!this.bit(this.isRep1, state)) distance = this.rep1;
      else {
        if (!this.bit(this.isRep2, state)) distance = this.rep2;
        else {
          distance = this.rep3;
          this.rep3 = this.rep2;
        }
        this.rep2 = this.rep1;
      }
      this.rep1 = this.rep0;
      this.rep0 = distance;
    }
    const length = this.length(this.repLengths, position);
    this.state = state < 7 ? 8 : 11;
    return length + MIN_MATCH;
  }
}
