import assert from "node:assert/strict";
import type { AlertChange } from "../event.ts";
import { DeferredAlerts } from "./deferred_alerts.ts";
import { SpoolFull } from "../engine/ordering/row_sorter.ts";
import { SpoolBudget, SpoolFile } from "./spool.ts";

const alert = (n: number): AlertChange => ({
  change: "close",
  alert: {
    id: n.toString(16).padStart(32, "0"),
    rule: "burst",
    planHash: "",
    title: "Burst",
    severity: "low",
    status: "closed",
    time: n,
    first: n,
    last: n,
    count: 1,
    suppressed: 0,
    entity: { user: `Zoë\n${n}` },
    fields: { long: "é".repeat(n % 700) },
    mitre: [],
    metadata: {},
    message: "",
    eventIds: [],
  },
});

function taken(deferred: DeferredAlerts): AlertChange[] {
  const out: AlertChange[] = [];
  deferred.take((changes) => out.push(...changes));
  return out;
}

Deno.test("alerts that wait beyond the bound come back from the spool as they were, in order", () => {
  const budget = new SpoolBudget(1 << 30);
  const deferred = new DeferredAlerts(() => new SpoolFile(budget), 1000);
  const all = Array.from({ length: 5555 }, (_, n) => alert(n));
  for (let at = 0; at < all.length; at += 77) deferred.add(all.slice(at, at + 77));
  assert.ok(budget.peak > 500_000, `${budget.peak}`);
  assert.deepEqual(taken(deferred), all);
  assert.ok(budget.take(1 << 30), "the spool was closed");
  assert.deepEqual(taken(deferred), []);
});

Deno.test("a full spool loses no alert that waits, and puts none in twice", () => {
  const deferred = new DeferredAlerts(() => new SpoolFile(new SpoolBudget(1_500_000)), 1000);
  const all = Array.from({ length: 3003 }, (_, n) => alert(n));
  assert.throws(() => {
    for (let at = 0; at < all.length; at += 1001) deferred.add(all.slice(at, at + 1001));
  }, SpoolFull);
  const back = taken(deferred);
  assert.deepEqual(back, all.slice(0, back.length));
  assert.ok(back.length > 1001 && back.length % 1001 === 0, `${back.length}`);
});
