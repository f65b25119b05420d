/** The rules of types: what compares with what, and what arithmetic gives. */
import type { ScalarType, Type } from "./types.ts";

const TEXT: ReadonlySet<Type> = new Set<Type>(["string", "ip", "host", "severity"]);
const PLAIN_NUMBER: ReadonlySet<Type> = new Set<Type>(["int", "float", "bytes"]);

/** Held as text at run time. */
export const isText = (t: Type): boolean => TEXT.has(t);
/** A count or a size: a number without a unit of time. */
export const isPlainNumber = (t: Type): boolean => PLAIN_NUMBER.has(t);
/** Held as a number at run time. */
export const isNumeric = (t: Type): boolean =>
  isPlainNumber(t) || t === "duration" || t === "timestamp";

/** How a type is called in messages. */
export function typeName(t: Type): string {
  return typeof t === "object" ? `list<${t.list}>` : t;
}

/** With its article: `a string`, `an int`. */
export function aType(t: Type): string {
  if (t === "bytes") return "a size in bytes";
  const name = typeName(t);
  return (/^[aeiou]/.test(name) ? "an " : "a ") + name;
}

/** Whether `==` can hold between the two. */
export function comparable(a: Type, b: Type): boolean {
  if (typeof a === "object" || typeof b === "object") return false;
  if (isText(a) && isText(b)) return true;
  if (isPlainNumber(a) && isPlainNumber(b)) return true;
  return a === b && a !== "cidr";
}

/** Whether `<` has a meaning between the two. */
export function ordered(a: Type, b: Type): boolean {
  return (isPlainNumber(a) && isPlainNumber(b)) ||
    (a === b && (a === "duration" || a === "timestamp"));
}

/** The type of `a op b`, or null when it has none. */
export function arithmetic(op: "+" | "-" | "*" | "/" | "%", a: Type, b: Type): ScalarType | null {
  if (isPlainNumber(a) && isPlainNumber(b)) {
    if (op === "/") return "float";
    if (a === "float" || b === "float") return "float";
    return a === "bytes" || b === "bytes" ? "bytes" : "int";
  }
  const plain = (t: Type) => isPlainNumber(t);
  switch (op) {
    case "+":
      if (a === "duration" && b === "duration") return "duration";
      if ((a === "timestamp" && b === "duration") || (a === "duration" && b === "timestamp")) {
        return "timestamp";
      }
      return isText(a) && isText(b) ? "string" : null;
    case "-":
      if (a === "timestamp" && b === "timestamp") return "duration";
      if (a === "timestamp" && b === "duration") return "timestamp";
      return a === "duration" && b === "duration" ? "duration" : null;
    case "*":
      return (a === "duration" && plain(b)) || (plain(a) && b === "duration") ? "duration" : null;
    case "/":
      if (a === "duration" && b === "duration") return "float";
      return a === "duration" && plain(b) ? "duration" : null;
    case "%":
      return (a === "duration" || a === "timestamp") && b === "duration" ? "duration" : null;
  }
}

/** The type of a value that is one of the two, or null. */
export function unify(a: Type, b: Type): Type | null {
  if (typeof a === "object" || typeof b === "object") {
    return typeof a === "object" && typeof b === "object" && a.list === b.list ? a : null;
  }
  if (a === b) return a;
  if (isPlainNumber(a) && isPlainNumber(b)) {
    return a === "float" || b === "float"
      ? "float"
      : a === "bytes" || b === "bytes"
      ? "bytes"
      : "int";
  }
  if ((a === "ip" && b === "host") || (a === "host" && b === "ip")) return "host";
  return isText(a) && isText(b) ? "string" : null;
}

/** Whether a value of type `given` can be passed where `wanted` is asked. */
export function assignable(
  given: Type,
  wanted: Type | "any" | "number" | "text" | "address",
): boolean {
  switch (wanted) {
    case "any":
      return true;
    case "number":
      return isPlainNumber(given) || given === "duration";
    case "text":
    case "string":
      return isText(given);
    case "address":
      return given === "ip" || given === "host" || given === "string";
    case "float":
      return isPlainNumber(given);
    case "int":
    case "bytes":
      return given === "int" || given === "bytes";
    case "host":
      return given === "ip" || given === "host" || given === "string";
    default:
      if (typeof wanted === "object") {
        return typeof given === "object" && (given.list === wanted.list);
      }
      return given === wanted;
  }
}
