/**
 * Event batches as lines of COPY's text format (https://www.postgresql.org/docs/15/sql-copy.html).
 * One function is generated per extraction: what the extraction fixes is text in it, what it cannot
 * give is a constant `\N`, and all that has no column goes into `extra`.
 */
import type { Event, EventBatch } from "../event.ts";
import { eventId, textCheck } from "../event.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";
import { jsonText } from "./json.ts";
import { type Kind, kindOf, type Named, sourceId } from "./kinds.ts";
import { type Counts, Tally } from "./tally.ts";

/** Columns taken from fields, in the table's order, with the kind of their type. */
const FIELDS = [
  ["src", "address"],
  ["dest", "address"],
  ["dest_port", "int4"],
  ["user", "text"],
  ["action", "text"],
  ["app", "text"],
  ["status", "text"],
  ["url", "text"],
  ["http_method", "text"],
  ["bytes_out", "int8"],
] as const;

/** Fields that have a column of their own; the others are in `extra`. */
export const FIELD_COLUMNS: readonly string[] = FIELDS.map(([name]) => name);

/** The columns of `events` in the order of the rows made here. */
export const COLUMNS: string = [
  "id",
  "time",
  "ingested",
  "source",
  "host",
  "raw",
  "kind",
  "parse_error",
  ...FIELDS.flatMap(([name, kind]) => kind === "address" ? [name, `${name}_ip`] : [`"${name}"`]),
  "extra",
].join(", ");

/** Events of one input that follow each other, ready for COPY and for a way between threads. */
export interface Part extends Named {
  readonly data: Uint8Array;
  readonly count: number;
  /** Smallest and largest id; every id of the input between its offsets lies in between. */
  readonly firstId: string;
  readonly lastId: string;
  /** Whether each id is larger than the one before, and so no two are equal. */
  readonly rising: boolean;
  /** What the counts gain if every row is new. */
  readonly counts: Counts;
}

interface Encoder {
  readonly kind: Kind;
  readonly write: (event: Event) => string;
}

const encoders = new WeakMap<Extraction, Encoder>();
const utf8 = new TextEncoder();

/** A part that grows. */
interface Building {
  count: number;
  firstId: string;
  lastId: string;
  rising: boolean;
  readonly kinds: Map<string, Kind>;
  readonly sources: Map<string, string>;
  readonly pieces: Uint8Array[];
  readonly tally: Tally;
}

/**
 * Serialises batches. Those of one input that follow each other are one part, since a COPY for a
 * transaction costs less than one for each batch: ids of an input rise with the offset, so what lies
 * between the ends is still its own.
 */
export function serialise(batches: readonly EventBatch[]): Part[] {
  const serialiser = new Serialiser();
  for (const batch of batches) serialiser.add(batch);
  return serialiser.take();
}

/** Serialises batches as they come, so that their events need not be held until they are written. */
export class Serialiser {
  private parts: Building[] = [];

  /**
   * @param kept which events to store: those where it is not 0; all when left out
   * @returns how many were taken
   */
  add(batch: EventBatch, kept?: Uint8Array): number {
    const { identity, name } = batch.lines.input;
    if (identity === null) throw new Error(`Input "${name}" has no identity yet`);
    const last = this.parts.at(-1);
    const part = last?.lastId.startsWith(identity) ? last : newPart();
    const before = part.count;
    add(part, batch, identity, kept);
    if (part !== last && part.count > 0) this.parts.push(part);
    return part.count - before;
  }

  /** What came since the last call. */
  take(): Part[] {
    return this.parts.splice(0).map(({ pieces, tally, ...part }) => ({
      ...part,
      data: concat(pieces),
      counts: tally.counts(),
    }));
  }
}

function newPart(): Building {
  return {
    count: 0,
    firstId: "",
    lastId: "",
    rising: true,
    tally: new Tally(),
    kinds: new Map(),
    sources: new Map(),
    pieces: [],
  };
}

/** In memory that threads share, so that the way to another one is no copy. */
function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(new SharedArrayBuffer(pieces.reduce((n, p) => n + p.length, 0)));
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}

