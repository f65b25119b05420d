import assert from "node:assert/strict";
import { kindText } from "../../explain/index.ts";
import { parse } from "../../../grammar/mod.ts";
import { plan } from "../../plan/plan.ts";
import { catalogueOf } from "../../plan/testing/random_kind.ts";
import { extraction } from "../../plan/testing/random_expr.ts";
import { check } from "../mod.ts";
import { lintNotIndexed } from "./not_indexed.ts";

/** Rules over one kind of event: 60 that name a text, and these. */
function program(...conditions: string[]) {
  const many = Array.from({ length: 60 }, (_, i) => `s contains "tool ${i}"`);
  const text = [...many, ...conditions]
    .map((c, i) => `rule r${i} { from test where ${c} }`).join("\n");
  const catalogue = {
    ...catalogueOf(extraction),
    sourcetypes: [{ name: "test", open: true, fields: extraction.captures }],
  };
  const parsed = parse(text, "r.sdl");
  const checked = check([parsed.file], { catalogue, syntaxErrors: parsed.diagnostics });
  const errors = [...parsed.diagnostics, ...checked.diagnostics].filter((d) => d.level === "error");
  assert.deepEqual(errors.map((d) => d.message), []);
  return { program: checked.program, catalogue };
}

Deno.test("a rule that no index can look up is named, one that asks for a text is not", () => {
  const { program: p, catalogue } = program("n > 5", 'n > 5 and s startswith "x"', 's != "y"');
  assert.deepEqual(
    lintNotIndexed(p, catalogue).map((d) => d.message.match(/"(\w+)"/)![1]),
    ["r60", "r62"],
  );
  const text = kindText(plan(p, catalogue), extraction);
  assert.match(text, /rules +63/);
  assert.match(text, /61 texts in 1 automata/);
  // A field that is looked at anyway remembers what its value says of a rule.
  assert.match(text, /asked of every new s: r62\n/);
  assert.match(text, /asked of every event: r60\n/);
});

Deno.test("among few rules none is named: there is no index", () => {
  const few = program("n > 5");
  const rules = few.program.rules.slice(55);
  assert.deepEqual(lintNotIndexed({ ...few.program, rules }, few.catalogue), []);
});
