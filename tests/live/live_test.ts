/** Silence, slowness, rules that change and runs that go on, where inputs come while a run goes on. */
import assert from "node:assert/strict";
import { createEngine } from "../../agent/engine/engine.ts";
import type { Loaded, Reload } from "../../agent/run/reload.ts";
import { Ingest } from "../../agent/sources/ingest.ts";
import { openStore } from "../../agent/store/mod.ts";
import {
  agg,
  atLeast,
  events,
  is,
  keys,
  program,
  rule,
  step,
  where,
} from "../../agent/engine/testing/streams.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import { withFolder } from "../run.ts";
import { compiled, live, texts } from "./harness.ts";
import { until } from "../waiting.ts";

const MIN = 60_000;
const failure = is("action", "failure");
const many = (n: number, name = "many") =>
  rule(name, events(failure), [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "sliding", ms: 5 * MIN },
    },
    where(atLeast("c", n)),
  ]);

const T0 = Date.UTC(2026, 2, 1);
const line = (time: number, text = "Failed password for root from 203.0.113.7 port 4 ssh2") =>
  `${new Date(time).toISOString().slice(0, 19)}Z web1 sshd[1]: ${text}`;

/** A listener that a test puts lines into. */
class Hand extends Ingest {
  constructor(name: string, lateness = 0, sourcetype = "linux_secure") {
    super({
      name: `hand://${name}`,
      lateness,
      sourcetype,
      recognise: () => ({ sourcetype, reason: "" }),
      notice: () => {},
      known: (n) => n,
      maxLine: 1 << 20,
    });
  }
  async put(...lines: string[]): Promise<void> {
    const request = new Request("http://127.0.0.1/", { method: "POST", body: lines.join("\n") });
    assert.equal((await this.handle(request)).status, 202);
  }
}

Deno.test("live: a silent input holds nobody back, and its silence is recorded", () =>
  withFolder(async (folder) => {
    const store = await openStore({ data: folder });
    try {
      const [a, b] = [new Hand("a"), new Hand("b")];
      const run = live([a, b], { rules: program(many(5)), idle: 2000, store });
      await b.put(line(T0, "Server listening on 0.0.0.0 port 22."));
      await run.until(() => run.lines.length === 1);
      await a.put(...[1, 2, 3, 4, 5, 6].map((s) => line(T0 + s * 1000)));
      await run.until(() => run.lines.length === 7);
      await run.until(() => run.engine!.counters().hits.many === 1, "time to go on without b");
      const health = async () => (await store.health({ limit: 9, kind: "idle" })).items;
      await until(async () => (await health()).length >= 2, "notes of two silences");
      // Once for each silence, however long it is.
      await new Promise((done) => setTimeout(done, 2500));
      const subjects = (await health()).flatMap((h) => h.detail.inputs);
      assert.deepEqual(subjects.sort(), ["hand://a", "hand://b"]);
      // Stored although nothing comes any more.
      assert.equal((await store.alerts({ limit: 9 })).items.length, 1);
      await run.stop();
      assert.equal(run.engine!.counters().late, 0);
    } finally {
      await store.close();
    }
  }));

Deno.test("live: slowness of ours is no silence of theirs", async () => {
  const [a, b] = [new Hand("a"), new Hand("b")];
  let slow = false;
  const run = live([a, b], {
    rules: program(many(5)),
    idle: 300,
    batch() {
      // Longer than an input may be silent: whatever came meanwhile lies unread.
      if (slow) { for (const end = performance.now() + 700; performance.now() < end;); }
      return true;
    },
  });
  await a.put(line(T0));
  await b.put(line(T0));
  await run.until(() => run.lines.length === 2);
  slow = true;
  for (let i = 1; i <= 5; i++) {
    // Both give a line; a's is taken first and is slow.
    await a.put(line(T0 + i * 60_000));
    await b.put(line(T0 + i * 1000));
    await run.until(() => run.lines.length === 2 + 2 * i);
  }
  await run.stop();
  assert.equal(run.engine!.counters().late, 0);
});

