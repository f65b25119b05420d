/**
 * A rule's necessary condition: what must hold of an event for the rule to match it, in tests that an
 * index can answer for all rules at once. It may hold where the rule does not, never the other way
 * round: what has no such test counts as true.
 */
import type { IrExpr, IrRule } from "../ir/program.ts";
import { fieldsRead, hasGap } from "../ir/walk.ts";
import { LIKE_ANY, LIKE_ONE, likeTokens } from "../schema/like.ts";
import type { Value } from "../schema/types.ts";
import { condition } from "./expr.ts";
import { allOf, ALWAYS, anyOf, type Atom, type Necessary, NEVER } from "./index/condition.ts";
import { conditionsOf } from "./projection.ts";
import { regexNecessary } from "./regex_literals.ts";
import type { Scope } from "./scope.ts";

/** Of the events that pass an input of a rule and its conditions up to what changes or holds rows. */
export function ruleNecessary(rule: IrRule, input: number, scope: Scope): Necessary {
  return allOf(conditionsOf(rule, input).map((e) => necessary(e, scope)));
}

/** Of the expression as a condition. `scope` says which fields are known. */
export function necessary(e: IrExpr, scope: Scope): Necessary {
  switch (e.op) {
    case "const":
      return e.value === true ? ALWAYS : NEVER;
    case "and": {
      const parts: Necessary[] = [];
      for (const arg of e.args) {
        const part = necessary(arg, scope);
        if (part.op === "never") return NEVER;
        parts.push(part);
      }
      return allOf(parts);
    }
    case "or":
      return anyOf(e.args.map((a) => necessary(a, scope)));
    case "==": {
      const left = subject(e.left, scope), right = subject(e.right, scope);
      if (left === null || right === null) return ALWAYS;
      if (isKnown(left)) {
        return isKnown(right) ? folded(e, scope) : equal(right.fields, [left.known], e.cs);
      }
      return isKnown(right) ? equal(left.fields, [right.known], e.cs) : ALWAYS;
    }
    case "in": {
      const value = subject(e.value, scope);
      if (value === null) return ALWAYS;
      if (isKnown(value)) return folded(e, scope);
      if (e.negated || e.set.kind !== "values") return ALWAYS;
      return equal(value.fields, e.set.values, e.set.cs);
    }
    case "contains":
    case "startswith":
    case "endswith": {
      const value = subject(e.value, scope);
      if (value === null) return ALWAYS;
      if (isKnown(value)) {
        if (typeof value.known !== "string" && e.needles.length > 0) return NEVER;
        return e.needles.every((n) => n.op === "const") ? folded(e, scope) : ALWAYS;
      }
      const parts = e.needles.map((n): Necessary => {
        if (n.op !== "const" || typeof n.value !== "string") return ALWAYS;
        return textAtoms(value.fields, e.op === "endswith", n.value, n.cs === true);
      });
      return e.quant === "any" ? anyOf(parts) : allOf(parts);
    }
    case "like": {
      const value = subject(e.value, scope);
      if (value === null) return ALWAYS;
      if (isKnown(value)) return folded(e, scope);
      return likeNecessary(value.fields, e);
    }
    case "matches": {
      const value = subject(e.value, scope);
      if (value === null) return ALWAYS;
      if (isKnown(value)) return folded(e, scope);
      return regexNecessary(e.source, e.flags, (text) => atomsOn(value.fields, "contains", text));
    }
    case "field":
    case "exists": {
      const c = scope.field(e.name);
      return c.known ? folded(e, scope) : ALWAYS;
    }
    case "not":
      // What never holds is denied always; anything else may be denied or not.
      return necessary(e.arg, scope).op === "never" ? ALWAYS : foldedFields(e, scope);
    default:
      return foldedFields(e, scope);
  }
}

/** What a test is on: a value known now, or one of these fields' as text. Null for anything else. */
type Subject = { readonly known: Value } | { readonly fields: readonly string[] };

