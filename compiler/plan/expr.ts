/**
 * One expression to JavaScript, under what is known of the row. Constants fold while the code is
 * made: a part whose inputs are all known is a value, not code.
 */
import type { IrExpr, IrSet, IrTable } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import * as H from "./helpers.ts";
import { needleTest } from "./needles.ts";

/** A value known now, or JavaScript that gives it. `num`, `bool`: what the code surely gives. */
export type Code =
  | { readonly known: true; readonly value: Value }
  | { readonly known: false; readonly js: string; readonly num?: boolean; readonly bool?: boolean };

/** What a function of the language does with values; missing arguments included. */
export type Functions = (name: string) => ((...args: Value[]) => Value) | undefined;

export const MISSING: Code = { known: true, value: undefined };
export const TRUE: Code = { known: true, value: true };
export const FALSE: Code = { known: true, value: false };

/** JSON that is also JavaScript, whatever the text holds. */
export function literal(v: unknown): string {
  if (v === undefined) return "undefined";
  if (typeof v === "number" && !Number.isFinite(v)) {
    return v > 0 ? "Infinity" : v < 0 ? "-Infinity" : "NaN";
  }
  return JSON.stringify(v).replace(
    /[\u2028\u2029]/g,
    (c) => c === "\u2028" ? "\\u2028" : "\\u2029",
  );
}

// Control characters cannot stand in generated code otherwise: JSON escapes them.
// deno-lint-ignore no-control-regex
const MARK = /\u0001(\d+)\u0002/g;

/** The constants of a generated program: sets, regexes, tables, functions; equal ones once. */
export class Constants {
  readonly values: unknown[] = [];
  readonly #index = new Map<string, number>();
  constructor(readonly functions: Functions, readonly tables: ReadonlyMap<string, IrTable>) {}

  /** The identifier of a constant, made at its first use. */
  ref(id: string, make: () => unknown): string {
    let i = this.#index.get(id);
    if (i === undefined) {
      i = this.values.length;
      this.values.push(make());
      this.#index.set(id, i);
    }
    return `c${i}`;
  }
  valueOf(ref: string): unknown {
    return this.values[Number(ref.slice(1))];
  }
}

/**
 * Subexpressions of one generated function. Each is written as a mark; when the function is
 * finished, those used once stand in place and the others become variables computed at first need.
 */
export class Shared {
  readonly #defs: string[] = [];
  readonly #index = new Map<string, number>();

  use(js: string): string {
    let i = this.#index.get(js);
    if (i === undefined) {
      i = this.#defs.length;
      this.#defs.push(js);
      this.#index.set(js, i);
    }
    return `\u0001${i}\u0002`;
  }

