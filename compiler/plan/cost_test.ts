/** What is asked last. */
import assert from "node:assert/strict";
import type { IrExpr } from "../ir/program.ts";
import { inOrderOfCost } from "./cost.ts";
import { evaluator } from "./conditions.ts";

const span = { start: 0, end: 0 };
const field = (name: string): IrExpr => ({ op: "field", name, type: "string", span });
const matches = (value: IrExpr, source: string): IrExpr => ({
  op: "matches",
  value,
  source,
  flags: "i",
  type: "bool",
  span,
});
const all = (...args: IrExpr[]): IrExpr => ({ op: "and", args, type: "bool", span });

Deno.test("regexes on the linear engine are asked last, the rest in its order", () => {
  const exists: IrExpr = { op: "exists", name: "b", type: "bool", span };
  const slow = matches(field("a"), "(x+)+y"), quick = matches(field("a"), "^x");
  const within: IrExpr = { op: "not", arg: slow, type: "bool", span };
  assert.deepEqual(inOrderOfCost([slow, exists, within, quick]), [exists, quick, slow, within]);
  const alone = [quick, exists];
  assert.equal(inOrderOfCost(alone), alone);
});

Deno.test("a condition with such a regex holds where it should", () => {
  const holds = evaluator(all(matches(field("a"), "(x+)+y"), matches(field("b"), "^z")), [], true);
  assert.equal(holds({ a: "xxXy", b: "z" }, 0), true);
  assert.equal(holds({ a: "x".repeat(60_000), b: "z" }, 0), false);
  assert.equal(holds({ a: "xxxy", b: "y" }, 0), false);
  assert.equal(holds({ b: "z" }, 0), false);
});
