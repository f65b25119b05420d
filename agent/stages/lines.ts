/**
 * Decoding and cutting in one: bytes as read → text lines. They are one because a line is cut
 * while it is still bytes: what stands between two line feeds is decoded whole, so that no character
 * is ever split, byte offsets are exact, and memory is bounded by the longest line allowed.
 */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { LineBatch } from "../event.ts";
import type { InputHandle } from "../input.ts";
import type { Keyed } from "../../compiler/sourcetype/mod.ts";
import { decodeLine, decodeLines, type Encoding } from "./decode.ts";

/** What the stage has seen so far; the object stays the same while its numbers grow. */
export interface LineCounters {
  /** Bytes taken in, line ends and byte order marks included. */
  bytes: number;
  lines: number;
  /** Lines longer than the limit, kept up to it. */
  truncated: number;
  /** Bytes left out of truncated lines. */
  droppedBytes: number;
  /** Lines with bytes that are no valid text; those bytes are kept as `\xNN`. */
  invalid: number;
  /** Of binary event logs: records that are lost, chunks in which something is wrong, and why. */
  unreadable: number;
  damagedChunks: number;
  damage: Record<string, number>;
}

export interface LineOptions {
  /** Longest line in bytes, 1 MiB unless told; the rest of a longer line is dropped and counted. */
  readonly maxLine?: number;
  /** Where in the input the first byte stands; 0 unless reading goes on from a checkpoint. */
  readonly offset?: number;
  /** Encoding when reading goes on; otherwise taken from the byte order mark, else UTF-8. */
  readonly encoding?: Encoding;
  readonly counters?: LineCounters;
}

/** A batch of lines that also says which of them were cut at the limit. */
export interface TextBatch extends LineBatch {
  readonly input: InputHandle;
  /** Indices of truncated lines; null when there are none. */
  readonly truncated: readonly number[] | null;
  /** Byte offset of the first byte after the last line: where a checkpoint goes on reading. */
  readonly end: number;
  readonly encoding: Content;
  /** The address that each line came from, when it came from a socket. */
  readonly peers?: readonly string[];
  /** Which file of which host each is from, where the input carries lines of several. */
  readonly sources?: readonly string[];
  /** The sourcetype of each by the word of who sent it, empty where nobody says. */
  readonly sourcetypes?: readonly string[];
  /** When each was sent, epoch milliseconds, by who carried it: for lines that say no time. */
  readonly times?: Float64Array;
  /** Keys and values of each record, where they were not read from its text. */
  readonly keys?: readonly Keyed[];
}

/** What an input holds: lines of text in an encoding, or records that are framed in another way. */
export type Content =
  | Encoding
  | `${"xml" | "json" | "octets"} ${Encoding}`
  | "evtx"
  | "evtx unchecked";

export const DEFAULT_MAX_LINE = 1 << 20;
const IDENTITY_BYTES = 1024;
/** What a reader goes on holding after a long line, in bytes. */
const KEPT = 4096;

export function newLineCounters(): LineCounters {
  return {
    bytes: 0,
    lines: 0,
    truncated: 0,
    droppedBytes: 0,
    invalid: 0,
    unreadable: 0,
    damagedChunks: 0,
    damage: {},
  };
}

/** Cuts one input's bytes into lines. `push` and `end` may be called without streams as well. */
export class LineReader {
  readonly counters: LineCounters;
  #maxLine: number;
  #encoding: Encoding | null;
  /** Bytes of the line that has no end yet, cut at the limit. */
  #carry: Uint8Array = new Uint8Array(KEPT);
  #carried = 0;
  /** Bytes of that line beyond the limit. */
  #dropped = 0;
  /** Offset of the first carried byte. */
  #start: number;
  #arrival = 0;

