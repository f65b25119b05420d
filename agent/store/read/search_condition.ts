/**
 * Conditions of searches in SQL, over `events e` alone: what a row has from its kind or its source is
 * asked of those once for a statement, as the set of kinds of which it holds. A join would look at JSON
 * for each row. Each condition has two forms: one that every row surely fulfils of which the condition holds, for choosing rows that are
 * then judged by the language's own evaluator, and one that only such rows fulfil, for counting rows
 * that nobody looks at. Where SQL says the same as the language the two are equal. Every value is a
 * parameter, and no form is ever NULL.
 */
import type { IrExpr, IrRows } from "../../../compiler/ir/program.ts";
import { children, MIRRORED } from "../../../compiler/ir/walk.ts";
import { LIKE_ANY, LIKE_ONE, likeTokens } from "../../../compiler/schema/like.ts";
import { FIELD_COLUMNS, FIELDS } from "../types/kinds.ts";
import { belowSql, extraSql, fieldSql, jsonSql, ownSql } from "../types/fields.ts";
import type { SearchedRows, StoredEvent } from "../types/types.ts";
import type { Conditions } from "./conditions.ts";

type EventSource = Extract<IrRows, { readonly kind: "events" }>["from"];

/** The conditions of a search, its source apart. */
export const conditionsOf = ({ rows, where }: Pick<SearchedRows, "rows" | "where">): IrExpr[] => [
  ...rows.kind === "events" && rows.where ? [rows.where] : [],
  ...where,
];

/** A condition that hangs on its fields alone. */
export const isPlain = (e: IrExpr): boolean =>
  e.op !== "call" && e.op !== "gap" && !(e.op === "in" && e.set.kind === "table") &&
  children(e).every(isPlain);

/** Both forms of a condition. */
export interface SqlCondition {
  /** True wherever the condition may hold. */
  readonly may: string;
  /** True only where it holds. */
  readonly must: string;
}

const sure = (sql: string): SqlCondition => ({ may: sql, must: sql });
const TRUE = sure("true"), FALSE = sure("false");
/** Nothing that SQL could tell. */
const UNKNOWN: SqlCondition = { may: "true", must: "false" };

/** Columns of numbers, and of text: these hold what a field is when it is a text, but for `status`. */
export const NUMBERS: ReadonlySet<string> = new Set(
  FIELDS.flatMap(([name, type]) => type.startsWith("int") ? [name] : []),
);
const TEXT = new Set(FIELD_COLUMNS.filter((name) => !NUMBERS.has(name) && name !== "status"));

const ASCII = /^[\x20-\x7e]*$/;
/** What the database does not hold as it was: NUL, and halves of surrogate pairs. */
const UNSTORED = /[\0\ud800-\udfff\ufffd]/;
/** A whole number as JavaScript writes it, small enough to be exact. */
const INTEGER = "'^(0|-?[1-9][0-9]{0,14})$'";

/** Values of a condition, by their marks in its SQL: which form is used is known later. */
export class SqlValues {
  readonly #values: unknown[] = [];

  mark(value: unknown): string {
    this.#values.push(value);
    return `\u27e8${this.#values.length - 1}\u27e9`;
  }

