/**
 * `signal any`: rules in two stages. The first reads events and the signals of named rules; the second
 * reads the alerts of all rules of the first, and joins none of them: no rule of the second stage sees
 * its own alerts or those of another one, so that nothing runs in a circle.
 */
import type { IrRows, IrRule } from "./program.ts";
import { inputsOf } from "./walk.ts";

const isAny = (rows: IrRows): boolean => rows.kind === "signal" && rows.any === true;

/** Whether a rule, or a step of it, reads the alerts of all others. */
export const readsAny = (rule: IrRule): boolean => inputsOf(rule).some(isAny);

/** Names of the rules that read `signal any`, and of those that read their signals. */
export function secondStage(rules: readonly IrRule[]): ReadonlySet<string> {
  const out = new Set(rules.filter(readsAny).map((r) => r.name));
  for (let before = 0; before < out.size;) {
    before = out.size;
    for (const r of rules) if (r.signals.some((name) => out.has(name))) out.add(r.name);
  }
  return out;
}

/** Names of the rules whose alerts `signal any` gives. */
export function firstStage(rules: readonly IrRule[]): string[] {
  const second = secondStage(rules);
  return rules.filter((r) => !second.has(r.name)).map((r) => r.name);
}

/** The rules with those of the second stage last; order is kept otherwise. */
export function inStages(rules: readonly IrRule[]): readonly IrRule[] {
  const second = secondStage(rules);
  if (second.size === 0) return rules;
  return [
    ...rules.filter((r) => !second.has(r.name)),
    ...rules.filter((r) => second.has(r.name)),
  ];
}

/** Some rules, and all whose signals or alerts they read, in the order that they have. */
export function withRead(rules: readonly IrRule[], names: Iterable<string>): readonly IrRule[] {
  const byName = new Map(rules.map((r) => [r.name, r]));
  const wanted = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const rule = byName.get(name);
    if (rule === undefined || wanted.has(name)) continue;
    wanted.add(name);
    queue.push(...rule.signals, ...readsAny(rule) ? firstStage(rules) : []);
  }
  return rules.filter((r) => wanted.has(r.name));
}
