/** Verdicts, silences, exceptions and the audit list over the API. */
import assert from "node:assert/strict";
import { load } from "../../agent/content/load.ts";
import { openStore } from "../../agent/store/mod.ts";
import { alertOf } from "../../agent/store/testing/samples.ts";
import { LIMITS } from "../../agent/engine/memory/context.ts";
import { createWeb } from "./mod.ts";

const NOW = Date.now();
const data = Deno.makeTempDirSync({ prefix: "picket-triage-" });
const store = await openStore({ data });
const loaded = await load({ rules: [], sourcetypes: [] });
const id = (c: string) => c.repeat(32);
const sudo = (c: string, at: number, fields: Record<string, string | number>) =>
  alertOf(c, {
    rule: "sudo_shell",
    time: NOW - at,
    first: NOW - at,
    last: NOW - at,
    entity: { src_user: fields.src_user as string, dest: "web1" },
    fields: { dest: "web1", app: "sudo", ...fields },
  });
await store.write({
  alerts: [
    sudo("a", 1000, { src_user: "deploy", process: "/bin/bash", tty: "pts/0", process_id: 7 }),
    sudo("b", 2000, { src_user: "deploy", process: "/bin/bash", tty: "pts/1", process_id: 8 }),
    sudo("c", 3000, { src_user: "deploy", process: "/bin/sh", tty: "pts/2", process_id: 9 }),
    sudo("d", 4000, { src_user: 'an"na\\ {x}', process: "/bin/bash", tty: "pts/0", process_id: 9 }),
    alertOf("e", { rule: "gone", time: NOW, first: NOW, last: NOW }),
  ],
});
let told = 0;
const app = createWeb(store, {
  now: () => NOW,
  content: () => loaded,
  tools: {
    bounds: LIMITS,
    checkRules: () => Promise.reject(new Error("not asked")),
    draft: () => Promise.reject(new Error("not asked")),
    testRule: () => Promise.reject(new Error("not asked")),
  },
  exceptionsChanged: () => void told++,
});
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

// deno-lint-ignore no-explicit-any
type Json = any;

async function ask(method: string, path: string, body?: unknown): Promise<Json> {
  const response = await app.request(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, ...await response.json() };
}

Deno.test("names that cannot be seen whole, and texts that act, are refused", async () => {
  const path = `/api/alerts/${id("d")}`, ends = new Date(NOW + 3_600_000).toISOString();
  const before = (await ask("GET", `${path}/history`)).history.length;
  const acts = [
    "a\x1b[31mb",
    "a\x07",
    "a\x7fb",
    "a\x85b",
    "a\u202eb",
    "a\u2066b",
    "a\u2028b",
    "a\0b",
  ];
  const unseen = ["a\nb", "a\tb", "a\u200bb", "a\u200db", "a\u00adb", "\u3164", " ", "\u00a0"];
  const field = async (method: string, to: string, body: object) =>
    (await ask(method, to, body)).error?.field;
  for (const text of acts) {
    assert.equal(await field("PATCH", path, { comment: text }), "comment", JSON.stringify(text));
    assert.equal(await field("POST", "/api/silences", { rule: "r", ends, reason: text }), "reason");
    const exception = { where: 'app == "sudo"', reason: text };
    assert.equal(await field("POST", `${path}/exception`, exception), "reason");
    const search = { name: "mine", query: "root", description: text };
    assert.equal(await field("POST", "/api/searches", search), "description");
  }
  for (const text of [...acts, ...unseen]) {
    assert.equal(await field("PATCH", path, { who: text, comment: "x" }), "who");
    assert.equal(await field("PATCH", path, { assignee: text }), "assignee");
    const many = { ids: [id("d")], assignee: text };
    assert.equal(await field("POST", "/api/alerts/status", many), "assignee");
    const silence = { rule: "r", ends, reason: "x", who: text };
    assert.equal(await field("POST", "/api/silences", silence), "who");
  }
  const { error } = await ask("PATCH", path, { who: "a\u202eb", comment: "x" });
  assert.equal(
    error.message,
    '"who" has to be a name on one line, without control or invisible characters',
  );
  assert.equal((await ask("GET", `${path}/history`)).history.length, before);
  const comment = "Zwei Zeilen,\r\n\tund 👩‍💻 ❤️ نص עברית";
  const { status } = await ask("PATCH", path, { comment, who: "Žofie O’Neil (SOC) 李" });
  assert.equal(status, 200);
  assert.equal((await ask("GET", `${path}/history`)).history.at(-1).comment, comment);
});

