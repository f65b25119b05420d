/**
 * The lexer: moo for the tokens, then one pass that reads literals, repairs what people bring along
 * from other languages (`&&`, `'…'`, `;`) with a diagnostic, and settles the few words whose role
 * hangs on their neighbour. It never throws: what cannot be read is a diagnostic.
 */
import type { Comment, Span } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { canonicalCidr, canonicalIp } from "./ip.ts";
import { FOREIGN, machine } from "./lexer_rules.ts";
import { bytesOf, durationMs, readBlock, readString } from "./literals.ts";
import { RESERVED, short, type Token, type TokenType } from "./token.ts";

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Mistakes told of one file; a text with more is not SDL. */
export const MAX_MISTAKES = 1000;

/** Reads a text of any content into tokens, comments and diagnostics; never throws. */
export function lex(text: string, file: string): Lexed {
  return new Lexer(text, file).read();
}

/** One token of moo's. */
interface Raw {
  readonly type: string;
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

/** What is said of a mistake; `suggestion` replaces what it points at. */
interface Mistake {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly suggestion?: string;
}

class Lexer {
  private readonly tokens: Token[] = [];
  private readonly comments: Comment[] = [];
  private readonly diagnostics: Diagnostic[] = [];
  /** Nothing has been read yet on this line. */
  private first = true;
  private lineStart = 0;

  constructor(private readonly text: string, private readonly file: string) {}

  read(): Lexed {
    const lexer = machine.reset(this.text);
    for (let t = lexer.next(); t !== undefined; t = lexer.next()) {
      const raw = t.text;
      this.one({ type: t.type ?? "op", raw, start: t.offset, end: t.offset + raw.length });
      // Blocks and comments of other languages span lines.
      if (raw.length > 1) {
        const last = raw.lastIndexOf("\n");
        if (last >= 0) this.lineStart = t.offset + last + 1;
      }
    }
    return { tokens: this.tokens, comments: this.comments, diagnostics: this.diagnostics };
  }

  private report(span: Span, mistake: Mistake): void {
    if (this.diagnostics.length >= MAX_MISTAKES) return;
    const { code, message, help, suggestion } = mistake;
    this.diagnostics.push({
      code,
      level: "error",
      file: this.file,
      span,
      message,
      help,
      suggestion,
    });
  }

  /** @param text what the grammar's literals are compared with */
  private add(r: Raw, type: TokenType, text: string, value: string | number = r.raw, flag = false) {
    const { raw, start, end } = r;
    const { first } = this;
    const column = start - this.lineStart;
    this.tokens.push({ type, text, raw, value, start, end, first, column, flag });
    this.first = false;
  }

  private one(r: Raw): void {
    const { raw, start, end } = r;
    switch (r.type) {
      case "ws":
        break;
      case "nl":
        this.first = true;
        this.lineStart = end;
        break;
      case "comment":
        this.comments.push({ span: { start, end }, text: raw.trimEnd(), ownLine: this.first });
        break;
      case "matches":
        return this.add(r, "word", "matches");
      case "name":
        return this.name(r, raw);
      case "mitre":
        return this.add(r, "mitre", raw.toUpperCase(), raw.toUpperCase());
      case "listref":
        return this.add(r, "listref", raw, raw.slice(1));
      case "string":
      case "single":
        return this.string(r);
      case "block":
        return this.add(r, "block", "<block>", readBlock(raw.slice(3, -3)));
      case "regex":
        return this.add(r, "regex", "<regex>");
      case "openstring":
      case "openblock":
      case "openregex":
        return this.unclosed(r);
      case "duration":
        return this.add(r, "duration", "<duration>", durationMs(raw));
      case "bytes":
        return this.add(r, "bytes", "<bytes>", bytesOf(raw));
      case "ip4":
      case "ip6":
        return this.address(r);
      case "number":
      case "badnumber":
        return this.number(r);
      case "slashes":
      case "slashstar":
      case "foreign":
      case "backticks":
      case "dollar":
      case "semicolon":
      case "bad":
        return this.foreign(r);
      default:
        return this.add(r, "op", raw);
    }
  }

  private name(r: Raw, name: string): void {
    const lower = name.toLowerCase();
    const before = this.tokens.at(-1)?.text;
    if (RESERVED.has(lower)) this.add(r, "word", lower);
    else if (
      (lower === "any" || lower === "all") &&
      (before === "contains" || before === "startswith" || before === "endswith")
    ) this.add(r, "quant", `<${lower}>`);
    // `expect 1 alert at 4s {…}`, against `expect 1 alert` and `at 4s {…}` on the next line.
    else if (lower === "at" && !this.first && (before === "alert" || before === "alerts")) {
      this.add(r, "atclause", "<at>");
    } else this.add(r, "name", lower);
  }

  private string(r: Raw): void {
    const { raw, start, end } = r;
    const single = r.type === "single";
    const cs = !single && !raw.endsWith('"');
    const body = raw.slice(1, cs ? -3 : -1);
    if (single) {
      const fixed = JSON.stringify(body.replaceAll("\\'", "'"));
      this.report({ start, end }, {
        code: "E0009",
        message: `A string stands in double quotes, not ${short(raw)}`,
        help: `Write ${short(fixed)}`,
        suggestion: fixed,
      });
    }
    const value = readString(body, (at, length, escape) => {
      if (single && escape === "\\'") return;
      const s = start + 1 + at;
      this.report({ start: s, end: s + length }, {
        code: "E0007",
        message: `Unknown escape "${escape}" in a string`,
        help: 'Use \\n, \\t, \\r, \\", \\\\ or \\u{…}; a backslash itself is written \\\\',
      });
    });
    this.add(r, "string", "<string>", value, cs);
  }