function add(
  part: Building,
  batch: EventBatch,
  identity: string,
  kept: Uint8Array | undefined,
): void {
  const { events, kinds, extractions, lines } = batch;
  const { name } = lines.input;
  const source = sourceId(name);
  part.sources.set(source, name);
  const middle = `\t${timestamp(lines.arrival)}\t${source}\t`;
  /** For each extraction of the batch. */
  const made: (Encoder | undefined)[] = [];
  const out: string[] = [];
  for (let i = 0; i < events.length; i++) {
    if (kept !== undefined && kept[i] === 0) continue;
    const event = events[i];
    const extraction = extractions[kinds[i]];
    let encoder = made[kinds[i]];
    if (encoder === undefined) {
      encoder = made[kinds[i]] = encoderOf(extraction);
      part.kinds.set(encoder.kind.id, encoder.kind);
    }
    const raw = event._raw;
    const id = eventId(identity, lines.offset(batch.lineOf(i)), textCheck(raw));
    if (part.firstId === "" || id < part.firstId) part.firstId = id;
    if (id > part.lastId) part.lastId = id;
    else part.rising = false;
    const host = event.host;
    out.push(
      id + "\t" + timestamp(event._time) + middle +
        (host === undefined ? "\\N" : copyText(host)) + "\t" + copyText(raw) + encoder.write(event),
    );
    part.tally.add(event, extraction, clampTime(event._time), name);
  }
  if (out.length === 0) return;
  part.count += out.length;
  part.pieces.push(utf8.encode(out.join("")));
}

function encoderOf(extraction: Extraction): Encoder {
  let encoder = encoders.get(extraction);
  if (!encoder) encoders.set(extraction, encoder = makeEncoder(extraction));
  return encoder;
}

/** What the generated functions call. */
const RUNTIME = { copyText, copyJson, member, valueText, int, address };

/**
 * The function that writes an event from the kind column on, with its line feed. Its code holds
 * names that we made and JSON-encoded literals only.
 */
function makeEncoder(extraction: Extraction): Encoder {
  const kind = kindOf(extraction);
  const { constants, open } = extraction;
  const captured = new Set(extraction.captures.map((c) => c.name));
  const body: string[] = ["let x = '', v;"];
  const columns: string[] = [
    literal(kind.id),
    extraction.parseError && captured.has("parse_error_reason")
      ? "(typeof e.parse_error_reason === 'string' ? copyText(e.parse_error_reason) : '\\\\N')"
      : literal("\\N"),
  ];
  const taken = new Set(["_raw", "_time", "host", "parse_error_reason", ...Object.keys(constants)]);
  for (const [name, kind] of FIELDS) {
    taken.add(name);
    const fixed = constants[name];
    if (kind === "address" && fixed !== undefined) {
      columns.push(literal(address(String(fixed))));
      continue;
    }
    const at = literal(name);
    const value = captured.has(name)
      ? `e[${at}]`
      : open && fixed === undefined
      ? `(e.more === null ? undefined : e.more[${at}])`
      : null;
    if (value === null) {
      columns.push(literal(kind === "address" ? "\\N\t\\N" : "\\N"));
      continue;
    }
    const variable = `c${columns.length}`;
    const none = literal(kind === "address" ? "\\N\t\\N" : "\\N");
    body.push(`v = ${value}; let ${variable} = ${none};`);
    switch (kind) {
      case "address":
        body.push(
          `if (v !== undefined) { if (typeof v === 'object') x += member(${at}, v); ` +
            `else ${variable} = address(String(v)); }`,
        );
        break;
      case "text":
        body.push(
          `if (typeof v === 'string') ${variable} = copyText(v); ` +
            `else if (v !== undefined) { if (typeof v === 'object') x += member(${at}, v); ` +
            `else ${variable} = String(v); }`,
        );
        break;
      case "int4":
      case "int8":
        body.push(
          `if (v !== undefined) { ${variable} = int(v, '${kind}'); ` +
            `if (${variable} === '\\\\N') x += member(${at}, v); }`,
        );
        break;
    }
    columns.push(variable);
  }
  for (const { name } of extraction.captures) {
    if (taken.has(name)) continue;
    taken.add(name);
    const begin = literal("," + jsonText(name) + ":");
    body.push(`v = e[${literal(name)}]; if (v !== undefined) x += ${begin} + valueText(v);`);
  }
  body.push("if (e._time_from !== undefined) x += member('_time_from', e._time_from);");
  if (open) {
    body.push(
      "if (e.more !== null) for (const k in e.more) " +
        "if (!taken.has(k) && (v = e.more[k]) !== undefined) x += member(k, v);",
    );
  }
  const row = columns.map((c) => `'\\t' + ${c}`).join(" + ");
  body.push(`return ${row} + '\\t' + (x === '' ? '\\\\N' : copyJson(x)) + '\\n';`);
  const make = new Function(
    "runtime",
    "taken",
    `"use strict"; const { copyText, copyJson, member, valueText, int, address } = runtime;
     return (e) => { ${body.join("\n")} };`,
  );
  return { kind, write: make(RUNTIME, taken) };
}