Deno.test("a verdict, an assignment and a comment, alone or together", async () => {
  const path = `/api/alerts/${id("a")}`;
  const { alert } = await ask("PATCH", path, { verdict: "false_positive", who: "ada" });
  assert.deepEqual([alert.verdict, alert.verdict_by, alert.status], [
    "false_positive",
    "ada",
    "open",
  ]);
  assert.equal("status_by" in alert, false);
  const both = await ask("POST", "/api/alerts/status", {
    ids: [id("a"), id("b"), id("f")],
    assignee: "bob",
    comment: "yours",
  });
  assert.deepEqual([both.changed, both.missing], [2, [id("f")]]);
  await ask("PATCH", path, { comment: "seen" });
  assert.equal((await ask("PATCH", path, {})).error.code, "nothing_to_change");
  assert.equal((await ask("PATCH", path, { verdict: "maybe" })).status, 400);
  assert.equal(
    (await ask("PATCH", path, { verdict: null, assignee: null })).alert.verdict,
    undefined,
  );
  const { history } = await ask("GET", `${path}/history`);
  assert.deepEqual(
    history.map(({ at: _, ...entry }: Json) => entry),
    [
      { who: "ada", from: "open", to: "open", comment: null, verdict: "false_positive" },
      { who: "api", from: "open", to: "open", comment: "yours", assignee: "bob" },
      { who: "api", from: "open", to: "open", comment: "seen" },
      { who: "api", from: "open", to: "open", comment: null, verdict: null, assignee: null },
    ],
  );
  const { alerts } = await ask("GET", "/api/alerts?assignee=bob");
  assert.deepEqual(alerts.map((a: Json) => a.id), [id("b")]);
  assert.equal((await ask("GET", "/api/alerts?verdict=none")).alerts.length, 5);
});

Deno.test("a silence marks its alerts until it ends", async () => {
  const ends = new Date(NOW + 3_600_000).toISOString();
  const refused = async (body: object) => (await ask("POST", "/api/silences", body)).error?.code;
  assert.equal(await refused({ reason: "x", ends }), "empty_silence");
  assert.equal(
    await refused({ rule: "r", reason: "x", ends: "2001-01-01T00:00:00Z" }),
    "invalid_end",
  );
  assert.equal(await refused({ rule: "r", reason: "x", ends: "soon" }), "invalid_body");
  const { silence } = await ask("POST", "/api/silences", {
    rule: "sudo_shell",
    fields: { src_user: "DEPLOY" },
    reason: "release day",
    ends,
    who: "ada",
  });
  assert.equal(silence.active, true);
  const marked = async () =>
    (await ask("GET", "/api/alerts")).alerts.filter((a: Json) => a.silenced)
      .map((a: Json) => a.id[0]).sort().join("");
  const { alerts } = await ask("GET", "/api/alerts");
  const silenced = alerts.filter((a: Json) => a.silenced);
  assert.deepEqual(silenced.map((a: Json) => a.id[0]).sort().join(""), "abc");
  assert.equal(silenced[0].silenced.reason, "release day");
  assert.equal((await ask("GET", "/api/silences?active=true")).silences.length, 1);
  assert.equal((await ask("DELETE", `/api/silences/${silence.id}`)).silence.active, false);
  assert.equal((await ask("DELETE", `/api/silences/${silence.id}`)).status, 404);
  assert.equal(await marked(), "");
  assert.equal((await ask("GET", "/api/silences?active=true")).silences.length, 0);
  assert.equal((await ask("GET", "/api/silences")).silences.length, 1);
});

