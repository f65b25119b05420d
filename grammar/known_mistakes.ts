/** Mistakes that are known by the token at which the parse stopped and those around it. */
import type { Expected } from "./earley.ts";
import { COMPARE, describe } from "./expected.ts";
import { foreignWord, type Said, type Stop } from "./habits.ts";
import { short, type Token } from "./token.ts";
import { nearest } from "./nearest.ts";
import { COMMAND_WORDS, DECL_WORDS, HEADER_WORDS, SOURCE_WORDS } from "./split.ts";

/** A stop at a token, not at the end of the text. */
interface At extends Stop {
  readonly token: Token;
}

type Mistake = (stop: At) => Said | null;

/** What no declaration begins with. */
const declaration: Mistake = ({ start, at, token }) => {
  if (start === "decl" && at === 0) {
    const guess = token.type === "name" ? closest(token.text, DECL_WORDS) : undefined;
    return {
      code: guess === undefined ? "E0019" : "E0012",
      message: `A declaration begins with list, let or rule, not with ${describe(token)}`,
      help: guess === undefined ? "Write `rule NAME { … }`" : `Did you mean "${guess}"?`,
      ...(guess === undefined ? {} : { suggestion: guess }),
    };
  }
  return null;
};

/** A regex stands after `matches`, and nothing else does. */
const regexPlace: Mistake = ({ token, prev, expected }) => {
  if (token.text === "/") {
    if (expected.some((e) => e.type === "string") || prev?.text === "==" || prev?.text === "in") {
      return {
        code: "E0017",
        message: "A regex stands only after `matches`",
        help: "Write `field matches /…/`",
      };
    }
  }
  if (prev?.text === "matches") {
    return {
      code: "E0017",
      message: `After \`matches\` comes a regex, not ${describe(token)}`,
      help: "Write the pattern between slashes: `matches /…/i`; for * and ? use `like`",
    };
  }
  return null;
};

/** Values and lists in a form that does not belong there. */
const valueForm: Mistake = ({ tokens, at, token, prev, next }) => {
  if (token.text === ":" && prev !== undefined && at === 1 && HEADER_WORDS.has(prev.text)) {
    return {
      code: "E0001",
      message: `No \`:\` stands after "${prev.raw}"`,
      help: `Write \`${prev.raw} …\``,
      suggestion: "",
    };
  }
  if (prev?.text === "in" && (token.type === "string" || token.type === "number")) {
    return {
      code: "E0001",
      message: `After \`in\` comes a list, not ${describe(token)}`,
      help: next?.text === ","
        ? `Put the values in parentheses: \`in (${token.raw}, …)\``
        : `Write \`in (${token.raw})\`, or compare with \`==\``,
    };
  }
  if (
    token.text === "," && tokens[at - 2]?.text === "(" &&
    TEXT_TESTS.has(tokens[at - 3]?.text ?? "")
  ) {
    const test = tokens[at - 3]?.text;
    return {
      code: "E0001",
      message: `After \`${test}\` comes one text`,
      help: `Write \`${test} any (…)\`, or \`${test} all (…)\``,
    };
  }
  return null;
};

/** Forms of SPL, SQL and KQL. */
const foreignForm: Mistake = ({ token, prev, next }) => {
  if (token.text === "span" && next?.text === "=") {
    return {
      code: "E0021",
      message: "SDL has no `span=`",
      help: "Write the window after `over`, as in `over 5m` or `over tumbling 5m`",
    };
  }
  if (prev?.text === "distinct" && token.type === "name") {
    return {
      code: "E0021",
      message: "SDL has no `count(distinct …)`",
      help: `Write \`dc(${token.raw})\``,
      token: prev,
    };
  }
  if (token.text === "is") {
    const negated = next?.text === "not";
    const field = prev?.type === "name" ? prev.raw : "field";
    return {
      code: "E0021",
      message: "SDL has no `is null`: a field exists or it does not",
      help: negated ? `Write \`exists ${field}\`` : `Write \`not exists ${field}\``,
    };
  }
  if (token.text === "between") {
    return {
      code: "E0021",
      message: "SDL has no `between`",
      help: "Write a range, both ends included: `field in 1..1023`",
    };
  }
  if (
    prev?.type === "name" && prev.text === "if" && token.text !== "(" &&
    (token.type === "name" || token.type === "string" || token.text === "not")
  ) {
    return {
      code: "E0023",
      message: "`if` is a function and needs parentheses",
      help: "Write `if(condition, then, else)`",
      token: prev,
    };
  }
  return null;
};

/** A `*` outside of a string, and a command without its `|`. */
const wildcardOrPipe: Mistake = ({ at, token, prev }) => {
  if (
    token.text === "*" && (prev?.type === "op" || prev?.text === "like") ||
    prev?.text === "*" && !["name", "number"].includes(token.type)
  ) {
    return { ...WILDCARD, token: token.text === "*" ? token : prev as Token };
  }
  if (token.type === "name" && COMMAND_WORDS.has(token.text) && at === 0) {
    return {
      code: "E0013",
      message: `A \`|\` is missing before "${token.raw}"`,
      help: `Write \`| ${token.raw}\``,
      suggestion: `| ${token.raw}`,
    };
  }
  return null;
};

