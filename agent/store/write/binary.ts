/**
 * Rows in COPY's binary format (https://www.postgresql.org/docs/15/sql-copy.html), written into one
 * buffer. Texts take most of the time: short ones are written character by character, long ones are
 * gathered, encoded all at once behind the rows, and moved to their places. Both are right as long as
 * each character is one byte; rows of which that is not true are written again in the careful way,
 * text by text.
 */
import { parseIp4 } from "../../../grammar/ip.ts";
import { ipv6 } from "./address.ts";
import { takeBuffer } from "./buffers.ts";
import { EPOCH, HEADER, OFFSET, SIGNATURE, TIME } from "./row_header.ts";

/** More than a row takes without its texts. */
const ROW = 1024;
/** Characters up to which a text is written at once, one after the other. */
const SHORT = 24;
const TWO32 = 0x1_0000_0000;

const utf8 = new TextEncoder();
/** How the rows of one extraction and input are written. */
export interface RowShape<T> {
  /** See `rowHeader`. */
  readonly header: Uint8Array;
  /** Writes the fields after the header. */
  readonly write: (row: T, to: RowWriter) => void;
}

/** Writes into memory that threads share, so that the way to another one is no copy. */
export class RowWriter {
  private out: Uint8Array<SharedArrayBuffer>;
  /** Bytes written. It may pass the end of the buffer, where nothing is written: see {@link full}. */
  at = 0;
  /** Texts that wait for their places, in order, and their characters. */
  private texts: string[] = [];
  private chars = 0;
  /** Place and length of what waits, in turn. */
  private holes = new Int32Array(1 << 14);
  private holed = 0;
  /** Where the JSON at hand begins, and how many texts waited before. */
  private json = 0;
  private pieces = 0;
  /** Whether a short text was not of one byte a character, or held NUL. */
  private wide = false;
  /** Whether texts are encoded one at a time. */
  careful = false;

  constructor() {
    this.out = new Uint8Array(takeBuffer());
  }

  /** What was written between two places. */
  slice(from: number, to: number): Uint8Array {
    return this.out.subarray(from, to);
  }

  begin(): void {
    this.reserve(SIGNATURE.length);
    for (const byte of SIGNATURE) this.out[this.at++] = byte;
  }

  end(): void {
    this.reserve(2);
    this.int16(-1);
  }

  /**
   * Writes a row, again where the buffer turned out to be too small for it.
   * @param time ms since the Unix epoch, a whole number
   */
  row<T>(shape: RowShape<T>, offset: number, check: number, time: number, row: T): void {
    const { at, chars, holed } = this;
    const texts = this.texts.length;
    this.reserve(ROW);
    for (;;) {
      this.bytes(shape.header);
      this.at = at + OFFSET;
      this.int16(Math.floor(offset / TWO32));
      this.int32(offset % TWO32);
      this.int16(check);
      this.at = at + TIME;
      this.time(time);
      this.at = at + HEADER;
      shape.write(row, this);
      if (this.at <= this.out.length) return;
      const size = this.at - at;
      this.at = at;
      this.chars = chars;
      this.holed = holed;
      this.texts.length = texts;
      this.reserve(size + ROW);
    }
  }

  /** Makes room for so many bytes more. */
  private reserve(bytes: number): void {
    if (this.at + bytes <= this.out.length) return;
    let size = this.out.length;
    while (size < this.at + bytes) size *= 2;
    const larger = new Uint8Array(new SharedArrayBuffer(size));
    larger.set(this.out.subarray(0, Math.min(this.at, this.out.length)));
    this.out = larger;
  }

  /**
   * Brings the texts that wait to their places. False when some of them are not of one byte a
   * character, or hold NUL, which no text may: then the rows are to be written again, carefully.
   */
  fill(): boolean {
    const { texts, chars, holes, holed, wide } = this;
    this.texts = [];
    this.chars = 0;
    this.holed = 0;
    this.wide = false;
    if (wide) return false;
    if (texts.length === 0) return true;
    const all = texts.join("");
    if (all.includes("\0")) return false;
    this.reserve(chars);
    const { out } = this;
    const { read, written } = utf8.encodeInto(all, out.subarray(this.at));
    if (read !== chars || written !== chars) return false;
    let from = this.at;
    for (let i = 0; i < holed; i += 2) {
      const length = holes[i + 1];
      out.copyWithin(holes[i], from, from + length);
      from += length;
    }
    return true;
  }