const login = rule("unanswered", {
  kind: "sequence",
  by: keys("src"),
  within: 2000,
  steps: [step(events(failure)), step(events(is("action", "success")), true)],
  until: null,
});

Deno.test("live: when all is silent time goes on, but only for a log of now", async () => {
  for (const [began, fires] of [[Date.now(), true], [T0, false]] as const) {
    const a = new Hand("a");
    const run = live([a], { rules: program(login), idle: 200 });
    await a.put(line(began), line(began + 1000, "Server listening on 0.0.0.0 port 22."));
    await run.until(() => run.lines.length === 2);
    assert.equal(run.engine!.counters().hits.unanswered, 0);
    if (fires) await run.until(() => run.engine!.counters().hits.unanswered === 1);
    else await new Promise((done) => setTimeout(done, 3500));
    assert.equal(run.engine!.counters().hits.unanswered, fires ? 1 : 0);
    await run.stop();
  }
});

/** Hands a run what a test has loaded. */
class Hot implements Reload {
  private next: Loaded | null = null;
  private ready = () => {};
  taken = 0;
  load(rules: IrProgram, of = compiled): void {
    this.next = { engine: createEngine(rules, of.catalogue), compiled: of };
    this.ready();
  }
  take(): Loaded | null {
    const { next } = this;
    this.next = null;
    return next;
  }
  took(): void {
    this.taken++;
  }
  listen(ready: () => void): void {
    this.ready = ready;
  }
}

Deno.test("live: rules loaded anew keep the state of what did not change", () =>
  withFolder(async (folder) => {
    const store = await openStore({ data: folder });
    try {
      const a = new Hand("a");
      const reload = new Hot();
      const run = live([a], {
        rules: program(many(5), many(3, "other")),
        store,
        stream: "r".repeat(32),
        reload,
      });
      await a.put(...[1, 2, 3, 4].map((s) => line(T0 + s * 1000)));
      await run.until(() => run.lines.length === 4);
      const changed = { ...many(3, "other"), planHash: "another" };
      reload.load(program(many(5), changed, many(2, "fresh")));
      await run.until(() => reload.taken === 1);
      await a.put(line(T0 + 5000));
      await run.until(() => run.lines.length === 5);
      await run.until(() => run.notices.some((n) => n.includes("loaded anew")));
      const alerts = async () =>
        (await store.alerts({ limit: 9 })).items.map((x) => [x.rule, x.count]);
      await until(async () => (await alerts()).length >= 2, "two stored alerts");
      // `many` saw all five; `other` had fired before, and begins anew; `fresh` saw one.
      assert.deepEqual((await alerts()).sort(), [["many", 5], ["other", 4]]);
      assert.ok(
        run.notices.some((n) => n.includes('Rule "other" changed')),
        run.notices.join("\n"),
      );
      await run.stop();
      // The checkpoint is the new engine's.
      const saved = await store.checkpoint("r".repeat(32));
      const rules = new Set(saved!.state.map((s) => s.rule));
      assert.ok(rules.has("many") && rules.has("fresh"), [...rules].join());
    } finally {
      await store.close();
    }
  }));

