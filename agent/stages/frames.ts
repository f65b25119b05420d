/**
 * Records that line feeds do not separate: EventXML, which Windows exports on one line or on many, and
 * JSON values that are spread over lines or stand in one list; syslog messages that a count of bytes
 * precedes (RFC 6587), as a TCP stream that was saved has them. Bytes as read → the text of each record.
 */
import type { InputHandle } from "../input.ts";
import { decodeLine, type Encoding } from "./decode.ts";
import { identityOf, type LineCounters, type TextBatch } from "./lines.ts";

export type Framing = "xml" | "json" | "octets";

export interface FrameOptions {
  readonly framing: Framing;
  readonly encoding: Encoding;
  /** Longest record in bytes; the rest of a longer one is dropped and counted. */
  readonly maxLine: number;
  readonly counters: LineCounters;
  /** Offset of the first byte. */
  readonly offset: number;
}

/** Cuts one input's bytes into records. What it is given first may begin with a byte order mark. */
export class FrameReader {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the first byte held. */
  #offset: number;
  #find: Finder;
  /** The record under way is over the limit: passed over up to its end. */
  #skipping = false;
  #arrival = 0;

  constructor(readonly input: InputHandle, readonly options: FrameOptions) {
    this.#offset = options.offset;
    this.#find = options.framing === "xml"
      ? new XmlEnds(options.encoding)
      : options.framing === "json"
      ? new JsonEnds(options.encoding)
      : new OctetEnds();
  }

