/** Tokens and what could stand in their place, in words. */
import type { Expected } from "./earley.ts";
import { short, type Token } from "./token.ts";

export const COMPARE = new Set(["==", "!=", "<", "<=", ">", ">=", "="]);

export function list(words: Iterable<string>): string {
  return [...words].join(", ");
}

/** What stands there, in words. */
export function describe(token: Token): string {
  switch (token.type) {
    case "string":
      // A string that is not closed has been told; here it reads as one.
      return `the string ${short(/^"[^]*"(cs)?$/.test(token.raw) ? token.raw : `${token.raw}"`)}`;
    case "block":
      return "a text block";
    case "regex":
      return `the regex ${short(token.raw)}`;
    case "duration":
    case "bytes":
    case "number":
    case "ip":
    case "cidr":
    case "mitre":
    case "listref":
    case "quoted":
      return `"${short(token.raw)}"`;
    case "op":
      return `\`${token.raw}\``;
    case "word":
    case "quant":
    case "atclause":
    case "name":
      return `"${short(token.raw)}"`;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  name: "a name",
  rowname: "a dataset or sourcetype",
  mitre: "a technique such as T1110.001",
  string: "a string",
  block: "a text block",
  regex: "a regex",
  duration: "a duration such as 5m",
  number: "a number",
  listref: "a list such as @trusted",
  quant: "`any` or `all`",
  cidr: "a network such as 10.0.0.0/8",
};

/** What could stand there, as one sentence. */
export function wanted(expected: readonly Expected[]): string {
  const things: string[] = [];
  const add = (thing: string) => {
    if (!things.includes(thing)) things.push(thing);
  };
  const types = new Set(expected.map((e) => e.type));
  const expression = types.has("bytes") && types.has("ip");
  const operators = expected.some((e) => e.literal === "+" && e.rule.startsWith("sum")) ||
    expected.some((e) => e.literal === "*");
  if (expression) add("an expression (a field, a value, a function or `(`)");
  for (const e of expected) {
    // Whoever is shown what to write is shown the plain form.
    if (e.type === "quoted") continue;
    if (e.type !== null) {
      if (!expression) add(KINDS[e.type] ?? e.type);
    } else if (e.literal !== null) {
      if (expression && (e.literal === "(" || /^(not|exists|true|false|-|\+)$/.test(e.literal))) {
        continue;
      }
      if (operators && OPERATORS.has(e.literal)) continue;
      add(`\`${e.literal}\``);
    }
  }
  if (operators) add("an operator such as `==` or `and`");
  if (things.length === 0) return "Remove it";
  const shown = things.slice(0, 8);
  const lastThing = shown.pop() as string;
  return `Expected ${shown.length === 0 ? lastThing : `${shown.join(", ")} or ${lastThing}`}`;
}

const OPERATORS: ReadonlySet<string> = new Set([
  ...COMPARE,
  "+",
  "-",
  "*",
  "/",
  "%",
  "and",
  "or",
  "not",
  "in",
  "contains",
  "startswith",
  "endswith",
  "like",
  "matches",
  "?",
]);
