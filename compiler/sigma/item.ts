/** One entry of a selection: a field, its modifiers, and its values as the modifiers make them. */
import { isScalar, isSeq, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { judgeRegex } from "../regex/engine.ts";
import { formatCidr, parseCidr } from "../../grammar/ip.ts";
import {
  ANY,
  base64,
  base64Offsets,
  isPlaceholder,
  joined,
  parsePlaced,
  parseString,
  type Parts,
  placeholderIn,
  plainText,
  utf16,
  utf8,
  windash,
} from "./strings.ts";
import { type Entry, refuseReserved, scalarText, type SigmaDocument, SigmaError } from "./yaml.ts";

/** One test on a field's value. */
export type Test =
  & { readonly span: Span }
  & (
    | { readonly kind: "text"; readonly parts: Parts }
    | { readonly kind: "regex"; readonly source: string; readonly flags: string }
    | { readonly kind: "cidr"; readonly cidr: string }
    | {
      readonly kind: "number";
      readonly op: "<" | "<=" | ">" | ">=" | "==";
      readonly value: number;
    }
    | { readonly kind: "null" }
    | { readonly kind: "exists"; readonly wanted: boolean }
    /** Its text has placeholders in it, and it is no test before they have values. */
    | { readonly kind: "pending"; readonly text: string; readonly make: (text: string) => Test }
    | {
      readonly kind: "fieldref";
      readonly field: string;
      readonly op: "==" | "contains" | "startswith" | "endswith";
    }
  );

export interface Item {
  /** Null: the whole event is searched. */
  readonly field: string | null;
  readonly span: Span;
  /** Each value's tests, of which one has to hold. */
  readonly values: readonly (readonly Test[])[];
  /** All values have to hold, else one. */
  readonly all: boolean;
  readonly cased: boolean;
  /** The field exists, and no value holds. */
  readonly negated: boolean;
  /** The test is on this part of a time. */
  readonly part: string | null;
}

const PLACES = ["contains", "startswith", "endswith"] as const;
const NUMBERS: Readonly<Record<string, "<" | "<=" | ">" | ">=">> = {
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};
/** Modifiers that make no test on a text. */
const KINDS = ["exists", "fieldref", "re", "cidr", ...Object.keys(NUMBERS)];
const TIME_PARTS = ["minute", "hour", "day", "week", "month", "year"];
const UTF16 = { wide: "le", utf16le: "le", utf16be: "be", utf16: "bom" } as const;
const REGEX_FLAGS: Readonly<Record<string, string>> = {
  i: "i",
  ignorecase: "i",
  m: "m",
  multiline: "m",
  s: "s",
  dotall: "s",
};
const MODIFIERS: readonly string[] = [
  ...PLACES,
  ...Object.keys(NUMBERS),
  ...TIME_PARTS,
  ...Object.keys(UTF16),
  ...Object.keys(REGEX_FLAGS),
  ...["all", "cased", "re", "cidr", "neq", "base64", "base64offset", "windash", "exists"],
  ...["fieldref", "expand"],
];

/** How many texts one value may become by its dashes. */
const MAX_DASHES = 625;

/** Reads an entry. @param nodes its values, where they are no single node */
export function readItem(doc: SigmaDocument, entry: Entry, nodes?: readonly Node[]): Item {
  const [name, ...written] = entry.key.split("|");
  const modifiers = written.map((m) => m.trim().toLowerCase()).filter((m) => m !== "");
  const field = name.trim() || null;
  if (field !== null) checkName(field, entry.keySpan);
  const reader = new ItemReader(doc, field, modifiers, entry.keySpan);
  return reader.read(nodes ?? valuesOf(doc, entry.node));
}

/** What no field can be called; the event's text and time can be asked for. */
export function checkName(name: string, span: Span): void {
  if (name !== "_raw" && name !== "_time") refuseReserved(name, span);
}

function valuesOf(doc: SigmaDocument, written: Node | null): readonly (Node | null)[] {
  const node = doc.node(written);
  return isSeq(node) ? node.items as Node[] : [node];
}

class ItemReader {
  readonly #flags: string;

  constructor(
    readonly doc: SigmaDocument,
    readonly field: string | null,
    readonly modifiers: readonly string[],
    readonly span: Span,
  ) {
    this.#flags = [...new Set(modifiers.map((m) => REGEX_FLAGS[m] ?? ""))].join("");
  }

  has(name: string): boolean {
    return this.modifiers.includes(name);
  }

  read(nodes: readonly (Node | null)[]): Item {
    this.#checkModifiers();
    const span = {
      start: this.span.start,
      end: Math.max(this.span.end, this.doc.place(nodes.at(-1)).end),
    };
    if (nodes.length === 0) {
      throw this.#error("bad_value", this.span, `The list of "${this.field ?? ""}" is empty`, [
        "Write what the field may hold, or null for a missing one",
      ]);
    }
    return {
      field: this.field,
      span,
      values: nodes.map((n) => this.#tests(n)),
      all: this.has("all"),
      cased: this.has("cased"),
      negated: this.has("neq"),
      part: this.modifiers.find((m) => TIME_PARTS.includes(m)) ?? null,
    };
  }

  #error(
    name: ConstructorParameters<typeof SigmaError>[0],
    span: Span,
    message: string,
    help: readonly string[],
  ): SigmaError {
    return new SigmaError(name, span, message, help.join("; "));
  }

  #checkModifiers(): void {
    for (const [i, m] of this.modifiers.entries()) {
      if (!MODIFIERS.includes(m)) {
        const near = nearest(m, MODIFIERS);
        throw this.#error("unknown_modifier", this.span, `Unknown modifier "${m}"`, [
          near ? `Did you mean ${near}?` : `There are ${MODIFIERS.join(", ")}`,
        ]);
      }
      if (this.modifiers.indexOf(m) < i) {
        throw this.#error("bad_modifier", this.span, `The modifier "${m}" stands twice`, [
          "Leave one of them out",
        ]);
      }
    }
    const kinds = ["re", "cidr", "exists", "lt", "lte", "gt", "gte"].filter((m) => this.has(m));
    const places = PLACES.filter((m) => this.has(m));
    const others = [...places, ...["base64", "base64offset", "windash"].filter((m) => this.has(m))];
    const clash = kinds.length > 1
      ? kinds
      : places.length > 1
      ? places
      : kinds.length === 1 && others.length > 0
      ? [kinds[0], others[0]]
      : this.#flags !== "" && !this.has("re")
      ? [this.modifiers.find((m) => REGEX_FLAGS[m])!, "no re"]
      : null;
    if (clash !== null) {
      throw this.#error(
        "bad_modifier",
        this.span,
        `The modifiers ${clash.map((m) => `"${m}"`).join(" and ")} have no meaning together`,
        ["Keep one of them"],
      );
    }
    const fieldOnly = ["cidr", "exists", "fieldref", "neq", ...Object.keys(NUMBERS), ...TIME_PARTS];
    const wrong = this.field === null ? fieldOnly.find((m) => this.has(m)) : undefined;
    if (wrong !== undefined) {
      throw this.#error("bad_modifier", this.span, `The modifier "${wrong}" needs a field`, [
        `Write FIELD|${wrong}`,
      ]);
    }
  }

  #tests(written: Node | null): Test[] {
    const node = this.doc.node(written);
    const span = this.doc.place(node);
    if (node !== null && !isScalar(node)) {
      throw this.#error("bad_value", span, `A value of "${this.field ?? ""}" must be a text`, [
        "Write texts, numbers, true, false or null",
      ]);
    }
    const value = node === null ? null : node.value;
    if (value === null || value === undefined) {
      if (this.field === null) {
        throw this.#error("bad_value", span, "Nothing cannot be looked for in the whole event", [
          "Write FIELD: null for a missing field, or leave the value out",
        ]);
      }
      if (this.modifiers.every((m) => m === "all" || m === "neq" || m === "cased")) {
        return [{ kind: "null", span }];
      }
      throw this.#error("bad_value", span, `The modifier "${this.modifiers[0]}" needs a value`, [
        "Write null without modifiers for a missing field",
      ]);
    }
    const text = scalarText(value, node?.source);
    const placed = this.has("expand") && placeholderIn(text) !== null;
    const kind = KINDS.find((m) => this.has(m)) ??
      this.modifiers.find((m) => TIME_PARTS.includes(m));
    // What is no text is read when the text is known.
    if (placed && kind !== undefined) {
      return [{ kind: "pending", text, make: (known) => this.#test(known, span), span }];
    }
    if (kind !== undefined) return [this.#test(text, span)];
    return this.#texts(text, typeof value === "string", span).map((parts) => ({
      kind: "text",
      parts,
      span,
    }));
  }

  /** A test that is none on a text. */
  #test(text: string, span: Span): Test {
    if (this.has("exists")) return this.#exists(text, span);
    if (this.has("fieldref")) {
      const field = text.trim();
      checkName(field, span);
      return { kind: "fieldref", field, op: PLACES.find((p) => this.has(p)) ?? "==", span };
    }
    if (this.has("re")) return this.#regex(text, span);
    if (this.has("cidr")) return this.#cidr(text, span);
    const op = this.modifiers.find((m) => Object.hasOwn(NUMBERS, m));
    return {
      kind: "number",
      op: op ? NUMBERS[op] : "==",
      value: this.#number(text, span),
      span,
    };
  }

  #exists(text: string, span: Span): Test {
    if (/^(true|yes)$/i.test(text)) return { kind: "exists", wanted: true, span };
    if (/^(false|no)$/i.test(text)) return { kind: "exists", wanted: false, span };
    throw this.#error("bad_value", span, `"exists" takes true or false, this is "${text}"`, [
      "Write true for a field that has to be there, false for one that must not",
    ]);
  }

  #number(text: string, span: Span): number {
    const value = text.trim() === "" ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw this.#error("bad_value", span, `"${text}" is not a number`, [
      "Compare with a number, or leave the modifier out",
    ]);
  }

  #cidr(text: string, span: Span): Test {
    const network = parseCidr(text);
    if (network !== null) return { kind: "cidr", cidr: formatCidr(network), span };
    throw this.#error("bad_value", span, `"${text}" is not a network`, [
      "Write an address and a prefix length up to 32 (IPv4) or 128 (IPv6), like 10.0.0.0/8",
    ]);
  }

  #regex(written: string, span: Span): Test {
    // Flags in front, as other engines write them.
    const inline = /^\(\?([ims]+)\)/.exec(written);
    const source = inline ? written.slice(inline[0].length) : written;
    const flags = [...new Set(this.#flags + (inline?.[1] ?? ""))].join("");
    const { engine, problem } = judgeRegex(source, flags);
    if (engine !== null || problem === null) return { kind: "regex", source, flags, span };
    throw this.#error(
      problem.kind === "unsafe" ? "unsafe_regex" : "bad_regex",
      span,
      problem.message,
      [problem.help],
    );
  }

  /** The texts that stand for a value, of which one has to be there. */
  #texts(text: string, hasWildcards: boolean, span: Span): Parts[] {
    const read = this.has("expand") ? parsePlaced : parseString;
    let all: Parts[] = [hasWildcards ? read(text) : [text]];
    let bytes = false;
    for (const m of this.modifiers) {
      if (m === "windash") {
        all = all.flatMap((p) => windash(p, MAX_DASHES) ?? this.#tooMany(span));
      } else if (Object.hasOwn(UTF16, m)) {
        all = all.map((p) => [utf16(this.#plain(p, m, span), UTF16[m as keyof typeof UTF16])]);
        bytes = true;
      } else if (m === "base64" || m === "base64offset") {
        all = all.flatMap((p): Parts[] => {
          const plain = this.#plain(p, m, span);
          const raw = bytes ? plain : utf8(plain);
          return m === "base64" ? [[base64(raw)]] : base64Offsets(raw).map((x) => [x]);
        });
        bytes = false;
      }
    }
    const before = this.has("contains") || this.has("endswith");
    const after = this.has("contains") || this.has("startswith");
    return all.map((p) => joined(before ? [ANY] : [], p, after ? [ANY] : []));
  }

  #plain(parts: Parts, modifier: string, span: Span): string {
    const text = plainText(parts);
    if (text !== null) return text;
    const what = parts.some(isPlaceholder) ? "placeholders" : "wildcards";
    throw this.#error("bad_value", span, `"${modifier}" cannot encode ${what}`, [
      "Write \\* and \\? for the characters, or leave the wildcards out",
    ]);
  }

  #tooMany(span: Span): never {
    throw this.#error(
      "too_large",
      span,
      `The value has over ${MAX_DASHES} writings of its dashes`,
      [
        "Split it into shorter ones with contains|all",
      ],
    );
  }
}