Deno.test("not this again: the narrowest exception that would hold the next time", async () => {
  const path = `/api/alerts/${id("a")}/exception`;
  const proposed = await ask("GET", path);
  assert.equal(proposed.where, 'dest == "web1" and src_user == "deploy"');
  const why = Object.fromEntries(proposed.fields.map((f: Json) => [f.name, f.why]));
  assert.equal(why.src_user, "whom the alert is about");
  assert.equal(why.tty, "another one the next time");
  assert.equal(why.process, "differs in 1 other alert about the same");
  assert.equal(why.process_id, "a number, which is another one the next time");
  assert.equal(why.app, "says what happened, as the rule does");
  assert.deepEqual([proposed.compared, proposed.silenced], [4, 3]);
  assert.deepEqual(proposed.alerts.map((a: Json) => a.id[0]), ["a", "b", "c"]);
  // Other fields, and a condition of one's own.
  const other = await ask("GET", `${path}?fields=src_user,process`);
  assert.equal(other.where, 'src_user == "deploy" and process == "/bin/bash"');
  assert.equal(other.silenced, 2);
  const own = await ask("GET", `${path}?where=${encodeURIComponent('tty == "pts/0"')}`);
  assert.deepEqual(own.alerts.map((a: Json) => a.id[0]), ["a", "d"]);
  const wrong = await ask("GET", `${path}?where=${encodeURIComponent("usr ==")}`);
  assert.deepEqual([wrong.status, wrong.error.code], [400, "invalid_condition"]);
  // Text of a log is text in the condition, too, and in the YAML.
  const hostile = await ask("GET", `/api/alerts/${id("d")}/exception`);
  assert.deepEqual(hostile.alerts.map((a: Json) => a.id[0]), ["d"]);
  assert.equal(
    (await ask("GET", `/api/alerts/${id("e")}/exception`)).error.code,
    "rule_not_loaded",
  );
  assert.equal((await ask("GET", `/api/alerts/${id("f")}/exception`)).status, 404);
});

Deno.test("an exception is taken, listed and ended", async () => {
  const path = `/api/alerts/${id("a")}/exception`;
  const wrong = await ask("POST", path, { where: "failures > 3", reason: "x" });
  assert.deepEqual([wrong.status, wrong.error.field], [400, "where"]);
  assert.match(wrong.error.message, /compares a string and an int/);
  const { exception } = await ask("POST", path, {
    where: 'src_user == "deploy"',
    reason: "it's: # the \u200d job",
    until: "2036-03-01T00:00:00Z",
    who: "ada",
  });
  assert.equal(told, 1);
  assert.deepEqual([exception.rule, exception.alert, exception.active], [
    "sudo_shell",
    id("a"),
    true,
  ]);
  assert.equal(
    exception.yaml,
    "except:\n  - rule: sudo_shell\n    where: 'src_user == \"deploy\"'\n" +
      "    reason: \"it's: # the \u200d job\"\n    until: 2036-03-01T00:00:00Z\n    by: 'ada'\n",
  );
  const { exceptions } = await ask("GET", "/api/exceptions?active=true");
  assert.deepEqual(exceptions.map((e: Json) => e.id), [exception.id]);
  assert.equal((await ask("DELETE", `/api/exceptions/${exception.id}`)).exception.active, false);
  assert.equal(told, 2);
  assert.equal((await ask("GET", "/api/exceptions?active=true")).exceptions.length, 0);
});

Deno.test("the audit list says who did what", async () => {
  const { entries } = await ask("GET", "/api/audit?limit=3");
  assert.deepEqual(
    entries.map((e: Json) => `${e.who} ${e.action}`),
    ["api exception.end", "ada exception.create", "api silence.end"],
  );
  const made = await ask("POST", "/api/tokens", { name: "ci", role: "admin" });
  const as = { authorization: `Bearer ${made.token}` };
  const listed = await app.request("/api/audit?action=token.create", { headers: as });
  assert.equal((await listed.json()).entries[0].subject, "ci");
  await app.request(`/api/alerts/${id("c")}`, {
    method: "PATCH",
    headers: { ...as, "content-type": "application/json" },
    body: JSON.stringify({ comment: "mine", who: "somebody else" }),
  });
  const mine = await app.request(`/api/audit?subject=${id("c")}`, { headers: as });
  assert.equal((await mine.json()).entries[0].who, "ci", "a token says who it is");
});
