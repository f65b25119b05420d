/**
 * One function is generated per extraction that writes an event's row: what the extraction cannot
 * give is a constant in it, and all that has no column goes into `extra`. That is an array of values,
 * whose names the kind knows; or an object, when there is more than the extraction names.
 */
import { assemble, literal } from "../../../compiler/codegen/mod.ts";
import type { Event } from "../../event.ts";
import type { Extraction, Value } from "../../../compiler/schema/types.ts";
import type { RowWriter } from "./binary.ts";
import { jsonText } from "../types/json.ts";
import { APART, extraFields, FIELD_COLUMNS, FIELDS, type Kind, kindOf } from "../types/kinds.ts";

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
  const { body, misfits } = columnsOf(extraction);
  const extra = extraFields(extraction);
  const { constants, open } = extraction;
  const taken = new Set([...APART, ...FIELD_COLUMNS, ...Object.keys(constants), ...extra]);
  const object = objectOf(extra, misfits, open, kind.fields.length === 0);
  if (kind.fields.length === 0) body.push(object);
  else {
    const odd = ["e._time_from !== undefined", ...misfits.map(([, test]) => test)];
    body.push(`if (${odd.join(" || ")}) { ${object} } else { ${arrayOf(extra)} }`);
  }
  // What the function remembers from row to row.
  const memory = extra.map((_, i) => `let value${i}, state${i}, text${i};`).join(" ") +
    "let bits, bitsText;";
  const write = assemble<Encoder["write"]>(
    { ...RUNTIME, taken },
    `${memory} return (e, w) => { let v; ${body.join("\n")} };`,
  );
  return { kind, write };
}

/** Code of the columns from `host` to the last field. */
interface ColumnCode {
  readonly body: string[];
  /** Fields whose values may not fit their columns, and how to tell. */
  readonly misfits: readonly [string, string][];
}

function columnsOf(extraction: Extraction): ColumnCode {
  const { constants, open } = extraction;
  const captured = new Set(extraction.captures.map((c) => c.name));
  const body: string[] = [], misfits: [string, string][] = [];
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
  emit("if ((v = e.host) === undefined) w.nulls(1); else w.text(v);");
  emit("w.text(e._raw);");
  if (extraction.parseError && captured.has("parse_error_reason")) {
    emit("if (typeof (v = e.parse_error_reason) === 'string') w.text(v); else w.nulls(1);");
  } else nulls++;
  for (const [name, kind] of FIELDS) {
    const fixed = constants[name], at = literal(name);
    const width = kind === "address" ? 2 : 1;
    if (kind === "address" && fixed !== undefined) emit(`w.address(${literal(String(fixed))});`);
    else if (captured.has(name)) emit(fieldCode(name, kind, `e[${at}]`, misfits));
    else if (open && fixed === undefined) {
      emit(fieldCode(name, kind, `(e.more === null ? undefined : e.more[${at}])`, misfits));
    } else nulls += width;
  }
  flush();
  return { body, misfits };
}

/** Code that writes one field's column; adds how to tell a value that does not fit it. */
function fieldCode(
  name: string,
  kind: typeof FIELDS[number][1],
  value: string,
  misfits: [string, string][],
): string {
  if (kind === "int4" || kind === "int8") {
    misfits.push([name, `((v = ${value}) !== undefined && ${kind}(v) === null)`]);
    return `w.${kind}((v = ${value}) === undefined ? null : ${kind}(v));`;
  }
  misfits.push([name, `typeof (v = ${value}) === 'object'`]);
  return `if ((v = ${value}) === undefined || typeof v === 'object') ` +
    `w.nulls(${kind === "address" ? 2 : 1}); ` +
    `else w.${kind}(typeof v === 'string' ? v : String(v));`;
}

/** Code that writes values with their names, which is what most rows take when it is `often`. */
function objectOf(
  extra: readonly string[],
  misfits: readonly [string, string][],
  open: boolean,
  often: boolean,
): string {
  const body = ["w.beginJson(); let some = false;"];
  for (const [name, test] of misfits) body.push(`if (${test}) { ${piece(name)} some = true; }`);
  for (const [i, name] of extra.entries()) {
    const code = often ? kept(i, "some", key(name), piece(name)) : piece(name);
    body.push(`if ((v = e[${literal(name)}]) !== undefined) { ${code} some = true; }`);
  }
  body.push(`if ((v = e._time_from) !== undefined) { ${piece("_time_from")} some = true; }`);
  if (open) {
    body.push(
      "if (e.more !== null) for (const k in e.more) " +
        "if (!taken.has(k) && (v = e.more[k]) !== undefined) " +
        "{ w.piece((some ? ',' : '{') + member(k, v)); some = true; }",
    );
  }
  return body.join("\n") + " w.endJson('}');";
}

/** Code that writes `v` as a member of the object. */
function piece(name: string): string {
  return `w.piece(${key(name)}); w.piece(valueText(v));`;
}

/** Code of what stands before its value. */
function key(name: string): string {
  const text = jsonText(name) + ":";
  return `(some ? ${literal("," + text)} : ${literal("{" + text)})`;
}

/** Texts below this length are copies and hold no block of the input in memory. */
const SHORT = 13;

/**
 * Code that writes `v`. Many rows have the value of the row before: what it is in JSON, with what
 * stands before it, is kept from there as number `i`.
 * @param before code of what stands before the value, which `state` decides
 * @param other code for a value that is not kept
 */
function kept(i: number, state: string, before: string, other: string): string {
  return `if (typeof v === 'string' ? v.length < ${SHORT} : typeof v === 'number') {
    if (v !== value${i} || ${state} !== state${i}) {
      value${i} = v; state${i} = ${state}; text${i} = ${before} + valueText(v);
    }
    w.piece(text${i});
  } else { ${other} }`;
}

/** Code that writes a number whose bits say which fields there are, and the values of those. */
function arrayOf(extra: readonly string[]): string {
  const value = (name: string) => `e[${literal(name)}]`;
  const there = extra.map((name, i) => `if (${value(name)} !== undefined) m |= ${1 << i};`);
  const values = extra.map((name, i) => {
    const code = kept(i, "true", "','", "w.piece(','); w.piece(valueText(v));");
    return `if ((m & ${1 << i}) !== 0) { v = ${value(name)}; ${code} }`;
  });
  return `let m = 0; ${there.join("\n")}
    if (m === 0) w.nulls(1);
    else {
      if (m !== bits) { bits = m; bitsText = '[' + m; }
      w.beginJson(); w.piece(bitsText);
      ${values.join("\n")}
      w.endJson(']');
    }`;
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
