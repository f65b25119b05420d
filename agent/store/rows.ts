/**
 * Event batches as lines of COPY's text format (https://www.postgresql.org/docs/15/sql-copy.html).
 * One function is generated per extraction: what the extraction fixes is text in it, what it cannot
 * give is a constant `\N`, and all that has no column goes into `extra`.
 */
import type { Event, EventBatch } from "../event.ts";
import { eventId, textCheck } from "../event.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";
import { Tally } from "./tally.ts";

/** Columns taken from fields, in the table's order, with the kind of their type. */
const FIELDS = [
  ["src", "text"],
  ["src_ip", "src"],
  ["dest", "text"],
  ["dest_ip", "dest"],
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
export const FIELD_COLUMNS: readonly string[] = FIELDS.map(([name]) => name).filter((name) =>
  !name.endsWith("_ip")
);

/** The columns of `events` in the order of the rows made here. */
export const COLUMNS: string = [
  "id",
  "time",
  "ingested",
  "source",
  "host",
  "raw",
  "sourcetype",
  "datasets",
  "parse_error",
  ...FIELDS.map(([name]) => `"${name}"`),
  "extra",
].join(", ");

/** Events of one input that follow each other, ready for COPY. */
export interface Part {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Smallest and largest id; every id of the input between its offsets lies in between. */
  readonly firstId: string;
  readonly lastId: string;
  /** Whether each id is larger than the one before, and so no two are equal. */
  readonly rising: boolean;
  /** What the counts gain if every row is new. */
  readonly tally: Tally;
}

type Encode = (event: Event) => string;

const encoders = new WeakMap<Extraction, Encode>();
const utf8 = new TextEncoder();

/** A part that grows. */
interface Building extends Part {
  count: number;
  firstId: string;
  lastId: string;
  rising: boolean;
  readonly pieces: Uint8Array[];
}

/**
 * Serialises batches. Those of one input that follow each other are one part, since a COPY for a
 * transaction costs less than one for each batch: ids of an input rise with the offset, so what lies
 * between the ends is still its own.
 * @param keep which events to store, by batch and index; all when left out
 */
export function serialise(
  batches: readonly EventBatch[],
  keep?: (batch: EventBatch, i: number) => boolean,
): Part[] {
  const parts: Building[] = [];
  for (const batch of batches) {
    const { identity, name } = batch.lines.input;
    if (identity === null) throw new Error(`Input "${name}" has no identity yet`);
    const last = parts.at(-1);
    const part = last?.lastId.startsWith(identity) ? last : newPart();
    add(part, batch, identity, keep);
    if (part !== last && part.count > 0) parts.push(part);
  }
  return parts.map(({ pieces, ...part }) => ({ ...part, data: concat(pieces) }));
}

function newPart(): Building {
  return {
    data: new Uint8Array(),
    count: 0,
    firstId: "",
    lastId: "",
    rising: true,
    tally: new Tally(),
    pieces: [],
  };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
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
  keep: ((batch: EventBatch, i: number) => boolean) | undefined,
): void {
  const { events, kinds, extractions, lines } = batch;
  const { name } = lines.input;
  const middle = `\t${timestamp(lines.arrival)}\t${copyText(name)}\t`;
  const out: string[] = [];
  for (let i = 0; i < events.length; i++) {
    if (keep && !keep(batch, i)) continue;
    const event = events[i];
    const extraction = extractions[kinds[i]];
    let encode = encoders.get(extraction);
    if (!encode) encoders.set(extraction, encode = makeEncoder(extraction));
    const raw = event._raw;
    const id = eventId(identity, lines.offset(batch.lineOf(i)), textCheck(raw));
    if (part.firstId === "" || id < part.firstId) part.firstId = id;
    if (id > part.lastId) part.lastId = id;
    else part.rising = false;
    const host = event.host;
    out.push(
      id + "\t" + timestamp(event._time) + middle +
        (host === undefined ? "\\N" : copyText(host)) + "\t" + copyText(raw) + encode(event),
    );
    part.tally.add(event, extraction, clampTime(event._time), name);
  }
  if (out.length === 0) return;
  part.count += out.length;
  part.pieces.push(utf8.encode(out.join("")));
}

/** What the generated functions call. */
const RUNTIME = { copyText, copyJson, member, int, ip };

/**
 * The function that writes an event from the sourcetype column on, with its line feed. Its code
 * holds names that we made and JSON-encoded literals only.
 */
function makeEncoder(extraction: Extraction): Encode {
  const captured = new Map(extraction.captures.map((c) => [c.name, c]));
  const constants = extraction.constants;
  const body: string[] = ["let x = '', v;"];
  const columns: string[] = [
    literal(copyText(extraction.sourcetype)),
    literal(copyText(arrayText(extraction.datasets))),
    parseErrorColumn(extraction, captured),
  ];
  const taken = new Set(["_raw", "_time", "host", "parse_error_reason"]);
  for (const [name, kind] of FIELDS) {
    if (kind === "src" || kind === "dest") {
      const fixed = constants[kind];
      columns.push(fixed === undefined ? `ip(${kind})` : literal(ip(String(fixed))));
      continue;
    }
    taken.add(name);
    const fixed = constants[name];
    const at = literal(name);
    if (fixed !== undefined) {
      const text = kind === "text" ? copyText(String(fixed)) : int(fixed, kind);
      // A constant that does not fit its column stays a field.
      if (text === "\\N") body.push(`x += ${literal(member(name, fixed))};`);
      columns.push(literal(text));
      continue;
    }
    const value = captured.has(name)
      ? `e[${at}]`
      : extraction.open
      ? `(e.more === null ? undefined : e.more[${at}])`
      : null;
    if (value === null) {
      if (name === "src" || name === "dest") body.push(`const ${name} = undefined;`);
      columns.push(literal("\\N"));
      continue;
    }
    const variable = `c${columns.length}`;
    body.push(`v = ${
      value.replace("e._more === undefined", "e.more === null")
        .replace("e._more", "e.more")
    };`);
    if (name === "src" || name === "dest") body.push(`const ${name} = v;`);
    body.push(
      kind === "text"
        ? `let ${variable} = '\\\\N'; if (typeof v === 'string') ${variable} = copyText(v); ` +
          `else if (v !== undefined) { if (typeof v === 'object') x += member(${at}, v); ` +
          `else ${variable} = String(v); }`
        : `const ${variable} = v === undefined ? '\\\\N' : int(v, '${kind}'); ` +
          `if (v !== undefined && ${variable} === '\\\\N') x += member(${at}, v);`,
    );
    columns.push(variable);
  }
  let fixedMembers = "";
  for (const [name, value] of Object.entries(constants)) {
    if (!taken.has(name)) fixedMembers += member(name, value);
    taken.add(name);
  }
  for (const { name } of extraction.captures) {
    if (taken.has(name)) continue;
    taken.add(name);
    const at = literal(name);
    body.push(`v = e[${at}]; if (v !== undefined) x += member(${at}, v);`);
  }
  body.push("if (e._time_from !== undefined) x += member('_time_from', e._time_from);");
  if (extraction.open) {
    body.push(
      "if (e.more !== null) for (const k in e.more) " +
        "if (!taken.has(k) && (v = e.more[k]) !== undefined) x += member(k, v);",
    );
  }
  const row = columns.map((c) => `'\\t' + ${c}`).join(" + ");
  body.push(`x = ${literal(fixedMembers)} + x;`);
  body.push(`return ${row} + '\\t' + (x === '' ? '\\\\N' : copyJson(x)) + '\\n';`);
  const make = new Function(
    "runtime",
    "taken",
    `"use strict"; const { copyText, copyJson, member, int, ip } = runtime;
     return (e) => { ${body.join("\n")} };`,
  );
  return make(RUNTIME, taken) as Encode;
}

/** Why a line has no pattern, from the event where it says so. */
function parseErrorColumn(extraction: Extraction, captured: Map<string, unknown>): string {
  if (!extraction.parseError) return literal("\\N");
  const reason = literal(copyText(`No pattern of ${extraction.sourcetype} matches`));
  const fixed = extraction.constants.parse_error_reason;
  if (typeof fixed === "string") return literal(copyText(fixed));
  if (!captured.has("parse_error_reason")) return reason;
  return `(typeof e.parse_error_reason === 'string' ? copyText(e.parse_error_reason) : ${reason})`;
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

/** JSON that jsonb takes: without NUL and without lone surrogates. Undefined when the value is. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined || !text.includes("\\u")) return text;
  return JSON.stringify(clean(value));
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "\ufffd").toWellFormed();
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [clean(k), clean(v)]));
  }
  return value;
}

function arrayText(items: readonly string[]): string {
  return `{${items.map((s) => `"${s.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
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
