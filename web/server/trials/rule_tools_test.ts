import assert from "node:assert/strict";
import { openStore } from "../../../agent/store/mod.ts";
import { batchOf, failures } from "../../../agent/store/testing/suite.ts";
import { createWeb } from "../mod.ts";
import { load } from "../../../agent/content/load.ts";
import { ruleTools } from "./rule_tools.ts";
import { startTrialProcesses } from "./trial_processes.ts";
import type { ApiError } from "../http/error.ts";
import { compileText, tryRules } from "./try_rules.ts";
import { backtest, warmupOf, withSignals } from "../../../agent/search/backtest.ts";

const loaded = await load({ rules: [], sourcetypes: [] });
const FAILED = Array.from(
  { length: 6 },
  (_, i) =>
    `Mar 29 00:02:1${i} web1 sshd[911]: Failed password for root from 203.0.113.47 port 4000${i} ssh2`,
);
const RULE = `rule guesses {
  title    "Guesses"
  severity high
  mitre    T1110

  from Authentication where action == "failure" and user == "root"
  | stats count() as n by src over 1m
  | where n >= 5
  | alert "{n} by {src}"

  test "five" {
    at 0s repeat 5 every 1s { action: "failure", user: "root", src: 203.0.113.9 }
    expect 1 alert { src: 203.0.113.9 }
  }
  test "wrong on purpose" {
    at 0s { action: "failure", user: "root", src: 203.0.113.9 }
    expect 1 alert
  }
}
`;

Deno.test("rules over lines: events, alerts, reasons, tests", async () => {
  const faults: string[] = [];
  const tools = ruleTools(() => loaded, (text) => faults.push(text), await startTrialProcesses());
  try {
    const lines = [...FAILED, "Mar 29 00:03:00 web1 sshd[9]: nothing known"].join("\n");
    const got = await tools.checkRules({ text: RULE, lines, tests: true });
    assert.equal(got.ok, true, JSON.stringify(got.diagnostics));
    assert.equal(got.run?.sourcetype, "linux_secure");
    assert.equal(got.run?.events.length, 7);
    assert.equal(got.run?.alerts.length, 1);
    assert.equal(got.run?.alerts[0].message, "6 by 203.0.113.47");
    const ids = got.run!.events.map((e) => e._id);
    assert.ok(got.run!.alerts[0].event_ids.every((id) => ids.includes(id)));
    assert.equal(got.run?.reasoning[0][0].passes, true);
    assert.deepEqual(got.tests?.map((t) => t.passed), [true, false]);
    assert.match(got.rules[0].plan, /^rule guesses/);
    const tests = await tools.testRule("ssh_brute_force");
    assert.ok(tests.length > 5 && tests.every((t) => t.passed));
    // Several at once wait for each other.
    const many = await Promise.all([1, 2, 3].map(() => tools.checkRules({ text: RULE })));
    assert.ok(many.every((m) => m.ok));
    assert.deepEqual(faults, []);
  } finally {
    await tools.close();
  }
});

