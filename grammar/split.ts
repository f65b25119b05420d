/** Cuts a token stream into declarations, and a rule that has a mistake into its parts. */
import type { Token } from "./token.ts";

/** Tokens `from` to before `to`. */
export interface SplitPart {
  readonly from: number;
  readonly to: number;
}

export const DECL_WORDS: ReadonlySet<string> = new Set(["list", "let", "rule"]);
export const HEADER_WORDS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "severity",
  "risk",
  "mitre",
  "id",
  "status",
  "author",
  "license",
  "date",
  "modified",
  "references",
  "falsepositives",
  "related",
  "tags",
]);
export const COMMAND_WORDS: ReadonlySet<string> = new Set([
  "where",
  "eval",
  "lookup",
  "stats",
  "dedup",
  "first_seen",
  "baseline",
  "throttle",
  "absent",
  "alert",
  "rename",
  "fields",
]);
export const SOURCE_WORDS: ReadonlySet<string> = new Set(["from", "sequence", "together"]);

const OPEN = new Map([["{", "}"], ["(", ")"], ["[", "]"]]);
const CLOSE = new Set(["}", ")", "]"]);

const isName = (t: Token | undefined): boolean => t?.type === "name" || t?.type === "mitre";

/** True when a declaration begins at `i` whatever stands before it. */
export function declStarts(tokens: readonly Token[], i: number): boolean {
  const t = tokens[i];
  if (t?.type !== "name" || !isName(tokens[i + 1])) return false;
  const after = tokens[i + 2]?.text;
  switch (t.text) {
    case "rule":
      return after === "{";
    case "let":
      return after === "=";
    case "list":
      return after === "=" || after === ":";
    default:
      return false;
  }
}

export interface Bracket {
  readonly token: Token;
  readonly message: "unclosed" | "stray" | "mismatch";
  /** For a mismatch, the bracket that is open. */
  readonly open?: Token;
}

/** Brackets followed at once, and mistakes in brackets told: more would be noise, and slow. */
const MAX_OPEN = 256;
const MAX_TOLD = 1000;

export interface Split {
  readonly parts: readonly SplitPart[];
  readonly brackets: readonly Bracket[];
}

/**
 * Declarations by matching brackets. A declaration that begins at or left of the column of the open
 * one's first word means that a bracket was left open: it is reported, and the cut made there.
 */
export function splitDeclarations(tokens: readonly Token[]): Split {
  const parts: SplitPart[] = [];
  const brackets: Bracket[] = [];
  const tell = (bracket: Bracket) => {
    if (brackets.length < MAX_TOLD) brackets.push(bracket);
  };
  let open: Token[] = [];
  let beyond = 0;
  let from = 0;
  const cut = (at: number) => {
    if (at > from) parts.push({ from, to: at });
    from = at;
  };
  tokens.forEach((t, i) => {
    const begins = declStarts(tokens, i) ||
      (t.first && t.type === "name" && DECL_WORDS.has(t.text) &&
        (isName(tokens[i + 1]) || tokens[i + 1]?.type === "string"));
    const stranger = open.length === 0 && t.first && t.type === "name" &&
      (isName(tokens[i + 1]) || tokens[i + 1]?.type === "string") && !joins(tokens[i - 1]) &&
      // The body of a rule whose `{` is missing belongs to that rule.
      tokens[from]?.text !== "rule";
    if ((begins || stranger) && open.length === 0) cut(i);
    else if (
      begins && t.first && declStarts(tokens, i) && t.column <= (tokens[from]?.column ?? 0)
    ) {
      for (const o of open) tell({ token: o, message: "unclosed" });
      open = [];
      beyond = 0;
      cut(i);
    }
    // After a whole rule, something else begins even when it has no word of ours in front.
    if (
      open.length === 0 && i > from && tokens[i - 1]?.text === "}" && t.text !== "}" && from < i
    ) {
      cut(i);
    }
    if (t.type !== "op") return;
    if (OPEN.has(t.text)) {
      if (open.length < MAX_OPEN) open.push(t);
      else beyond++;
    } else if (CLOSE.has(t.text) && beyond > 0) beyond--;
    else if (CLOSE.has(t.text)) {
      const top = open.at(-1);
      if (top === undefined) tell({ token: t, message: "stray" });
      else if (OPEN.get(top.text) === t.text) open.pop();
      else {
        const index = open.findLastIndex((o) => OPEN.get(o.text) === t.text);
        if (index < 0) {
          tell({ token: t, message: "mismatch", open: top });
          // Meant to close it, unless a whole body is open.
          if (top.text !== "{") open.pop();
        } else {
          for (const o of open.splice(index).slice(1)) {
            tell({ token: o, message: "unclosed" });
          }
        }
      }
    }
  });
  for (const o of open) tell({ token: o, message: "unclosed" });
  cut(tokens.length);
  return { parts, brackets };
}

