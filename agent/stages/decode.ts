/** Bytes → text without losing a byte: what is not valid text is kept as `\xNN`. */

export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const loose = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * Bytes that become one string at most, a longer line apart. V8 moves a larger string out of the young
 * generation at once if it lives through one collection, which two-byte strings are from 64 Ki
 * characters on: each block of input then waits for a collection of the whole heap. Lines are
 * slices, so that a line that is held holds no more than its piece.
 */
export const PIECE = 60 * 1024;

/**
 * Many lines at once, the fast way: null when they hold NUL or what may be invalid bytes and so need
 * `decodeLine` one by one. A U+FFFD that the input really holds takes the slow way too, and stays.
 * @param body complete lines without the last one's line feed
 * @returns `ascii`: characters are bytes; `cr`: some line may end in CR
 */
export function decodeLines(
  body: Uint8Array,
): { lines: string[]; ascii: boolean; cr: boolean } | null {
  let lines: string[] = [];
  let ascii = true, cr = false;
  for (let from = 0; from <= body.length;) {
    const to = pieceEnd(body, from);
    const text = loose.decode(body.subarray(from, to));
    if (text.includes("\uFFFD") || text.includes("\0")) return null;
    const part = text.split("\n");
    lines = from === 0 ? part : lines.concat(part);
    ascii &&= text.length === to - from;
    cr ||= text.includes("\r");
    from = to + 1;
  }
  return { lines, ascii, cr };
}

/** Where the piece that begins at `from` ends: before a line feed, or at the end of the body. */
function pieceEnd(body: Uint8Array, from: number): number {
  if (body.length - from <= PIECE) return body.length;
  const last = body.lastIndexOf(10, from + PIECE);
  if (last >= from) return last;
  const next = body.indexOf(10, from + PIECE);
  return next < 0 ? body.length : next;
}

/** One line, without its end. */
export function decodeLine(
  bytes: Uint8Array,
  encoding: Encoding,
): { text: string; invalid: boolean } {
  if (encoding !== "utf-8") return decodeUnits(bytes, encoding === "utf-16le");
  try {
    return { text: visibleNul(strict.decode(bytes)), invalid: false };
  } catch {
    return { text: visibleNul(escapeInvalid(bytes)), invalid: true };
  }
}

function visibleNul(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\\x00") : text;
}

function hex(byte: number): string {
  return "\\x" + byte.toString(16).padStart(2, "0");
}

/** Well-formed sequences (Unicode, table 3-7) are decoded, every other byte is escaped. */
function escapeInvalid(bytes: Uint8Array): string {
  let out = "";
  let good = 0;
  for (let i = 0; i < bytes.length;) {
    const size = sequenceAt(bytes, i);
    if (size > 0) {
      i += size;
      continue;
    }
    out += strict.decode(bytes.subarray(good, i)) + hex(bytes[i]);
    good = ++i;
  }
  return out + strict.decode(bytes.subarray(good));
}

/** Length of the well-formed UTF-8 sequence at i, 0 when there is none. */
function sequenceAt(bytes: Uint8Array, i: number): number {
  const a = bytes[i];
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4) return 0;
  const size = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
  if (i + size > bytes.length) return 0;
  const b = bytes[i + 1];
  const from = a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80;
  const to = a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf;
  if (b < from || b > to) return 0;
  for (let k = 2; k < size; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return 0;
  return size;
}

function decodeUnits(bytes: Uint8Array, little: boolean): { text: string; invalid: boolean } {
  let out = "";
  let invalid = false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) {
    const unit = view.getUint16(i, little);
    if (unit >= 0xd800 && unit < 0xe000) {
      const next = i + 2 < even ? view.getUint16(i + 2, little) : 0;
      if (unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        out += String.fromCharCode(unit, next);
        i += 2;
      } else {
        out += hex(bytes[i]) + hex(bytes[i + 1]);
        invalid = true;
      }
    } else if (unit === 0) out += "\\x00";
    else out += String.fromCharCode(unit);
  }
  if (even < bytes.length) {
    out += hex(bytes[even]);
    invalid = true;
  }
  return { text: out, invalid };
}