/** `=` where `==` belongs, and the other way round. */
const equalsSign: Mistake = ({ token, prev, expected }) => {
  if (
    expected.some((e) => e.literal === "=") && token.text !== "=" && (prev?.type === "name") &&
    !isComparable(expected)
  ) {
    if (token.text === "==" || token.text === ":") {
      return {
        code: "E0001",
        message: `\`=\` gives a value here, not \`${token.text}\``,
        help: "Write `=`",
        suggestion: "=",
      };
    }
    return {
      code: "E0001",
      message: `A \`=\` is missing between "${prev.raw}" and ${describe(token)}`,
      help: `Write \`${prev.raw} = …\``,
    };
  }
  if (
    prev !== undefined && COMPARE.has(prev.text) && token.text === "=" && token.start === prev.end
  ) {
    return {
      code: "E0008",
      message: `SDL has no operator "${prev.text}="`,
      help: "Compare with ==, !=, <, <=, > or >=",
    };
  }
  return null;
};

/** `not` and `!` in the wrong place, and comparisons in a row. */
const negation: Mistake = ({ tokens, at, token, prev, expected }) => {
  if (
    token.text === "not" && prev !== undefined &&
    (COMPARE.has(prev.text) || ["contains", "like"].includes(prev.text))
  ) {
    return {
      code: "E0001",
      message: `\`not\` cannot stand after \`${prev.raw}\``,
      help: "Put `not` in front of the whole comparison: `not (a == b)`",
    };
  }
  if (prev?.text === "not" && token.type === "word" && expected.some((e) => e.literal === "in")) {
    return {
      code: "E0001",
      message: `SDL has no \`not ${token.text}\``,
      help: `Put \`not\` in front: \`not (field ${token.text} …)\``,
    };
  }
  if (COMPARE.has(token.text) && compared(tokens, at)) {
    return {
      code: "E0001",
      message: "Comparisons do not chain",
      help: "Join two comparisons with `and`, as in `1 < n and n < 5`",
    };
  }
  if (token.text === "!" && expected.some((e) => e.literal === "not")) {
    return {
      code: "E0008",
      message: "The sign `!` marks a step of a sequence",
      help: "Write `not`",
      suggestion: "not",
    };
  }
  return null;
};

/** The first that recognises its mistake speaks. */
const MISTAKES: readonly Mistake[] = [
  declaration,
  regexPlace,
  valueForm,
  foreignForm,
  allAlerts,
  wildcardOrPipe,
  equalsSign,
  negation,
];

/** `signal *`, `from any signal`, `from signals any`: the alerts of every other rule. */
function allAlerts({ token, prev }: At): Said | null {
  const words = `${prev?.text ?? ""} ${token.text}`;
  if (!/^(?:signal \*|(?:any|all|every) signals?|signals (?:any|all|\*))$/i.test(words)) {
    return null;
  }
  return {
    code: "E0001",
    message: `"${prev!.raw} ${token.raw}" reads no rule's alerts`,
    help: "Write `from signal any` for the alerts of every other rule",
  };
}

/** What is wrong at a token that cannot stand there; null when it is none of the known mistakes. */
export function known(stop: At): Said | null {
  for (const mistake of MISTAKES) {
    const said = mistake(stop);
    if (said !== null) return said;
  }
  const { tokens, at, token, prev, expected } = stop;
  return misspelt(token, { at, expected }, tokens) ??
    misspelt(prev, { at, expected }, tokens.slice(0, at));
}

export const WILDCARD = {
  code: "E0022",
  message: "A wildcard stands in a string, after `like`",
  help: 'Write `field like "admin*"`, or `exists field` for any value',
};

const TEXT_TESTS: ReadonlySet<string> = new Set(["contains", "startswith", "endswith"]);

function isComparable(expected: readonly Expected[]): boolean {
  return expected.some((e) => e.literal === "==");
}

function compared(tokens: readonly Token[], at: number): boolean {
  for (let i = at - 1; i >= 0 && at - i < 12; i--) {
    const t = tokens[i] as Token;
    if (COMPARE.has(t.text)) return true;
    if (t.text === "and" || t.text === "or" || t.text === "where" || t.text === ",") return false;
  }
  return false;
}

const LEADS: ReadonlySet<string> = new Set([
  ...HEADER_WORDS,
  ...SOURCE_WORDS,
  ...COMMAND_WORDS,
  "param",
  "allow",
  "test",
]);

/** A word that is nearly one that could stand in its place. */
export function misspelt(
  token: Token | undefined,
  failure: Pick<Stop, "at" | "expected">,
  tokens: readonly Token[],
): Said | null {
  if (token === undefined || (token.type !== "name" && token.type !== "mitre")) return null;
  const words = new Set(
    token === tokens[failure.at]
      ? failure.expected.flatMap((e) =>
        e.literal !== null && /^[a-z]/.test(e.literal) ? [e.literal] : []
      )
      : [],
  );
  if (token === tokens[0]) { for (const w of LEADS) words.add(w); }
  const foreign = token === tokens[0] ? foreignWord(token) : null;
  if (foreign !== null) return foreign;
  // A word that is right in its place is not misspelt, whatever follows it.
  if (token === tokens[0] && LEADS.has(token.text)) return null;
  const guess = closest(token.text, words);
  if (guess === undefined) return null;
  return {
    code: "E0012",
    message: `There is no "${short(token.raw)}" here`,
    help: `Did you mean "${guess}"?`,
    suggestion: guess,
    token,
  };
}

/** The word that was likely meant, when it is not that word already. */
function closest(word: string, words: Iterable<string>): string | undefined {
  const found = nearest(word, words);
  return found === word ? undefined : found;
}
