import assert from "node:assert/strict";
import { incidentTactics, tacticsOf } from "./tactics.ts";

const VALID_ACCOUNTS = {
  tactics: ["Initial Access", "Persistence", "Privilege Escalation", "Defense Evasion"],
};
const GUESSING = { tactics: ["Credential Access"] };

Deno.test("the folder of a rule says which tactic of a technique it is about", () => {
  const file = "rules/privilege-escalation/sudo.sdl";
  assert.deepEqual(tacticsOf(file, [VALID_ACCOUNTS]), ["Privilege Escalation"]);
  assert.deepEqual(tacticsOf(file, [GUESSING]), ["Credential Access"]);
});

Deno.test("without a folder, what is sure comes first, else the first that is listed", () => {
  assert.deepEqual(tacticsOf(null, [VALID_ACCOUNTS]), ["Initial Access"]);
  assert.deepEqual(tacticsOf("mine.sdl", [VALID_ACCOUNTS, GUESSING]), [
    "Initial Access",
    "Credential Access",
  ]);
  const both = { tactics: ["Persistence", "Credential Access"] };
  assert.deepEqual(tacticsOf(null, [both, GUESSING]), ["Credential Access"]);
  assert.deepEqual(tacticsOf(null, []), []);
});

Deno.test("an incident of rules that are not loaded keeps what is stored of it", () => {
  const incident = { rules: ["gone"], tactics: ["Discovery", "Impact"] };
  assert.deepEqual(incidentTactics(null, incident), ["Discovery", "Impact"]);
});
