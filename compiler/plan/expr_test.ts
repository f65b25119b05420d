/**
 * Generated code against the plain evaluator, on random typed expressions and random events:
 * specialised to an extraction, for any row, as a value and as a condition. PICKET_RUNS is the
 * number of pairs of expression and event.
 */
import assert from "node:assert/strict";
import { env } from "node:process";
import fc from "fast-check";
import { assemble, Shared } from "../codegen/mod.ts";
import { evaluate, holds } from "../ir/evaluate.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { evaluator } from "./conditions.ts";
import { compile, condition } from "./expr.ts";
import { ConstantFolder } from "./fold.ts";
import * as H from "./helpers.ts";
import {
  anything,
  CAPTURES,
  CONSTANTS,
  event,
  extraction,
  span,
  TABLES,
} from "./testing/random_expr.ts";
import { extractionField, makeEnv } from "./rows.ts";
import { js, makeLibrary, tablesByName } from "./scope.ts";

/** Code as the planner makes it for events of one extraction. */
function specialised(expr: IrExpr, asCondition: boolean): (row: Record<string, unknown>) => Value {
  const library = makeLibrary(TABLES);
  const shared = new Shared();
  const env = makeEnv({
    ...library,
    shared,
    base: "e",
    baseField: extractionField(extraction, shared),
  });
  const body = shared.finish(
    `return ${js(asCondition ? condition(expr, env) : compile(expr, env))};`,
  );
  const { constants } = library;
  return assemble(
    { H, C: constants.values },
    `const N={};${constants.declarations("C")}return (e)=>{${body}}`,
  );
}

/** The language has one zero: no operation tells -0 from it. */
const zero = (v: Value): Value => v === 0 ? 0 : v;

const EVENTS = 20;
const pairs = Math.max(500, Number(env.PICKET_RUNS) || 2_000);

Deno.test(`generated code gives what the evaluator gives, on ${pairs} random pairs`, () => {
  const context = { tables: TABLES };
  const seen = { held: 0, failed: 0, missing: 0 };
  fc.assert(
    fc.property(
      anything,
      fc.array(event, { minLength: EVENTS, maxLength: EVENTS, size: "max" }),
      (expr, rows) => {
        const value = specialised(expr, false), test = specialised(expr, true);
        const generic = evaluator(expr, TABLES);
        for (const row of rows) {
          const wanted = zero(evaluate(expr, row, context));
          assert.deepEqual([zero(value(row))], [wanted], "specialised, as a value");
          assert.deepEqual(
            [zero(generic(row, row._time as number))],
            [wanted],
            "for any row, as a value",
          );
          assert.equal(test(row), holds(expr, row, context), "specialised, as a condition");
          if (wanted === undefined) seen.missing++;
          else if (wanted === true) seen.held++;
          else if (wanted === false) seen.failed++;
        }
      },
    ),
    { numRuns: Math.ceil(pairs / EVENTS) },
  );
  // Both outcomes must be common, or the comparison shows little.
  for (const [what, n] of Object.entries(seen)) assert.ok(n > pairs / 50, `${what}: ${n}`);
});

Deno.test("what is known of an extraction is so on each of its events", () => {
  let known = 0;
  const folder = new ConstantFolder(tablesByName(TABLES));
  fc.assert(
    fc.property(anything, fc.array(event, { minLength: 5, maxLength: 5 }), (expr, rows) => {
      const always = folder.holds(expr, extraction);
      if (always === null) return;
      known++;
      for (const row of rows) assert.equal(holds(expr, row, { tables: TABLES }), always);
    }),
    { numRuns: Math.ceil(pairs / 2) },
  );
  assert.ok(known > 10, `known: ${known}`);
});

const s: IrExpr = { op: "field", name: "s", type: "string", span };
const t: IrExpr = { op: "field", name: "t", type: "string", span };
const empty = Object.fromEntries(CAPTURES.map((name) => [name, undefined]));
const rowOf = (fields: Record<string, Value>) =>
  Object.assign(Object.create(CONSTANTS), empty, { _time: 0, m: 0, more: null }, fields);

