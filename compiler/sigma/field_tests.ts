/** Tests on fields and on whole events → expressions of the resolved program. */
import type { Span } from "../../grammar/ast.ts";
import { regexSource } from "../../grammar/literals.ts";
import type { Const, IrExpr } from "../ir/program.ts";
import type { DerivedField } from "./derived.ts";
import type { Item, Test } from "./item.ts";
import { ANY, joined, type Parts, patternText, plainText } from "./strings.ts";
import { SigmaError } from "./yaml.ts";

/** What a field of a rule is called in the rows of one reading. */
export interface Fields {
  /** One name or more; the field is whichever of them is there. */
  names(field: string): readonly string[];
  /** What one of {@link names} is made of, where it is no field of the event itself; null for fields. */
  derived(name: string): DerivedField | null;
  /** What a text of a rule is in the field besides, where the event has another for it. */
  valuesOf(name: string, text: string): readonly string[];
  /** Fields above one of a dotted name that may be lists of objects, as JSON, with the key in those. */
  listsAbove(name: string): readonly (readonly [list: string, key: string])[];
  /** Whether a test for "" takes a missing field. */
  readonly emptyIsMissing: boolean;
  /** Whether a value of that name is always text. */
  isText(name: string): boolean;
  /** Names that a rule may write, for lints; null where there is no sourcetype to ask. */
  known(): { readonly names: ReadonlySet<string>; readonly open: boolean } | null;
  /** Whether it may be a list. */
  mayBeList(name: string): boolean;
}

export type TextTest = Extract<Test, { kind: "text" }>;
type Place = "contains" | "startswith" | "endswith";

export const constant = (value: Const, span: Span, cs = false): IrExpr => ({
  op: "const",
  value,
  type: typeof value === "number" ? "float" : "string",
  span,
  ...(cs ? { cs } : {}),
});

/** All of the conditions, or one of them; those within one of the same kind stand in it themselves. */
export function joinExprs(op: "and" | "or", args: readonly IrExpr[], span: Span): IrExpr {
  const flat = args.flatMap((a) => a.op === op ? a.args : [a]);
  return flat.length === 1 ? flat[0] : { op, args: flat, type: "bool", span };
}

export const negation = (arg: IrExpr, span: Span): IrExpr => ({
  op: "not",
  arg,
  type: "bool",
  span,
});

/** Whether one of the fields is there. */
export function existsAny(fields: Fields, names: readonly string[], span: Span): IrExpr {
  const all = names.flatMap((n) => fields.derived(n)?.parts ?? [n]);
  const tests = all.map((name): IrExpr => ({ op: "exists", name, type: "bool", span }));
  return joinExprs("or", tests, span);
}

/** The value of a field as it is. */
export function valueExpr(fields: Fields, name: string, span: Span): IrExpr {
  return fields.derived(name)?.value(span) ?? { op: "field", name, type: "string", span };
}

/** Text at one place with wildcards elsewhere: what has an operator of its own. */
export function placeOf(parts: Parts): { place: Place; text: string } | null {
  const [a, b, c] = parts;
  if (parts.length === 3 && a === ANY && typeof b === "string" && c === ANY) {
    return { place: "contains", text: b };
  }
  if (parts.length !== 2) return null;
  if (typeof a === "string" && b === ANY) return { place: "startswith", text: a };
  return a === ANY && typeof b === "string" ? { place: "endswith", text: b } : null;
}
/** The tests of one item on a field. */
export class FieldTests {
  constructor(readonly item: Item, readonly fields: Fields) {}

  /** Whether one of the tests holds of one of the names that the field may have. */
  anyName(names: readonly string[], tests: readonly Test[]): IrExpr {
    const { span } = this.item;
    const out: IrExpr[] = [];
    for (const t of tests) {
      // Missing is what all of the names are.
      const empty = t.kind === "text" && this.fields.emptyIsMissing && plainText(t.parts) === "";
      if (empty || t.kind === "null" || (t.kind === "exists" && !t.wanted)) {
        out.push(negation(existsAny(this.fields, names, t.span), t.span));
      } else if (t.kind === "exists") out.push(existsAny(this.fields, names, t.span));
    }
    const rest = tests.filter((t) => t.kind !== "null" && t.kind !== "exists");
    if (rest.length > 0) {
      for (const name of names) out.push(...this.#groups(name, rest), ...this.#inLists(name, rest));
    }
    return joinExprs("or", out, span);
  }

  /** A field's value as text. */
  #value(name: string, span: Span): IrExpr {
    const field = valueExpr(this.fields, name, span);
    return this.fields.isText(name)
      ? field
      : { op: "call", fn: "tostring", args: [field], type: "string", span };
  }

