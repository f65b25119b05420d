/**
 * Random rules on random events: generated code gives what a plain evaluator of the specification
 * gives. PICKET_PAIRS sets their number.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluator } from "../plan/conditions.ts";
import { plainRule } from "./testing/evaluate.ts";
import { event, rule } from "./testing/random.ts";
import { compileText } from "./testing/rules.ts";

/** Rules take longer to make than to run. */
const EVENTS = 20;
const pairs = Number(Deno.env.get("PICKET_PAIRS") ?? 6000);

Deno.test(`rules mean what the specification says, on ${pairs} random pairs`, () => {
  let taken = 0, held = 0;
  fc.assert(
    fc.property(rule, fc.array(event, { minLength: EVENTS, maxLength: EVENTS }), (text, events) => {
      const { rules, diagnostics } = compileText(text);
      assert.deepEqual(diagnostics, []);
      const { source } = rules[0];
      assert.ok(source.kind === "from" && source.rows.where !== null);
      const compiled = evaluator(source.rows.where, [], true);
      const matches = plainRule(text);
      for (const e of events) {
        const expected = matches(e);
        const row = e.Count === undefined ? e : { ...e, Count: Number(e.Count) };
        assert.equal(compiled(row, 0), expected, `${text}\n${JSON.stringify(e)}`);
        taken++;
        if (expected) held++;
      }
    }),
    { numRuns: Math.ceil(pairs / EVENTS), verbose: 0 },
  );
  // Neither always true nor never.
  assert.ok(held > 0.1 * taken && held < 0.9 * taken, `${held} of ${taken} hold`);
});
