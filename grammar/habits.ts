/**
 * What people bring along from other query languages, seen from the token at which the parse
 * stopped: each habit is one small function, and the first that recognises its mistake speaks.
 */
import type { Expected } from "./earley.ts";
import { elsewhere, testElsewhere } from "./elsewhere.ts";
import { describe } from "./expected.ts";
import { short, type Token } from "./token.ts";

/** What is said of a mistake, before it has its place in the file. */
export interface Said {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly suggestion?: string;
  /** The token to point at, when it is not the one where the parse stopped. */
  readonly token?: Token;
}

/** Where a parse stopped. */
export interface Stop {
  /** What was being parsed: `command`, `source`, `head`, `part`, `testitem`, `decl`, `expr`. */
  readonly start: string;
  readonly tokens: readonly Token[];
  readonly at: number;
  /** The token that cannot stand there; undefined where the text ends. */
  readonly token: Token | undefined;
  readonly prev: Token | undefined;
  readonly next: Token | undefined;
  readonly expected: readonly Expected[];
}

type Habit = (s: Stop) => Said | null;

const wants = (s: Stop, literal: string) => s.expected.some((e) => e.literal === literal);
const wantsType = (s: Stop, type: string) => s.expected.some((e) => e.type === type);
const first = (s: Stop) => s.tokens[0]?.text;
const says = (code: string, message: string, help: string, more: Partial<Said> = {}): Said => ({
  code,
  message,
  help,
  ...more,
});

/** `stats count by src`, `stats dc user`. */
const bareAggregate: Habit = (s) => {
  const before = s.tokens[s.at - 2]?.text;
  if (first(s) !== "stats" || s.prev?.type !== "name" || !wants(s, "(")) return null;
  if (before !== "stats" && before !== ",") return null;
  const { raw } = s.prev;
  const argument = s.token?.type === "name" && !CLAUSES.has(s.token.text) ? s.token.raw : "";
  return says("E0023", `"${raw}" needs parentheses`, `Write ${raw}(${argument})`, {
    token: s.prev,
    ...(argument === "" ? { suggestion: `${raw}()` } : {}),
  });
};
const CLAUSES: ReadonlySet<string> = new Set(["by", "as", "over", "group", "span", "within"]);

/** `count(*)`. */
const countStar: Habit = (s) =>
  s.token?.text === "*" && s.prev?.text === "(" && s.next?.text === ")"
    ? says("E0021", "SDL has no `(*)`", `Write ${s.tokens[s.at - 2]?.raw ?? "count"}()`)
    : null;

/** `over 5`, `over 5 m`, `within 300`. */
const durationUnit: Habit = (s) => {
  if (s.token?.type !== "number" || !wantsType(s, "duration")) return null;
  const unit = /^(ms|s|m|h|d|w)/.exec(s.next?.type === "name" ? s.next.text : "")?.[1];
  return says(
    "E0015",
    `A duration has its unit with it, not ${describe(s.token)} alone`,
    unit
      ? `Write ${s.token.raw}${unit}`
      : `Write ${s.token.raw}s, ${s.token.raw}m or ${s.token.raw}h`,
  );
};

/** Clauses of `stats` and `sequence` by other names. */
const clauseOfElsewhere: Habit = (s) => {
  if (s.token?.type !== "name" || s.at === 0) return null;
  const word = s.token.text;
  if (first(s) === "stats") {
    if (word === "group") return says("E0021", "SDL has no `group by`", "Write `by src`");
    if (word === "having") {
      return says("E0021", "SDL has no `having`", "Write a command of its own: `| where n > 5`");
    }
    if (word === "within" && wants(s, "over")) {
      return says("E0021", "The window of stats stands after `over`", "Write `over 5m`", {
        suggestion: "over",
      });
    }
  }
  if (word === "with" && /^max/.test(s.next?.text ?? "")) {
    return says("E0021", `SDL has no \`with ${s.next?.raw}\``, "Write `within 5m`");
  }
  if (word === "to" && wants(s, "as")) {
    return says("E0021", "A new name stands after `as`, not `to`", "Write `as`", {
      suggestion: "as",
    });
  }
  if (s.prev?.text === "case" && word === "when") {
    return says("E0021", "SDL has no `case when`", "Write `if(condition, then, else)`", {
      token: s.prev,
    });
  }
  if (first(s) === "alert" && (word === "when" || word === "where" || word === "if")) {
    return says(
      "E0021",
      `An alert has no \`${s.token.raw}\``,
      'Write the condition before it: `| where … | alert "…"`',
    );
  }
  return null;
};

