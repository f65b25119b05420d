/**
 * Cuts what one connection sends into records, by RFC 6587: each is preceded by its length in octets
 * (section 3.4.1), or ends with a line feed (3.4.2).
 */
import { decodeLine } from "../stages/decode.ts";
import { type LineCounters, LineReader } from "../stages/lines.ts";
import type { Records } from "./queue.ts";
import { InputHandle } from "../input.ts";

/** `123 <34>…`: RFC 6587's MSG-LEN has no leading zero, and a syslog message begins with its priority. */
const COUNTED = /^[1-9]\d{0,7} </;
const MAYBE_COUNTED = /^[1-9]\d{0,7} ?$/;
const LONGEST_LENGTH = 8;

interface Reader {
  readonly broken: boolean;
  /** Bytes held of a record that has no end yet. */
  readonly held: number;
  push(data: Uint8Array): Records | null;
  /** What is held becomes a record, cut; the rest of it is dropped as it comes. */
  cut(): Records | null;
  end(): Records | null;
}

/** One connection's records. How it frames them is told by its first bytes. */
export class Framing {
  private reader: Reader | null = null;
  private first: Uint8Array = new Uint8Array(0);

  constructor(private readonly maxLine: number, private readonly counters: LineCounters) {}

  /** A length was none: nothing says where the next record begins, and none is given any more. */
  get broken(): boolean {
    return this.reader?.broken ?? false;
  }

  /** Bytes held of a record that has no end yet. */
  get held(): number {
    return this.reader?.held ?? 0;
  }

  /** Gives the memory of the record at hand back: what there is of it, marked as cut. */
  cut(): Records | null {
    return this.reader?.cut() ?? null;
  }

  /** Takes bytes; the records that they end. */
  push(data: Uint8Array): Records | null {
    if (this.reader) return this.reader.push(data);
    const seen = new Uint8Array(this.first.length + data.length);
    seen.set(this.first);
    seen.set(data, this.first.length);
    this.first = seen;
    const start = String.fromCharCode(...seen.subarray(0, LONGEST_LENGTH + 2));
    if (MAYBE_COUNTED.test(start)) return null;
    this.reader = COUNTED.test(start)
      ? new Counted(this.maxLine, this.counters)
      : new Lines(this.maxLine, this.counters);
    return this.reader.push(seen);
  }

  /** The connection has ended: what is left is a record. */
  end(): Records | null {
    if (this.reader) return this.reader.end();
    if (this.first.length === 0) return null;
    this.reader = new Lines(this.maxLine, this.counters);
    const got = this.reader.push(this.first);
    const rest = this.reader.end();
    return got && rest ? { lines: [...got.lines, ...rest.lines], truncated: null } : got ?? rest;
  }
}

class Lines implements Reader {
  readonly broken = false;
  private lines: LineReader;
  /** The record at hand was cut: what comes up to its end is dropped. */
  private skipping = false;

  constructor(private readonly maxLine: number, private readonly counters: LineCounters) {
    this.lines = this.reader();
  }
  private reader(): LineReader {
    const input = new InputHandle({ name: "", identity: "" });
    return new LineReader(input, { maxLine: this.maxLine, counters: this.counters });
  }
  get held(): number {
    return this.lines.held;
  }
  push(data: Uint8Array): Records | null {
    if (this.skipping) {
      const end = data.indexOf(10);
      const dropped = end < 0 ? data.length : end;
      this.counters.bytes += end < 0 ? dropped : dropped + 1;
      this.counters.droppedBytes += dropped;
      if (end < 0) return null;
      this.skipping = false;
      data = data.subarray(end + 1);
      if (data.length === 0) return null;
    }
    const records = this.lines.push(data, 0);
    if (records) this.lines.shrink();
    return records;
  }
  cut(): Records | null {
    const records = this.lines.end();
    this.lines = this.reader();
    if (records === null) return null;
    this.skipping = true;
    const last = records.lines.length - 1;
    if (records.truncated?.includes(last)) return records;
    this.counters.truncated++;
    return { lines: records.lines, truncated: [...records.truncated ?? [], last] };
  }
  end(): Records | null {
    return this.lines.end();
  }
}

class Counted implements Reader {
  broken = false;
  /** Digits of a length that is not all there. */
  private digits = "";
  /** Octets of the message still to come; -1 while its length is read. */
  private left = -1;
  private parts: Uint8Array[] = [];
  private kept = 0;
  private dropped = 0;
  /** The record at hand was cut: its octets still to come are dropped. */
  private skipping = false;

  constructor(private readonly maxLine: number, private readonly counters: LineCounters) {}

  get held(): number {
    return this.kept;
  }

  cut(): Records | null {
    if (this.kept === 0) return null;
    const { left } = this;
    this.dropped += left;
    const lines: string[] = [], truncated: number[] = [];
    this.take(lines, truncated);
    this.left = left;
    this.skipping = true;
    return { lines, truncated };
  }

  push(data: Uint8Array): Records | null {
    this.counters.bytes += data.length;
    const lines: string[] = [], truncated: number[] = [];
    for (let at = 0; at < data.length && !this.broken;) {
      if (this.left < 0) {
        const c = data[at++];
        if (c === 32 && this.digits !== "") {
          this.left = Number(this.digits);
          this.digits = "";
        } else if (c >= 48 && c <= 57 && this.digits.length < LONGEST_LENGTH) {
          this.digits += String.fromCharCode(c);
          continue;
          // Some send a line feed after each message all the same.
        } else if (this.digits === "" && (c === 10 || c === 13 || c === 0)) continue;
        else {
          this.broken = true;
          break;
        }
      }
      const part = data.subarray(at, at + this.left);
      at += part.length;
      this.left -= part.length;
      if (this.skipping) {
        if (this.left > 0) continue;
        this.skipping = false;
        this.left = -1;
        continue;
      }
      const room = Math.max(0, this.maxLine - this.kept);
      if (part.length > 0 && room > 0) this.parts.push(part.slice(0, room));
      this.kept += Math.min(room, part.length);
      this.dropped += Math.max(0, part.length - room);
      if (this.left === 0) this.take(lines, truncated);
    }
    return lines.length > 0 ? { lines, truncated: truncated.length > 0 ? truncated : null } : null;
  }

  end(): Records | null {
    if (this.kept === 0) return null;
    const lines: string[] = [], truncated: number[] = [];
    this.take(lines, truncated);
    return { lines, truncated };
  }

  private take(lines: string[], truncated: number[]): void {
    const bytes = new Uint8Array(this.kept);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    if (this.dropped > 0) {
      truncated.push(lines.length);
      this.counters.truncated++;
      this.counters.droppedBytes += this.dropped;
    }
    lines.push(recordText(bytes, this.counters));
    this.parts = [];
    this.kept = this.dropped = 0;
    this.left = -1;
  }
}

/** A message's text, without the line feed or NUL that some senders end it with. */
export function recordText(bytes: Uint8Array, counters: LineCounters): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13 || bytes[end - 1] === 0)) end--;
  const { text, invalid } = decodeLine(bytes.subarray(0, end), "utf-8");
  counters.lines++;
  if (invalid) counters.invalid++;
  return text;
}
