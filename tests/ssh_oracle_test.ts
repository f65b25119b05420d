import assert from "node:assert/strict";
import { bruteForceSources } from "./ssh_oracle.ts";
import { ATTACKER } from "./samples/story.ts";

const at = (second: number, body: string) =>
  `Mar  9 13:${String(Math.floor(second / 60)).padStart(2, "0")}:${
    String(second % 60).padStart(2, "0")
  } h1 sshd[7]: ${body}\n`;
const failed = (second: number) =>
  at(second, "Failed password for root from 203.0.113.9 port 4711 ssh2");

Deno.test("the oracle finds exactly the source that guesses in the sample log", () => {
  const text = Deno.readTextFileSync(new URL("samples/auth.log", import.meta.url));
  assert.deepEqual([...bruteForceSources(text, 2026)], [ATTACKER]);
});

Deno.test("the oracle's minute is half open", () => {
  const inside = [0, 15, 30, 45, 59].map(failed).join("");
  const outside = [0, 15, 30, 45, 60].map(failed).join("");
  assert.deepEqual([...bruteForceSources(inside, 2026)], ["203.0.113.9"]);
  assert.deepEqual([...bruteForceSources(outside, 2026)], []);
});

Deno.test("the oracle counts merged lines as asked", () => {
  const text = failed(0) +
    at(9, "message repeated 5 times: [ Failed password for root from 203.0.113.9 port 4711 ssh2]");
  assert.equal(bruteForceSources(text, 2026).size, 0);
  assert.equal(bruteForceSources(text, 2026, { merged: "failures" }).size, 1);
});

Deno.test("the oracle does not count what is no failed login", () => {
  const text = [0, 1, 2, 3, 4, 5].map((s) =>
    at(s, "Invalid user x from 203.0.113.9 port 4711") +
    at(s, "Failed publickey for git from 203.0.113.9 port 4711 ssh2: RSA SHA256:x") +
    at(s, "pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=203.0.113.9 ")
  ).join("");
  assert.equal(bruteForceSources(text, 2026).size, 0);
});
