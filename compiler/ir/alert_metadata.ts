/** What the alerts of a rule carry of it. */
import {
  type AlertMetadata,
  authorMetadata,
  type RuleMetadata,
  type RuleWindow,
} from "./metadata.ts";
import type { IrRule } from "./program.ts";

/** What its author says of it, and its window. */
export function alertMetadata(
  rule: RuleMetadata & Partial<Pick<IrRule, "source" | "commands">>,
): AlertMetadata {
  const window = windowOf(rule);
  return window === null ? authorMetadata(rule) : { ...authorMetadata(rule), window };
}

/** The window of the last command that counts or waits, else of the sequence; null of single events. */
function windowOf(
  { source, commands = [] }: Partial<Pick<IrRule, "source" | "commands">>,
): RuleWindow | null {
  const last = commands.findLast((c) => c.kind === "stats" || c.kind === "absent");
  if (last?.kind === "stats") return { kind: last.window.kind, ms: last.window.ms };
  if (last?.kind === "absent") return { kind: "absent", ms: last.ms };
  return source === undefined || source.kind === "from"
    ? null
    : { kind: source.kind, ms: source.within };
}
