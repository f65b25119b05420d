/**
 * Parsed files → resolved rules and diagnostics: names bound, everything typed, nothing run. Pure.
 * Passes in order, each reporting all it finds: names, lists, rules (signals before their readers,
 * with their tests). Lints are apart, for those who show them: `lint/mod.ts`.
 */
import type { File, Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import {
  byPlace,
  type CheckContext,
  type CheckOptions,
  createContext,
  tablesOf,
} from "./context.ts";
import { resolve } from "./expr.ts";
import { checkGroups } from "./groups.ts";
import { declareNames, resolveLists } from "./names.ts";
import type { Row } from "./rows.ts";
import { resolveRule } from "./rule.ts";
import { rowWith } from "./source.ts";
import { nearest } from "../../grammar/nearest.ts";
import type { IrProgram, IrRule } from "../ir/program.ts";
import { inStages } from "../ir/signals.ts";

export type { CheckOptions } from "./context.ts";

export interface Checked {
  /** The rules without errors. */
  readonly program: IrProgram;
  /** Errors, by file and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** What lints look at; see `lint/mod.ts`. */
  readonly context: CheckContext;
}

/** Checks files that are compiled together. */
export function check(files: readonly File[], options: CheckOptions): Checked {
  const cx = createContext(files, options, resolve);
  declareNames(cx);
  resolveLists(cx);
  const rules = checkGroups(cx, resolveRules(cx));
  const diagnostics = byPlace(files, cx.diagnostics);
  return {
    program: { rules: inStages(rules), tables: tablesOf(cx) },
    diagnostics,
    context: cx,
  };
}

/** Every rule, those that give signals before those that take them. */
function resolveRules(cx: CheckContext): IrRule[] {
  const out: IrRule[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): void => {
    const info = cx.rules.get(name)!;
    if (done.has(name)) return;
    path.push(name);
    info.ir = resolveRule(cx, info, ruleOf);
    path.pop();
    done.add(name);
    if (info.ir) out.push(info.ir);
  };
  const ruleOf = (name: string, at: Span): Row | null => {
    const reader = cx.rule!;
    const info = cx.rules.get(name);
    if (!info) {
      const other = cx.options.resolved?.get(name);
      if (other) return rowWith(Object.entries(other.rowType), `signal ${name}`);
      const near = nearest(name, [...cx.rules.keys(), ...cx.options.resolved?.keys() ?? []]);
      cx.error("unknown_signal", reader.file, at, `Unknown rule "${name}"`, {
        help: near
          ? `Did you mean ${near}?`
          : /^(all|every|each)(_?(rule|signal|alert)s?)?$/i.test(name)
          ? "The alerts of every other rule are signal any"
          : "A signal is named by its rule; compile the two together",
        ...(near ? { suggestion: near } : {}),
      });
      return null;
    }
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(" → ");
      cx.error("signal_cycle", reader.file, at, `Signals run in a circle: ${circle}`, {
        help: "Let one of them read events",
      });
      return null;
    }
    visit(name);
    cx.rule = reader;
    // A rule with an error was reported there; its reader is left out without a word.
    if (!info.ir) reader.failed = true;
    return info.ir && rowWith(Object.entries(info.ir.rowType), `signal ${name}`);
  };
  for (const name of cx.rules.keys()) visit(name);
  cx.rule = null;
  return out;
}
