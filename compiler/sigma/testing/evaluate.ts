/**
 * What a Sigma rule means, after the specification 2.1, written apart from the compiler and for
 * reading: YAML's plain values, recursion, no regard to time.
 */
import { parse } from "yaml";

/** Fields by name, all text; `_raw` is the event's whole text. */
export type PlainEvent = Readonly<Record<string, string>>;

type Plain = string | number | boolean | null;

/** Whether events match a rule of one document. */
export function plainRule(rule: string): (event: PlainEvent) => boolean {
  const { detection } = parse(rule) as { detection: Record<string, unknown> };
  const { condition, ...selections } = detection;
  const conditions = Array.isArray(condition) ? condition as string[] : [condition as string];
  return (event) => conditions.some((c) => conditionHolds(c, selections, event));
}

/** Puts true or false for every selection, then works out the words that remain. */
function conditionHolds(
  condition: string,
  selections: Readonly<Record<string, unknown>>,
  event: PlainEvent,
): boolean {
  const names = Object.keys(selections);
  const holds = (name: string) => selectionHolds(selections[name], event);
  const words = condition
    .replace(/\b(all|any|\d+) of (\S+?)(?=\)|\s|$)/gi, (_, quantity: string, pattern: string) => {
      const chosen = names.filter((n) => {
        if (pattern === "them") return n[0] !== "_";
        if (n[0] === "_" && pattern[0] !== "_") return false;
        return wild(pattern, n);
      });
      const n = chosen.filter(holds).length;
      if (quantity.toLowerCase() === "all") return n === chosen.length ? "T" : "F";
      return n >= (quantity.toLowerCase() === "any" ? 1 : Number(quantity)) ? "T" : "F";
    })
    .replace(/[\w*]+/g, (word) => {
      if (word === "T" || word === "F") return word;
      if (/^(and|or|not)$/i.test(word)) return word.toLowerCase();
      return holds(word) ? "T" : "F";
    });
  return reduce(words.replace(/\s+/g, " ")) === "T";
}

/** Whether a name fits a pattern with `*`, by trying every length of what each stands for. */
function wild(pattern: string, name: string): boolean {
  if (pattern === "") return name === "";
  if (pattern[0] !== "*") return pattern[0] === name[0] && wild(pattern.slice(1), name.slice(1));
  for (let i = 0; i <= name.length; i++) if (wild(pattern.slice(1), name.slice(i))) return true;
  return false;
}

/** Rewrites until one letter is left: parentheses, then not, and, or. */
function reduce(words: string): string {
  let text = words;
  for (;;) {
    const before = text;
    text = text.replace(/\(([^()]*)\)/g, (_, inner: string) => reduce(inner)).trim();
    if (text !== before) continue;
    text = text.replace(/not T/, "F");
    if (text === before) text = text.replace(/not F/, "T");
    if (text === before) text = text.replace(/T and T/, "T");
    if (text === before) text = text.replace(/[TF] and [TF]/, "F");
    if (text === before && !/and|not/.test(text)) text = text.replace(/F or F/, "F");
    if (text === before && !/and|not/.test(text)) text = text.replace(/[TF] or [TF]/, "T");
    if (text === before) return text;
  }
}

function selectionHolds(selection: unknown, event: PlainEvent): boolean {
  if (Array.isArray(selection)) return selection.some((s) => selectionHolds(s, event));
  if (typeof selection === "object" && selection !== null) {
    return Object.entries(selection).every(([key, value]) => entryHolds(key, value, event));
  }
  return found(event._raw, pieces(String(selection)), false);
}

/** Whether an event's text has a keyword: as it is, or as a JSON record writes it. */
function found(text: string, keyword: readonly Piece[], cased: boolean): boolean {
  const escaped = keyword.flatMap((p) => p === "\\" || p === '"' ? ["\\", p] : [p]);
  return contains(text, keyword, cased) || contains(text, escaped, cased);
}

function entryHolds(key: string, value: unknown, event: PlainEvent): boolean {
  const [field, ...modifiers] = key.split("|");
  const values = (Array.isArray(value) ? value : [value]) as Plain[];
  const each = (v: Plain) => valueHolds(field, modifiers, v, event);
  const holds = modifiers.includes("all") ? values.every(each) : values.some(each);
  return modifiers.includes("neq") ? event[field] !== undefined && !holds : holds;
}

const KNOWN =
  ("contains startswith endswith all cased re i m s lt lte gt gte neq exists fieldref " +
    "windash wide base64 base64offset").split(" ");

