/** The examples of functions and aggregates, as rules that compile and run. */
import assert from "node:assert/strict";
import { parse } from "../../grammar/mod.ts";
import { AGGREGATES } from "../aggregates/table.ts";
import { check } from "../check/mod.ts";
import { EXAMPLE_SURROUNDINGS, within } from "../functions/surroundings.ts";
import { FUNCTIONS } from "../functions/table.ts";
import { evaluate } from "../ir/evaluate.ts";
import type { IrCommand } from "../ir/program.ts";
import { evaluator } from "./conditions.ts";

/** The first command of a rule over any event. */
function compiled(command: string): IrCommand {
  const text = `rule r { from any | ${command} }`;
  const { file, diagnostics: syntaxErrors } = parse(text, "example.sdl");
  const { program, diagnostics } = check([file], {
    catalogue: { extractions: [], sourcetypes: [] },
    tables: [],
    syntaxErrors,
  });
  const errors = [...syntaxErrors, ...diagnostics].filter((d) => d.level === "error");
  assert.deepEqual(errors.map((d) => d.message), [], command);
  return program.rules[0].commands[0];
}

for (const spec of FUNCTIONS.values()) {
  Deno.test(`function ${spec.name}: its examples compile and give what they say`, () => {
    assert.ok(spec.examples.length > 0);
    assert.ok(
      spec.missing === undefined || spec.examples.some((e) => !("given" in e)),
      "no example shows a missing value",
    );
    for (const { call, given = {}, gives } of spec.examples) {
      assert.ok(call.startsWith(`${spec.name}(`), call);
      const command = compiled(`eval x = ${call}`);
      assert.ok(command.kind === "eval");
      const { expr } = command.assigns[0];
      const time = typeof given._time === "number" ? given._time : 0;
      within(EXAMPLE_SURROUNDINGS, () => {
        assert.deepEqual(evaluate(expr, given, { tables: [] }), gives, `${call}, evaluated`);
        assert.deepEqual(evaluator(expr, [])(given, time), gives, `${call}, generated`);
      });
      if (spec.configured === undefined) continue;
      assert.equal(evaluate(expr, given, { tables: [] }), undefined, `${call}, not configured`);
      assert.equal(evaluator(expr, [])(given, time), undefined, `${call}, not configured`);
    }
  });
}

for (const spec of AGGREGATES.values()) {
  Deno.test(`aggregate ${spec.name}: its examples compile`, () => {
    for (const { call } of spec.examples) {
      const command = compiled(`stats ${call} as n by src over 5m`);
      assert.ok(command.kind === "stats");
      assert.equal(command.aggs[0].fn, spec.name);
    }
  });
}
