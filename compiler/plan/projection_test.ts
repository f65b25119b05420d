/** What one field says of a condition never rules out an event of which the condition holds. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { assemble, Shared } from "../codegen/mod.ts";
import { holds } from "../ir/evaluate.ts";
import type { IrExpr } from "../ir/program.ts";
import { fieldsRead } from "../ir/walk.ts";
import type { Value } from "../schema/types.ts";
import * as H from "./helpers.ts";
import { projection } from "./projection.ts";
import { extractionField, makeEnv } from "./rows.ts";
import { makeLibrary } from "./scope.ts";
import { event, extraction, predicate, span, TABLES } from "./testing/random_expr.ts";

/** The test of a field's value; null where it rules nothing out. */
function testOf(condition: IrExpr, field: string): ((v: Value) => boolean) | null {
  const library = { ...makeLibrary(TABLES), apart: true }, shared = new Shared();
  const baseField = extractionField(extraction, shared);
  const env = makeEnv({ ...library, shared, base: "e", baseField });
  const made = projection([condition], field, "v", env);
  if (made === null) return null;
  const body = shared.finish(`return ${made.js};`);
  const { constants } = library;
  return assemble(
    { H, C: constants.values },
    `const N={};${constants.declarations("C")}return (v)=>{${body}}`,
  );
}

Deno.test("where a condition holds, what each field says of it does too", () => {
  let asked = 0, ruledOut = 0;
  fc.assert(
    fc.property(predicate, fc.array(event, { minLength: 8, maxLength: 8 }), (condition, events) => {
      for (const field of fieldsRead(condition)) {
        const test = testOf(condition, field);
        if (test === null) continue;
        for (const e of events) {
          const value = H.field(e, field);
          const may = test(value);
          asked++;
          if (!may) ruledOut++;
          if (holds(condition, e, { tables: TABLES })) assert.ok(may, `${field} = ${value}`);
        }
      }
    }),
    { numRuns: 2000, verbose: 0 },
  );
  assert.ok(ruledOut > 0.2 * asked && ruledOut < asked, `${ruledOut} of ${asked} are ruled out`);
});

const of = (name: string): IrExpr => ({ op: "field", name, type: "string", span });
const is = (name: string, text: string): IrExpr => ({
  op: "==",
  left: of(name),
  right: { op: "const", value: text, type: "string", span },
  cs: false,
  type: "bool",
  span,
});
const all = (...args: IrExpr[]): IrExpr => ({ op: "and", args, type: "bool", span });
const not = (arg: IrExpr): IrExpr => ({ op: "not", arg, type: "bool", span });

Deno.test("what other fields have a part in counts as open", () => {
  const condition = all(is("s", "a"), not(all(is("s", "b"), is("t", "c"))), not(is("t", "d")));
  const s = testOf(condition, "s")!, t = testOf(condition, "t")!;
  assert.deepEqual(["A", "b", "d", undefined].map(s), [true, false, false, false]);
  assert.deepEqual(["a", "c", "D", undefined].map(t), [true, true, false, true]);
  assert.equal(testOf(condition, "ip"), null);
  // Time, and lists that others change, are not remembered with a value.
  const moving: IrExpr = {
    op: "in",
    negated: false,
    value: of("s"),
    set: { kind: "table", table: "names" },
    type: "bool",
    span,
  };
  assert.equal(testOf(moving, "s"), null);
});