  place(name: string, op: Place, quant: "any" | "all", tests: readonly TextTest[]): IrExpr {
    const { span, cased } = this.item;
    return {
      op,
      quant,
      value: this.#value(name, span),
      needles: tests.map((t) => constant(placeOf(t.parts)!.text, t.span, cased)),
      type: "bool",
      span,
    };
  }

  /** Tests on one name, those of one kind in one expression. */
  #groups(name: string, tests: readonly Test[]): IrExpr[] {
    const { cased, span } = this.item;
    const out: IrExpr[] = [];
    const equal: { text: string; span: Span }[] = [];
    const placed = new Map<Place, TextTest[]>();
    const cidrs: string[] = [];
    for (const t of tests) {
      if (t.kind === "cidr") cidrs.push(t.cidr);
      else if (t.kind !== "text") out.push(this.#other(name, t));
      else {
        const text = plainText(t.parts);
        const place = placeOf(t.parts)?.place;
        if (text !== null) {
          equal.push({ text, span: t.span });
          for (const other of this.fields.valuesOf(name, text)) {
            equal.push({ text: other, span: t.span });
          }
        } else if (place !== undefined) placed.set(place, [...placed.get(place) ?? [], t]);
        else out.push(this.#pattern(name, t));
      }
    }
    for (const [op, list] of placed) out.unshift(this.place(name, op, "any", list));
    if (cidrs.length > 0) {
      out.push({
        op: "in",
        negated: false,
        value: this.#value(name, span),
        set: { kind: "cidrs", cidrs },
        type: "bool",
        span,
      });
    }
    if (equal.length > 0) out.unshift(this.#equal(name, equal, cased));
    return out;
  }

  #equal(name: string, texts: readonly { text: string; span: Span }[], cs: boolean): IrExpr {
    const { span } = this.item;
    if (texts.length === 1 && this.fields.isText(name)) {
      const [{ text, span }] = texts;
      return {
        op: "==",
        left: this.#value(name, span),
        right: constant(text, span, cs),
        cs,
        type: "bool",
        span,
      };
    }
    // A number or true in an event is what its text would be.
    const plain = this.fields.isText(name) || this.fields.mayBeList(name);
    const values = texts.flatMap(({ text }): (string | number | boolean)[] => {
      if (plain) return [text];
      if (text === "true" || text === "false") return [text, text === "true"];
      return String(Number(text)) === text ? [text, Number(text)] : [text];
    });
    return {
      op: "in",
      negated: false,
      value: plain ? this.#value(name, span) : valueExpr(this.fields, name, span),
      set: { kind: "values", values: [...new Set(values)], cs },
      type: "bool",
      span,
    };
  }

  /** The texts among the tests, as a list of objects above the field has them. */
  #inLists(name: string, tests: readonly Test[]): IrExpr[] {
    const texts = tests.filter((t) => t.kind === "text");
    return this.fields.listsAbove(name).flatMap(([list, key]) =>
      texts.flatMap((t) =>
        keyPatterns(key, t.parts).map((p) =>
          like(this.#value(list, t.span), p, this.item.cased, t.span)
        )
      )
    );
  }

  #pattern(name: string, { parts, span }: TextTest): IrExpr {
    if (parts.length === 1 && parts[0] === ANY) return existsAny(this.fields, [name], span);
    return like(this.#value(name, span), parts, this.item.cased, span);
  }

  #other(name: string, t: Exclude<Test, TextTest>): IrExpr {
    const { span } = t;
    switch (t.kind) {
      case "regex":
        return {
          op: "matches",
          value: this.#value(name, span),
          source: regexSource(t.source),
          flags: t.flags,
          type: "bool",
          span,
        };
      case "number": {
        const field = valueExpr(this.fields, name, span);
        const { part } = this.item;
        const left: IrExpr = part === null
          ? { op: "call", fn: "tonumber", args: [field], type: "float", span }
          : {
            op: "call",
            fn: "time_part",
            args: [field, constant(part, span)],
            type: "int",
            span,
          };
        return { op: t.op, left, right: constant(t.value, span), cs: false, type: "bool", span };
      }
      case "fieldref":
        return joinExprs(
          "or",
          this.fields.names(t.field).map((other) => this.#same(name, other, t)),
          span,
        );
      default:
        throw new Error(`A test of kind "${t.kind}" has no expression on one name`);
    }
  }

  #same(name: string, other: string, t: Extract<Test, { kind: "fieldref" }>): IrExpr {
    const { span } = t;
    const value = this.#value(name, span), right = this.#value(other, span);
    return t.op === "=="
      ? { op: "==", left: value, right, cs: this.item.cased, type: "bool", span }
      : { op: t.op, quant: "any", value, needles: [right], type: "bool", span };
  }
}

