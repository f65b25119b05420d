/**
 * Rules and catalogue → one generated program: a function per extraction that runs every rule which
 * can match it, specialised to its constants, and per rule the functions between its operators.
 */
import { Shared } from "../codegen/mod.ts";
import type { IrProgram } from "../ir/program.ts";
import { inputsOf, isStateful } from "../ir/walk.ts";
import type { Catalogue } from "../schema/types.ts";
import { inputCode } from "./chain.ts";
import { condition } from "./expr.ts";
import { extractionField, makeEnv, reads, withFields } from "./rows.ts";
import { type RulePlan, rulePlans } from "./rule_plan.ts";
import { js, type Library, makeLibrary } from "./scope.ts";
import { tail } from "./tail.ts";

export type { RulePlan, StagePlan } from "./rule_plan.ts";

export interface Plan {
  /** The body of a function of (H, C, O, S, X): helpers, constants, operators, sinks, context. */
  readonly source: string;
  readonly constants: readonly unknown[];
  readonly rules: readonly RulePlan[];
}

/**
 * Makes the program. Pure.
 * @throws when a rule calls a function that the table does not have.
 */
export function plan(program: IrProgram, catalogue: Catalogue): Plan {
  const library = makeLibrary(program.tables);
  const rules = rulePlans(program);
  const out: string[] = [];
  const kinds: string[] = [];
  for (const x of catalogue.extractions) {
    const body = extractionBody(rules, x, library);
    kinds.push(body === "" ? "null" : `x${x.id}`);
    if (body !== "") out.push(`function x${x.id}(e,m){let h=0;${body}return h;}`);
  }
  const tails = rules.map((p) => tail(p, library));
  out.push(`return {kinds:[${kinds.join(",")}],rules:[${tails.join(",")}]};`);
  const heads = [
    "const N={};",
    library.constants.declarations("C"),
    ...rules.map((p) =>
      `const S${p.index}=S[${p.index}];` +
      p.stages.map((s) => `const O${p.index}_${s.index}=O[${p.index}][${s.index}];`).join("")
    ),
  ];
  return {
    source: heads.join("") + "\n" + out.join("\n"),
    constants: library.constants.values,
    rules,
  };
}

/** The rules on events of one extraction; "" when none can match. */
function extractionBody(
  rules: readonly RulePlan[],
  x: Catalogue["extractions"][number],
  library: Library,
): string {
  const shared = new Shared();
  let body = "";
  for (const p of rules) {
    const inputs = inputsOf(p.rule);
    // Who waits for silence takes in every row and means none of them.
    const hit = p.rule.commands.find(isStateful)?.kind === "absent" ? 0 : 2;
    inputs.forEach((rows, input) => {
      if (rows.kind !== "events" || !reads(rows, x)) return;
      let env = makeEnv({ ...library, shared, base: "e", baseField: extractionField(x, shared) });
      const test = rows.where ? condition(rows.where, env) : null;
      if (test?.known && !test.value) return;
      env = withFields(env, new Map(p.implied.map((name) => [name, env.field(name)])));
      const guard = (inner: string) => inner && (test ? `if(${js(test)}){${inner}}` : inner);
      const act = guard(
        inputCode(p, input, env, (s) => `h|=m&2?${hit}:${hit | 1};if(m&2){${s}}`, "ordered"),
      );
      const now = p.ordered ? "" : guard(inputCode(p, input, env, (s) => `h|=2;${s}`, "now"));
      if (act + now === "") return;
      p.kinds[input].push(x.id);
      body += (now ? `if(m&1){${now}}` : "") + act;
    });
  }
  return body === "" ? "" : shared.finish(body);
}
