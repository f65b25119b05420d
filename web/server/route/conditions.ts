/**
 * Filters beyond `field=value`: `action!=success`, `status>=500`, `user=root&user=admin`, `user=svc*`,
 * `dest_port=1..1023`, `src!=10.0.0.0/8`. They become conditions of the language that searches and
 * rules have, which one evaluator judges.
 */
import type { IrExpr, IrSet } from "../../../compiler/ir/program.ts";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import { isNetwork, VERDICTS } from "../../../agent/store/mod.ts";
import { nearest } from "../../../grammar/nearest.ts";
import { ApiError } from "../http/error.ts";
import { STATUSES } from "../types/mod.ts";

const NUMERIC: ReadonlySet<string> = new Set(["int", "float", "bytes", "duration"]);
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
const SPAN = { start: 0, end: 0 };
/** Fields that every event has, beside the CIM's. */
const OWN: readonly string[] = ["host", "source", "sourcetype"];
/** Values of one field, tests of a request. */
const MOST_VALUES = 100, MOST_TESTS = 50;

type Operator = "=" | "!=" | ">" | ">=" | "<" | "<=";

interface Test {
  readonly field: string;
  readonly op: Operator;
  readonly value: string;
}

export interface Filters {
  /** What is `name=value` alone. */
  readonly plain: URLSearchParams;
  /** The rest, all of which an event has to fulfil; empty when there is none. */
  readonly conditions: readonly IrExpr[];
}

/** For descriptions of routes. */
export const FILTERS =
  "Beyond `field=value`: `action!=success`, `status>=500`, `user=root&user=admin` (one of them), " +
  "`user=svc*`, `dest_port=80,443`, `dest_port=1..1023`, `src!=10.0.0.0/8,192.168.0.0/16`.";

export const ALERT_FILTERS =
  "Beyond `field=value`: `status!=closed`, `rule=a&rule=b` (one of them), `rule=ssh_*`, " +
  "`src=10.0.0.0/8`, `assignee!=kate`.";