/** `[` around the steps of a sequence, and around a subquery. */
const brackets: Habit = (s) => {
  const { token, prev } = s;
  if (token?.text === "[" && (first(s) === "sequence" || first(s) === "together")) {
    return says(
      "E0021",
      "The steps of a sequence stand in one pair of braces",
      "Write `{ DATASET where … as a  DATASET where … as b }`",
    );
  }
  if (prev !== undefined && /^(?:from|select|search)$/.test(prev.text) && s.at > 1) {
    const open = s.tokens[s.at - 2]?.text;
    if (open === "(" || open === "[") {
      return says(
        "E0021",
        "SDL has no subquery",
        "Test against a list, `in @list`, or read another rule with `from signal RULE`",
        { token: prev },
      );
    }
  }
  return null;
};

/** `from index=main`, `from "Web"`, `from *`, `from Web, Authentication`. */
const sources: Habit = (s) => {
  const { token, prev } = s;
  if (first(s) !== "from" || token === undefined) return null;
  if (s.at === 1 && token.type === "string") {
    const bare = String(token.value);
    return says("E0001", "A dataset or sourcetype stands without quotes", `Write from ${bare}`, {
      suggestion: bare,
    });
  }
  if (s.at === 1 && token.text === "*") {
    return says("E0021", "SDL has no `from *`", "Write `from any`", { suggestion: "any" });
  }
  if (s.at === 2 && token.text === "=") {
    return says(
      "E0021",
      `After \`from\` comes a dataset or a sourcetype, not \`${prev?.raw}=\``,
      "Write `from Authentication where …`, or `from linux_secure where …`",
    );
  }
  if (s.at === 2 && token.text === ",") {
    return says(
      "E0018",
      "A rule has one source",
      "Write one rule for each, or `from any where …`; `sequence` joins several",
    );
  }
  if (token.text === "-" && s.next?.text === "-") return sqlComment(s);
  return null;
};

const sqlComment: Habit = (s) =>
  s.token?.text === "-" && s.next?.text === "-" && s.next.start === s.token.end
    ? says("E0011", 'A comment starts with "#", not "--"', "Write `# …`")
    : null;

/** `status == 500 user == "root"`. */
const missingAnd: Habit = ({ token, prev, next, expected }) => {
  if (token?.type !== "name" || next === undefined || prev?.type === "name") return null;
  if (!expected.some((e) => e.literal === "and")) return null;
  if (next.type !== "word" && !COMPARES.has(next.text)) return null;
  return says(
    "E0001",
    `Between two conditions an \`and\` or \`or\` is missing, before ${describe(token)}`,
    `Write \`and ${token.raw} ${next.raw} …\``,
  );
};

/** `user has "x"`, `user : "x"`, `user !contains "x"`. */
const tests: Habit = (s) => {
  const { token, prev, next } = s;
  if (token === undefined || prev === undefined || !wants(s, "==")) return null;
  if (token.type === "name") {
    const instead = testElsewhere(token.text);
    if (instead !== null) {
      return says("E0021", `SDL has no operator "${short(token.raw)}"`, `Write ${instead}`);
    }
  }
  if (token.text === ":" && prev.type === "name") {
    return says(
      "E0021",
      "SDL does not compare with `:`",
      `Write ${prev.raw} == "…", or ${prev.raw} like "…*" for a pattern`,
    );
  }
  if (token.text === "!" && next?.type === "word") {
    return says(
      "E0008",
      `SDL has no operator "!${next.raw}"`,
      `Write not (${prev.raw} ${next.raw} …)`,
    );
  }
  return null;
};
const COMPARES: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "="]);

