/**
 * Record batches of Kafka, version 2, of lines (https://kafka.apache.org/documentation/#recordbatch):
 * a line is a value; the key names its source, so that one source stays in one partition, and the
 * headers say host, source and where in the source it stands.
 */
import { Buffer } from "node:buffer";

/** Where lines are from: what their records have in common. */
export interface Source {
  /** `host:path`, or the listener's name. */
  readonly key: string;
  readonly host: string;
  readonly source: string;
  readonly sourcetype: string | null;
}

/** A line with its place. */
export interface Line {
  readonly of: Source;
  readonly text: string;
  /** Bytes before it in its source. */
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly time: number;
}

export interface Producer {
  readonly id: bigint;
  readonly epoch: number;
}

/** What compresses a batch's records, with its number in the attributes. */
export interface Packing {
  readonly attribute: number;
  pack(data: Buffer): Buffer;
}

const HEAD = 61;
/** Bytes of a record beside its key, value and headers at most. */
const AROUND = 64;

/** A source's key and headers as bytes, but for the offset's value, which comes last. */
interface Encoded {
  readonly key: Buffer;
  readonly headers: Buffer;
}

/** Writes batches into a buffer of its own, which grows to the largest. */
export class BatchWriter {
  #buffer = Buffer.allocUnsafe(1 << 16);
  #at = 0;
  readonly #encoded = new WeakMap<Source, Encoded>();

  constructor(
    private readonly crc32c: (data: Uint8Array) => number,
    private readonly packing: Packing | null,
  ) {}

  /**
   * One batch of lines, which is copied out.
   * @param sequence of its first record, by which the broker knows a repeat
   */
  write(lines: readonly Line[], producer: Producer, sequence: number): Buffer {
    this.#at = 0;
    const first = lines[0].time;
    let latest = first;
    for (let i = 0; i < lines.length; i++) {
      this.#record(lines[i], i, first);
      if (lines[i].time > latest) latest = lines[i].time;
    }
    const plain = this.#buffer.subarray(0, this.#at);
    const records = this.packing === null ? plain : this.packing.pack(plain);
    const out = Buffer.allocUnsafe(HEAD + records.length);
    out.writeBigInt64BE(0n, 0);
    out.writeInt32BE(out.length - 12, 8);
    out.writeInt32BE(-1, 12);
    out.writeInt8(2, 16);
    out.writeInt16BE(this.packing?.attribute ?? 0, 21);
    out.writeInt32BE(lines.length - 1, 23);
    out.writeBigInt64BE(BigInt(first), 27);
    out.writeBigInt64BE(BigInt(latest), 35);
    out.writeBigInt64BE(producer.id, 43);
    out.writeInt16BE(producer.epoch, 51);
    out.writeInt32BE(sequence, 53);
    out.writeInt32BE(lines.length, 57);
    records.copy(out, HEAD);
    out.writeUInt32BE(this.crc32c(out.subarray(21)), 17);
    return out;
  }

  #record({ of, text, offset, time }: Line, index: number, first: number): void {
    const { key, headers } = this.#of(of);
    // Three bytes a UTF-16 unit at most.
    const most = AROUND + key.length + headers.length + 3 * text.length;
    if (this.#at + most > this.#buffer.length) this.#grow(this.#at + most);
    const buffer = this.#buffer;
    // The length stands before what it counts: it is written behind five bytes, and moved to it.
    const start = this.#at;
    let at = start + 5;
    buffer[at++] = 0;
    at = varint(buffer, at, time - first);
    at = varint(buffer, at, index);
    at = varint(buffer, at, key.length);
    at = copied(buffer, at, key);
    // How long the value is, is known when it is written: room for its length is three bytes or five.
    const room = sizeOf(3 * text.length);
    const size = buffer.write(text, at + room, "utf8");
    const used = sizeOf(size);
    if (used !== room) buffer.copyWithin(at + used, at + room, at + room + size);
    varint(buffer, at, size);
    at += used + size;
    at = copied(buffer, at, headers);
    at = decimal(buffer, at, offset);
    const length = at - (start + 5);
    const head = sizeOf(length);
    varint(buffer, start, length);
    buffer.copyWithin(start + head, start + 5, at);
    this.#at = start + head + length;
  }

  #of(source: Source): Encoded {
    let found = this.#encoded.get(source);
    if (!found) {
      const pairs: [string, string][] = [["host", source.host], ["source", source.source]];
      if (source.sourcetype !== null) pairs.push(["sourcetype", source.sourcetype]);
      const parts = [...pairs.flat(), "offset"].map((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(sizeOf(bytes.length));
        varint(length, 0, bytes.length);
        return Buffer.concat([length, bytes]);
      });
      const count = Buffer.alloc(1);
      varint(count, 0, pairs.length + 1);
      found = { key: Buffer.from(source.key), headers: Buffer.concat([count, ...parts]) };
      this.#encoded.set(source, found);
    }
    return found;
  }

  #grow(to: number): void {
    const larger = Buffer.allocUnsafe(Math.max(to, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Bytes of a number of 0 or more as a varint. */
function sizeOf(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1048576 ? 3 : value < 134217728 ? 4 : 5;
}

/** Copies bytes; the place behind them. For a few tens of them a call out of JavaScript takes longer. */
function copied(into: Buffer, at: number, from: Buffer): number {
  for (let i = 0; i < from.length; i++) into[at++] = from[i];
  return at;
}

/** Writes a number's length and its decimal digits; the place behind them. */
function decimal(into: Buffer, at: number, value: number): number {
  let digits = 1;
  for (let least = 10; least <= value; least *= 10) digits++;
  at = varint(into, at, digits);
  for (let i = digits - 1, rest = value; i >= 0; i--) {
    into[at + i] = 48 + rest % 10;
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

/** Writes a zigzag varint; the place behind it. */
function varint(into: Buffer, at: number, value: number): number {
  let rest = value >= 0 ? 2 * value : -2 * value - 1;
  while (rest >= 128) {
    into[at++] = rest % 128 | 128;
    rest = Math.floor(rest / 128);
  }
  into[at++] = rest;
  return at;
}