const DASHES = ["-", "/", "\u2013", "\u2014", "\u2015"];

function valueHolds(
  field: string,
  modifiers: readonly string[],
  value: Plain,
  event: PlainEvent,
): boolean {
  const has = (m: string) => modifiers.includes(m);
  const unknown = modifiers.find((m) => !KNOWN.includes(m));
  if (unknown !== undefined) throw new Error(`The plain evaluator does not know "${unknown}"`);
  const own = field === "" ? event._raw : event[field];
  if (has("exists")) return (own !== undefined) === value;
  if (value === null) return own === undefined;
  if (own === undefined) return false;
  if (has("re")) {
    const [, inFront = "", source] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(String(value))!;
    const flags = ["i", "m", "s"].filter((f) => has(f) || inFront.includes(f)).join("");
    return new RegExp(source, flags).test(own);
  }
  const number = own.trim() === "" ? NaN : Number(own);
  if (has("lt")) return number < Number(value);
  if (has("lte")) return number <= Number(value);
  if (has("gt")) return number > Number(value);
  if (has("gte")) return number >= Number(value);
  if (has("fieldref")) {
    const other = event[String(value)];
    if (other === undefined) return false;
    const [a, b] = has("cased") ? [own, other] : [own.toLowerCase(), other.toLowerCase()];
    if (has("contains")) return a.includes(b);
    if (has("startswith")) return a.startsWith(b);
    return has("endswith") ? a.endsWith(b) : a === b;
  }
  // A number in a rule has no wildcards.
  let texts: Piece[][] = [typeof value === "string" ? pieces(value) : [...String(value)]];
  if (has("windash")) texts = texts.flatMap(dashes);
  if (has("wide")) texts = texts.map((t) => t.flatMap((c) => [c, "\0"]));
  if (has("base64")) texts = texts.map((t) => [...btoa(t.join(""))]);
  if (has("base64offset")) texts = texts.flatMap((t) => [0, 1, 2].map((n) => encodedAt(t, n)));
  return texts.some((t) => {
    const cased = has("cased");
    if (field === "") return found(own, t, cased);
    if (has("contains")) return contains(own, t, cased);
    if (has("startswith")) return matches(own, [...t, ANY], cased);
    if (has("endswith")) return matches(own, [ANY, ...t], cased);
    return matches(own, t, cased);
  });
}

/** A character, or a wildcard. */
type Piece = string | symbol;
const ANY = Symbol("*"), ONE = Symbol("?");

function pieces(text: string): Piece[] {
  if (text === "") return [];
  if (/^\\[*?\\]/.test(text)) return [text[1], ...pieces(text.slice(2))];
  return [text[0] === "*" ? ANY : text[0] === "?" ? ONE : text[0], ...pieces(text.slice(1))];
}

/** The Base64 of a text behind `before` others: the characters whose six bits are all of the text's. */
function encodedAt(text: readonly Piece[], before: number): Piece[] {
  const whole = btoa("\0".repeat(before) + text.join("") + "\0\0");
  const end = before + text.length;
  return [...whole].slice(Math.ceil(before * 8 / 6), Math.floor(end * 8 / 6));
}

/** A dash that begins a parameter: no word character before it, one behind it. */
function dashes(text: readonly Piece[]): Piece[][] {
  const word = (p: Piece | undefined) => typeof p === "string" && /\w/.test(p);
  let out: Piece[][] = [[]];
  text.forEach((p, i) => {
    const is = (p === "-" || p === "/") && !word(text[i - 1]) && word(text[i + 1]);
    out = out.flatMap((o) => (is ? DASHES : [p]).map((d) => [...o, d]));
  });
  return out;
}

const contains = (text: string, part: readonly Piece[], cased: boolean): boolean =>
  matches(text, [ANY, ...part, ANY], cased);

function matches(text: string, pattern: readonly Piece[], cased: boolean): boolean {
  if (pattern.length === 0) return text === "";
  const [first, ...rest] = pattern;
  if (first === ANY) {
    if (rest[0] === ANY) return matches(text, rest, cased);
    for (let i = 0; i <= text.length; i++) if (matches(text.slice(i), rest, cased)) return true;
    return false;
  }
  if (text === "") return false;
  const same = first === ONE || first === text[0] ||
    (!cased && String(first as string).toLowerCase() === text[0].toLowerCase());
  return same && matches(text.slice(1), rest, cased);
}