/** A word that is a test between values here, used as a function: `contains(user, "x")`. */
const testAsFunction: Habit = (s) => {
  const { token, next } = s;
  if (token?.type !== "word" || next?.text !== "(" || !wantsType(s, "ip")) return null;
  const sample: Readonly<Record<string, string>> = {
    contains: 'field contains "…"',
    startswith: 'field startswith "…"',
    endswith: 'field endswith "…"',
    like: 'field like "…*"',
    matches: "field matches /…/",
    in: 'field in ("…", "…")',
  };
  const write = sample[token.text];
  return write === undefined
    ? null
    : says("E0021", `The test \`${token.text}\` stands between its values`, `Write ${write}`);
};

/** `lookup bad.csv src`, `throttle 5`, `eval x := 1`, `fields + a`. */
const commands: Habit = (s) => {
  const { token, prev } = s;
  if (first(s) === "lookup" && s.at === 2 && token?.text !== "(") {
    const table = prev?.raw.replace(/\.csv$/i, "") ?? "TABLE";
    const key = token?.type === "name" ? token.raw : "key";
    return says(
      "E0021",
      "The key of a lookup stands in parentheses",
      `Write lookup ${table}(${key})`,
    );
  }
  if (first(s) === "fields" && token?.text === "+") {
    return says("E0021", "SDL has no `fields +`", "Write `fields a, b`", { suggestion: "" });
  }
  return null;
};

/** `rule "My rule"`, `rule my-rule`, `title My rule`. */
const names: Habit = (s) => {
  const { token, prev, start, at, tokens } = s;
  if (start === "decl" && at === 1 && first(s) === "rule" && token?.type === "string") {
    const name = String(token.value).toLowerCase().replace(/\W+/g, "_").replace(/^_+|_+$/g, "");
    return says(
      "E0001",
      "The name of a rule stands without quotes",
      `Write rule ${name || "my_rule"} {, and the text as its title`,
    );
  }
  const head = tokens[0];
  if (
    (start === "head" || start === "part") && head !== undefined && at >= 2 &&
    /^(?:title|description|author)$/.test(head.text) && tokens[1]?.type === "name" &&
    prev !== undefined
  ) {
    const words = tokens.slice(1).filter((t) => t.type === "name").map((t) => t.raw).join(" ");
    return says(
      "E0001",
      `A ${head.text} stands in quotes`,
      `Write ${head.text} "${short(words)}"`,
      {
        token: tokens[1],
      },
    );
  }
  return null;
};

/** `expect alert`, `expect no alerts`, `{ user = "root" }`. */
const testItems: Habit = (s) => {
  const { token, prev } = s;
  if (s.start !== "testitem" || token === undefined) return null;
  if (prev?.text === "expect") {
    if (/^alerts?$/.test(token.text)) {
      return says("E0001", "How many alerts are expected is missing", "Write `expect 1 alert`");
    }
    if (/^(?:no|nothing|zero|not)$/.test(token.text)) {
      return says("E0021", `SDL has no \`expect ${token.raw}\``, "Write `expect none`");
    }
  }
  if ((token.text === "=" || token.text === "==") && wants(s, ":")) {
    return says("E0001", "In an event `:` stands between field and value", "Write `:`", {
      suggestion: ":",
    });
  }
  return null;
};

const HABITS: readonly Habit[] = [
  bareAggregate,
  countStar,
  durationUnit,
  clauseOfElsewhere,
  brackets,
  sources,
  testItems,
  missingAnd,
  tests,
  testAsFunction,
  commands,
  names,
  sqlComment,
];

/** What another language's habit explains of a stopped parse; null when none does. */
export function habit(stop: Stop): Said | null {
  for (const h of HABITS) {
    const said = h(stop);
    if (said !== null) return said;
  }
  return null;
}

/** A command or header word of elsewhere in the place of ours. */
export function foreignWord(token: Token): Said | null {
  const instead = elsewhere(token.text);
  return instead === null
    ? null
    : says("E0021", `SDL has no "${short(token.raw)}"`, `Write ${instead}`, { token });
}
