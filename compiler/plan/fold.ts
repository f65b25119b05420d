/**
 * What is known before any event is read. It is the folding of the generated code itself, so that
 * what is told of a rule is what runs.
 */
import { ConstantPool, Shared } from "../codegen/mod.ts";
import type { IrExpr, IrRule } from "../ir/program.ts";
import { inputsOf, isStateful } from "../ir/walk.ts";
import type { Extraction } from "../schema/types.ts";
import { applyCommand } from "./commands.ts";
import { condition } from "./expr.ts";
import { type Env, extractionField, makeEnv, reads } from "./rows.ts";
import { type Library, MISSING, type Tables } from "./scope.ts";

/** Tells what constants decide, under the tables of a program. */
export class ConstantFolder {
  readonly #library: Library;

  /** @param tables by name; those added to the map later count too */
  constructor(tables: Tables) {
    this.#library = { tables, constants: new ConstantPool() };
  }

  /** Whether the condition holds for every event of the extraction, for none, or (null) for some. */
  holds(e: IrExpr, x: Extraction): boolean | null {
    return this.#known(e, this.#envOf(x));
  }

  /** Whether a condition in which no field takes part holds; null where that is not known. */
  holdsAlways(e: IrExpr): boolean | null {
    const shared = new Shared();
    return this.#known(
      e,
      makeEnv({ ...this.#library, shared, base: null, baseField: () => MISSING }),
    );
  }

  /**
   * Whether events of the extraction can pass an input of the rule: its condition, and for a `from`
   * the commands up to the first that holds state.
   */
  canMatch(rule: IrRule, input: number, x: Extraction): boolean {
    const rows = inputsOf(rule)[input];
    if (rows.kind !== "events" || !reads(rows, x)) return false;
    let env = this.#envOf(x);
    if (rows.where && this.#known(rows.where, env) === false) return false;
    if (rule.source.kind !== "from") return true;
    for (const c of rule.commands) {
      if (isStateful(c)) return true;
      if (c.kind === "where") {
        if (this.#known(c.expr, env) === false) return false;
      } else env = applyCommand(c, env);
    }
    return true;
  }

  #envOf(x: Extraction): Env {
    const shared = new Shared();
    return makeEnv({ ...this.#library, shared, base: "e", baseField: extractionField(x, shared) });
  }

  #known(e: IrExpr, env: Env): boolean | null {
    const c = condition(e, env);
    return c.known ? c.value === true : null;
  }
}
