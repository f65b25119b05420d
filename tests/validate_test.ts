/** `validate` and `parse --explain`, as a user runs them. */
import assert from "node:assert/strict";
import { picket } from "./run.ts";

const LOGIN = "Mar 29 00:02:11 web1 sshd[9]: Failed password for root from 203.0.113.9 port 4 ssh2";
const LOCAL = "Mar 29 00:02:11 web1 su[9]: FAILED SU (to root) bob on pts/1";

Deno.test("validate tells what lines have and lack, alike ones once", async () => {
  const ran = await picket(["validate", "--quiet"], { stdin: `${LOGIN}\n${LOGIN}\n${LOCAL}\n` });
  assert.equal(ran.code, 1, ran.stderr);
  assert.match(ran.stdout, /^2 lines like: Mar 29 .*Failed password/);
  assert.match(ran.stdout, /Authentication \(tags authentication\): complete\n/);
  assert.match(ran.stdout, /required +src = 203\.0\.113\.9\n/);
  assert.match(ran.stdout, /1 line like: .*FAILED SU[^]*Authentication .*: incomplete\n/);
  assert.match(ran.stdout, /required +missing: src\n/);
});

Deno.test("validate --format json has an object a line; exit code 0 when all is there", async () => {
  const ran = await picket(["validate", "--quiet", "--format", "json"], { stdin: LOGIN + "\n" });
  assert.equal(ran.code, 0, ran.stderr);
  const [v] = ran.stdout.trim().split("\n").map((l) => JSON.parse(l));
  assert.equal(v.valid, true);
  assert.equal(v.sourcetype, "linux_secure");
  assert.equal(v.datasets[0].name, "Authentication");
  assert.ok(
    v.fields.some((f: { name: string; type: string }) => f.name === "src" && f.type === "host"),
  );
});

Deno.test("a line that nothing reads, and control characters in one, are told inertly", async () => {
  const ran = await picket(["validate", "--quiet"], { stdin: "what \u001b[31mis this\n" });
  assert.equal(ran.code, 1);
  assert.match(ran.stdout, /1 line like: what .*is this\n {2}no pattern fits: /);
  assert.ok(!ran.stdout.includes("\u001b"));
});

Deno.test("parse --explain says which pattern takes a line and how far the others came", async () => {
  const ran = await picket(["parse", "--quiet", "--explain"], { stdin: LOGIN + "\nx\n" });
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /read as linux_secure, pattern ssh_failed\n/);
  assert.match(ran.stdout, /header rfc3164, after it "Failed password for root/);
  assert.match(ran.stdout, /ssh_failed +\[sshd\] {2}takes the line\n/);
  assert.match(ran.stdout, /action = failure\n/);
  assert.match(ran.stdout, /x\n {2}no pattern fits: No header of sourcetype linux_secure fits/);
});
