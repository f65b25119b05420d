/** Rows of `signal any`: one for each entity of an alert, behind throttles, about whom the alert is. */
import { deepEqual, equal } from "node:assert/strict";
import {
  agg,
  anySignal,
  atLeast,
  catalogue,
  events,
  field,
  is,
  keys,
  program,
  rule,
  run,
  type TestRow,
} from "../testing/streams.ts";

const cat = catalogue({ src: "host", user: "string", k: "string", n: "int" });
const technique = (id: string) => ({ id, name: id, tactics: ["Credential Access", "Persistence"] });

function alertsOf(rules: ReturnType<typeof rule>[], rows: TestRow[]) {
  return run(program(...rules), cat, rows, { technique });
}

const SUM = {
  kind: "stats" as const,
  aggs: [agg("sum", "score", field("risk", "int")), agg("list", "rules", field("rule"))],
  by: keys("entity_field", "entity"),
  window: { kind: "sliding" as const, ms: 1000 },
};

Deno.test("alerts behind their throttles add to each of their entities, and are about those", () => {
  const failed = rule("failed", events(is("k", "a")), [
    { kind: "throttle", by: keys("src"), ms: 100 },
  ], { severity: "high", entity: ["src", "user"] });
  const plain = { ...rule("plain", events(is("k", "b")), [], { entity: ["src"] }), risk: 7 };
  const sums = rule("sums", anySignal(), [
    SUM,
    { kind: "where", expr: atLeast("score", 47) },
  ]);
  const rows = [
    { t: 1, offset: 1, k: "a", src: "s1", user: "u1" },
    { t: 2, offset: 2, k: "a", src: "s1", user: "u2" },
    { t: 3, offset: 3, k: "b", src: "s1" },
    { t: 4, offset: 4, k: "b", src: "s2" },
  ];
  const found = alertsOf([failed, plain, sums], rows);
  const made = found.filter((a) => a.rule === "sums");
  deepEqual(made.map((a) => [a.time, a.entity, a.fields.score, a.fields.rules]), [
    [3, { src: "s1" }, 47, ["failed", "plain"]],
  ]);
  equal(found.find((a) => a.rule === "failed")!.metadata.risk, 40);
  equal(found.find((a) => a.rule === "plain")!.metadata.risk, 7);
  equal(made[0].metadata.risk, undefined);
});

Deno.test("a row says rule, tactic and technique, and alerts made of alerts are seen by none", () => {
  const one = { ...rule("one", events(is("k", "a")), [], { entity: ["src"] }), mitre: ["T1110"] };
  const each = rule("each", anySignal());
  const other = rule("other", anySignal());
  const found = alertsOf([one, each, other], [{ t: 1, offset: 1, k: "a", src: "s1", user: "u" }]);
  deepEqual(found.map((a) => a.rule).sort(), ["each", "one", "other"]);
  const { fields, entity } = found.find((a) => a.rule === "each")!;
  deepEqual(entity, { src: "s1" });
  deepEqual(fields, {
    rule: "one",
    title: "one",
    severity: "medium",
    risk: 20,
    message: "one",
    count: 1,
    tactic: "Credential Access",
    technique: "T1110",
    tactics: ["Credential Access", "Persistence"],
    techniques: ["T1110"],
    src: "s1",
    user: "u",
    entity_field: "src",
    entity: "s1",
  });
});
