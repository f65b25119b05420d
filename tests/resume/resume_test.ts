/** Runs that were stopped and go on: what is said, what is read again, what is not. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { withFolder } from "../run.ts";
import { authLines, leavings, RULES, work } from "./work.ts";

const LINES = 6000;

const data = Deno.makeTempDirSync({ prefix: "picket-resume-" });
const store = await openStore({ data });
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

/** One store for all: what a run reads is named by its folder. */
function test(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test(name, () => withFolder(run));
}

test("a stopped run goes on, and an ended one begins anew", async (folder) => {
  const files = [`${folder}/a.log`, `${folder}/b.log`];
  // Both begin with one line: their identities must be told apart in the same way each time.
  const first = "Mar 28 21:00:00 web1 sshd[1]: Server listening on 0.0.0.0 port 22.\n";
  for (const [i, file] of files.entries()) {
    await Deno.writeTextFile(file, first + authLines(LINES, `web${i}`, 11 + i));
  }
  const stopped = await work(store, { files, stopAfter: 3 });
  assert.equal(stopped.summary.interrupted, true);
  const read = stopped.summary.lines;
  assert.ok(read > 0 && read < 2 * LINES);
  const rest = await work(store, { files });
  const said = rest.notices.filter((n) => n.startsWith("Going on from line"));
  assert.equal(said.length, 2);
  assert.match(said[0], /^Going on from line \d+ of .*[ab]\.log$/);
  assert.equal(read + rest.summary.lines, 2 * LINES + 2);
  assert.equal(rest.summary.already_stored, 0);
  assert.deepEqual((await store.jobs({ limit: 9 })).items.map((j) => j.state), ["done", "done"]);
  assert.deepEqual((await store.jobs({ limit: 9 })).items.map((j) => j.lines), [
    LINES + 1,
    LINES + 1,
  ]);
  const left = await leavings(store);
  assert.equal(left.events.length, 2 * LINES + 2);
  const again = await work(store, { files });
  assert.equal(again.summary.already_stored, 2 * LINES + 2);
  assert.deepEqual(again.notices.filter((n) => n.startsWith("Going on")), []);
  assert.deepEqual(await leavings(store), left);
});

test("top lists are the same after a stop, also where they leave rare values out", async (folder) => {
  const tops = [];
  for (const [day, stopAfter] of [[10, undefined], [20, 2]] as const) {
    const random = seeded(17);
    const lines = Array.from({ length: 12_000 }, (_, i) => {
      const time = new Date(Date.UTC(2026, 3, day, 6) + i * 250).toISOString();
      const user = random.chance(0.7) ? `rare${random.int(0, 50_000)}` : `u${random.int(0, 40)}`;
      const what = `Failed password for ${user} from 203.0.113.7 port 4242 ssh2`;
      return `${time.slice(0, 19)}Z web1 sshd[77]: ${what}\n`;
    });
    const files = [`${folder}/${day}.log`];
    await Deno.writeTextFile(files[0], lines.join(""));
    const { summary } = await work(store, { files, stopAfter });
    assert.equal(summary.interrupted, stopAfter !== undefined);
    if (stopAfter !== undefined) {
      assert.ok(summary.lines > 1000 && summary.lines < 11_000, `${summary.lines}`);
      await work(store, { files });
    }
    const from = Date.UTC(2026, 3, day), to = from + 86_400_000;
    tops.push(await store.top({ field: "user", from, to, limit: 4000 }));
  }
  const [whole, stopped] = tops;
  assert.ok(!whole.exact && whole.values.length === 500 && whole.others > 5000);
  assert.deepEqual([stopped.values, stopped.others], [whole.values, whole.others]);
});

