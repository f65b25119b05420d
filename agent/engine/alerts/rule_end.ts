/**
 * What the commands of a rule say about its end: its exceptions, what holds its alerts open, and whom
 * they are about.
 */
import type { IrExcept, IrRule } from "../../../compiler/ir/program.ts";
import { readsAny } from "../../../compiler/ir/signals.ts";

/** The exceptions of a rule, by their numbers. */
export const exceptionsOf = (rule: IrRule): readonly IrExcept[] =>
  rule.commands.filter((c) => c.kind === "except");

/**
 * The episode of the operator that makes the rule's rows, and every throttle behind it.
 * @param before counts those in front of this command alone
 */
export function holders(rule: IrRule, before = rule.commands.length): number {
  const at = rule.commands.findLastIndex((c) => c.kind === "stats" || c.kind === "absent");
  if (before <= at) return 0;
  const maker = rule.commands[at];
  const episodes = maker?.kind === "absent" ||
    (maker?.kind === "stats" && maker.window.kind === "sliding");
  return (episodes ? 1 : 0) +
    rule.commands.slice(at + 1, before).filter((c) => c.kind === "throttle").length;
}

/** The keys of the last stateful command that has any, else the usual three as they are present. */
export function defaultEntity(rule: IrRule): readonly string[] {
  for (let i = rule.commands.length - 1; i >= 0; i--) {
    const c = rule.commands[i];
    if ("by" in c && c.by.length > 0) return c.by.map((k) => k.field);
  }
  if (rule.source.kind !== "from" && rule.source.by.length > 0) {
    return rule.source.by.map((k) => k.field);
  }
  return readsAny(rule) ? ["entity"] : ["src", "user", "dest"];
}