/** The answer of the evaluator, once all ways to it agree. */
function answer(expr: IrExpr, fields: Record<string, Value>): Value {
  const row = rowOf(fields);
  const wanted = evaluate(expr, row, { tables: TABLES });
  assert.deepEqual([specialised(expr, false)(row)], [wanted]);
  assert.deepEqual([evaluator(expr, TABLES)(row, 0)], [wanted]);
  return wanted;
}

Deno.test("missing fields are two-valued", () => {
  const eq = (op: "==" | "!="): IrExpr => ({
    op,
    left: s,
    right: t,
    cs: false,
    type: "bool",
    span,
  });
  const not = (arg: IrExpr): IrExpr => ({ op: "not", arg, type: "bool", span });
  const isIn = (negated: boolean): IrExpr => ({
    op: "in",
    negated,
    value: s,
    set: { kind: "values", values: ["root"], cs: false },
    type: "bool",
    span,
  });
  for (const e of [eq("=="), eq("!="), isIn(false), isIn(true)]) {
    assert.equal(answer(e, { t: "root" }), false);
    assert.equal(answer(not(e), { t: "root" }), true);
  }
  assert.equal(answer(eq("!="), { s: "Root", t: "rOOT" }), false);
  assert.equal(answer(isIn(true), { s: "admin" }), true);
  for (const op of ["+", "-", "*", "/", "%"] as const) {
    const n: IrExpr = { op: "field", name: "n", type: "int", span };
    const m: IrExpr = { op: "field", name: "m", type: "int", span };
    assert.equal(answer({ op, left: n, right: m, type: "int", span }, { m: 3 }), undefined);
  }
});

Deno.test("division by zero is missing", () => {
  const at = (name: string): IrExpr => ({ op: "field", name, type: "int", span });
  for (const op of ["/", "%"] as const) {
    const e: IrExpr = { op, left: at("n"), right: at("m"), type: "float", span };
    assert.equal(answer(e, { n: 7, m: 0 }), undefined);
    assert.equal(answer(e, { n: 7, m: 2 }), op === "/" ? 3.5 : 1);
  }
});

Deno.test("letters whose lower case is longer compare", () => {
  const e: IrExpr = { op: "==", left: s, right: t, cs: false, type: "bool", span };
  assert.equal(answer(e, { s: "\u0130x", t: "i\u0307X" }), true);
  assert.equal(answer({ ...e, cs: true }, { s: "\u0130x", t: "i\u0307X" }), false);
});

Deno.test("an address with leading zeros is in no network", () => {
  const e: IrExpr = {
    op: "in",
    negated: false,
    value: s,
    set: { kind: "cidrs", cidrs: ["10.0.0.0/8", "fe80::/10"] },
    type: "bool",
    span,
  };
  assert.equal(answer(e, { s: "010.1.2.3" }), false);
  assert.equal(answer(e, { s: "10.1.2.3" }), true);
  assert.equal(answer(e, { s: "fe80::1%eth0" }), true);
});

Deno.test("a question mark is one character, however long its code", () => {
  const like = (pattern: string): IrExpr => ({
    op: "like",
    value: s,
    pattern,
    cs: false,
    type: "bool",
    span,
  });
  assert.equal(answer(like("A?c"), { s: "a😀C" }), true);
  assert.equal(answer(like("A??c"), { s: "a😀C" }), false);
  assert.equal(answer(like("a*c?"), { s: "abcc" }), true);
});

Deno.test("contains all of nothing asks for text, any of nothing is false", () => {
  const of = (quant: "any" | "all"): IrExpr => ({
    op: "contains",
    quant,
    value: s,
    needles: [],
    type: "bool",
    span,
  });
  assert.equal(answer(of("all"), {}), false);
  assert.equal(answer(of("all"), { s: "x" }), true);
  assert.equal(answer(of("any"), { s: "x" }), false);
});
