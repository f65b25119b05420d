/** The value types of binary XML and their text, as Windows renders them. [MS-EVEN6] 2.2.12–2.2.18. */
import type { ChunkBytes } from "./bytes.ts";

export const NULL = 0x00, STRING = 0x01, ANSI = 0x02, BINARY = 0x0e;
export const FILETIME = 0x11, SYSTEMTIME = 0x12, SID = 0x13;
export const BINXML = 0x21;
/** Set on the type of a value that holds several. */
export const ARRAY = 0x80;

/** Bytes of a value whose type fixes it; 0 where it varies. */
export function fixedSize(type: number): number {
  switch (type) {
    case 0x03:
    case 0x04:
      return 1;
    case 0x05:
    case 0x06:
      return 2;
    case 0x07:
    case 0x08:
    case 0x0b:
    case 0x0d:
    case 0x14:
      return 4;
    case 0x09:
    case 0x0a:
    case 0x0c:
    case 0x10:
    case FILETIME:
    case 0x15:
      return 8;
    case 0x0f:
    case SYSTEMTIME:
      return 16;
    default:
      return 0;
  }
}

/**
 * The text of one value, which is not an array. Windows writes hexadecimal integers as `0x3e7` and so
 * it does sizes; with `padded` the former have their full width (`0x00000000000003e7`) and the latter
 * are decimal. A value shorter than its type asks is
 * rendered as binary data.
 */
export function valueText(
  bytes: ChunkBytes,
  type: number,
  at: number,
  size: number,
  padded: boolean,
): string {
  const { view } = bytes;
  if (size < fixedSize(type) && !(type === 0x10 && size >= 4) && !(type === 0x0d && size >= 1)) {
    return bytes.hex(at, size);
  }
  switch (type) {
    case NULL:
      return "";
    case STRING:
      return plain(bytes.utf16(at, size >> 1));
    case ANSI:
      return plain(bytes.latin1(at, size));
    case 0x03:
      return String(view.getInt8(at));
    case 0x04:
      return String(view.getUint8(at));
    case 0x05:
      return String(view.getInt16(at, true));
    case 0x06:
      return String(view.getUint16(at, true));
    case 0x07:
      return String(view.getInt32(at, true));
    case 0x08:
      return String(view.getUint32(at, true));
    case 0x09:
      return String(view.getBigInt64(at, true));
    case 0x0a:
      return view.getUint32(at + 4, true) < 0x200000
        ? String(bytes.u64(at))
        : String(view.getBigUint64(at, true));
    case 0x0b:
      return floatText(view.getFloat32(at, true), 7);
    case 0x0c:
      return floatText(view.getFloat64(at, true), 15);
    case 0x0d:
      return bytes.hex(at, Math.min(size, 4)).search(/[1-9A-F]/) >= 0 ? "true" : "false";
    case 0x0f:
      return guidText(bytes, at);
    case 0x10:
      if (padded) return valueText(bytes, size >= 8 ? 0x0a : 0x08, at, size, true);
      return size >= 8 ? hex64(view, at, false) : hex32(view.getUint32(at, true), false);
    case FILETIME:
      return fileTimeText(view.getUint32(at, true), view.getUint32(at + 4, true)) + "00Z";
    case SYSTEMTIME:
      return systemTimeText(view, at);
    case SID:
      return sidText(bytes, at, size);
    case 0x14:
      return hex32(view.getUint32(at, true), padded);
    case 0x15:
      return hex64(view, at, padded);
    default:
      return bytes.hex(at, size);
  }
}

/**
 * The texts of an array's items. Strings end in a NUL each; items of a SID array have the length
 * that their sub-authorities ask. No item gives one empty text, as Windows writes one empty element.
 */
export function arrayTexts(
  bytes: ChunkBytes,
  type: number,
  at: number,
  size: number,
  padded: boolean,
): string[] {
  if (size === 0) return [""];
  const item = type & 0x7f;
  if (item === STRING || item === ANSI) {
    const all = item === STRING ? bytes.utf16(at, size >> 1) : bytes.latin1(at, size);
    const items = all.split("\0");
    if (items.length > 1 && items[items.length - 1] === "") items.pop();
    return items.map(plain);
  }
  const items: string[] = [];
  const end = at + size;
  let step = fixedSize(item);
  if (item !== SID && step === 0) return [bytes.hex(at, size)];
  for (let i = at; i < end; i += step) {
    if (item === SID) step = i + 2 <= end ? 8 + 4 * bytes.u8(i + 1) : 8;
    const left = Math.min(step, end - i);
    items.push(valueText(bytes, item, i, left, padded));
  }
  return items;
}

