/** Scores of risk from stored alerts: as the rule adds them up. */
import assert from "node:assert/strict";
import { load } from "../../../agent/content/load.ts";
import type { RiskAlert } from "../../../agent/store/mod.ts";
import { EXAMPLE_SURROUNDINGS, within } from "../../../compiler/functions/surroundings.ts";
import { riskModel, riskScores } from "./risk.ts";

const DAY = 86_400_000;

const alert = (id: string, time: number, change: Partial<RiskAlert> = {}): RiskAlert => ({
  id,
  rule: "one",
  title: "One",
  severity: "medium",
  given: "medium",
  time,
  entity: { src: "203.0.113.9" },
  risk: 20,
  tactic: "Discovery",
  hasSource: true,
  src: "s1",
  ...change,
});

const scores = (alerts: RiskAlert[], at: number) =>
  riskScores(alerts, riskModel([]), at).map((e) => [e.field, e.value, e.score, e.parts.length]);

Deno.test("points halve every two days, and a rule counts once a day", () => {
  const alerts = [alert("1", 0), alert("2", DAY - 1), alert("3", 2 * DAY)];
  assert.deepEqual(scores(alerts, 0), [["src", "203.0.113.9", 20, 1]]);
  assert.deepEqual(scores(alerts, 2 * DAY), [["src", "203.0.113.9", 30, 2]]);
  assert.deepEqual(scores([...alerts, alert("4", DAY, { rule: "two" })], DAY)[0].slice(2), [
    20 + 20 * Math.SQRT1_2,
    2,
  ]);
  assert.deepEqual(scores(alerts, 20 * DAY), []);
});

Deno.test("attempts from elsewhere count for their target from high on", () => {
  const entity = { src: "203.0.113.9", dest: "web1" };
  const found = scores([
    alert("1", 0, { entity }),
    alert("2", 0, { entity, severity: "high", given: "high", risk: 40 }),
    // Raised by the priority of the target: its rule gave it less.
    alert("4", 0, { entity, rule: "two", severity: "high" }),
    alert("3", 0, { entity: { dest: "pc1" }, hasSource: false }),
  ], 0);
  assert.deepEqual(found, [
    ["src", "203.0.113.9", 80, 3],
    ["dest", "web1", 40, 1],
    ["dest", "pc1", 20, 1],
  ]);
});

Deno.test("points count by the priority of assets and identities", () => {
  const entity = { src: "10.0.0.5", user: "root", dest: "web1" };
  const weights = { low: 0.5, medium: 1, high: 1.5, critical: 2 };
  const model = { ...riskModel([]), weights };
  const found = within(
    EXAMPLE_SURROUNDINGS,
    () => riskScores([alert("1", 0, { entity, hasSource: false })], model, 2 * DAY),
  );
  assert.deepEqual(found.map((e) => [e.value, e.priority, e.weight, e.parts[0].points, e.score]), [
    ["10.0.0.5", "critical", 2, 40, 20],
    ["root", "high", 1.5, 30, 15],
    ["web1", null, 1, 20, 10],
  ]);
});

Deno.test("the model is the shipped rule's, as it is loaded", async () => {
  const { program } = await load({ rules: [], sourcetypes: [] });
  assert.deepEqual(riskModel(program.rules), {
    halfLife: 2 * DAY,
    window: 14 * DAY,
    once: DAY,
    threshold: 100,
    tacticsLimit: 4,
    weights: { low: 1, medium: 1, high: 1.5, critical: 2 },
  });
  assert.deepEqual(riskModel([]).weights, { low: 1, medium: 1, high: 1, critical: 1 });
});
