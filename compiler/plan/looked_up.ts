/** What an index would look a rule up by, before anything is known of events. */
import { Shared } from "../codegen/mod.ts";
import type { IrRule, IrTable } from "../ir/program.ts";
import type { Extraction } from "../schema/types.ts";
import { choose, guessed } from "./index/choose.ts";
import type { Atom, Necessary } from "./index/condition.ts";
import { ruleNecessary } from "./necessary.ts";
import { extractionField, makeEnv } from "./rows.ts";
import { makeLibrary } from "./scope.ts";

export type { Atom } from "./index/condition.ts";

/** Tests of which one holds of every event that passes the condition; null when there are none. */
export const chosenTests = (condition: Necessary): readonly Atom[] | null =>
  choose(condition, guessed)?.atoms ?? null;

/** The same for an input of a rule on events of an extraction. */
export function lookedUpBy(
  rule: IrRule,
  input: number,
  x: Extraction,
  tables: readonly IrTable[],
): readonly Atom[] | null {
  const shared = new Shared();
  const baseField = extractionField(x, shared);
  const env = makeEnv({ ...makeLibrary(tables), shared, base: "e", baseField });
  return chosenTests(ruleNecessary(rule, input, env));
}