/**
 * Fixed buffers are written with the NULs that fill them, which end the text. Line ends become `\n`,
 * as they do for whoever reads the event's XML.
 */
function plain(text: string): string {
  const end = text.indexOf("\0");
  if (end >= 0) text = text.slice(0, end);
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

function hex32(n: number, padded: boolean): string {
  const digits = n.toString(16);
  return "0x" + (padded ? digits.padStart(8, "0") : digits);
}

function hex64(view: DataView, at: number, padded: boolean): string {
  const low = view.getUint32(at, true), high = view.getUint32(at + 4, true);
  if (padded) return "0x" + high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  if (high === 0) return "0x" + low.toString(16);
  return "0x" + high.toString(16) + low.toString(16).padStart(8, "0");
}

/** As the C runtime of Windows names what is not a number; else the shortest digits that say it. */
function floatText(n: number, digits: number): string {
  if (Number.isNaN(n)) return "-1.#IND";
  if (n === Infinity) return "1.#INF";
  if (n === -Infinity) return "-1.#INF";
  return String(Number(n.toPrecision(digits)));
}

const pair: string[] = [];
for (let i = 0; i < 256; i++) pair.push(i.toString(16).toUpperCase().padStart(2, "0"));

/** `{…}` in upper case; the first three groups are little-endian. */
export function guidText(bytes: ChunkBytes, at: number): string {
  const d = bytes.data;
  return "{" + pair[d[at + 3]] + pair[d[at + 2]] + pair[d[at + 1]] + pair[d[at]] + "-" +
    pair[d[at + 5]] + pair[d[at + 4]] + "-" + pair[d[at + 7]] + pair[d[at + 6]] + "-" +
    pair[d[at + 8]] + pair[d[at + 9]] + "-" + pair[d[at + 10]] + pair[d[at + 11]] +
    pair[d[at + 12]] + pair[d[at + 13]] + pair[d[at + 14]] + pair[d[at + 15]] + "}";
}

/** `S-1-5-21-…`. [MS-DTYP] 2.4.2. An authority of 2^32 and more is written in hexadecimal. */
function sidText(bytes: ChunkBytes, at: number, size: number): string {
  const { view } = bytes;
  const count = size >= 8 ? bytes.u8(at + 1) : 0;
  if (size < 8 || 8 + count * 4 > size) return bytes.hex(at, size);
  const high = view.getUint16(at + 2), low = view.getUint32(at + 4);
  let text = "S-" + bytes.u8(at) + "-" +
    (high === 0 ? low : "0x" + (high * 4294967296 + low).toString(16));
  for (let i = 0; i < count; i++) text += "-" + view.getUint32(at + 8 + 4 * i, true);
  return text;
}

/** Seconds between 1601-01-01, where FILETIME counts from, and 1970-01-01. */
const EPOCH_SECONDS = 11_644_473_600;
let lastSecond = NaN;
let lastText = "";

function secondsText(seconds: number): string {
  if (seconds !== lastSecond) {
    lastSecond = seconds;
    lastText = new Date(seconds * 1000).toISOString().slice(0, -5);
  }
  return lastText;
}

/** Whole seconds since 1601 and 100 ns units within the second, of a FILETIME's two halves. */
function split(low: number, high: number): { seconds: number; units: number } {
  if (high > 0x60000000) {
    const ticks = (BigInt(high) << 32n) + BigInt(low);
    return { seconds: Number(ticks / 10_000_000n), units: Number(ticks % 10_000_000n) };
  }
  // 2^32 = 429 * 10^7 + 4,967,296, which keeps every product below 2^53.
  const rest = high * 4_967_296 + low;
  return { seconds: high * 429 + Math.floor(rest / 10_000_000), units: rest % 10_000_000 };
}

/** RFC 3339 in UTC with seven digits, without the `Z`: the 100 ns of FILETIME. */
export function fileTimeText(low: number, high: number): string {
  const { seconds, units } = split(low, high);
  return secondsText(seconds - EPOCH_SECONDS) + "." + String(units).padStart(7, "0");
}

/** Epoch milliseconds, cut off below. */
export function fileTimeMs(low: number, high: number): number {
  const { seconds, units } = split(low, high);
  return (seconds - EPOCH_SECONDS) * 1000 + Math.floor(units / 10_000);
}

function systemTimeText(view: DataView, at: number): string {
  const part = (i: number, digits: number) =>
    String(view.getUint16(at + 2 * i, true)).padStart(digits, "0");
  return `${part(0, 4)}-${part(1, 2)}-${part(3, 2)}T${part(4, 2)}:${part(5, 2)}:${part(6, 2)}.` +
    `${part(7, 3)}Z`;
}