  constructor(readonly input: InputHandle, options: LineOptions = {}) {
    this.counters = options.counters ?? newLineCounters();
    this.#maxLine = Math.max(1, options.maxLine ?? DEFAULT_MAX_LINE);
    this.#start = options.offset ?? 0;
    this.#encoding = options.encoding ?? (this.#start > 0 ? "utf-8" : null);
  }

  /** Takes a chunk; returns the lines that it ends, or null. `data` is not kept. */
  push(data: Uint8Array, arrival: number): TextBatch | null {
    this.counters.bytes += data.length;
    this.#arrival = arrival;
    if (this.#encoding === null) {
      const seen = this.#carried === 0
        ? data
        : joined(this.#carry.subarray(0, this.#carried), data);
      const mark = byteOrderMark(seen, false);
      if (mark === null) {
        this.#keep(data);
        return null;
      }
      this.#encoding = mark.encoding;
      this.#carried = 0;
      this.#start += mark.length;
      data = seen.subarray(mark.length);
    }
    return this.#encoding === "utf-8" ? this.#pushBytes(data) : this.#pushUnits(data);
  }

  /** Bytes of memory that the line without an end takes. */
  get held(): number {
    return this.#carry.length;
  }

  /** Gives back what one long line took, once it has ended. */
  shrink(): void {
    if (this.#carry.length > KEPT && this.#carried < KEPT) {
      const smaller = new Uint8Array(KEPT);
      smaller.set(this.#carry.subarray(0, this.#carried));
      this.#carry = smaller;
    }
  }

  /** The input has ended: the last line, when it has no line feed, or null. */
  end(): TextBatch | null {
    if (this.#encoding === null) {
      const mark = byteOrderMark(this.#carry.subarray(0, this.#carried), true)!;
      this.#encoding = mark.encoding;
      this.#start += mark.length;
      this.#carry.copyWithin(0, mark.length, this.#carried);
      this.#carried -= mark.length;
    }
    if (this.#carried === 0 && this.#dropped === 0) return null;
    const start = this.#start;
    const end = start + this.#carried + this.#dropped;
    const found: Found = { lines: [], starts: [], truncated: null };
    this.#takeCarried(found, false);
    return this.#batch(found.lines, (i) => found.starts[i], found.truncated, end);
  }

  #pushBytes(data: Uint8Array): TextBatch | null {
    const last = data.lastIndexOf(10);
    if (last < 0) {
      this.#keep(data);
      return null;
    }
    let from = 0;
    let head: Found | null = null;
    if (this.#carried > 0 || this.#dropped > 0) {
      const first = data.indexOf(10);
      this.#keep(data.subarray(0, first));
      head = { lines: [], starts: [], truncated: null };
      this.#takeCarried(head, true);
      from = first + 1;
    }
    const base = this.#start - from;
    let batch: TextBatch;
    if (from > last) {
      this.#start = base + last + 1;
      batch = this.#batch(head!.lines, (i) => head!.starts[i], head!.truncated, this.#start);
    } else {
      const body = data.subarray(from, last);
      this.#start = base + last + 1;
      batch = this.#body(body, base + from, head);
    }
    if (last + 1 < data.length) this.#keep(data.subarray(last + 1));
    return batch;
  }

  /** Complete lines, without the last one's line feed, that begin at byte `offset`. */
  #body(body: Uint8Array, offset: number, head: Found | null): TextBatch {
    const text = body.length <= this.#maxLine ? decodeLines(body) : null;
    if (text === null) {
      const found = head ?? { lines: [], starts: [], truncated: null };
      this.#each(body, offset, found);
      return this.#batch(found.lines, (i) => found.starts[i], found.truncated, this.#start);
    }
    const { lines: whole, ascii } = text;
    const trimmed = text.cr ? withoutCr(whole) : whole;
    const at = lazyOffsets(whole, offset, ascii);
    if (head === null) return this.#batch(trimmed, at, null, this.#start);
    return this.#batch(
      [head.lines[0], ...trimmed],
      (i) => i === 0 ? head.starts[0] : at(i - 1),
      head.truncated,
      this.#start,
    );
  }

  /** The careful way, line by line: invalid bytes, NUL, or a line that may pass the limit. */
  #each(body: Uint8Array, offset: number, found: Found): void {
    for (let from = 0; from <= body.length;) {
      let to = body.indexOf(10, from);
      if (to < 0) to = body.length;
      const end = to > from && body[to - 1] === 13 ? to - 1 : to;
      this.#add(found, body.subarray(from, end), offset + from, 0);
      from = to + 1;
    }
  }

