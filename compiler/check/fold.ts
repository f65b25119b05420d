/** What a pattern's constants say of a condition before any event is read. */
import type { IrExpr } from "../ir/program.ts";
import type { Extraction } from "../schema/types.ts";

type Known =
  | { readonly value: string | number | boolean | readonly (string | number)[] }
  | "missing"
  | null;

/** True or false when it is so for every event of the extraction; null when it depends on the event. */
export function fold(e: IrExpr, x: Extraction): boolean | null {
  switch (e.op) {
    case "const":
      return typeof e.value === "boolean" ? e.value : null;
    case "and": {
      const parts = e.args.map((a) => fold(a, x));
      return parts.includes(false) ? false : parts.every((p) => p === true) ? true : null;
    }
    case "or": {
      const parts = e.args.map((a) => fold(a, x));
      return parts.includes(true) ? true : parts.every((p) => p === false) ? false : null;
    }
    case "not": {
      const inner = fold(e.arg, x);
      return inner === null ? null : !inner;
    }
    case "exists": {
      const known = fieldOf(e.name, x);
      return known === null ? null : known !== "missing";
    }
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [a, b] = [valueOf(e.left, x), valueOf(e.right, x)];
      if (a === "missing" || b === "missing") return false;
      return a && b ? compare(e.op, a.value, b.value, e.cs) : null;
    }
    case "in": {
      const v = valueOf(e.value, x);
      if (v === "missing") return false;
      if (v === null || typeof v.value === "object") return null;
      const { set } = e;
      if (set.kind === "values") {
        return set.values.some((s) => compare("==", v.value, s, set.cs)) !== e.negated;
      }
      if (set.kind === "range" && typeof v.value === "number") {
        return (v.value >= set.from && v.value <= set.to) !== e.negated;
      }
      return null;
    }
    case "contains":
    case "startswith":
    case "endswith":
    case "like":
    case "matches":
      return valueOf(e.value, x) === "missing" ? false : null;
    default:
      return null;
  }
}

function valueOf(e: IrExpr, x: Extraction): Known {
  if (e.op === "const") return { value: e.value };
  if (e.op === "field") return fieldOf(e.name, x);
  return null;
}

function fieldOf(name: string, x: Extraction): Known {
  if (Object.hasOwn(x.constants, name)) return { value: x.constants[name] };
  if (name === "sourcetype") return { value: x.sourcetype };
  if (name.startsWith("_") || name === "host" || name === "source") return null;
  if (x.open || x.captures.some((c) => c.name === name)) return null;
  return "missing";
}

function compare(op: string, a: unknown, b: unknown, cs: boolean): boolean | null {
  if (typeof a === "string" && typeof b === "string") {
    const same = cs ? a === b : a.toLowerCase() === b.toLowerCase();
    return op === "==" ? same : op === "!=" ? !same : null;
  }
  if (typeof a !== typeof b || typeof a === "object") return null;
  switch (op) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return (a as number) < (b as number);
    case "<=":
      return (a as number) <= (b as number);
    case ">":
      return (a as number) > (b as number);
    case ">=":
      return (a as number) >= (b as number);
  }
  return null;
}