  /** The SQL with its values as parameters of the statement. */
  place(sql: string, where: Conditions): string {
    const placed = new Map<string, string>();
    return sql.replace(/\u27e8(\d+)\u27e9/g, (_, i: string) => {
      let param = placed.get(i);
      if (param === undefined) placed.set(i, param = where.param(this.#values[Number(i)]));
      return param;
    });
  }
}

/** Makes a test of a value in SQL: text, or a number where it says so. */
type Test = (sql: string) => string;

/** Rows whose kind or source is among those of which a condition holds; worked out once. */
const kindIn = (condition: string) =>
  `((e.kind IN (SELECT k.id FROM event_kinds k WHERE ${condition})) IS TRUE)`;
const sourceIn = (condition: string) =>
  `((e.source IN (SELECT s.id FROM event_sources s WHERE ${condition})) IS TRUE)`;

/**
 * What is no array has names; a row whose value does not fit its column is such an object. To look for
 * the name costs a tenth of reading the JSON, as it is written with names of these characters as they are.
 */
export const holdsName = (name: string): string =>
  `${
    NAME.test(name)
      ? `starts_with(e.extra::text, '{') AND strpos(e.extra::text, '"${name}"') > 0 AND `
      : ""
  }json_typeof(e.extra) = 'object'`;
const NAME = /^[A-Za-z_]\w*$/;

/** Where a field may stand in a row, apart from its kind; null where SQL cannot tell. */
interface FieldSql {
  /** Whether a test holds of whatever the event has; more may be let through. */
  readonly any: (test: Test) => string;
  /** Whether it holds of what was text in the event; null when that cannot be known. */
  readonly text: ((test: Test) => string) | null;
}

/** Tests of a missing value have to be false. */
function fieldOf(values: SqlValues, name: string): FieldSql | null {
  const exactly = (of: (test: Test) => string) => ({ any: of, text: of });
  switch (name) {
    case "_raw":
      return exactly((test) => test("e.raw"));
    case "host":
      return exactly((test) => test("e.host"));
    case "sourcetype":
      return exactly((test) => kindIn(test("k.sourcetype")));
    case "source":
      return exactly((test) => sourceIn(test("s.name")));
    case "_time":
    case "datasets":
      return null;
  }
  const mark = FIELD_COLUMNS.includes(name) ? `'${name}'` : `${values.mark(name)}::text`;
  const fixed = `(k.constants ->> ${mark})`;
  if (!FIELD_COLUMNS.includes(name)) {
    return {
      // Of a row with an array only where its kind names the field.
      any: (test) =>
        `(${kindIn(test(fixed))} OR CASE WHEN ${holdsName(name)} THEN ${
          test(`(e.extra ->> ${mark})`)
        }
          WHEN ${kindIn(`${mark} = ANY (k.fields)`)} THEN ${test(inArray(mark))} ELSE false END)`,
      text: null,
    };
  }
  const own = ownSql(name);
  return {
    // A value that does not fit its column stands in an object.
    any: (test) =>
      `(${test(own)} OR ${kindIn(test(fixed))} OR CASE WHEN ${FIELD_IS_NULL(name)} AND ${
        holdsName(name)
      } THEN ${test(`(e.extra ->> '${name}')`)} ELSE false END)`,
    text: TEXT.has(name)
      ? (test) => `(${test(own)} OR ${FIELD_IS_NULL(name)} AND ${kindIn(test(fixed))})`
      : null,
  };
}

const FIELD_IS_NULL = (name: string) =>
  name === "src" || name === "dest"
    ? `e.${name} IS NULL AND e.${name}_ip IS NULL`
    : `e."${name}" IS NULL`;

/** A value of an array, by the place that its kind gives the field. */
const inArray = (mark: string) =>
  extraSql(
    mark,
    `((SELECT jsonb_object_agg(k.id, ${belowSql(`array_position(k.fields, ${mark})`)})
      FROM event_kinds k WHERE ${mark} = ANY (k.fields)) ->> e.kind::text)::bigint`,
  );

/** Fields of which the database gives the values themselves; of all others it gives JSON. */
export const HELD_AS_IT_IS: ReadonlySet<string> = new Set([
  "host",
  "source",
  "sourcetype",
  ...FIELD_COLUMNS,
]);

/** Whether groups can be made of a field's values: what is stored is what the event had. */
export const isGrouped = (name: string): boolean => HELD_AS_IT_IS.has(name) || OTHER.test(name);
/** Names that stand in SQL as they are. */
const OTHER = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

/** What groups are made of; null for fields of which none are. */
export function columnSql(name: string): string | null {
  if (NUMBERS.has(name)) {
    return `coalesce(e.${name}::float8, CASE WHEN jsonb_typeof(k.constants -> '${name}') = 'number' ` +
      `THEN (k.constants ->> '${name}')::float8 END)`;
  }
  if (name === "host") return "e.host";
  if (name === "sourcetype") return "k.sourcetype";
  if (name === "source") return "s.name";
  if (FIELD_COLUMNS.includes(name)) return fieldSql(name);
  return OTHER.test(name) ? jsonSql(`'${name}'`) : null;
}

/** What a search reads, its condition apart. */
export function sourceSql(where: Conditions, rows: IrRows): string {
  if (rows.kind !== "events") return "false";
  const { any, dataset, sourcetype } = rows.from;
  if (any) return "true";
  if (dataset !== undefined) return kindIn(`${where.param(dataset)}::text = ANY (k.datasets)`);
  return sourcetype === undefined ? "true" : kindIn(`k.sourcetype = ${where.param(sourcetype)}`);
}

/** The same of an event, or of what it has from its kind. */
export function isFrom(
  event: Pick<StoredEvent, "datasets" | "sourcetype">,
  { any, dataset, sourcetype }: EventSource,
): boolean {
  if (dataset !== undefined) return event.datasets.includes(dataset);
  if (sourcetype !== undefined) return event.sourcetype === sourcetype;
  return any === true;
}

/** @param where holds its values until a form of it is chosen */
export function conditionSql(expr: IrExpr, where: SqlValues): SqlCondition {
  switch (expr.op) {
    case "const":
      return expr.value === true ? TRUE : FALSE;
    case "and":
    case "or":
      return joined(expr.op, expr.args.map((a) => conditionSql(a, where)));
    case "not": {
      const { may, must } = conditionSql(expr.arg, where);
      return { may: negation(must), must: negation(may) };
    }
    case "cond": {
      const test = conditionSql(expr.test, where);
      const then = conditionSql(expr.then, where), other = conditionSql(expr.else, where);
      const otherwise = { may: negation(test.must), must: negation(test.may) };
      return joined("or", [joined("and", [test, then]), joined("and", [otherwise, other])]);
    }
    case "exists":
      return existsSql(expr.name, where);
    case "==":
    case "!=":
      return equality(expr, where);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return order(expr, where);
    case "in":
      return membership(expr, where);
    case "contains":
    case "startswith":
    case "endswith": {
      const { value, needles, quant } = expr;
      const tests = needles.map((n) =>
        n.op === "const" && typeof n.value === "string"
          ? textTest(where, value, patternOf(expr.op, n.value), n.cs === true)
          : present(value, where)
      );
      return joined(quant === "any" ? "or" : "and", tests);
    }
    case "like": {
      const pattern = likeTokens(expr.pattern, expr.escapes === true).map((t) =>
        t === LIKE_ANY ? "%" : t === LIKE_ONE ? "_" : escaped(t)
      ).join("");
      return textTest(where, expr.value, pattern, expr.cs);
    }
    case "matches":
      return present(expr.value, where);
    default:
      return UNKNOWN;
  }
}

function joined(op: "and" | "or", parts: readonly SqlCondition[]): SqlCondition {
  const [none, all] = op === "and" ? ["true", "false"] : ["false", "true"];
  const join = (of: readonly string[]) => {
    if (of.includes(all)) return all;
    const left = [...new Set(of)].filter((x) => x !== none);
    if (left.length === 0) return none;
    return left.length === 1 ? left[0] : `(${left.join(op === "and" ? " AND " : " OR ")})`;
  };
  return { may: join(parts.map((p) => p.may)), must: join(parts.map((p) => p.must)) };
}

const negation = (sql: string) =>
  sql === "true" ? "false" : sql === "false" ? "true" : `NOT ${sql}`;

/** A test that is false where a value is missing. */
const test = (sql: string) => `coalesce(${sql}, false)`;

const escaped = (text: string) => text.replace(/[\\%_]/g, "\\$&");

const patternOf = (op: "contains" | "startswith" | "endswith", needle: string) =>
  (op === "startswith" ? "" : "%") + escaped(needle) + (op === "endswith" ? "" : "%");

function existsSql(name: string, where: SqlValues): SqlCondition {
  if (name === "_time" || name === "_raw") return TRUE;
  const field = fieldOf(where, name);
  return field === null ? UNKNOWN : sure(field.any((sql) => `(${sql} IS NOT NULL)`));
}

/** What is known of a test on a field that SQL cannot make: the field is there. */
function present(value: IrExpr, where: SqlValues): SqlCondition {
  if (value.op !== "field") return UNKNOWN;
  return { may: existsSql(value.name, where).may, must: "false" };
}

/** Text with and without regard to case; of text beyond ASCII only that the field is there. */
function textTest(where: SqlValues, value: IrExpr, pattern: string, cs: boolean): SqlCondition {
  if (value.op !== "field") return UNKNOWN;
  const field = fieldOf(where, value.name);
  if (field === null) return UNKNOWN;
  if (!cs && !ASCII.test(pattern) || UNSTORED.test(pattern)) {
    return { may: existsSql(value.name, where).may, must: "false" };
  }
  const param = where.mark(cs ? pattern : pattern.toLowerCase());
  // Half of what ILIKE takes, which folds character by character.
  const like: Test = (sql) =>
    test(cs ? `${sql} COLLATE "C" LIKE ${param}` : `lower(${sql} COLLATE "C") LIKE ${param}`);
  const may = field.any(like);
  return {
    may: !cs && /k/i.test(pattern) ? `(${may} OR ${field.any(kelvin)})` : may,
    must: field.text === null ? "false" : field.text(like),
  };
}

/** The one character beyond ASCII whose lower case is within it: KELVIN SIGN. */
const kelvin = (sql: string) => test(`strpos(${sql}, U&'\\212A') > 0`);

/** A list as one parameter, worked out once for a statement. */
const listSql = (where: SqlValues, values: readonly unknown[]) =>
  `ARRAY(SELECT jsonb_array_elements_text(${where.mark(JSON.stringify(values))}::text::jsonb))`;

/** A field that is equal to one of some texts. */
function equalTexts(
  where: SqlValues,
  name: string,
  values: readonly string[],
  cs: boolean,
): SqlCondition {
  const field = fieldOf(where, name);
  if (field === null) return UNKNOWN;
  if (values.some((v) => (!cs && !ASCII.test(v)) || UNSTORED.test(v))) {
    return { may: existsSql(name, where).may, must: "false" };
  }
  const texts = cs ? values : values.map((v) => v.toLowerCase());
  const param = listSql(where, texts);
  const equal: Test = (sql) => test(`${cs ? sql : `lower(${sql} COLLATE "C")`} = ANY (${param})`);
  const may = field.any(equal);
  return {
    may: !cs && texts.some((v) => v.includes("k")) ? `(${may} OR ${field.any(kelvin)})` : may,
    must: field.text === null ? "false" : field.text(equal),
  };
}

type Equality = Extract<IrExpr, { readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=" }>;

/** The field and the constant of a comparison, whichever stands on the left. */
function sides({ left, right }: Equality) {
  if (left.op === "field" && right.op === "const") return { field: left, value: right.value };
  if (right.op === "field" && left.op === "const") return { field: right, value: left.value };
  return null;
}

function equality(expr: Equality, where: SqlValues): SqlCondition {
  const found = sides(expr);
  if (found === null) return UNKNOWN;
  const { field, value } = found;
  const equal = typeof value === "string"
    ? equalTexts(where, field.name, [value], expr.cs)
    : typeof value === "number"
    ? number(where, field.name, (n) => `${n} = ${where.mark(value)}::float8`)
    : typeof value === "boolean"
    ? { ...equalTexts(where, field.name, [String(value)], false), must: "false" }
    : UNKNOWN;
  if (expr.op === "==") return equal;
  return joined("and", [
    existsSql(field.name, where),
    { may: negation(equal.must), must: negation(equal.may) },
  ]);
}

function order(expr: Equality, where: SqlValues): SqlCondition {
  const found = sides(expr);
  if (found === null || typeof found.value !== "number") return UNKNOWN;
  const { field, value } = found;
  const op = expr.left === field ? expr.op : MIRRORED[expr.op];
  if (field.name === "_time") {
    // Stored to the microsecond, as what is compared with is to the millisecond.
    return sure(`(extract(epoch FROM e.time) * 1000 ${op} ${where.mark(value)}::float8)`);
  }
  return number(where, field.name, (n) => `${n} ${op} ${where.mark(value)}::float8`);
}

/** A test on a field's number; text that might be another spelling of one is left open. */
function number(where: SqlValues, name: string, of: (n: string) => string): SqlCondition {
  if (name === "_time") return UNKNOWN;
  const field = fieldOf(where, name);
  if (field === null) return UNKNOWN;
  // Most are digits alone, which costs less to see than a pattern.
  const number = (sql: string, otherwise: string) =>
    `(CASE WHEN ${sql} = '' OR length(${sql}) > 15 OR translate(${sql}, '0123456789', '') <> ''
        OR left(${sql}, 1) = '0'
      THEN CASE WHEN ${sql} ~ ${INTEGER} THEN ${of(`(${sql})::float8`)} ELSE ${otherwise} END
      WHEN ${sql} IS NOT NULL THEN ${of(`(${sql})::float8`)} ELSE ${otherwise} END)`;
  const maybe: Test = (sql) => test(number(sql, `${sql} IS NOT NULL`));
  const surely: Test = (sql) => test(number(sql, "false"));
  // What stands in a column is no number but where that is one, or its text reads as one.
  const may = (own: string) =>
    `(${own} OR ${
      kindIn(maybe(`(k.constants ->> '${name}')`))
    } OR CASE WHEN e.${name} IS NULL AND ${holdsName(name)} THEN ${
      maybe(`(e.extra ->> '${name}')`)
    } ELSE false END)`;
  if (NUMBERS.has(name)) {
    const own = test(of(`e.${name}::float8`));
    const fixed = `(k.constants ->> '${name}')`;
    return {
      may: may(own),
      must: `(${own} OR e.${name} IS NULL AND ${
        kindIn(
          `CASE WHEN jsonb_typeof(k.constants -> '${name}') = 'number' THEN ${
            test(of(`${fixed}::float8`))
          } ELSE false END`,
        )
      })`,
    };
  }
  if (name !== "status") return { may: field.any(maybe), must: "false" };
  return {
    may: may(surely("e.status")),
    must: `(${surely("e.status")} OR e.status IS NULL AND ${
      kindIn(surely(`(k.constants ->> 'status')`))
    })`,
  };
}

function membership(
  { value, set, negated }: Extract<IrExpr, { readonly op: "in" }>,
  where: SqlValues,
): SqlCondition {
  if (value.op !== "field") return UNKNOWN;
  const { name } = value;
  let inside = UNKNOWN;
  if (set.kind === "range") {
    inside = number(
      where,
      name,
      (n) => `${n} BETWEEN ${where.mark(set.from)}::float8 AND ${where.mark(set.to)}::float8`,
    );
  } else if (set.kind === "cidrs" && (name === "src" || name === "dest")) {
    const nets = `${listSql(where, set.cidrs)}::inet[]`;
    // What has a text of its own is no plain IPv4 address: mapped ones are for the evaluator.
    const plain = `e.${name} IS NULL AND e.${name}_ip <<= ANY (${nets})`;
    inside = {
      may: `(${test(plain)} OR e.${name} IS NOT NULL OR ${
        kindIn(`(k.constants ->> '${name}') IS NOT NULL`)
      })`,
      must: test(plain),
    };
  } else if (set.kind === "values") {
    const texts = set.values.filter((v): v is string => typeof v === "string");
    if (texts.length === set.values.length) inside = equalTexts(where, name, texts, set.cs);
    else if (texts.length === 0 && set.values.every((v) => typeof v === "number")) {
      inside = number(where, name, (n) => `${n} = ANY (${listSql(where, set.values)}::float8[])`);
    }
  }
  const there = existsSql(name, where);
  if (!negated) return joined("and", [there, inside]);
  return joined("and", [there, { may: negation(inside.must), must: negation(inside.may) }]);
}