test(
  "a file is found again after rotation; what is gone or shorter is said",
  async (folder) => {
    const a = `${folder}/a.log`, b = `${folder}/b.log`, c = `${folder}/c.log`;
    for (const [i, file] of [a, b, c].entries()) {
      await Deno.writeTextFile(file, authLines(LINES, `web${i}`, 21 + i));
    }
    const stopped = await work(store, { files: [folder], stopAfter: 4 });
    assert.equal(stopped.summary.interrupted, true);
    await Deno.rename(a, `${folder}/a.log.1`);
    await Deno.writeTextFile(a, authLines(100, "web9", 31));
    await Deno.truncate(b, 500);
    await Deno.remove(c);
    const rest = await work(store, { files: [folder] });
    const told = rest.notices.filter((n) => !n.includes("read as")).join("\n");
    assert.match(told, /Going on from line \d+ of .*a\.log\.1/);
    assert.match(told, /b\.log begins as it did but is shorter than what was read of it/);
    assert.match(told, /c\.log of the last run is not there any more: it was read to line \d+/);
    const gaps = (await store.health({ limit: 9, kind: "gap" })).items;
    assert.deepEqual(gaps.map((g) => g.subject.slice(-5)).sort(), ["b.log", "c.log"]);
    const { items } = await store.events({ limit: 1000, text: " web9 ", patience: 60_000 });
    assert.equal(items.length, 100);
  },
);

test("lines in no order: wherever a run stops, rules count and number as in one run", async (folder) => {
  const files = [`${folder}/a.log`, `${folder}/b.log`];
  for (const [i, file] of files.entries()) {
    const text = authLines(2500, `web${i}`, 71 + i);
    const cut = text.indexOf("\n", Math.floor(text.length * 0.4)) + 1;
    await Deno.writeTextFile(file, text.slice(cut) + text.slice(0, cut));
  }
  const unbroken = await work(store, { files });
  assert.equal(unbroken.summary.sorted, true);
  for (const stopAfter of [1, 2, 3, 4]) {
    const stopped = await work(store, { files, stopAfter });
    assert.equal(stopped.summary.interrupted, true);
    const { engine } = await work(store, { files });
    assert.deepEqual(engine.counters().hits, unbroken.engine.counters().hits, `${stopAfter}`);
    assert.deepEqual(engine.snapshot(), unbroken.engine.snapshot(), `${stopAfter}`);
  }
});

test("other files under the same names start with empty windows", async (folder) => {
  const files = [`${folder}/a.log`];
  await Deno.writeTextFile(files[0], authLines(LINES, "web1", 61));
  const stopped = await work(store, { files, stopAfter: 1 });
  assert.ok(stopped.engine.counters().late === 0 && stopped.summary.lines < LINES);
  // Of the same hours: the windows of the run before would take every line for late.
  await Deno.writeTextFile(files[0], authLines(500, "web2", 62));
  const { notices, summary, engine } = await work(store, { files });
  assert.match(notices[0], /a\.log of the last run is not there any more/);
  assert.deepEqual([summary.lines, summary.late], [500, 0]);
  assert.equal(engine.counters().events, 500);
});

test("a rule whose plan changed starts fresh, the others go on", async (folder) => {
  const files = [`${folder}/a.log`];
  await Deno.writeTextFile(files[0], authLines(LINES, "web1", 41));
  await work(store, { files, stopAfter: 1 });
  const rules = {
    ...RULES,
    rules: RULES.rules.map((r) => r.name === "seen" ? { ...r, planHash: "other" } : r),
  };
  const { notices } = await work(store, { files, rules });
  assert.deepEqual(notices.filter((n) => n.startsWith("warning")), [
    'warning: Rule "seen" changed since the last run and starts without its state',
  ]);
  const { items } = await store.health({ limit: 9, kind: "plan_changed" });
  assert.deepEqual(items.map((h) => [h.kind, h.subject]), [["plan_changed", "seen"]]);
});

test("what a pipe has lost is a gap", async () => {
  const stdin = authLines(LINES, "web1", 51);
  const stopped = await work(store, { files: ["-"], stdin, stopAfter: 2 });
  assert.equal(stopped.summary.interrupted, true);
  const { notices, summary } = await work(store, { files: ["-"], stdin });
  assert.match(notices[0], /^warning: stdin cannot be read again: the last run stopped after line/);
  assert.equal(summary.lines, LINES);
  assert.equal(summary.already_stored, stopped.summary.lines);
  const { items: [gap] } = await store.health({ limit: 9, subject: "stdin" });
  assert.deepEqual([gap.kind, gap.subject, gap.detail.lines], [
    "gap",
    "stdin",
    stopped.summary.lines,
  ]);
  const ended = await work(store, { files: ["-"], stdin });
  assert.deepEqual(ended.notices.filter((n) => n.startsWith("warning")), []);
});
