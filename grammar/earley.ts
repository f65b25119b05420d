/** Runs nearley over tokens, from any nonterminal, with its three outcomes told apart. */
import nearley from "nearley";
import type { Token } from "./token.ts";
import compiled from "./sdl.gen.ts";
import { lexer, serve } from "./tokens.ts";

/** A terminal that could have stood where the parse stopped: a word, a mark or a token type. */
export interface Expected {
  readonly literal: string | null;
  readonly type: string | null;
  /** The nonterminal that asked for it. */
  readonly rule: string;
}

export type Outcome =
  | { readonly kind: "tree"; readonly tree: unknown; readonly trees: number }
  /** `at` is an index of `tokens`, and their length when the text ended too early. */
  | { readonly kind: "error"; readonly at: number; readonly expected: readonly Expected[] };

const grammars = new Map<string, nearley.Grammar>();

function grammarFrom(start: string): nearley.Grammar {
  let grammar = grammars.get(start);
  if (grammar === undefined) {
    grammar = nearley.Grammar.fromCompiled(compiled as unknown as nearley.CompiledRules);
    grammar.start = start;
    grammars.set(start, grammar);
  }
  return grammar;
}

interface State {
  readonly rule: { readonly name: string; readonly symbols: readonly unknown[] };
  readonly dot: number;
}
interface Internals {
  readonly table: readonly ({ readonly scannable: readonly State[] } | undefined)[];
  readonly current: number;
  reportError: () => string;
}

/** Parses tokens as the nonterminal `start`. */
export function run(start: string, tokens: readonly Token[]): Outcome {
  const parser = new nearley.Parser(grammarFrom(start), {
    lexer: lexer as unknown as nearley.Lexer,
  });
  const inside = parser as unknown as Internals;
  // Its message is never shown, and making it can take longer than the parse.
  inside.reportError = () => "";
  serve(tokens);
  try {
    parser.feed("");
  } catch (error) {
    const at = (error as { offset?: unknown }).offset;
    if (typeof at !== "number") throw error;
    return { kind: "error", at, expected: expectedIn(inside, at) };
  }
  const trees: readonly unknown[] = parser.results;
  if (trees.length === 0) {
    return { kind: "error", at: tokens.length, expected: expectedIn(inside, inside.current) };
  }
  return { kind: "tree", tree: trees[0], trees: trees.length };
}

function expectedIn(inside: Internals, column: number): Expected[] {
  const expected: Expected[] = [];
  for (const state of inside.table[column]?.scannable ?? []) {
    const symbol = state.rule.symbols[state.dot] as
      | { literal?: string; type?: string }
      | undefined;
    expected.push({
      literal: symbol?.literal ?? null,
      type: symbol?.literal === undefined ? symbol?.type ?? "rowname" : null,
      rule: state.rule.name,
    });
  }
  return expected;
}