  #pushUnits(data: Uint8Array): TextBatch | null {
    const found: Found = { lines: [], starts: [], truncated: null };
    const low = this.#encoding === "utf-16le" ? 0 : 1;
    let from = 0;
    // Where the next unit begins: one byte on when half a unit is held.
    for (let i = (this.#carried + this.#dropped) & 1 ? -1 : 0; i + 1 < data.length; i += 2) {
      const lowByte = i + low < 0 ? this.#lastByte : data[i + low];
      const highByte = i + 1 - low < 0 ? this.#lastByte : data[i + 1 - low];
      if (lowByte !== 10 || highByte !== 0) continue;
      this.#keep(data.subarray(from, Math.max(i, from)));
      // A line feed whose first byte came in the chunk before is held already.
      if (i < 0) this.#unkeep();
      this.#takeCarried(found, true);
      from = i + 2;
    }
    this.#keep(data.subarray(from));
    if (found.lines.length === 0) return null;
    return this.#batch(found.lines, (i) => found.starts[i], found.truncated, this.#start);
  }

  #lastByte = 0;

  #keep(part: Uint8Array): void {
    // A hole that copytruncate left before a line is no part of it, however long it is.
    if (this.#carried === 0 && this.#dropped === 0 && part[0] === 0 && this.#encoding === "utf-8") {
      const text = part.findIndex((byte) => byte !== 0);
      const hole = text < 0 ? part.length : text;
      this.#start += hole;
      part = part.subarray(hole);
    }
    if (part.length === 0) return;
    this.#lastByte = part[part.length - 1];
    const room = Math.max(0, this.#maxLine - this.#carried);
    // One byte more than the limit may be the CR of a line end: it is looked at when the line ends.
    const take = Math.min(part.length, room + 2);
    if (this.#carried + take > this.#carry.length) {
      const grown = new Uint8Array(Math.max(this.#carry.length * 2, this.#carried + take));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    const held = Math.min(take, Math.max(0, this.#maxLine + 2 - this.#carried));
    this.#carry.set(part.subarray(0, held), this.#carried);
    this.#carried += held;
    this.#dropped += part.length - held;
  }

  #unkeep(): void {
    if (this.#dropped > 0) this.#dropped--;
    else this.#carried--;
  }

  /** Ends the carried line: adds it and moves on to the byte after its line feed. */
  #takeCarried(found: Found, ended: boolean): void {
    const unit = this.#encoding === "utf-8" ? 1 : 2;
    const length = this.#carried + this.#dropped;
    let bytes = this.#carry.subarray(0, this.#carried);
    if (ended && this.#dropped === 0 && endsInCr(bytes, this.#encoding!)) {
      bytes = bytes.subarray(0, bytes.length - unit);
    }
    this.#add(found, bytes, this.#start, this.#dropped);
    this.#start += length + (ended ? unit : 0);
    this.#carried = 0;
    this.#dropped = 0;
    if (this.#carry.length > 1 << 16) this.#carry = new Uint8Array(4096);
  }

  #add(found: Found, bytes: Uint8Array, start: number, dropped: number): void {
    if (bytes[0] === 0 && this.#encoding === "utf-8") {
      const text = bytes.findIndex((byte) => byte !== 0);
      const hole = text < 0 ? bytes.length : text;
      start += hole;
      bytes = bytes.subarray(hole);
    }
    if (bytes.length > this.#maxLine) {
      dropped += bytes.length - this.#maxLine;
      bytes = bytes.subarray(0, this.#maxLine);
    }
    if (dropped > 0) {
      const whole = atCharacter(bytes, this.#encoding!);
      dropped += bytes.length - whole.length;
      bytes = whole;
      this.counters.truncated++;
      this.counters.droppedBytes += dropped;
      (found.truncated ??= []).push(found.lines.length);
    }
    const { text, invalid } = decodeLine(bytes, this.#encoding!);
    if (invalid) this.counters.invalid++;
    found.lines.push(text);
    found.starts.push(start);
  }

  #batch(
    texts: string[],
    offset: (i: number) => number,
    truncated: number[] | null,
    end: number,
  ): TextBatch {
    this.counters.lines += texts.length;
    if (this.input.identity === null) this.input.identify(identityOf(texts[0]));
    return {
      input: this.input,
      lines: texts,
      arrival: this.#arrival,
      offset,
      truncated,
      end,
      encoding: this.#encoding!,
    };
  }
}

interface Found {
  readonly lines: string[];
  readonly starts: number[];
  truncated: number[] | null;
}

/** 16 hex digits from the first line, at most 1 KiB of it. */
export function identityOf(firstLine: string): string {
  const bytes = Buffer.from(firstLine.slice(0, IDENTITY_BYTES), "utf8").subarray(0, IDENTITY_BYTES);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * The encoding by a mark, or by the zeros of UTF-16 without one. Null when the bytes could still become
 * either.
 */
export function byteOrderMark(
  bytes: Uint8Array,
  ended: boolean,
): { encoding: Encoding; length: number } | null {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", length: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", length: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", length: 3 };
  // Text begins with characters under U+0100 whose other byte is zero; a hole of NULs has only zeros.
  if (bytes.length < 4 ? !ended && bytes.length > 1 && (a === 0) !== (b === 0) : false) return null;
  if (bytes.length >= 4) {
    const d = bytes[3];
    if (a !== 0 && b === 0 && c !== 0 && d === 0) return { encoding: "utf-16le", length: 0 };
    if (a === 0 && b !== 0 && c === 0 && d !== 0) return { encoding: "utf-16be", length: 0 };
  }
  const open = bytes.length === 0 ||
    (bytes.length === 1 && (a === 0xff || a === 0xfe || a === 0xef)) ||
    (bytes.length === 2 && a === 0xef && b === 0xbb);
  return open && !ended ? null : { encoding: "utf-8", length: 0 };
}

function withoutCr(whole: readonly string[]): string[] {
  return whole.map((line) => {
    const last = line.length - 1;
    return last >= 0 && line.charCodeAt(last) === 13 ? line.slice(0, last) : line;
  });
}

/** Offsets are summed up once, when the first is asked for. */
function lazyOffsets(whole: readonly string[], start: number, ascii: boolean) {
  let offsets: Float64Array | null = null;
  return (i: number): number => {
    if (offsets === null) {
      offsets = new Float64Array(whole.length);
      let at = start;
      for (let k = 0; k < whole.length; k++) {
        offsets[k] = at;
        at += (ascii ? whole[k].length : Buffer.byteLength(whole[k], "utf8")) + 1;
      }
    }
    return offsets[i];
  };
}

function endsInCr(bytes: Uint8Array, encoding: Encoding): boolean {
  const n = bytes.length;
  if (encoding === "utf-8") return n > 0 && bytes[n - 1] === 13;
  const low = encoding === "utf-16le" ? n - 2 : n - 1;
  const high = encoding === "utf-16le" ? n - 1 : n - 2;
  return n > 1 && bytes[low] === 13 && bytes[high] === 0;
}

/** Cuts back to the last whole character, so that a truncated line is not also an invalid one. */
function atCharacter(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  if (encoding !== "utf-8") return bytes.subarray(0, bytes.length & ~1);
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}