/** What a route filters by. */
export interface Filterable {
  readonly fields: ReadonlySet<string>;
  /** Parameters that are no fields though one may be called so, or that read their values themselves. */
  readonly reserved: ReadonlySet<string>;
  readonly isNumber: (field: string) => boolean;
  /** The only values of some fields. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

export const OF_EVENTS: Filterable = {
  fields: new Set([...FIELD_TYPES.keys(), ...OWN]),
  reserved: new Set([
    ...["from", "to", "q", "where", "dataset", "parse_error", "cursor", "limit", "fields"],
    ...["format", "of", "by", "interval", "field"],
  ]),
  isNumber: (name) =>
    NUMERIC.has(FIELD_TYPES.get(name) ?? "") || name === "status" || /_port$/.test(name),
};

export const OF_ALERTS: Filterable = {
  fields: new Set([
    ...["rule", "severity", "status", "verdict", "assignee", "src", "user", "dest"],
  ]),
  reserved: new Set(["from", "to", "cursor", "limit", "format", "entity", "severity"]),
  isNumber: () => false,
  values: { severity: SEVERITIES, status: STATUSES, verdict: [...VERDICTS, "none"] },
};

/**
 * Parts a query. Where some filter is no `field=value`, all filters of fields become conditions.
 * @throws {ApiError} for a test that its field cannot have
 */
export function readFilters(query: URLSearchParams, of: Filterable): Filters {
  const plain = new URLSearchParams(), tests: Test[] = [], others: [string, string][] = [];
  for (const [name, value] of query) {
    const test = of.reserved.has(name) ? null : testOf(name, value, of);
    if (test === null) others.push([name, value]);
    else tests.push(test);
  }
  for (const [name, value] of others) plain.append(name, value);
  const names = new Set(tests.map((t) => t.field));
  if (names.size === tests.length && tests.every((t) => isPlain(t, of))) {
    for (const { field, value } of tests) plain.append(field, value);
    return { plain, conditions: [] };
  }
  if (tests.length > MOST_VALUES) {
    throw new ApiError(400, "too_many_filters", `Give at most ${MOST_VALUES} filters`);
  }
  const conditions: IrExpr[] = [];
  for (const field of names) {
    const own = tests.filter((t) => t.field === field);
    const equal = own.filter((t) => t.op === "=").map((t) => conditionOf(t, of));
    if (equal.length > 0) conditions.push(equal.length === 1 ? equal[0] : anyOf(equal));
    conditions.push(...own.filter((t) => t.op !== "=").map((t) => conditionOf(t, of)));
  }
  if (conditions.length > MOST_TESTS) {
    throw new ApiError(400, "too_many_filters", `Give tests of at most ${MOST_TESTS} fields`);
  }
  return { plain, conditions };
}

/** Null for what is no filter of a field. */
function testOf(name: string, value: string, of: Filterable): Test | null {
  const isField = (field: string) => of.fields.has(field);
  // "status>=500" comes as "status>" and "500", "bytes_out>1000" as a name without a value.
  const m = /^([A-Za-z_][\w.]*)(?:([!<>])(.*))?$/s.exec(name);
  if (m === null) return null;
  const [, field, sign, rest = ""] = m;
  if (sign === undefined) {
    if (!isField(field)) return null;
    const ordered = /^(>=|<=|>|<|!=|==)(.*)$/s.exec(value);
    // A text may begin so; a number does not.
    if (ordered && (NUMBER.test(ordered[2]) || of.isNumber(field))) {
      const op = ordered[1] === "==" ? "=" : ordered[1] as Operator;
      return { field, op, value: ordered[2] };
    }
    return { field, op: "=", value };
  }
  if (!isField(field)) throw unknownField(field, of);
  if (rest === "" && value !== "") return { field, op: `${sign}=` as Operator, value };
  // Sign and value were escaped: "status%3E%3D500".
  if (/^=./s.test(rest) && value === "") {
    return { field, op: `${sign}=` as Operator, value: rest.slice(1) };
  }
  if (sign !== "!" && rest !== "" && value === "") {
    return { field, op: sign as Operator, value: rest };
  }
  throw new ApiError(
    400,
    "invalid_parameter",
    `The filter of "${field}" has no value; write ${field}${sign}=VALUE`,
    field,
  );
}

/** `*` stands for any text, and behind a backslash for itself. */
const pattern = (value: string) => value.includes("*");

/** What the store's own filters take: equality with one value. */
function isPlain({ field, op, value }: Test, of: Filterable): boolean {
  if (op !== "=" || pattern(value)) return false;
  if (of.isNumber(field)) return !/[,]|\.\./.test(value);
  if (!isAddressField(field) || networksOf(value) === null) return true;
  return of === OF_EVENTS && (field === "src" || field === "dest") && isNetwork(value);
}

/** Networks with commas between them; null where one of them is none. */
function networksOf(value: string): readonly string[] | null {
  const all = value.split(",");
  return all.every(isNetwork) ? all : null;
}

function isAddressField(field: string): boolean {
  const type = FIELD_TYPES.get(field);
  return type === "ip" || type === "host" || type === "cidr";
}

/** @throws {ApiError} */
function conditionOf({ field, op, value }: Test, of: Filterable): IrExpr {
  if (value === "" || value.length > 1024 || value.includes("\0")) {
    throw misfit(field, value, "text of 1 to 1024 characters");
  }
  const allowed = of.values?.[field];
  if (allowed !== undefined && !pattern(value) && !allowed.includes(value)) {
    throw misfit(field, value, `one of ${allowed.join(", ")}`);
  }
  if (op === "=") return equalTo(field, value, of);
  if (op === "!=") {
    const exists: IrExpr = { op: "exists", name: field, type: "bool", span: SPAN };
    const not: IrExpr = { op: "not", arg: equalTo(field, value, of), type: "bool", span: SPAN };
    return { op: "and", args: [exists, not], type: "bool", span: SPAN };
  }
  if (!of.isNumber(field)) {
    throw misfit(field, op + value, `text: ${field}=VALUE, ${field}!=VALUE or ${field}=BEGINNING*`);
  }
  if (!NUMBER.test(value)) throw misfit(field, op + value, `a number, as ${field}${op}500`);
  return { op, left: fieldExpr(field), right: constant(Number(value)), cs: false, ...BOOL };
}

function equalTo(field: string, value: string, of: Filterable): IrExpr {
  if (pattern(value)) {
    // `?` is a character of URLs here.
    const like = value.replace(/\\[*\\]|\?/g, (m) => m === "?" ? "\\?" : m);
    return {
      op: "like",
      value: fieldExpr(field),
      pattern: like,
      cs: false,
      escapes: true,
      ...BOOL,
    };
  }
  if (of.isNumber(field)) {
    const range = /^(-?\d{0,15})\.\.(-?\d{0,15})$/.exec(value);
    if (range && (range[1] !== "" || range[2] !== "")) {
      const from = range[1] === "" ? -Number.MAX_SAFE_INTEGER : Number(range[1]);
      const to = range[2] === "" ? Number.MAX_SAFE_INTEGER : Number(range[2]);
      return member(field, { kind: "range", from, to });
    }
    const values = value.split(",");
    if (values.every((v) => NUMBER.test(v))) {
      return member(field, { kind: "values", values: values.map(Number), cs: false });
    }
    if (field !== "status") throw misfit(field, value, "numbers, as 80,443 or 1..1023");
    return member(field, { kind: "values", values, cs: true });
  }
  const cidrs = isAddressField(field) ? networksOf(value) : null;
  if (cidrs !== null) return member(field, { kind: "cidrs", cidrs });
  return member(field, { kind: "values", values: [value], cs: true });
}

const BOOL = { type: "bool", span: SPAN } as const;
const fieldExpr = (name: string): IrExpr => ({
  op: "field",
  name,
  type: FIELD_TYPES.get(name) ?? "string",
  span: SPAN,
});
const constant = (value: number): IrExpr => ({ op: "const", value, type: "float", span: SPAN });
const member = (field: string, set: IrSet): IrExpr => ({
  op: "in",
  negated: false,
  value: fieldExpr(field),
  set,
  ...BOOL,
});
const anyOf = (args: readonly IrExpr[]): IrExpr => ({ op: "or", args, ...BOOL });

function misfit(field: string, value: string, expected: string): ApiError {
  const shown = JSON.stringify(value.length > 60 ? value.slice(0, 60).toWellFormed() + "…" : value);
  return new ApiError(
    400,
    "invalid_parameter",
    `"${field}" is ${shown}; give ${expected}`,
    field,
  );
}

function unknownField(field: string, of: Filterable): ApiError {
  const near = nearest(field, of.fields);
  const name = field.length > 60 ? field.slice(0, 60) + "…" : field;
  return new ApiError(
    400,
    "unknown_parameter",
    `There is no field "${name}" to filter by${
      near ? `; did you mean "${near}"?` : ": a vendor's own is where=NAME:VALUE"
    }`,
    name,
  );
}
