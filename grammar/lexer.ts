/**
 * The lexer: moo for the tokens, then one pass that reads literals, repairs what people bring along
 * from other languages (`&&`, `'…'`, `;`) with a diagnostic, and settles the few words whose role
 * hangs on their neighbour. It never throws: what cannot be read is a diagnostic.
 */
import moo from "moo";
import type { Comment, Span } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { canonicalCidr, canonicalIp } from "./ip.ts";
import { bytesOf, durationMs, readBlock, readString } from "./literals.ts";

export type TokenType =
  | "name"
  | "word"
  | "mitre"
  | "string"
  | "block"
  | "regex"
  | "duration"
  | "bytes"
  | "ip"
  | "cidr"
  | "number"
  | "listref"
  | "quant"
  | "atclause"
  | "op";

export interface Token {
  readonly type: TokenType;
  /** Words in lower case, operators as settled: what the grammar's literals are compared with. */
  readonly text: string;
  /** As written. */
  readonly raw: string;
  readonly value: string | number;
  readonly start: number;
  readonly end: number;
  /** First token on its line. */
  readonly first: boolean;
  readonly column: number;
  /** A string asks for case; a number is a float. */
  readonly flag: boolean;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Words that are operators or constants everywhere; all other keywords may also name a field. */
export const RESERVED: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "in",
  "contains",
  "startswith",
  "endswith",
  "like",
  "matches",
  "exists",
  "true",
  "false",
]);

const V6 =
  /(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){6})[0-9a-fA-F:]+(?:\.\d+){0,3}(?:\/\d+)?(?![\w:])/;