Deno.test("a text is backtested over stored events in a process of its own", async () => {
  const data = await Deno.makeTempDir({ prefix: "picket-draft-" });
  const store = await openStore({ data });
  const tools = ruleTools(() => loaded, assert.fail, await startTrialProcesses());
  try {
    const first = Date.UTC(2026, 2, 29, 0, 2, 15);
    await store.write({
      batches: [batchOf(failures(900).map((l, i) => ({ ...l, time: first + i * 200 })))],
    });
    const web = createWeb(store, { version: "1", content: () => loaded, tools });
    const ask = async (path: string, body?: object) => {
      const response = await web.request(`${path}/backtest?from=2026-03-28&to=2026-03-30`, {
        ...body === undefined ? {} : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        },
      });
      return { status: response.status, body: await response.json() };
    };
    const program = withSignals(compileText({ text: RULE }, loaded).program, new Set(["guesses"]));
    const own = await backtest(store, program, new Set(["guesses"]), {
      from: Date.UTC(2026, 2, 28),
      to: Date.UTC(2026, 2, 30),
      warmup: warmupOf(program),
      sourcetypes: loaded.sourcetypes.catalogue.sourcetypes,
      limit: 100,
    });
    const ofText = await ask("/api/rules", { text: RULE });
    assert.equal(ofText.status, 200, JSON.stringify(ofText.body));
    assert.ok(own.alerts.length > 0);
    assert.deepEqual(
      ofText.body.examples.map((e: { id: string; message: string }) => [e.id, e.message]),
      own.alerts.slice(0, 20).map((e) => [e.id, e.message]),
    );
    assert.equal(ofText.body.alerts, own.alerts.length);
    const edited = await ask("/api/rules", { text: RULE.replace("over 1m", "over 10m") });
    assert.ok(edited.body.alerts > 0 && edited.body.not_stored === edited.body.alerts);
    const wrong = await ask("/api/rules", { text: RULE.replace("action ==", "acton ==") });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.error.message, /^Line \d+, column \d+: .*acton/);
    assert.equal((await ask("/api/rules", { text: "" })).status, 400);
    // Another one may have taken its place in the process.
    const kinds = await store.storedKinds();
    const [one, two] = [
      await tools.draft({ text: RULE, from: 0, limit: 10, kinds }),
      await tools.draft({ text: RULE, from: 0, limit: 10, kinds }),
    ];
    assert.equal(await two.take([]), true);
    await assert.rejects(one.take([]), (e: ApiError) => e.status === 409);
  } finally {
    await tools.close();
    await store.close();
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("text of rules reads no file of this machine", () => {
  const text = 'list users = file "/etc/passwd"\n' +
    'rule x { title "x" severity low mitre T1078 from any where user in @users | alert "x" }';
  const got = tryRules({ text }, loaded, 0);
  assert.equal(got.ok, false);
  assert.match(got.diagnostics.find((d) => d.level === "error")!.message, /read from a file/);
  assert.ok(!JSON.stringify(got).includes("root:"));
});

Deno.test("a Sigma rule is tried like one in SDL, and says which selections hold", () => {
  const text = "title: Failed\nlogsource: {product: linux, service: sshd}\ndetection:\n" +
    "  failed: {action: failure}\n  admin: {user: admin}\n  condition: failed or admin\n";
  const got = tryRules({ text, lines: FAILED.join("\n") }, loaded, 0);
  assert.deepEqual([got.ok, got.formatted, got.rules[0].title], [true, null, "Failed"]);
  assert.ok(got.run!.alerts.length > 0);
  assert.match(got.run!.reasoning[0][0].text, /^Sigma rule text:1\n {2}holds selection failed\n/);
  const bad = tryRules({ text: text.replace("or admin", "or nobody") }, loaded, 0);
  assert.equal(bad.ok, false);
  assert.deepEqual(bad.diagnostics.map((d) => [d.code, d.line, d.column]), [["E0308", 6, 24]]);
});

Deno.test("a rule may take the signals of those that are loaded, when asked for", () => {
  const text = 'rule y { title "y" severity low mitre T1078 from signal ssh_brute_force\n' +
    '| alert "after {src}" test "t" { at 0s { } expect none } }';
  assert.equal(tryRules({ text }, loaded, 0).ok, false);
  const got = tryRules({ text, shipped: true, lines: FAILED.join("\n") }, loaded, 0);
  assert.deepEqual(got.diagnostics.filter((d) => d.level === "error"), []);
  assert.deepEqual(got.run?.alerts.map((a) => a.rule), ["y"]);
});

Deno.test("a trial that fills its memory is ended alone, and the next one works", async () => {
  const faults: string[] = [];
  const tools = ruleTools(
    () => loaded,
    (text) => faults.push(text),
    await startTrialProcesses(160),
  );
  try {
    // Every row keeps texts of its own: the bound on one text does not bound what windows hold.
    const grow = Array.from({ length: 40 }, (_, i) => `k${i} = s + "${i}"`).join(", ");
    const rule = `rule fat { title "F" severity low mitre T1078 from any
      | eval s0 = replace(replace(raw, "a", "aaaaaaaa"), "a", "aaaaaaaa")
      | eval s = s0
      | eval ${grow}
      | stats ${
      Array.from({ length: 40 }, (_, i) => `values(k${i}) as v${i}, dc(k${i}) as d${i}`).join(", ")
    } over 1d
      | where d0 > 1000000
      | alert "x" }`.replaceAll("raw", "message");
    const lines = Array.from(
      { length: 1000 },
      (_, i) => `Mar 29 00:02:10 web1 app[9]: ${i} ${"a".repeat(450)}`,
    ).join("\n");
    await assert.rejects(
      tools.checkRules({ text: rule, lines, sourcetype: "syslog" }),
      (error: ApiError) =>
        error.status === 422 && /more than 160 MiB.*fewer lines/.test(error.message),
    );
    assert.equal((await tools.checkRules({ text: RULE })).ok, true);
    assert.deepEqual(faults, []);
  } finally {
    await tools.close();
  }
});

Deno.test("ten times replace in a row is answered", async () => {
  const tools = ruleTools(() => loaded, assert.fail, await startTrialProcesses());
  try {
    let text = "message";
    for (let i = 0; i < 10; i++) text = `replace(${text}, "a", "aaaaaaaa")`;
    const rule = `rule x { title "x" severity low mitre T1078 from any where isnull(${text}) ` +
      '| alert "x" }';
    const line = `Mar 29 00:02:10 web1 app[9]: ${"a".repeat(30_000)}`;
    const got = await tools.checkRules({ text: rule, lines: line, sourcetype: "syslog" });
    assert.equal(got.run?.alerts.length, 1, JSON.stringify(got.diagnostics));
  } finally {
    await tools.close();
  }
});

Deno.test("where no process may be started, rules are refused with what to do", () => {
  const tools = ruleTools(() => loaded, assert.fail, null);
  assert.throws(() => void tools.checkRules({ text: RULE }), /--allow-run=deno/);
});
