import assert from "node:assert/strict";
import type { Alert } from "../../server/types/mod.ts";
import { silencesOf } from "./silence_dialog.tsx";

const alerts: Pick<Alert, "rule" | "entity">[] = [
  { rule: "guess", entity: { src: "203.0.113.1", dest: "web1" } },
  { rule: "guess", entity: { src: "203.0.113.1", dest: "web2" } },
  { rule: "scan", entity: { src: "203.0.113.2" } },
  { rule: "risk", entity: {} },
];

Deno.test("many alerts make a silence for each of what is asked, each once", () => {
  assert.deepEqual(silencesOf(alerts, true, ["src"]), [
    { rule: "guess", fields: { src: "203.0.113.1" } },
    { rule: "scan", fields: { src: "203.0.113.2" } },
    { rule: "risk", fields: {} },
  ]);
  assert.equal(silencesOf(alerts, true, ["src", "dest"]).length, 4);
});

Deno.test("no silence asks nothing", () => {
  assert.deepEqual(silencesOf(alerts, false, ["src"]), [
    { fields: { src: "203.0.113.1" } },
    { fields: { src: "203.0.113.2" } },
  ]);
  assert.deepEqual(silencesOf(alerts, false, []), []);
});