function rules(after: boolean): moo.Rules {
  const next = after ? { next: "main" } : {};
  return {
    ws: /[ \t\r\f\v\u00a0\ufeff]+/,
    nl: { match: "\n", lineBreaks: true },
    comment: /#[^\n]*/,
    ...(after
      ? {
        regex: {
          match: /\/(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^\/\\\n[])+\/[A-Za-z]*/,
          ...next,
        },
        openregex: { match: /\/[^\n]*/, ...next },
      }
      : { slashes: /\/\/[^\n]*/, slashstar: { match: /\/\*[^]*?\*\//, lineBreaks: true } }),
    block: { match: /"""[^]*?"""/, lineBreaks: true, ...next },
    openblock: { match: /"""[^]*/, lineBreaks: true, ...next },
    string: { match: /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"(?:[cC][sS](?!\w))?/, ...next },
    openstring: { match: /"[^\n]*/, ...next },
    single: { match: /'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'/, ...next },
    ip6: { match: V6, ...next },
    ip4: { match: /\d+\.\d+\.\d+(?:\.\d+)+(?:\/\d+)?(?!\w)/, ...next },
    duration: { match: /(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+(?!\w)/, ...next },
    bytes: { match: /\d+(?:\.\d+)?(?:[kKMGTP]i?)?B(?!\w)/, ...next },
    number: { match: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)/, ...next },
    badnumber: { match: /\d[\w]*(?:\.\d\w*)?/, ...next },
    mitre: { match: /[tT]\d{4}(?:\.\d{3})?(?![\w.])/, ...next },
    matches: { match: /[mM][aA][tT][cC][hH][eE][sS](?![\w.])/, next: "afterMatches" },
    name: { match: /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/, ...next },
    listref: { match: /@[A-Za-z_]\w*/, ...next },
    backticks: { match: /```[^]*?```|`[^`\n]*`/, lineBreaks: true, ...next },
    dollar: { match: /\$[A-Za-z_]\w*/, ...next },
    foreign: { match: /&&|\|\||<>|===|!==|=>|=<|=~|!~|~/, ...next },
    op: { match: /\.\.|==|!=|<=|>=|[=<>+\-*/%?:,|(){}[\]!]/, ...next },
    semicolon: { match: ";", ...next },
    bad: { match: /[\uD800-\uDBFF][\uDC00-\uDFFF]|[^]/, lineBreaks: true, ...next },
  };
}

const machine = moo.states({ main: rules(false), afterMatches: rules(true) });

const FOREIGN: Readonly<Record<string, string>> = {
  "&&": "and",
  "||": "or",
  "<>": "!=",
  "===": "==",
  "!==": "!=",
  "=>": ">=",
  "=<": "<=",
  "=~": "matches",
  "!~": "matches",
  "~": "matches",
};

/** Mistakes told of one file; a text with more is not SDL. */
export const MAX_MISTAKES = 1000;

/** Reads a text of any content into tokens, comments and diagnostics; never throws. */
export function lex(text: string, file: string): Lexed {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const diagnostics: Diagnostic[] = [];
  let first = true;
  let lineStart = 0;
  const report = (
    code: string,
    span: Span,
    message: string,
    help?: string,
    suggestion?: string,
  ) => {
    if (diagnostics.length >= MAX_MISTAKES) return;
    diagnostics.push({ code, level: "error", file, span, message, help, suggestion });
  };
  const lexer = machine.reset(text);
  for (let t = lexer.next(); t !== undefined; t = lexer.next()) {
    const raw = t.text;
    const start = t.offset;
    const end = start + raw.length;
    const span = { start, end };
    const add = (type: TokenType, txt: string, value: string | number = raw, flag = false) => {
      tokens.push({
        type,
        text: txt,
        raw,
        value,
        start,
        end,
        first,
        column: start - lineStart,
        flag,
      });
      first = false;
    };
    switch (t.type) {
      case "ws":
        break;
      case "nl":
        first = true;
        lineStart = end;
        break;
      case "comment":
        comments.push({ span, text: raw.trimEnd(), ownLine: first });
        break;
      case "slashes":
      case "slashstar":
        report("E0011", span, `A comment starts with "#", not "${raw.slice(0, 2)}"`, "Write `# …`");
        break;
      case "matches":
        add("word", "matches");
        break;
      case "name":
        addName(raw, tokens, first, add);
        break;
      case "mitre":
        add("mitre", raw.toUpperCase(), raw.toUpperCase());
        break;
      case "listref":
        add("listref", raw, raw.slice(1));
        break;
      case "string":
      case "single": {
        const cs = t.type === "string" && !raw.endsWith('"');
        const body = raw.slice(1, cs ? -3 : -1);
        if (t.type === "single") {
          const fixed = JSON.stringify(body.replaceAll("\\'", "'"));
          report(
            "E0009",
            span,
            `A string stands in double quotes, not ${short(raw)}`,
            `Write ${short(fixed)}`,
            fixed,
          );
        }
        const value = readString(body, (at, length, escape) => {
          if (t.type === "single" && escape === "\\'") return;
          const s = start + 1 + at;
          report(
            "E0007",
            { start: s, end: s + length },
            `Unknown escape "${escape}" in a string`,
            'Use \\n, \\t, \\r, \\", \\\\ or \\u{…}; a backslash itself is written \\\\',
          );
        });
        add("string", "<string>", value, cs);
        break;
      }
      case "openstring": {
        const body = raw.trimEnd();
        report(
          "E0006",
          { start, end: start + body.length },
          'The string that starts here has no closing `"` on its line',
          'Close it with `"`, or use `"""…"""` for several lines',
        );
        add("string", "<string>", body.slice(1));
        break;
      }
      case "block":
        add("block", "<block>", readBlock(raw.slice(3, -3)));
        break;
      case "openblock":
        report(
          "E0006",
          { start, end: start + 3 },
          'The text block that starts here is never closed with `"""`',
          'Close it with `"""`',
        );
        add("block", "<block>", readBlock(raw.slice(3)));
        break;
      case "regex":
        add("regex", "<regex>");
        break;
      case "openregex":
        report(
          "E0017",
          span,
          "The regex that starts here has no closing `/` on its line",
          "Close it with `/`; a `/` inside is written `\\/`",
        );
        add("regex", "<regex>", raw + "/");
        break;
      case "duration":
        add("duration", "<duration>", durationMs(raw));
        break;
      case "bytes":
        add("bytes", "<bytes>", bytesOf(raw));
        break;
      case "ip4":
      case "ip6": {
        const cidr = raw.includes("/");
        const value = cidr ? canonicalCidr(raw) : canonicalIp(raw);
        if (value === null) {
          report(
            "E0014",
            span,
            `"${raw}" is not ${cidr ? "a network in CIDR form" : "an IP address"}`,
            cidr
              ? "Write an address and a prefix length, as in `10.0.0.0/8` or `2001:db8::/32`"
              : "Write four numbers from 0 to 255, as in `203.0.113.9`, or an IPv6 address",
          );
        }
        add(cidr ? "cidr" : "ip", cidr ? "<cidr>" : "<ip>", value ?? raw);
        break;
      }
      case "number": {
        const float = /[.eE]/.test(raw);
        if (!Number.isFinite(Number(raw)) || (!float && !Number.isSafeInteger(Number(raw)))) {
          report(
            "E0020",
            span,
            `The number "${short(raw)}" is too large to be held exactly`,
            "Use a number up to 9007199254740991",
          );
        }
        add("number", "<number>", Number(raw), float);
        break;
      }
      case "badnumber":
        report(
          "E0015",
          span,
          `"${short(raw)}" is not a number with a unit that SDL knows`,
          unitMeant(raw) ??
            "Durations end in ms, s, m, h, d or w (`90s`), sizes in B, kB, MB, GB, TB or KiB, MiB, GiB",
        );
        // A duration, so that what stands around it is still checked.
        add(/^\d+B|[bB]$/.test(raw) ? "bytes" : "duration", "<duration>", 0);
        break;
      case "foreign": {
        const is = FOREIGN[raw] ?? raw;
        report(
          "E0008",
          span,
          `SDL has no operator "${raw}"`,
          is === "matches"
            ? `Write \`${raw === "!~" ? "not (field matches /…/)" : "field matches /…/"}\``
            : `Write \`${is}\``,
          is,
        );
        add(RESERVED.has(is) ? "word" : "op", is);
        break;
      }
      case "backticks":
      case "dollar": {
        const bare = raw.replace(/^`+|`+$|^\$/g, "");
        const comment = raw.startsWith("```");
        report(
          "E0005",
          span,
          comment
            ? 'A comment starts with "#", not "```"'
            : `A name stands as it is, not as ${short(JSON.stringify(raw).slice(1, -1))}`,
          comment ? "Write `# …`" : /^[\w.]+$/.test(bare) ? `Write ${short(bare)}` : "Write a name",
          comment ? "" : /^[A-Za-z_][\w.]*$/.test(bare) ? bare : undefined,
        );
        if (!comment && bare !== "") addName(bare, tokens, first, add);
        break;
      }
      case "semicolon":
        report("E0010", span, "A statement does not end with `;`", "Remove the `;`", "");
        break;
      case "bad":
        report(
          "E0005",
          span,
          `The character ${JSON.stringify(raw)} has no meaning here`,
          /[\u2018-\u201f]/.test(raw)
            ? 'Use the plain quote `"`'
            : raw === "." && text[start - 1] === " "
            ? "Join texts with `+`"
            : "Remove it, or put it inside a string",
        );
        if (raw === "\n") first = true;
        break;
      default:
        add("op", raw);
    }
    // Blocks and comments of other languages span lines.
    if (raw.length > 1) {
      const last = raw.lastIndexOf("\n");
      if (last >= 0) lineStart = start + last + 1;
    }
  }
  return { tokens, comments, diagnostics };
}

/** `5min` → `Write 5m`; null when no unit of ours is meant. */
function unitMeant(raw: string): string | null {
  const m = /^(\d+)(s|m|h|d|w)(?:ec|in|our|ay|eek|r)?(?:ond|ute)?s?$/i.exec(raw);
  return m ? `Write ${short(m[1] + m[2].toLowerCase())}` : null;
}

function addName(
  raw: string,
  tokens: readonly Token[],
  first: boolean,
  add: (type: TokenType, text: string) => void,
): void {
  const lower = raw.toLowerCase();
  const before = tokens.at(-1)?.text;
  if (RESERVED.has(lower)) add("word", lower);
  else if (
    (lower === "any" || lower === "all") &&
    (before === "contains" || before === "startswith" || before === "endswith")
  ) add("quant", `<${lower}>`);
  // `expect 1 alert at 4s {…}`, against `expect 1 alert` and `at 4s {…}` on the next line.
  else if (lower === "at" && !first && (before === "alert" || before === "alerts")) {
    add("atclause", "<at>");
  } else add("name", lower);
}

/** A quotation for a message, cut to what a line can hold. */
export function short(text: string): string {
  return text.length > 40 ? text.slice(0, 37) + "…" : text;
}