  /** Takes a chunk, which is copied; returns the records that it ends, or null. */
  push(data: Uint8Array, arrival: number): TextBatch | null {
    this.#arrival = arrival;
    this.options.counters.bytes += data.length;
    const bytes = new Uint8Array(this.#bytes.length + data.length);
    bytes.set(this.#bytes);
    bytes.set(data, this.#bytes.length);
    const found: Found = { lines: [], starts: [], truncated: null };
    let from = 0;
    for (;;) {
      const end = this.#find.end(bytes, from, this.#skipping);
      if (end < 0) break;
      if (this.#skipping) this.#drop(end - from);
      else this.#add(found, bytes.subarray(from, end), this.#offset + from);
      this.#skipping = false;
      from = end;
    }
    let rest = bytes.subarray(from);
    if (this.#skipping || rest.length > this.#limit) {
      if (!this.#skipping) {
        const kept = this.#limit;
        // What is cut off is counted when it is passed over.
        this.#add(found, rest.subarray(0, kept), this.#offset + from, true);
        rest = rest.subarray(kept);
        from += kept;
        this.#skipping = true;
      }
      // The last bytes may be the beginning of the record's end.
      const passed = Math.max(0, rest.length - this.#find.overlap) & ~1;
      this.#drop(passed);
      from += passed;
    }
    this.#bytes = bytes.slice(from);
    this.#offset += from;
    this.#find.moved(from);
    return this.#batch(found);
  }

  /** The input has ended: what is left, when it is more than what closes a list of records. */
  end(): TextBatch | null {
    const found: Found = { lines: [], starts: [], truncated: null };
    if (this.#skipping) this.#drop(this.#bytes.length);
    else this.#add(found, this.#bytes, this.#offset);
    this.#offset += this.#bytes.length;
    this.#bytes = new Uint8Array(0);
    return this.#batch(found);
  }

  /** Longest record in bytes, whole UTF-16 units. */
  get #limit(): number {
    return this.options.maxLine & ~1;
  }

  #drop(bytes: number): void {
    this.options.counters.droppedBytes += bytes;
  }

  #add(found: Found, bytes: Uint8Array, start: number, cut = false): void {
    const truncated = cut || bytes.length > this.#limit;
    if (bytes.length > this.#limit) {
      this.#drop(bytes.length - this.#limit);
      bytes = bytes.subarray(0, this.#limit);
    }
    const { text, invalid } = decodeLine(bytes, this.options.encoding);
    if (invalid) this.options.counters.invalid++;
    const lines = this.#find.records(text);
    for (let i = 0; i < lines.length; i++) {
      if (truncated) {
        this.options.counters.truncated++;
        (found.truncated ??= []).push(found.lines.length);
      }
      found.lines.push(lines[i]);
      // Two records of one stretch, of which the first has no end, need ids of their own.
      found.starts.push(start + i);
    }
  }

  #batch(found: Found): TextBatch | null {
    const { lines, starts, truncated } = found;
    if (lines.length === 0) return null;
    this.options.counters.lines += lines.length;
    if (this.input.identity === null) this.input.identify(identityOf(lines[0]));
    return {
      input: this.input,
      lines,
      arrival: this.#arrival,
      offset: (i) => starts[i],
      truncated,
      end: this.#offset,
      encoding: `${this.options.framing} ${this.options.encoding}`,
    };
  }
}

interface Found {
  readonly lines: string[];
  readonly starts: number[];
  truncated: number[] | null;
}

/** Finds where records end, and takes what is around them away. */
interface Finder {
  /** Bytes at the end of what was searched that are searched again with the next chunk. */
  readonly overlap: number;
  /**
   * The byte after the record that begins at `from`, or goes on there (`within`); -1 when its end is not
   * in yet.
   */
  end(bytes: Uint8Array, from: number, within: boolean): number;
  /** The first `by` bytes were taken away. */
  moved(by: number): void;
  /** The records in a stretch of text: one, none, or a broken one before it. */
  records(text: string): string[];
}

const END_TAG = "</Event>";
/** After `<`: an element, a declaration or a comment; not the priority of a syslog line. */
const MARKUP = /[A-Za-z/?!]/;
/** What stands before the first event of an export, and after the last. */
const XML_AROUND = /^\s*(?:<\?xml[^>]*>\s*)?(?:<Events(?:\s[^>]*)?>\s*)?(?:<\/Events>\s*)?/;

class XmlEnds implements Finder {
  readonly overlap: number;
  readonly #needle: Uint8Array;
  readonly #wide: boolean;
  readonly #big: boolean;
  /** The record is a line, not markup. */
  #line = false;
  /** Up to here there is no end. */
  #searched = 0;

  constructor(encoding: Encoding) {
    this.#needle = encodeUnits(END_TAG, encoding);
    this.#wide = encoding !== "utf-8";
    this.#big = encoding === "utf-16be";
    this.overlap = this.#needle.length;
  }

  end(bytes: Uint8Array, from: number, within: boolean): number {
    if (!within) {
      const line = this.#isLine(bytes, from);
      if (line === null) return -1;
      this.#line = line;
    }
    if (this.#line) return this.#lineEnd(bytes, from);
    const needle = this.#needle;
    const first = needle[0];
    const last = bytes.length - needle.length;
    let at = bytes.indexOf(first, Math.max(from, this.#searched));
    for (; at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
      if (this.#wide && (at - from) % 2 !== 0) continue;
      let i = 1;
      while (i < needle.length && bytes[at + i] === needle[i]) i++;
      if (i === needle.length) {
        this.#searched = at + i;
        return at + i;
      }
    }
    this.#searched = Math.max(from, last + 1, this.#searched);
    return -1;
  }

  /**
   * A file may mix events with lines of another kind, which end at their line feed: whether what begins
   * at `from` is one. Null when that is not in yet.
   */
  #isLine(bytes: Uint8Array, from: number): boolean | null {
    const step = this.#step;
    let at = from;
    while (
      at + step <= bytes.length && (this.#unit(bytes, at) <= 32 || this.#unit(bytes, at) === 0xfeff)
    ) {
      at += step;
    }
    // The byte order mark of UTF-8.
    if (step === 1 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) {
      at += 3;
    }
    if (at + step > bytes.length) return null;
    if (this.#unit(bytes, at) !== 60) return true;
    if (at + 2 * step > bytes.length) return null;
    return !MARKUP.test(String.fromCharCode(this.#unit(bytes, at + step)));
  }

  #lineEnd(bytes: Uint8Array, from: number): number {
    const step = this.#step;
    // What stands before the line is no part of it, nor is the feed that ended the record before.
    let at = from;
    while (at + step <= bytes.length && this.#unit(bytes, at) <= 32) at += step;
    for (; at + step <= bytes.length; at += step) {
      if (this.#unit(bytes, at) === 10) return at + step;
    }
    return -1;
  }

  get #step(): number {
    return this.#wide ? 2 : 1;
  }

  #unit(bytes: Uint8Array, at: number): number {
    if (!this.#wide) return bytes[at];
    return this.#big ? bytes[at] << 8 | bytes[at + 1] : bytes[at] | bytes[at + 1] << 8;
  }

  moved(by: number): void {
    this.#searched = Math.max(0, this.#searched - by);
  }

  records(text: string): string[] {
    const event = text.replace(/^\ufeff/, "").replace(XML_AROUND, "").trimEnd();
    if (event === "") return [];
    // An event that has no end of its own would take the next one with it.
    const next = Math.max(event.lastIndexOf("<Event "), event.lastIndexOf("<Event>"));
    const before = next > 0 ? event.slice(0, next).trimEnd() : "";
    return before === "" ? [event] : [before, event.slice(next)];
  }
}

const COUNTED = /^(\d{1,7}) </;
const MAYBE_COUNTED = /^\d{0,7} ?$/;

/** `93 <38>1 2026-…` and 93 bytes on the next message; what has no count ends at a line feed. */
class OctetEnds implements Finder {
  readonly overlap = 0;
  /** Where the message under way ends; -1 for one that ends at a line feed. */
  #until = -1;

  end(bytes: Uint8Array, from: number, within: boolean): number {
    if (!within) {
      let at = from;
      while (at < bytes.length && bytes[at] <= 32) at++;
      const head = String.fromCharCode(...bytes.subarray(at, at + 9));
      if (at + head.length === bytes.length && MAYBE_COUNTED.test(head)) return -1;
      const count = COUNTED.exec(head);
      this.#until = count === null ? -1 : at + count[1].length + 1 + +count[1];
      from = at;
    }
    if (this.#until >= 0) return this.#until <= bytes.length ? this.#until : -1;
    const feed = bytes.indexOf(10, from);
    return feed < 0 ? -1 : feed + 1;
  }

  moved(by: number): void {
    if (this.#until >= 0) this.#until = Math.max(0, this.#until - by);
  }

  records(text: string): string[] {
    const message = text.trim().replace(/^\d{1,7} (?=<)/, "");
    return message === "" ? [] : [message];
  }
}

/** Whether a text begins with a counted message that another, or the end of the input, follows. */
export function isCounted(start: Uint8Array, ended: boolean): boolean | undefined {
  const head = String.fromCharCode(...start.subarray(0, 9));
  const count = COUNTED.exec(head);
  if (count === null) {
    return start.length < 9 && MAYBE_COUNTED.test(head) && !ended ? undefined : false;
  }
  const next = count[1].length + 1 + +count[1];
  if (start.length < next) return ended ? false : undefined;
  const after = String.fromCharCode(...start.subarray(next, next + 11)).trimStart();
  if (COUNTED.test(after) || ended && after === "") return true;
  return !ended && (after === "" || MAYBE_COUNTED.test(after)) ? undefined : false;
}

/** Braces that stand outside of texts, counted unit by unit. */
class JsonEnds implements Finder {
  readonly overlap = 0;
  readonly #step: number;
  readonly #low: number;
  #at = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  constructor(encoding: Encoding) {
    this.#step = encoding === "utf-8" ? 1 : 2;
    this.#low = encoding === "utf-16be" ? 1 : 0;
  }

  end(bytes: Uint8Array, from: number): number {
    const step = this.#step, low = this.#low;
    let at = Math.max(this.#at, from);
    for (; at + step <= bytes.length; at += step) {
      if (step === 2 && bytes[at + 1 - low] !== 0) continue;
      const unit = bytes[at + low];
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (unit === 92) this.#escaped = true;
        else if (unit === 34) this.#inText = false;
      } else if (unit === 34) this.#inText = this.#depth > 0;
      else if (unit === 123) this.#depth++;
      else if (unit === 125 && this.#depth > 0 && --this.#depth === 0) {
        return this.#at = at + step;
      }
    }
    this.#at = at;
    return -1;
  }

  moved(by: number): void {
    this.#at -= by;
  }

  records(text: string): string[] {
    const value = text.replace(/^[\ufeff\s,[\]]+/, "").replace(/[\s,\]]+$/, "");
    return value === "" ? [] : [value];
  }
}

function encodeUnits(text: string, encoding: Encoding): Uint8Array {
  if (encoding === "utf-8") return new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) {
    view.setUint16(2 * i, text.charCodeAt(i), encoding === "utf-16le");
  }
  return new Uint8Array(view.buffer);
}