export interface RulePart extends SplitPart {
  readonly kind: "head" | "source" | "command" | "test" | "other";
}

/**
 * The parts of a rule's body, by its words at the start of lines, its `|` and its tests. Brackets
 * in `ignored` are known to match nothing.
 */
export function splitRule(tokens: readonly Token[], ignored: ReadonlySet<Token>): RulePart[] {
  const parts: RulePart[] = [];
  let depth = 0;
  let from = 0;
  let kind: RulePart["kind"] = "other";
  const cut = (at: number, next: RulePart["kind"]) => {
    if (at > from) parts.push({ kind, from, to: at });
    from = at;
    kind = next;
  };
  tokens.forEach((t, i) => {
    const next = tokens[i + 1];
    if (depth === 0) {
      if (t.text === "|") return cut(i, "command");
      if (t.type === "name" && t.text === "test" && next?.type === "string") cut(i, "test");
      else if (oneLine(tokens, i, from, kind)) {
        cut(i, SOURCE_WORDS.has(t.text) ? "source" : "head");
      } else if ((t.first || i === 0) && t.type === "name") {
        const word = t.text;
        const operator = next !== undefined && next.type === "op" &&
          !["{", "(", "-", "?", "!"].includes(next.text);
        const inCommand = kind === "command" && tokens[i - 1]?.text === "|";
        if (SOURCE_WORDS.has(word) && next?.text === "*") cut(i, "source");
        else if (next?.text === ":" && kind === "head" && !joins(tokens[i - 1])) {
          cut(i, HEADER_WORDS.has(word) ? "head" : "other");
        } else if (inCommand || operator) {
          // A field of that name in an expression that spans lines.
        } else if (SOURCE_WORDS.has(word)) cut(i, "source");
        else if (HEADER_WORDS.has(word) || word === "param" || word === "allow") cut(i, "head");
        else if (COMMAND_WORDS.has(word)) cut(i, "command");
        else if (
          (next?.type === "name" || next?.type === "string" || next?.type === "mitre") &&
          !CLAUSES.has(word) && !joins(tokens[i - 1])
        ) cut(i, "other");
      }
    }
    if (ignored.has(t)) return;
    if (OPEN.has(t.text) && t.type === "op") depth++;
    else if (CLOSE.has(t.text) && t.type === "op") depth = Math.max(0, depth - 1);
  });
  cut(tokens.length, "other");
  return parts;
}

/** True when a part begins in the middle of a line: after a header's value comes the next word. */
function oneLine(
  tokens: readonly Token[],
  i: number,
  from: number,
  kind: RulePart["kind"],
): boolean {
  const t = tokens[i];
  if (t?.first || t?.type !== "name" || kind !== "head" || i - from < 2) return false;
  const begins = HEADER_WORDS.has(t.text) || SOURCE_WORDS.has(t.text) || t.text === "param" ||
    t.text === "allow";
  return begins && !joins(tokens[i - 1]) && tokens[i - 1]?.text !== "=";
}

const CLAUSES = new Set([
  "by",
  "as",
  "over",
  "within",
  "history",
  "warmup",
  "min",
  "expect",
  "entity",
]);

/** A token after which a statement goes on. */
function joins(t: Token | undefined): boolean {
  return t === undefined || t.type === "word" || t.type === "quant" ||
    (t.type === "op" && !CLOSE.has(t.text)) || t.text === "by" || t.text === "where";
}

/** The items of a test's body. */
export function splitTest(tokens: readonly Token[]): SplitPart[] {
  const parts: SplitPart[] = [];
  let depth = 0;
  let from = 0;
  tokens.forEach((t, i) => {
    if (
      depth === 0 && i > from && t.type === "name" &&
      (t.text === "at" || t.text === "given" || t.text === "expect" ||
        (t.first && tokens[i - 1]?.text !== ","))
    ) {
      parts.push({ from, to: i });
      from = i;
    }
    if (t.type === "op" && OPEN.has(t.text)) depth++;
    else if (t.type === "op" && CLOSE.has(t.text)) depth = Math.max(0, depth - 1);
  });
  if (tokens.length > from) parts.push({ from, to: tokens.length });
  return parts;
}
