/** Documents and pipelines of random shapes: each is taken or refused by name, and none throws. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { plan } from "../plan/plan.ts";
import { compileSigma } from "./mod.ts";
import { CATALOGUE } from "./testing/rules.ts";

const TEXTS = "a b c x user %x% any s 10s 1m 5 0 true __proto__ constructor * x*y".split(" ");
const CONDITIONS = [
  ...["s", "s or t", "1 of them", "a and b", "a or b", "a and b and not c"],
  ...["s | count() by user > 3", "s | near t", "s | avg(n) <", "|", "("],
];
const KEYS =
  ("type rules group-by timespan condition aliases generate field gte lt eq percentile a b user s t " +
    "x|contains x|expand y|re y|cidr|expand timeframe mapping conditions fields id name items regex " +
    "replacement prefix rule_conditions field_name_conditions detection_item_conditions " +
    "rule_cond_expr message key val include pattern cond vars transformations priority").split(" ");
const TRANSFORMATIONS =
  ("field_name_mapping field_name_prefix_mapping field_name_prefix drop_detection_item " +
    "replace_string map_string set_value value_placeholders wildcard_placeholders add_condition " +
    "change_logsource rule_failure set_state nest hashes_fields other").split(" ");
const TYPES = "event_count value_count value_sum value_percentile temporal temporal_ordered other"
  .split(" ");

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...TEXTS, ...CONDITIONS, null, true, -2, 3),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie("tree"), { maxKeys: 4 }),
  ),
}));

const orTree = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: tree });

const LOGSOURCE = fc.constant({ product: "test", service: "log" });

const detection = orTree(fc.record({
  s: tree,
  t: tree,
  timeframe: fc.constantFrom("1m", "z"),
  condition: orTree(fc.constantFrom(...CONDITIONS)),
}));

const correlation = orTree(fc.record({
  type: fc.constantFrom(...TYPES),
  rules: orTree(fc.subarray(["a", "b", "c"], { minLength: 1 })),
  "group-by": orTree(fc.constantFrom([], ["user"], ["user", "x"])),
  timespan: orTree(fc.constant("10s")),
  condition: orTree(fc.constantFrom<unknown>(
    { gte: 2 },
    { field: "n", lt: 2 },
    { field: "n", gte: 2, percentile: 95 },
    ...CONDITIONS,
  )),
  aliases: fc.constantFrom<unknown>(undefined, undefined, { user: { a: "x", b: "y" } }, [1]),
}));

const documentOf = (name: string) =>
  fc.oneof(
    fc.record({
      ...{ name: fc.constant(name), title: fc.constant(name) },
      ...{ logsource: LOGSOURCE, detection },
    }),
    fc.record({ name: fc.constant(name), title: fc.constant(name), correlation }),
    fc.record({
      ...{ title: fc.constant("F"), logsource: orTree(LOGSOURCE) },
      filter: orTree(fc.record({ rules: fc.constantFrom("any", ["a"]), s: tree, condition: tree })),
    }),
  );

const pipeline = orTree(fc.record({
  vars: orTree(fc.constant({ x: ["1", "2"] })),
  transformations: fc.array(
    fc.tuple(
      fc.constantFrom(...TRANSFORMATIONS),
      fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 3 }),
    ).map(([type, rest]) => ({ ...rest, type })),
    { maxLength: 3 },
  ),
}));

const runs = Number(Deno.env.get("PICKET_RUNS") ?? 1000);

Deno.test(`documents and pipelines of any shape are taken or refused, ${runs} times`, () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.tuple(...["a", "b", "c"].map(documentOf)),
      fc.option(pipeline),
      (documents, p) => {
        const { rules, diagnostics, pipelineErrors } = compileSigma(
          [{ name: "r.yml", text: documents.map((d) => stringify(d)).join("---\n") }],
          {
            catalogue: CATALOGUE,
            pipelines: p === null ? [] : [{ name: "p.yml", text: stringify(p) }],
          },
        );
        taken += rules.length;
        plan({ rules, tables: [] }, CATALOGUE);
        for (const d of [...diagnostics, ...pipelineErrors]) {
          assert.ok(d.message !== "" && d.help !== "" && d.span.end > d.span.start, d.message);
        }
      },
    ),
    { numRuns: runs },
  );
  assert.ok(taken > runs / 100, `${taken} rules are taken`);
});
