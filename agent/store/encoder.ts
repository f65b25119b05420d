/**
 * One function is generated per extraction that writes an event's row: what the extraction cannot
 * give is a constant in it, and all that has no column goes into `extra`.
 */
import type { Event } from "../event.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";
import type { RowWriter } from "./binary.ts";
import { jsonText } from "./json.ts";
import { type Kind, kindOf } from "./kinds.ts";

/** Columns taken from fields, in the order of the rows, with the kind of their type. */
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

/** The columns of `events` in the order of the rows. */
export const COLUMNS: readonly string[] = [
  "id",
  "time",
  "ingested",
  "source",
  "kind",
  "host",
  "raw",
  "parse_error",
  ...FIELDS.flatMap(([name, kind]) => kind === "address" ? [name, `${name}_ip`] : [`"${name}"`]),
  "extra",
];

export interface Encoder {
  readonly kind: Kind;
  /** Writes the fields from `host` on. */
  readonly write: (event: Event, to: RowWriter) => void;
}

const encoders = new WeakMap<Extraction, Encoder>();

export function encoderOf(extraction: Extraction): Encoder {
  let encoder = encoders.get(extraction);
  if (!encoder) encoders.set(extraction, encoder = makeEncoder(extraction));
  return encoder;
}

/** What the generated functions call. */
const RUNTIME = { member, valueText, int4, int8 };

/** Its code holds names that we made and JSON-encoded literals only. */
function makeEncoder(extraction: Extraction): Encoder {
  const kind = kindOf(extraction);
  const { constants, open } = extraction;
  const captured = new Set(extraction.captures.map((c) => c.name));
  const body: string[] = [];
  /** Constant nulls that were not written yet. */
  let nulls = 0;
  const flush = () => {
    if (nulls > 0) body.push(`w.nulls(${nulls});`);
    nulls = 0;
  };
  const emit = (code: string) => {
    flush();
    body.push(code);
  };
  /** Values that do not fit their columns. */
  const misfits: string[] = [];

  emit("if ((v = e.host) === undefined) w.nulls(1); else w.text(v);");
  emit("w.text(e._raw);");
  if (extraction.parseError && captured.has("parse_error_reason")) {
    emit("if (typeof (v = e.parse_error_reason) === 'string') w.text(v); else w.nulls(1);");
  } else nulls++;
  const taken = new Set(["_raw", "_time", "host", "parse_error_reason", ...Object.keys(constants)]);
  for (const [name, kind] of FIELDS) {
    taken.add(name);
    const fixed = constants[name];
    if (kind === "address" && fixed !== undefined) {
      emit(`w.address(${literal(String(fixed))});`);
      continue;
    }
    const at = literal(name);
    const value = captured.has(name)
      ? `e[${at}]`
      : open && fixed === undefined
      ? `(e.more === null ? undefined : e.more[${at}])`
      : null;
    if (value === null) {
      nulls += kind === "address" ? 2 : 1;
      continue;
    }
    const n = kind === "address" ? 2 : 1;
    switch (kind) {
      case "address":
      case "text":
        emit(
          `if ((v = ${value}) === undefined || typeof v === 'object') w.nulls(${n}); ` +
            `else w.${kind}(typeof v === 'string' ? v : String(v));`,
        );
        misfits.push(`if (typeof (v = ${value}) === 'object') { ${piece(name)} }`);
        break;
      case "int4":
      case "int8":
        emit(`w.${kind}((v = ${value}) === undefined ? null : ${kind}(v));`);
        misfits.push(
          `if ((v = ${value}) !== undefined && ${kind}(v) === null) { ${piece(name)} }`,
        );
        break;
    }
  }
  emit("w.beginObject(); let some = false;");
  body.push(...misfits);
  /** What the function remembers from row to row. */
  const memory: string[] = [];
  for (const { name } of extraction.captures) {
    if (taken.has(name)) continue;
    taken.add(name);
    const i = memory.length;
    memory.push(`let value${i}, some${i}, text${i};`);
    body.push(`if ((v = e[${literal(name)}]) !== undefined) { ${repeated(name, i)} }`);
  }
  body.push(`if ((v = e._time_from) !== undefined) { ${piece("_time_from")} }`);
  if (open) {
    body.push(
      "if (e.more !== null) for (const k in e.more) " +
        "if (!taken.has(k) && (v = e.more[k]) !== undefined) " +
        "{ w.piece((some ? ',' : '{') + member(k, v)); some = true; }",
    );
  }
  body.push("w.endObject();");
  const make = new Function(
    "runtime",
    "taken",
    `"use strict"; const { member, valueText, int4, int8 } = runtime; ${memory.join(" ")}
     return (e, w) => { let v; ${body.join("\n")} };`,
  );
  return { kind, write: make(RUNTIME, taken) };
}

/** Code that writes `v` as a member of the object. */
function piece(name: string): string {
  return `w.piece(${key(name)}); w.piece(valueText(v)); some = true;`;
}

/** Code of what stands before its value. */
function key(name: string): string {
  const text = jsonText(name) + ":";
  return `(some ? ${literal("," + text)} : ${literal("{" + text)})`;
}

/** Texts below this length are copies and hold no block of the input in memory. */
const SHORT = 13;

/**
 * The same, for values of which many rows have the one of the row before: what it is in JSON is kept
 * from there. `i` is the number of what is kept.
 */
function repeated(name: string, i: number): string {
  return `if (typeof v === 'string' && v.length < ${SHORT}) {
    if (v !== value${i} || some !== some${i}) {
      value${i} = v; some${i} = some; text${i} = ${key(name)} + valueText(v);
    }
    w.piece(text${i}); some = true;
  } else { ${piece(name)} }`;
}

function literal(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function member(name: string, value: Value): string {
  return jsonText(name) + ":" + jsonText(value);
}

/** Text whose JSON is itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

function valueText(value: Value): string {
  if (typeof value === "string" && PLAIN.test(value)) return '"' + value + '"';
  return Number.isSafeInteger(value) ? String(value) : jsonText(value);
}

/** A bigint column's value; null when the value is no integer, or one that a number does not hold. */
function int8(value: Value): number | null {
  const n = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof n === "number" && Number.isSafeInteger(n) ? n : null;
}

/** The same of an integer column. */
function int4(value: Value): number | null {
  const n = int8(value);
  return n === null || n > 2147483647 || n < -2147483648 ? null : n;
}
