/** How rules are shared out over threads by what they cost. */
import assert from "node:assert/strict";
import { plan } from "../../compiler/plan/plan.ts";
import { catalogue, events, is, keys, program, rule } from "../engine/testing/streams.ts";
import { splitRules } from "./split_rules.ts";

const cat = catalogue({ src: "host", k: "string" });
const four = plan(
  program(
    ...["a", "b", "c", "d"].map((k) =>
      rule(k, events(is("k", k)), [{ kind: "dedup", by: keys("src"), within: 5 }])
    ),
  ),
  cat,
);
const of = { seen: new Map([[0, 1000]]), threads: 2, extra: 0, signals: true };

Deno.test("what was measured decides who runs what, and whether that pays", () => {
  const one = splitRules(four, { ...of, measured: { each: 100, rules: [0, 900, 300, 500] } })!;
  assert.deepEqual(one.parts.map((p) => [...p].sort()), [[1], [0, 2, 3]]);
  assert.ok(one.gain > 1.6 && one.gain < 1.9, `${one.gain}`);
  // One rule that takes most of the time leaves nothing to gain.
  const none = splitRules(four, { ...of, measured: { each: 100, rules: [0, 9000, 0, 0] } })!;
  assert.ok(none.gain < 1.05, `${none.gain}`);
  // Each thread parses every line, and looks for the rules that match.
  const parsing = splitRules(four, { ...of, measured: { each: 9000, rules: [9, 9, 9, 9] } })!;
  assert.ok(parsing.gain < 1.05, `${parsing.gain}`);
});
