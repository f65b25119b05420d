/** The window of an alert: from, to and length, by the kind of its rule. */
import assert from "node:assert/strict";
import { alertObject } from "./alert.ts";
import { windowText } from "./window.ts";
import { richAlert } from "../destinations/testing/samples.ts";
import type { RuleWindow } from "../../../compiler/ir/metadata.ts";

const at = (kind: RuleWindow["kind"]) => ({
  ...richAlert(),
  time: 1_000_000,
  first: 900_000,
  last: 960_000,
  metadata: { description: "d", window: { kind, ms: 300_000 } },
});

Deno.test("a sliding window ends with its newest row, a tumbling one where the rule fired", () => {
  const window = (kind: RuleWindow["kind"]) => alertObject(at(kind)).window;
  const [from, to, seconds] = ["1970-01-01T00:11:00Z", "1970-01-01T00:16:00Z", 300];
  assert.deepEqual(window("sliding"), { kind: "sliding", from, to, seconds });
  for (const kind of ["tumbling", "absent"] as const) {
    assert.equal(window(kind)!.from, "1970-01-01T00:11:40Z");
    assert.equal(window(kind)!.to, "1970-01-01T00:16:40Z");
  }
  for (const kind of ["session", "sequence", "together"] as const) {
    assert.equal(window(kind)!.from, "1970-01-01T00:15:00Z");
    assert.equal(window(kind)!.to, to);
    assert.equal(window(kind)!.seconds, seconds);
  }
});

Deno.test("rules of single events have no window, and techniques have an address", () => {
  const object = alertObject(richAlert());
  assert.equal(object.window, null);
  assert.equal(object.mitre[0].url, "https://attack.mitre.org/techniques/T1110/001");
  assert.equal("window" in alertObject(at("sliding")).metadata, false);
  assert.equal(windowText(richAlert()), null);
  assert.equal(windowText(at("session")), "60 s, 1970-01-01 00:15:00Z to 1970-01-01 00:16:00Z");
});
