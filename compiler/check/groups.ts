/** Groups of throttles: rules that hold back each other's hits have to mean the same by a key. */
import type { IrCommand, IrRule } from "../ir/program.ts";
import { isStateful } from "../ir/walk.ts";
import type { CheckContext } from "./context.ts";

type GroupThrottle = Extract<IrCommand, { kind: "throttle" }> & { readonly group: string };

const keysText = (c: GroupThrottle): string =>
  c.by.length === 0 ? "no field" : c.by.map((k) => (k.nullable ? "?" : "") + k.field).join(", ");

/**
 * Reports throttles with a group that cannot share one, and gives the rules without those of them.
 * Whoever stands first in a group decides its keys.
 */
export function checkGroups(cx: CheckContext, rules: readonly IrRule[]): IrRule[] {
  const first = new Map<string, { readonly rule: IrRule; readonly c: GroupThrottle }>();
  const failed = new Set<IrRule>();
  const error = (rule: IrRule, c: GroupThrottle, message: string, help: string) => {
    failed.add(rule);
    const other = first.get(c.group);
    const related = other && other.rule !== rule
      ? { related: [{ file: other.rule.file, span: other.c.span, message: "The other throttle" }] }
      : {};
    cx.error("bad_group", rule.file, c.span, message, { help, ...related });
  };
  for (const rule of rules) {
    for (const [at, c] of rule.commands.entries()) {
      if (!isGrouped(c)) continue;
      const title = `The group "${c.group}"`;
      if (rule.silent) {
        error(
          rule,
          c,
          `${title} is one of alerts, and this rule raises none`,
          "Leave out the group",
        );
        continue;
      }
      if (rule.commands.slice(at + 1).some(isStateful)) {
        error(
          rule,
          c,
          `${title} stands in front of a command that holds rows back`,
          "Let this throttle be the last command but for where, eval and alert",
        );
        continue;
      }
      const other = first.get(c.group);
      if (other === undefined) {
        first.set(c.group, { rule, c });
        continue;
      }
      if (keysText(other.c) === keysText(c)) continue;
      error(
        rule,
        c,
        `${title} is throttled by ${keysText(other.c)} in ${other.rule.name}, here by ${
          keysText(c)
        }`,
        "Rules of a group are throttled by the same fields",
      );
    }
  }
  return rules.filter((rule) => !failed.has(rule));
}

const isGrouped = (c: IrCommand): c is GroupThrottle =>
  c.kind === "throttle" && c.group !== undefined;
