/** Expressions of resolved rules as text of SDL. */
import { escapeString, regexSource } from "../../grammar/literals.ts";
import { RESERVED } from "../../grammar/token.ts";
import type { IrExpr, IrSet } from "../ir/program.ts";
import type { Type } from "../schema/types.ts";

/** Something that SDL has no words for. */
export class Unwritable extends Error {}

/** Which type SDL gives to a name in the row at hand; null: the row has no such field. */
export type TypeOf = (name: string) => Type | null;

/** Binding strength, as in the grammar: higher binds tighter. */
const STRENGTH = {
  cond: 0,
  or: 1,
  and: 2,
  not: 3,
  test: 4,
  sum: 5,
  product: 6,
  unary: 7,
  primary: 8,
} as const;

const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Whether a name can stand without backticks wherever a name is wanted. */
export const isPlainName = (name: string): boolean =>
  NAME.test(name) && !RESERVED.has(name.toLowerCase()) && !/^t\d{4}(?:\.\d{3})?$/i.test(name);

/** A name between backticks. */
export function quotedName(name: string): string {
  if (name !== "" && !/[`\n\r\u2028\u2029]/.test(name)) return `\`${name}\``;
  throw new Unwritable(`SDL cannot write the field name ${JSON.stringify(name)}`);
}

export const stringText = (text: string, cs = false): string =>
  `"${escapeString(text)}"${cs ? "cs" : ""}`;

/** The text of an expression, in parentheses where it binds less than `least`. */
export function exprText(e: IrExpr, typeOf: TypeOf, least: number = STRENGTH.cond): string {
  const [text, strength] = new Writer(typeOf).write(e);
  return strength < least ? `(${text})` : text;
}

type Written = readonly [text: string, strength: number];

class Writer {
  constructor(readonly typeOf: TypeOf) {}

  write(e: IrExpr): Written {
    switch (e.op) {
      case "const":
        return [this.#constant(e.value, e.type, e.cs === true), STRENGTH.primary];
      case "field":
        return [this.#name(e.name, e.type), STRENGTH.primary];
      case "exists":
        return [`exists ${this.#known(e.name)}`, STRENGTH.test];
      case "and":
      case "or":
        return this.#logic(e.op, e.args);
      case "not":
        return [`not ${this.#inner(e.arg, STRENGTH.not)}`, STRENGTH.not];
      case "neg":
        return [`-${this.#inner(e.arg, STRENGTH.primary)}`, STRENGTH.unary];
      case "in":
        return [
          `${this.#inner(e.value, STRENGTH.sum)} ${e.negated ? "not in" : "in"} ${
            this.#set(e.set)
          }`,
          STRENGTH.test,
        ];
      case "contains":
      case "startswith":
      case "endswith":
        return [this.#textTest(e), STRENGTH.test];
      case "like":
        return [this.#like(e), STRENGTH.test];
      case "matches":
        return [
          `${this.#inner(e.value, STRENGTH.sum)} matches /${regexSource(e.source)}/${e.flags}`,
          STRENGTH.test,
        ];
      case "cond":
        return [
          `${this.#inner(e.test, STRENGTH.or)} ? ${this.#inner(e.then)} : ${this.#inner(e.else)}`,
          STRENGTH.cond,
        ];
      case "call":
        return [`${e.fn}(${e.args.map((a) => this.#inner(a)).join(", ")})`, STRENGTH.primary];
      case "gap":
        return ["gap()", STRENGTH.primary];
      default:
        return this.#binary(e);
    }
  }

  #inner(e: IrExpr, least: number = STRENGTH.cond): string {
    const [text, strength] = this.write(e);
    return strength < least ? `(${text})` : text;
  }

  /** Parentheses around `and` within `or`, too: people read them wrong without. */
  #logic(op: "and" | "or", args: readonly IrExpr[]): Written {
    const texts = args.map((a) =>
      a.op === "and" || a.op === "or"
        ? `(${this.#inner(a)})`
        : this.#inner(a, op === "or" ? STRENGTH.and : STRENGTH.not)
    );
    return [texts.join(` ${op} `), STRENGTH[op]];
  }

  #binary(e: Extract<IrExpr, { readonly left: IrExpr }>): Written {
    const sum = e.op === "+" || e.op === "-";
    const product = e.op === "*" || e.op === "/" || e.op === "%";
    const own = sum ? STRENGTH.sum : product ? STRENGTH.product : STRENGTH.test;
    const left = this.#inner(e.left, own === STRENGTH.test ? STRENGTH.sum : own);
    return [`${left} ${e.op} ${this.#inner(e.right, own + 1)}`, own];
  }

  #textTest(
    e: Extract<IrExpr, { readonly op: "contains" | "startswith" | "endswith" }>,
  ): string {
    const value = `${this.#inner(e.value, STRENGTH.sum)} ${e.op}`;
    const [first, ...more] = e.needles;
    if (more.length === 0 && e.quant === "any") {
      const needle = this.#inner(first, STRENGTH.sum);
      // Bare, a field of that name would read as the quantifier.
      return `${value} ${/^(?:any|all)(?![\w.])/i.test(needle) ? `(${needle})` : needle}`;
    }
    return `${value} ${e.quant} (${e.needles.map((n) => this.#inner(n)).join(", ")})`;
  }

  #like(e: Extract<IrExpr, { readonly op: "like" }>): string {
    const pattern = stringText(e.pattern, e.cs) + (e.escapes ? " escape" : "");
    return `${this.#inner(e.value, STRENGTH.sum)} like ${pattern}`;
  }

  #set(set: IrSet): string {
    switch (set.kind) {
      case "values":
        return `(${
          set.values.map((v) => typeof v === "string" ? stringText(v, set.cs) : scalarText(v))
            .join(", ")
        })`;
      case "cidrs":
        return `(${set.cidrs.join(", ")})`;
      case "range":
        return `${scalarText(set.from)}..${scalarText(set.to)}`;
      case "table":
        return set.table;
    }
  }

  #constant(value: unknown, type: Type, cs: boolean): string {
    if (typeof value === "string") {
      return type === "ip" || type === "severity" ? value : stringText(value, cs);
    }
    if (typeof value === "number" && type === "duration") return `${value}ms`;
    if (typeof value === "number" || typeof value === "boolean") return scalarText(value);
    throw new Unwritable("SDL cannot write this constant");
  }

  /** A field as it stands where SDL would give it the same type. */
  #name(name: string, type: Type): string {
    const own = this.typeOf(name);
    return isPlainName(name) && JSON.stringify(own) === JSON.stringify(type)
      ? name
      : quotedName(name);
  }

  #known(name: string): string {
    return isPlainName(name) && this.typeOf(name) !== null ? name : quotedName(name);
  }
}

function scalarText(value: number | boolean): string {
  if (typeof value === "boolean") return String(value);
  const text = String(value);
  // A whole number that is too large to be held exactly stands as one that is not whole.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.e]/.test(text)
    ? `${text}.0`
    : text.replace("e+", "e");
}
