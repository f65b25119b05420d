/** The mistakes of a rule that could not be read, told part by part. */
import type { Diagnostic } from "./diagnostic.ts";
import { run } from "./earley.ts";
import { MAX_MISTAKES } from "./lexer.ts";
import { explain } from "./mistakes.ts";
import { type RulePart, splitRule, splitTest } from "./split.ts";
import type { Token } from "./token.ts";

const ORDER: Readonly<Record<string, number>> = { head: 0, source: 1, command: 2, test: 3 };

/** Collects the mistakes of one rule. */
export class RuleMistakes {
  private readonly found: Diagnostic[] = [];

  /**
   * @param file its name, for diagnostics
   * @param reported brackets that are told already: what they do to their part is said by them
   */
  constructor(private readonly file: string, private readonly reported: ReadonlySet<Token>) {}

  /** @param slice the tokens of the rule, from `rule NAME {` on */
  of(slice: readonly Token[]): Diagnostic[] {
    const closed = slice.at(-1)?.text === "}" && !this.reported.has(slice[2] as Token);
    const body = slice.slice(3, closed ? -1 : slice.length);
    let stage = 0;
    const parts = splitRule(body, this.reported);
    const source = parts.find((p) => p.kind === "source");
    for (const part of parts) {
      if (this.found.length >= MAX_MISTAKES) break;
      const tokens = body.slice(part.from, part.to);
      if (tokens.some((t) => this.reported.has(t))) continue;
      if (part.kind === "command" && source !== undefined && part.from < source.from) {
        this.beforeSource(tokens[0] as Token);
        continue;
      }
      const after = body[part.to] ?? (closed ? slice.at(-1) ?? null : null);
      this.part(part.kind, tokens, after);
      const order = ORDER[part.kind] ?? stage;
      if (order < stage || (part.kind === "source" && stage === order)) {
        this.outOfOrder(tokens[0] as Token, order < stage);
      }
      stage = Math.max(stage, order);
    }
    return this.found;
  }

  private part(kind: RulePart["kind"], tokens: readonly Token[], after: Token | null): void {
    if (kind === "test") {
      this.test(tokens, after);
    } else if (kind === "command" && tokens[0]?.text === "|") {
      this.attempt("command", tokens.slice(1), after, tokens[0]);
    } else if (kind === "other" || kind === "command") {
      const outcome = run("rule_part", tokens);
      if (outcome.kind === "error") {
        this.found.push(explain("part", tokens, outcome, this.file, after));
      }
    } else {
      this.attempt(kind, tokens, after, tokens[0]);
    }
  }

  private attempt(
    start: string,
    tokens: readonly Token[],
    after: Token | null,
    lead: Token | undefined,
  ): void {
    const outcome = run(start, tokens);
    if (outcome.kind === "error") {
      this.found.push(explain(start, tokens, outcome, this.file, after, lead));
    }
  }

  private test(tokens: readonly Token[], after: Token | null): void {
    const outcome = run("test", tokens);
    if (outcome.kind === "tree") return;
    const before = this.found.length;
    if (tokens[2]?.text === "{") {
      const closed = tokens.at(-1)?.text === "}" && !this.reported.has(tokens[2]);
      const body = tokens.slice(3, closed ? -1 : tokens.length);
      for (const part of splitTest(body)) {
        if (this.found.length >= MAX_MISTAKES) break;
        const item = body.slice(part.from, part.to);
        this.attempt("testitem", item, body[part.to] ?? tokens.at(-1) ?? after, item[0]);
      }
      if (this.found.length === before && !closed) return;
    }
    if (this.found.length === before) {
      this.found.push(explain("test", tokens, outcome, this.file, after));
    }
  }

  private beforeSource(head: Token): void {
    this.misplaced(
      head,
      `"${head.raw}" stands before the rule's source`,
      `Begin with \`from DATASET\`, and write \`| ${
        head.raw === "|" ? "where" : head.raw
      } …\` after it`,
    );
  }

  private outOfOrder(head: Token, late: boolean): void {
    this.misplaced(
      head,
      late
        ? `"${head.raw}" stands too late in the rule`
        : `A rule has one source, and "${head.raw}" is its second`,
      late
        ? "The order is: header fields, params and allows; the source; commands; tests"
        : "Use `any`, or one rule for each source",
    );
  }

  private misplaced(head: Token, message: string, help: string): void {
    this.found.push({
      code: "E0018",
      level: "error",
      file: this.file,
      span: { start: head.start, end: head.end },
      message,
      help,
    });
  }
}