  private unclosed(r: Raw): void {
    const { raw, start, end } = r;
    if (r.type === "openstring") {
      const body = raw.trimEnd();
      this.report({ start, end: start + body.length }, {
        code: "E0006",
        message: 'The string that starts here has no closing `"` on its line',
        help: 'Close it with `"`, or use `"""…"""` for several lines',
      });
      return this.add(r, "string", "<string>", body.slice(1));
    }
    if (r.type === "openblock") {
      this.report({ start, end: start + 3 }, {
        code: "E0006",
        message: 'The text block that starts here is never closed with `"""`',
        help: 'Close it with `"""`',
      });
      return this.add(r, "block", "<block>", readBlock(raw.slice(3)));
    }
    this.report({ start, end }, {
      code: "E0017",
      message: "The regex that starts here has no closing `/` on its line",
      help: "Close it with `/`; a `/` inside is written `\\/`",
    });
    this.add(r, "regex", "<regex>", raw + "/");
  }

  private address(r: Raw): void {
    const { raw, start, end } = r;
    const cidr = raw.includes("/");
    const value = cidr ? canonicalCidr(raw) : canonicalIp(raw);
    if (value === null) {
      this.report({ start, end }, {
        code: "E0014",
        message: `"${raw}" is not ${cidr ? "a network in CIDR form" : "an IP address"}`,
        help: cidr
          ? "Write an address and a prefix length, as in `10.0.0.0/8` or `2001:db8::/32`"
          : "Write four numbers from 0 to 255, as in `203.0.113.9`, or an IPv6 address",
      });
    }
    this.add(r, cidr ? "cidr" : "ip", cidr ? "<cidr>" : "<ip>", value ?? raw);
  }

  private number(r: Raw): void {
    const { raw, start, end } = r;
    if (r.type === "badnumber") {
      this.report({ start, end }, {
        code: "E0015",
        message: `"${short(raw)}" is not a number with a unit that SDL knows`,
        help: unitMeant(raw) ??
          "Durations end in ms, s, m, h, d or w (`90s`), sizes in B, kB, MB, GB, TB or KiB, MiB, GiB",
      });
      // A duration, so that what stands around it is still checked.
      return this.add(r, /^\d+B|[bB]$/.test(raw) ? "bytes" : "duration", "<duration>", 0);
    }
    const float = /[.eE]/.test(raw);
    if (!Number.isFinite(Number(raw)) || (!float && !Number.isSafeInteger(Number(raw)))) {
      this.report({ start, end }, {
        code: "E0020",
        message: `The number "${short(raw)}" is too large to be held exactly`,
        help: "Use a number up to 9007199254740991",
      });
    }
    this.add(r, "number", "<number>", Number(raw), float);
  }

  /** What people bring along from other languages. */
  private foreign(r: Raw): void {
    const { type, raw, start, end } = r;
    if (type === "foreign") {
      const is = FOREIGN[raw] ?? raw;
      this.report({ start, end }, {
        code: "E0008",
        message: `SDL has no operator "${raw}"`,
        help: is === "matches"
          ? `Write \`${raw === "!~" ? "not (field matches /…/)" : "field matches /…/"}\``
          : `Write \`${is}\``,
        suggestion: is,
      });
      return this.add(r, RESERVED.has(is) ? "word" : "op", is);
    }
    if (type === "backticks" || type === "dollar") return this.quotedName(r);
    if (type === "bad") return this.badCharacter(r);
    const comment = type !== "semicolon";
    this.report(
      { start, end },
      comment
        ? {
          code: "E0011",
          message: `A comment starts with "#", not "${raw.slice(0, 2)}"`,
          help: "Write `# …`",
        }
        : {
          code: "E0010",
          message: "A statement does not end with `;`",
          help: "Remove the `;`",
          suggestion: "",
        },
    );
  }

  private quotedName(r: Raw): void {
    const { raw, start, end } = r;
    const bare = raw.replace(/^`+|`+$|^\$/g, "");
    if (/^`[^`]+`$/.test(raw)) return this.add(r, "quoted", "<quoted>", bare);
    const comment = raw.startsWith("```");
    this.report({ start, end }, {
      code: "E0005",
      message: comment
        ? 'A comment starts with "#", not "```"'
        : `A name stands as it is, not as ${short(JSON.stringify(raw).slice(1, -1))}`,
      help: comment
        ? "Write `# …`"
        : /^[\w.]+$/.test(bare)
        ? `Write ${short(bare)}`
        : "Write a name",
      suggestion: comment ? "" : /^[A-Za-z_][\w.]*$/.test(bare) ? bare : undefined,
    });
    if (!comment && bare !== "") this.name(r, bare);
  }

  private badCharacter({ raw, start, end }: Raw): void {
    this.report({ start, end }, {
      code: "E0005",
      message: `The character ${JSON.stringify(raw)} has no meaning here`,
      help: /[\u2018-\u201f]/.test(raw)
        ? 'Use the plain quote `"`'
        : raw === "." && this.text[start - 1] === " "
        ? "Join texts with `+`"
        : "Remove it, or put it inside a string",
    });
    if (raw === "\n") this.first = true;
  }
}

/** `5min` → `Write 5m`; null when no unit of ours is meant. */
function unitMeant(raw: string): string | null {
  const m = /^(\d+)(s|m|h|d|w)(?:ec|in|our|ay|eek|r)?(?:ond|ute)?s?$/i.exec(raw);
  return m ? `Write ${short(m[1] + m[2].toLowerCase())}` : null;
}