/** A key and its value as JSON has them: a text, or what stands without quotes. */
function keyPatterns(key: string, parts: Parts): Parts[] {
  const head = JSON.stringify(key) + ":";
  if (parts.length === 1 && parts[0] === ANY) return [[ANY, head, ANY]];
  const text = parts.map((p) => typeof p === "string" ? JSON.stringify(p).slice(1, -1) : p);
  // What is only contained may be in an object.
  const within = text[0] === ANY && text.at(-1) === ANY;
  const out = [
    within ? joined([ANY, head], text, []) : joined([ANY, head + '"'], text, ['"', ANY]),
  ];
  const plain = plainText(parts);
  if (plain !== null && /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(plain)) {
    for (const end of [",", "}"]) out.push([ANY, head + plain + end, ANY]);
  }
  return out;
}

function like(value: IrExpr, parts: Parts, cs: boolean, span: Span): IrExpr {
  // Without a wildcard that is meant as itself a backslash is an ordinary character, as in SDL.
  const escapes = parts.some((p) => typeof p === "string" && /[*?]/.test(p));
  const pattern = patternText(parts, escapes);
  return { op: "like", value, pattern, cs, ...(escapes ? { escapes } : {}), type: "bool", span };
}

/** What is looked for in the whole event. */
export function keywordExpr(item: Item): IrExpr {
  const { span, cased } = item;
  const value: IrExpr = { op: "field", name: "_raw", type: "string", span };
  const test = (t: Test): IrExpr => {
    if (t.kind === "regex") {
      const source = regexSource(t.source);
      return { op: "matches", value, source, flags: t.flags, type: "bool", span: t.span };
    }
    if (t.kind !== "text") {
      throw new SigmaError(
        "bad_value",
        t.span,
        "The whole event is searched for texts, and this is none",
        "Write FIELD: null for a missing field, or a text",
      );
    }
    const parts = joined([ANY], t.parts, [ANY]);
    const texts = written(parts);
    const places = texts.map((p) => placeOf(p));
    if (places.every((p) => p !== null)) {
      const needles = places.map((p) => constant(p!.text, t.span, cased));
      return { op: "contains", quant: "any", value, needles, type: "bool", span: t.span };
    }
    return joinExprs("or", texts.map((p) => like(value, p, cased, t.span)), t.span);
  };
  const values = item.values.map((tests) => joinExprs("or", tests.map(test), span));
  return joinExprs(item.all ? "and" : "or", values, span);
}

const XML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A value as it stands in an event's text: as it is, as XML writes it, and as JSON does. */
function written(parts: Parts): Parts[] {
  const each = (change: (text: string) => string): Parts =>
    parts.map((p) => typeof p === "string" ? change(p) : p);
  const out = [
    parts,
    each((t) => t.replace(/[&<>"]/g, (c) => XML[c])),
    each((t) => t.replace(/[&<>]/g, (c) => XML[c])),
    each((t) => JSON.stringify(t).slice(1, -1)),
  ];
  const seen = new Set<string>();
  return out.filter((p) => {
    const key = patternText(p);
    return !seen.has(key) && seen.add(key);
  });
}
