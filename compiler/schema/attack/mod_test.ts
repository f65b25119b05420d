import assert from "node:assert/strict";
import { TACTICS, technique, techniqueIds, techniqueUrl } from "./mod.ts";

Deno.test("tactics stand in the order of the matrix", () => {
  assert.equal(TACTICS.length, 14);
  assert.deepEqual(TACTICS[0], {
    id: "TA0043",
    shortName: "reconnaissance",
    name: "Reconnaissance",
  });
  const names = TACTICS.map((t) => t.name);
  assert.ok(names.indexOf("Command and Control") < names.indexOf("Exfiltration"));
  assert.equal(names.at(-1), "Impact");
});

Deno.test("a technique in force", () => {
  assert.deepEqual(technique("T1110.001"), {
    id: "T1110.001",
    name: "Password Guessing",
    tactics: ["Credential Access"],
    deprecated: false,
    revokedBy: null,
  });
  assert.deepEqual(technique("t1078")!.tactics, [
    "Initial Access",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
  ]);
});

Deno.test("a technique that was replaced, and one that was dropped", () => {
  assert.equal(technique("T1002")!.revokedBy, "T1560");
  assert.equal(technique("T1002")!.deprecated, true);
  const dropped = [...techniqueIds()].map((id) => technique(id)!)
    .filter((t) => t.deprecated && t.revokedBy === null);
  assert.equal(dropped.length, 12);
});

Deno.test("what replaces a technique is in force, and every technique has a tactic", () => {
  let count = 0;
  for (const id of techniqueIds()) {
    count++;
    const t = technique(id)!;
    assert.match(id, /^T\d{4}(\.\d{3})?$/);
    assert.ok(t.name.length > 0 && t.name === t.name.trim(), id);
    if (!t.deprecated) assert.ok(t.tactics.length > 0, id);
    if (t.revokedBy !== null) assert.ok(technique(t.revokedBy), `${id} → ${t.revokedBy}`);
  }
  assert.equal(count, 835);
});

Deno.test("an id of another release is unknown, and still has a page", () => {
  assert.equal(technique("T1685.001"), null);
  assert.equal(techniqueUrl("T1685.001"), "https://attack.mitre.org/techniques/T1685/001");
  assert.equal(techniqueUrl("T1?x"), "https://attack.mitre.org/techniques/T1%3FX");
});
