/** The digest of what a rule's state hangs on. */
import { createHash } from "node:crypto";
import { commandText, sourceText } from "./canonical.ts";
import type { IrCommand, IrRule, IrSource } from "./program.ts";

/**
 * Version of the canonical text; a change in how it is written raises it, and every rule starts once
 * without its state. Version 1 was the program's own JSON, without a mark of its version.
 */
export const DIGEST_VERSION = 2;

/**
 * Hex digest of the source with the digests of the rules whose signals it reads, and of the commands.
 * Title, texts, severity, techniques, tests and layout are not in it: they leave state as it is.
 */
export function planDigest(
  source: IrSource,
  commands: readonly IrCommand[],
  ruleOf: (name: string) => Pick<IrRule, "planHash"> | null,
): string {
  const signal = (name: string) => ruleOf(name)?.planHash ?? "";
  const text = [sourceText(source, signal), ...commands.map(commandText)].join("\n");
  const hex = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return `${DIGEST_VERSION}-${hex}`;
}

/** The version under which a digest was made. */
export function digestVersion(planHash: string): number {
  const mark = /^(\d+)-/.exec(planHash);
  return mark ? Number(mark[1]) : 1;
}