function literal(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

const SPECIAL = /[\\\t\n\r\0]/;
const SPECIALS = /[\\\t\n\r\0]/g;

/** Escapes for COPY. NUL, which text cannot hold, becomes U+FFFD; so do lone surrogates, on encoding. */
export function copyText(s: string): string {
  return SPECIAL.test(s) ? s.replace(SPECIALS, special) : s;
}

function special(c: string): string {
  switch (c) {
    case "\\":
      return "\\\\";
    case "\t":
      return "\\t";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    default:
      return "\ufffd";
  }
}

/** The object of members that each begin with a comma. */
function copyJson(members: string): string {
  const text = "{" + members.slice(1) + "}";
  return text.includes("\\") ? text.replaceAll("\\", "\\\\") : text;
}

function member(name: string, value: Value): string {
  return "," + jsonText(name) + ":" + jsonText(value);
}

/** Text whose JSON is itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

function valueText(value: Value): string {
  if (typeof value === "string" && PLAIN.test(value)) return '"' + value + '"';
  return Number.isSafeInteger(value) ? String(value) : jsonText(value);
}

/** An integer column's text, or `\N` when the value is none or too large. */
function int(value: Value, kind: "int4" | "int8"): string {
  const n = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof n !== "number" || !Number.isSafeInteger(n)) return "\\N";
  if (kind === "int4" && (n > 2147483647 || n < -2147483648)) return "\\N";
  return String(n);
}

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const IPV6 = /^[0-9a-f:]{2,39}$/i;

/** An inet column's text: the value when it is an address, else `\N`. */
export function ip(value: unknown): string {
  if (typeof value !== "string" || value.length > 45) return "\\N";
  if (IPV4.test(value)) return value;
  return value.includes(":") && isIpv6(value) ? value : "\\N";
}

/**
 * The two columns of an address or a host name: an IPv4 address, which has one way of writing, is
 * stored as an address alone.
 */
function address(value: string): string {
  if (value.length <= 15 && IPV4.test(value)) return "\\N\t" + value;
  return copyText(value) + "\t" + ip(value);
}

/** RFC 4291 section 2.2, with a dotted tail as in `::ffff:192.0.2.1`; without zones. */
function isIpv6(value: string): boolean {
  let text = value;
  const dot = text.indexOf(".");
  if (dot >= 0) {
    const colon = text.lastIndexOf(":");
    if (!IPV4.test(text.slice(colon + 1))) return false;
    text = text.slice(0, colon + 1) + "0:0";
  }
  if (!IPV6.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((h) => h === "" ? [] : h.split(":"));
  if (groups.some((g) => g.length < 1 || g.length > 4)) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

/** What timestamptz and four-digit years can hold, in ms. */
const EARLIEST = Date.UTC(1, 0, 1), LATEST = Date.UTC(9999, 11, 31);

/** A time inside what a column can hold; an unreadable one is the epoch's. */
function clampTime(ms: number): number {
  return ms >= EARLIEST ? (ms <= LATEST ? ms : LATEST) : ms < EARLIEST ? EARLIEST : 0;
}

let second = NaN;
let secondText = "";

/** timestamptz text in UTC. Log lines come in order, so the last second's text is kept. */
export function timestamp(time: number): string {
  const ms = clampTime(time);
  const s = Math.floor(ms / 1000);
  if (s !== second) {
    second = s;
    secondText = new Date(s * 1000).toISOString().slice(0, 19);
  }
  const rest = Math.floor(ms) - s * 1000;
  return rest === 0
    ? secondText + "Z"
    : secondText + (rest < 10 ? ".00" : rest < 100 ? ".0" : ".") + rest + "Z";
}