  /** Goes back to where rows began that {@link fill} refused, to write them again. */
  again(at: number): void {
    this.at = at;
    this.careful = true;
  }

  private bytes(bytes: Uint8Array): void {
    const { out } = this;
    let at = this.at;
    for (let i = 0; i < bytes.length; i++) out[at++] = bytes[i];
    this.at = at;
  }

  private int16(n: number): void {
    const { out, at } = this;
    out[at] = n >> 8;
    out[at + 1] = n;
    this.at = at + 2;
  }

  private int32(n: number): void {
    const { out, at } = this;
    out[at] = n >> 24;
    out[at + 1] = n >> 16;
    out[at + 2] = n >> 8;
    out[at + 3] = n;
    this.at = at + 4;
  }

  /** A safe integer in 64 bits. */
  private int64(n: number): void {
    const high = Math.floor(n / TWO32);
    this.int32(high);
    this.int32(n - high * TWO32);
  }

  /** Fields without a value. */
  nulls(count: number): void {
    const { out } = this;
    let at = this.at;
    for (const end = at + 4 * count; at < end; at++) out[at] = 255;
    this.at = at;
  }

  /** Field of type integer. */
  int4(n: number | null): void {
    if (n === null) return this.nulls(1);
    this.int32(4);
    this.int32(n);
  }

  /** Field of type bigint. */
  int8(n: number | null): void {
    if (n === null) return this.nulls(1);
    this.int32(8);
    this.int64(n);
  }

  private time(ms: number): void {
    const n = ms - EPOCH;
    // In two parts: microseconds of far years are beyond the integers of a double.
    const high = Math.floor(n / TWO32);
    const low = (n - high * TWO32) * 1000;
    const carry = Math.floor(low / TWO32);
    this.int32(high * 1000 + carry);
    this.int32(low - carry * TWO32);
  }

  /** Field of a type of text. */
  text(s: string): void {
    if (this.careful) return this.encode(s);
    this.int32(s.length);
    this.put(s);
  }

  /** Field of type json, whose text comes in pieces. */
  beginJson(): void {
    this.json = this.at;
    this.pieces = this.texts.length;
    this.at += 4;
  }

  piece(s: string): void {
    if (this.careful) this.texts.push(s);
    else this.put(s);
  }

  /** Null when no piece came. @param last its last character */
  endJson(last: string): void {
    const { at, json } = this;
    this.at = json;
    if (this.careful) {
      const text = this.texts.splice(this.pieces).join("");
      return text === "" ? this.nulls(1) : this.encode(text + last);
    }
    if (at === json + 4) return this.nulls(1);
    this.int32(at - json - 3);
    this.at = at;
    this.put(last);
  }

  /** Characters that should be of one byte each: a short text at once, a long one with others. */
  private put(s: string): void {
    const { at, out } = this;
    const n = s.length;
    this.at = at + n;
    if (n > SHORT) {
      this.texts.push(s);
      this.chars += n;
      this.hole(at, n);
      return;
    }
    let all = 0;
    for (let i = 0; i < n; i++) {
      const c = s.charCodeAt(i);
      // Less than 0 for NUL.
      all |= c | c - 1;
      out[at + i] = c;
    }
    if (all > 127 || all < 0) this.wide = true;
  }

  /**
   * Two fields: the text of an address or a host name, and the address. An IPv4 address, which has one
   * way of writing, is stored as an address alone.
   */
  address(s: string): void {
    const v4 = parseIp4(s);
    if (v4 < 0) {
      this.text(s);
      const groups = ipv6(s);
      if (groups === null) return this.nulls(1);
      this.int32(20);
      this.int32(0x03800010);
      for (const group of groups) this.int16(group);
      return;
    }
    this.nulls(1);
    this.int32(8);
    this.int32(0x02200004);
    this.int32(v4);
  }

  private hole(at: number, length: number): void {
    if (this.holed === this.holes.length) {
      const more = new Int32Array(2 * this.holes.length);
      more.set(this.holes);
      this.holes = more;
    }
    this.holes[this.holed++] = at;
    this.holes[this.holed++] = length;
  }

  /** NUL becomes U+FFFD; so do lone surrogates, on encoding. */
  private encode(s: string): void {
    const text = s.includes("\0") ? s.replaceAll("\0", "\ufffd") : s;
    const at = this.at;
    this.reserve(4 + 3 * text.length + ROW);
    const { written } = utf8.encodeInto(text, this.out.subarray(at + 4));
    this.int32(written);
    this.at = at + 4 + written;
  }
}
