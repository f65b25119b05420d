/** The code of one input of a rule on events of one kind. */
import type { Shared } from "../codegen/mod.ts";
import { inputsOf, isStateful } from "../ir/walk.ts";
import type { Extraction, Value } from "../schema/types.ts";
import { inputCode } from "./chain.ts";
import { condition } from "./expr.ts";
import { extractionField, makeEnv, withFields } from "./rows.ts";
import type { RulePlan } from "./rule_plan.ts";
import { js, type Library } from "./scope.ts";

/** An input of a rule. */
export interface Entry {
  readonly rule: RulePlan;
  readonly input: number;
}

/** Events that one piece of code is for: an extraction's, or those of them with these values. */
export interface EventKind {
  readonly extraction: Extraction;
  /** Fields of `more` whose value is the same in all of them. */
  readonly known: ReadonlyMap<string, Value>;
}

/**
 * Statements that run the entry on an event `e` in mode `m` and note in `h` what came of it; "" when it
 * can never match.
 * @param found statement that is run besides where an ordered rule matches in a mode without 2
 */
export function entryCode(
  { rule: p, input }: Entry,
  kind: EventKind,
  shared: Shared,
  library: Library,
  found = "",
): string {
  const rows = inputsOf(p.rule)[input];
  // Who waits for silence takes in every row and means none of them.
  const hit = p.rule.commands.find(isStateful)?.kind === "absent" ? 0 : 2;
  const baseField = extractionField(kind.extraction, shared, kind.known);
  let env = makeEnv({ ...library, shared, base: "e", baseField });
  const test = rows.where ? condition(rows.where, env) : null;
  if (test?.known && !test.value) return "";
  env = withFields(env, new Map(p.implied.map((name) => [name, env.field(name)])));
  const guard = (inner: string) => inner && (test ? `if(${js(test)}){${inner}}` : inner);
  const act = guard(
    inputCode(
      p,
      input,
      env,
      (s) => `if(m&2){h|=${hit};${s}}else{h|=${hit | 1};${found}}`,
      "ordered",
    ),
  );
  const now = p.ordered ? "" : guard(inputCode(p, input, env, (s) => `h|=2;${s}`, "now"));
  return (now ? `if(m&1){${now}}` : "") + act;
}