  /** The body with its variables declared. `N` is the mark of a variable not computed yet. */
  finish(body: string): string {
    const uses = new Array<number>(this.#defs.length).fill(0);
    const count = (text: string) => {
      for (const m of text.matchAll(MARK)) {
        if (uses[Number(m[1])]++ === 0) count(this.#defs[Number(m[1])]);
      }
    };
    count(body);
    const vars: string[] = [];
    const done = new Set<number>();
    const write = (text: string): string =>
      text.replace(MARK, (_, d) => {
        const i = Number(d);
        if (uses[i] === 1) return `(${write(this.#defs[i])})`;
        if (!done.has(i)) {
          done.add(i);
          vars.push(`v${i}=N`);
        }
        return `(v${i}!==N?v${i}:(v${i}=${write(this.#defs[i])}))`;
      });
    const out = write(body);
    return (vars.length ? `let ${vars.join(",")};` : "") + out;
  }
}

export interface Scope {
  readonly constants: Constants;
  readonly shared: Shared;
  field(name: string): Code;
}

const code = (js: string): Code => ({ known: false, js });
const test = (js: string): Code => ({ known: false, js, bool: true });
export const js = (c: Code): string => c.known ? literal(c.value) : c.js;

/** Code that is true only when the expression is: a missing or non-boolean value counts as false. */
export function condition(expr: IrExpr, scope: Scope): Code {
  const c = compile(expr, scope);
  if (c.known) return c.value === true ? TRUE : FALSE;
  return c.bool ? c : test(`(${c.js}===true)`);
}

export function compile(expr: IrExpr, scope: Scope): Code {
  const { constants, shared } = scope;
  switch (expr.op) {
    case "const":
      return { known: true, value: expr.value as Value };
    case "field":
      return scope.field(expr.name);
    case "exists": {
      const f = scope.field(expr.name);
      return f.known ? (f.value !== undefined ? TRUE : FALSE) : test(`(${f.js}!==undefined)`);
    }
    case "and":
    case "or": {
      const stop = expr.op === "or";
      const parts: string[] = [];
      for (const arg of expr.args) {
        const c = condition(arg, scope);
        if (!c.known) parts.push(c.js);
        else if (c.value === stop) return stop ? TRUE : FALSE;
      }
      if (parts.length === 0) return stop ? FALSE : TRUE;
      const unique = [...new Set(parts)];
      return test(`(${unique.join(stop ? "||" : "&&")})`);
    }
    case "not": {
      const c = condition(expr.arg, scope);
      return c.known ? (c.value ? FALSE : TRUE) : test(`(!${c.js})`);
    }
    case "neg": {
      const c = compile(expr.arg, scope);
      if (c.known) return { known: true, value: H.arith("-", 0, c.value) };
      return code(`H.arith("-",0,${c.js})`);
    }
    case "==":
    case "!=":
      return equality(
        expr.op,
        compile(expr.left, scope),
        compile(expr.right, scope),
        expr.cs,
        scope,
      );
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const a = compile(expr.left, scope), b = compile(expr.right, scope);
      if (a.known && b.known) {
        const o = H.order(a.value, b.value, expr.cs);
        const r = expr.op === "<"
          ? o < 0
          : expr.op === "<="
          ? o <= 0
          : expr.op === ">"
          ? o > 0
          : o >= 0;
        return r ? TRUE : FALSE;
      }
      if ((a.known && a.value === undefined) || (b.known && b.value === undefined)) return FALSE;
      const checks: string[] = [];
      let numeric = false;
      for (const c of [a, b]) if (c.known ? typeof c.value === "number" : c.num) numeric = true;
      if (!numeric) return test(`(H.order(${js(a)},${js(b)},${expr.cs})${expr.op}0)`);
      for (const c of [a, b]) {
        if (c.known ? typeof c.value !== "number" : false) return FALSE;
        if (!c.known && !c.num) checks.push(`typeof ${c.js}==="number"`);
      }
      return test(`(${[...checks, `${js(a)}${expr.op}${js(b)}`].join("&&")})`);
    }
    case "+":
    case "-":
    case "*":
    case "/":
    case "%": {
      const a = compile(expr.left, scope), b = compile(expr.right, scope);
      if (a.known && b.known) return { known: true, value: H.arith(expr.op, a.value, b.value) };
      return code(shared.use(`H.arith(${literal(expr.op)},${js(a)},${js(b)})`));
    }
    case "in": {
      const v = compile(expr.value, scope);
      if (v.known && v.value === undefined) return FALSE;
      const hit = member(v, expr.set, scope);
      if (!expr.negated) return hit;
      if (hit.known) {
        if (hit.value) return FALSE;
        return v.known ? TRUE : test(`(${v.js}!==undefined)`);
      }
      return test(`(${js(v)}!==undefined&&!${hit.js})`);
    }
    case "contains":
    case "startswith":
    case "endswith":
      return textTest(expr, scope);
    case "like": {
      const v = compile(expr.value, scope);
      const ref = constants.ref(
        `like ${expr.cs} ${expr.pattern}`,
        () => H.likeTest(expr.pattern, expr.cs),
      );
      return apply(ref, v, scope);
    }
    case "matches": {
      const v = compile(expr.value, scope);
      const flags = expr.flags.replace(/[gy]/g, "");
      const ref = constants.ref(`regex ${flags} ${expr.source}`, () => {
        const regex = new RegExp(expr.source, flags);
        return (x: Value) => typeof x === "string" && regex.test(x);
      });
      return apply(ref, v, scope);
    }
    case "cond": {
      const t = condition(expr.test, scope);
      if (t.known) return compile(t.value ? expr.then : expr.else, scope);
      const a = compile(expr.then, scope), b = compile(expr.else, scope);
      return code(`(${t.js}?${js(a)}:${js(b)})`);
    }
    case "call": {
      const fn = constants.functions(expr.fn);
      if (!fn) {
        throw new Error(
          `Function "${expr.fn}" has no implementation; add it to the table of functions`,
        );
      }
      const args = expr.args.map((a) => compile(a, scope));
      if (args.every((a) => a.known)) {
        return { known: true, value: fn(...args.map((a) => a.known ? a.value : undefined)) };
      }
      const ref = constants.ref(`fn ${expr.fn}`, () => fn);
      return code(shared.use(`${ref}(${args.map(js).join(",")})`));
    }
    case "gap":
      return scope.field("gap()");
  }
}

/** A constant predicate on one value: decided now, or shared by all rules that ask the same. */
function apply(ref: string, v: Code, scope: Scope): Code {
  if (v.known) {
    const fn = scope.constants.valueOf(ref) as (v: Value) => boolean;
    return fn(v.value) ? TRUE : FALSE;
  }
  return test(scope.shared.use(`${ref}(${v.js})`));
}

function lowered(v: Code, scope: Scope): Code {
  if (v.known) return { known: true, value: H.lower(v.value) };
  return code(scope.shared.use(`H.lower(${v.js})`));
}

function equality(op: "==" | "!=", a: Code, b: Code, cs: boolean, scope: Scope): Code {
  if ((a.known && a.value === undefined) || (b.known && b.value === undefined)) return FALSE;
  const not = op === "!=";
  if (a.known && b.known) {
    const same = cs ? a.value === b.value : H.equal(a.value, b.value);
    return same !== not ? TRUE : FALSE;
  }
  if (a.known) return equality(op, b, a, cs, scope);
  let same: string;
  if (b.known && typeof b.value === "string" && !cs) {
    const low = b.value.toLowerCase();
    const quick = `${js(a)}===${literal(b.value)}`;
    // Text without letters has no case, so that the raw comparison decides.
    same = low === b.value && low.toUpperCase() === low
      ? `(${quick})`
      : `(${quick}||${js(lowered(a, scope))}===${literal(low)})`;
  } else if (b.known || cs) same = `(${js(a)}===${js(b)})`;
  else same = scope.shared.use(`H.equal(${js(a)},${js(b)})`);
  if (!not) {
    return test(!b.known && cs ? `(${js(a)}!==undefined&&${same})` : same);
  }
  const present = b.known ? `${js(a)}!==undefined` : `${js(a)}!==undefined&&${js(b)}!==undefined`;
  return test(`(${present}&&!${same})`);
}

function member(v: Code, set: IrSet, scope: Scope): Code {
  const { constants, shared } = scope;
  switch (set.kind) {
    case "cidrs":
      return apply(
        constants.ref(`cidrs ${set.cidrs.join(" ")}`, () => H.cidrSet(set.cidrs)),
        v,
        scope,
      );
    case "range": {
      if (v.known) {
        return typeof v.value === "number" && v.value >= set.from && v.value <= set.to
          ? TRUE
          : FALSE;
      }
      const x = v.js;
      return test(
        `(${v.num ? "" : `typeof ${x}==="number"&&`}${x}>=${literal(set.from)}&&${x}<=${
          literal(set.to)
        })`,
      );
    }
    case "values": {
      const values = set.cs ? set.values : set.values.map((x) => H.lower(x)!);
      const key = set.cs ? v : values.some((x) => typeof x === "string") ? lowered(v, scope) : v;
      if (key.known) return values.includes(key.value as string) ? TRUE : FALSE;
      if (values.length <= 4) {
        if (values.length === 0) return FALSE;
        return test(`(${values.map((x) => `${key.js}===${literal(x)}`).join("||")})`);
      }
      const ref = constants.ref(`set ${JSON.stringify(values)}`, () => new Set(values));
      return test(shared.use(`${ref}.has(${key.js})`));
    }
    case "table":
      return apply(
        constants.ref(`member ${set.table}`, () => {
          const find = tableFinder(constants.tables.get(set.table));
          return (x: Value) => find(x) !== undefined;
        }),
        v,
        scope,
      );
  }
}

/** Finds a table's row by its key, the first column: text without case, the longest cidr, numbers. */
export function tableFinder(
  table: IrTable | undefined,
): (v: Value) => readonly Value[] | undefined {
  if (!table) return () => undefined;
  const rows = table.rows.map((r) => r.map((x) => x === null ? undefined : x));
  if (table.columns[0]?.type === "cidr") {
    const nets = rows.map((row) => {
      const text = String(row[0]);
      return { row, bits: Number(text.split("/")[1] ?? 128), has: H.cidrSet([text]) };
    }).sort((a, b) => b.bits - a.bits);
    return (v) => nets.find((n) => n.has(v))?.row;
  }
  const index = new Map<Value, readonly Value[]>();
  for (const row of rows) {
    const key = H.lower(row[0]);
    if (!index.has(key)) index.set(key, row);
  }
  return (v) => v === undefined ? undefined : index.get(H.lower(v));
}

function textTest(
  expr: Extract<IrExpr, { op: "contains" | "startswith" | "endswith" }>,
  scope: Scope,
): Code {
  const method = { contains: "includes", startswith: "startsWith", endswith: "endsWith" } as const;
  const name = method[expr.op];
  const raw = compile(expr.value, scope);
  const any = expr.quant === "any";
  const parts: string[] = [];
  const insensitive: string[] = [];
  for (const needle of expr.needles) {
    const cs = needle.op === "const" && needle.cs === true;
    const v = cs ? raw : lowered(raw, scope);
    const n = cs ? compile(needle, scope) : lowered(compile(needle, scope), scope);
    if (v.known && n.known) {
      const r = typeof v.value === "string" && typeof n.value === "string" &&
        v.value[name](n.value);
      if (r === any) return any ? TRUE : FALSE;
      continue;
    }
    if (v.known ? typeof v.value !== "string" : n.known && typeof n.value !== "string") {
      if (any) continue;
      return FALSE;
    }
    if (!cs && n.known) insensitive.push(n.value as string);
    const checks = n.known ? "" : `typeof ${n.js}==="string"&&`;
    parts.push(
      v.known
        ? `(${checks}${literal(v.value)}.${name}(${js(n)}))`
        : `(${checks}typeof ${v.js}==="string"&&${v.js}.${name}(${js(n)}))`,
    );
  }
  if (expr.needles.length === 0 && !any) {
    if (raw.known) return typeof raw.value === "string" ? TRUE : FALSE;
    return test(`(typeof ${raw.js}==="string")`);
  }
  if (parts.length === 0) return any ? FALSE : TRUE;
  if (insensitive.length === parts.length && parts.length > 1) {
    const v = lowered(raw, scope);
    const ref = scope.constants.ref(
      `text ${name} ${any} ${JSON.stringify(insensitive)}`,
      () => needleTest(insensitive, name, any),
    );
    return apply(ref, v, scope);
  }
  return test(`(${parts.join(any ? "||" : "&&")})`);
}