const isKnown = (s: Subject): s is { readonly known: Value } => "known" in s;

/** Fields whose value stands outside of the event. */
const OUTSIDE: ReadonlySet<string> = new Set(["source", "_time"]);

function subject(e: IrExpr, scope: Scope): Subject | null {
  switch (e.op) {
    case "const":
      return { known: e.value as Value };
    case "field": {
      const c = scope.field(e.name);
      if (c.known) return { known: c.value };
      return OUTSIDE.has(e.name) ? null : { fields: [e.name] };
    }
    case "call": {
      if (e.fn === "tostring" || e.fn === "lower") {
        const inner = subject(e.args[0], scope);
        if (inner === null || !isKnown(inner)) return inner;
        const { known } = inner;
        if (known === undefined) return inner;
        if (e.fn === "tostring" && typeof known !== "object") return { known: String(known) };
        return e.fn === "lower" && typeof known === "string"
          ? { known: known.toLowerCase() }
          : null;
      }
      if (e.fn !== "coalesce") return null;
      const fields: string[] = [];
      for (const arg of e.args) {
        const inner = subject(arg, scope);
        if (inner === null) return null;
        if (!isKnown(inner)) fields.push(...inner.fields);
        else if (inner.known !== undefined) return fields.length === 0 ? inner : null;
      }
      return fields.length === 0 ? { known: undefined } : { fields };
    }
    default:
      return null;
  }
}

/** What the constants alone make of a condition in which no other value takes part. */
function folded(e: IrExpr, scope: Scope): Necessary {
  const c = condition(e, scope);
  return !c.known || c.value === true ? ALWAYS : NEVER;
}

/** The same where its fields may be unknown. */
function foldedFields(e: IrExpr, scope: Scope): Necessary {
  if (hasGap(e)) return ALWAYS;
  for (const name of fieldsRead(e)) if (!scope.field(name).known) return ALWAYS;
  return folded(e, scope);
}

// Letters beyond ASCII are lowered by what stands around them, and some become two.
const ASCII = /^[\0-\x7f]*$/;

function atomsOn(fields: readonly string[], test: Atom["test"], text: string): Necessary {
  return { op: "atoms", atoms: fields.map((field) => ({ field, test, text })) };
}

/** Equality with one of the values. */
function equal(fields: readonly string[], values: readonly Value[], cs: boolean): Necessary {
  const parts: Necessary[] = [];
  for (const v of values) {
    if (v === undefined) continue;
    if (typeof v === "object") return ALWAYS;
    const text = String(v);
    if (text === "" || (cs && !ASCII.test(text))) return ALWAYS;
    parts.push(atomsOn(fields, "equals", text.toLowerCase()));
  }
  return anyOf(parts);
}

/** A text that a value holds; at its end where `end`. */
function textAtoms(
  fields: readonly string[],
  end: boolean,
  needle: string,
  cs: boolean,
): Necessary {
  if (needle === "" || (cs && !ASCII.test(needle))) return ALWAYS;
  const text = needle.toLowerCase();
  const base = end && (text[0] === "\\" || text[0] === "/") && !text.includes(text[0], 1);
  return atomsOn(fields, base ? "base" : "contains", text);
}

/** The runs of characters between a pattern's wildcards. */
function likeNecessary(
  fields: readonly string[],
  e: Extract<IrExpr, { readonly op: "like" }>,
): Necessary {
  const tokens = likeTokens(e.cs ? e.pattern : e.pattern.toLowerCase(), e.escapes === true);
  if (tokens.length === 0) return ALWAYS;
  const runs: string[] = [""];
  for (const t of tokens) {
    if (t === LIKE_ANY || t === LIKE_ONE) runs.push("");
    else runs[runs.length - 1] += t;
  }
  if (runs.length === 1) return equal(fields, [runs[0]], e.cs);
  return allOf(
    runs.map((run, i) => textAtoms(fields, i === runs.length - 1, run, e.cs)),
  );
}