Deno.test("live: sourcetypes loaded anew read the lines after, and those before are as they were", async () => {
  const myapp = (action: string) =>
    compileSourcetypes([
      ...texts,
      {
        name: "myapp.yaml",
        text: `name: myapp
summary: An application
extends: syslog
programs:
  - names: [myapp]
    patterns:
      - name: login
        regex: 'login by (?<user>.*)$'
        datasets: [Authentication]
        set: { action: ${action} }
samples:
  - line: 'Mar 29 00:02:11 web1 myapp[1]: login by bob'
    expect: { pattern: login, user: bob }
`,
      },
    ]);
  const [before, after] = [myapp("failure"), myapp("success")];
  assert.deepEqual([...before.diagnostics, ...after.diagnostics], []);
  const a = new Hand("a", 0, "myapp");
  const reload = new Hot();
  const actions: unknown[] = [];
  const engine = createEngine(program(many(2)), before.catalogue);
  const run = live([a], {
    engine,
    parse: { compiled: before, year: 2026 },
    reload,
    batch(batch) {
      actions.push(...batch.events.map((e) => [e._time, e.action]));
      return true;
    },
  });
  const text = (s: number) => `Mar 29 00:02:1${s} web1 myapp[1]: login by bob`;
  const at = (s: number) => Date.UTC(2026, 2, 29, 0, 2, 10 + s);
  await a.put(text(1));
  await run.until(() => actions.length === 1);
  reload.load(program(many(2)), after);
  await run.until(() => reload.taken === 1);
  await a.put(text(2));
  await run.until(() => actions.length === 2);
  // One that a line is read as is gone: the old ones stay.
  reload.load(program(), compiled);
  await run.until(() => run.notices.some((n) => n.includes("is not there any more")));
  await a.put(text(3));
  await run.until(() => actions.length === 3);
  await run.stop();
  assert.equal(reload.taken, 1);
  assert.deepEqual(actions, [[at(1), "failure"], [at(2), "success"], [at(3), "success"]]);
});

Deno.test("live: what a listener missed is a gap, and its windows go on", () =>
  withFolder(async (folder) => {
    const store = await openStore({ data: folder });
    try {
      const options = { rules: program(many(5)), store, stream: "g".repeat(32) };
      let a = new Hand("a");
      let run = live([a], options);
      await a.put(...[1, 2, 3, 4].map((s) => line(T0 + s * 1000)));
      await run.until(() => run.lines.length === 4);
      await run.stop();
      assert.equal(run.engine!.counters().hits.many, 0);
      a = new Hand("a");
      run = live([a], options);
      await a.put(line(T0 + 5000));
      await run.until(() => run.engine!.counters().hits.many === 1);
      await run.stop();
      const { items } = await store.health({ limit: 9, kind: "gap" });
      assert.deepEqual(items.map((h) => h.subject), ["hand://a"]);
      assert.match(items[0].message, /^What came to hand:\/\/a while nothing listened there/);
      const jobs = (await store.jobs({ limit: 9 })).items;
      assert.deepEqual(jobs.map((j) => j.state), ["stopped", "stopped"]);
      assert.equal((await store.checkpoint("g".repeat(32)))!.positions.length, 1);
    } finally {
      await store.close();
    }
  }));

Deno.test("live: the jobs of a run that was killed are not called running for ever", () =>
  withFolder(async (folder) => {
    const store = await openStore({ data: folder });
    try {
      const stream = "k".repeat(32), run = "1".repeat(32), job = "2".repeat(32);
      await store.write({
        checkpoint: {
          stream,
          run,
          header: null,
          positions: [],
          reset: false,
          upserts: [],
          deletes: [],
        },
        jobs: [{
          id: job,
          run,
          source: "stdin",
          sourcetype: null,
          state: "running",
          lines: 7,
          events: 7,
          parseErrors: 0,
          understood: 0,
          unread: [],
          lag: null,
          rate: 1,
          error: null,
          started: 0,
        }],
      });
      const next = live([], {
        rules: program(many(5)),
        store,
        stream,
        found: [{ name: "stdin", path: null }],
        stdin: () => new Blob([line(T0) + "\n"]).stream(),
      });
      await next.until(() => next.lines.length === 1);
      await next.stop();
      const jobs = (await store.jobs({ limit: 9 })).items;
      assert.equal(jobs.find((j) => j.id === job)?.state, "stopped");
      assert.equal(jobs.find((j) => j.id !== job)?.state, "done");
    } finally {
      await store.close();
    }
  }));
