/** Rules in two threads give what they give in one: alerts, rows, checkpoints. */
import assert from "node:assert/strict";
import type { IrProgram } from "../compiler/ir/program.ts";
import { secondStage } from "../compiler/ir/signals.ts";
import { describeTechnique } from "../compiler/schema/attack/mod.ts";
import { type SavedSnapshot, snapshotOf, streamOf } from "../agent/run/checkpoint.ts";
import { load } from "../agent/content/load.ts";
import { createEngine } from "../agent/engine/engine.ts";
import type { AlertChange } from "../agent/event.ts";
import { emptySummary } from "../agent/run/progress.ts";
import { run } from "../agent/run/run.ts";
import { RuleThread, ThreadError } from "../agent/run/rule_thread.ts";
import { findInputs } from "../agent/sources/files.ts";
import { openStore, type Store } from "../agent/store/mod.ts";
import { authLines, leavings, type Work, work } from "./resume/work.ts";
import { withFolder } from "./run.ts";

const shipped = await load({ rules: [], sourcetypes: [] });
/** Without rules over the alerts of all others. */
const firstStage: IrProgram = {
  ...shipped.program,
  rules: shipped.program.rules.filter((r) => !secondStage(shipped.program.rules).has(r.name)),
};

/** Everything that a run without a store says. */
async function said(
  files: readonly string[],
  threads: number,
  { stdin, program = shipped.program, splitAfter = 0 }: {
    stdin?: string;
    program?: IrProgram;
    splitAfter?: number;
  } = {},
) {
  const { found } = await findInputs(files);
  const summary = emptySummary();
  const notices: string[] = [], changes: AlertChange[] = [];
  await run({
    found,
    stdin: () => new Blob([stdin ?? ""]).stream(),
    sourcetype: null,
    parse: { compiled: shipped.sourcetypes, year: 2026 },
    lateness: 0,
    updates: false,
    maxLine: 1 << 20,
    engine: createEngine(program, shipped.sourcetypes.catalogue, {
      technique: describeTechnique,
    }),
    store: null,
    threads,
    splitAfter,
    signal: new AbortController().signal,
    summary,
    notice: (text) => notices.push(text),
    changes: (some) => changes.push(...some),
  });
  return { changes, notices, summary: { ...summary, spool_peak_bytes: 0 } };
}

const PATHS = ["auth.log", "access.log", "windows_processes.log", "sigma_log_sources.jsonl"]
  .map((name) => new URL(`samples/${name}`, import.meta.url).pathname);

Deno.test("samples, each by itself, as a pipe and all together", async () => {
  let alerts = 0, risks = 0;
  for (const files of [...PATHS.map((p) => [p]), PATHS]) {
    // Rules over the alerts of all others see those of one input in their order, and are not parted else.
    const program = files.length === 1 ? shipped.program : firstStage;
    const one = await said(files, 1, { program });
    assert.deepEqual(await said(files, 2, { program }), one, files.join(" "));
    alerts += one.changes.length;
    risks += one.changes.filter((c) => c.alert.rule === "entity_risk").length;
  }
  const pipe = await Deno.readTextFile(PATHS[0]);
  assert.deepEqual(await said(["-"], 3, { stdin: pipe }), await said(["-"], 1, { stdin: pipe }));
  assert.ok(alerts > 50 && risks > 1, `${alerts} changes of alerts, ${risks} of risk`);
});

Deno.test("rules are measured before they are parted, and where they are not after all", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/a.log`;
    await Deno.writeTextFile(file, authLines(20_000, "web1", 5));
    const one = await said([file], 1);
    // Both happen in the middle: a batch has some 3,000 lines.
    assert.deepEqual(await said([file], 2, { splitAfter: 2000 }), one);
    // Lines go on by themselves while rules are measured still.
    assert.deepEqual(await said([file], 2, { splitAfter: 9000 }), one);
  });
  assert.deepEqual(await said([PATHS[0]], 2, { splitAfter: 10 }), await said([PATHS[0]], 1));
});

Deno.test("what rules had to say before they were parted is said, and that they cannot be", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/a.log`, rules = `${folder}/long.sdl`;
    const [first] = authLines(1, "web1", 5).split(" web1 ");
    const attempt = `sshd[1]: Failed password for ${"a".repeat(200)} from 203.0.113.9 port 1 ssh2`;
    await Deno.writeTextFile(file, `${first} web1 ${attempt}\n` + authLines(20_000, "web1", 5));
    // A name of 200 letters alone is too long a text in the end.
    const long = "replace(".repeat(4) + "user" + ', "a", "aaaaaaaa")'.repeat(4);
    const rule = (name: string) => `rule ${name} { from Authentication where isnull(${long}) }\n`;
    await Deno.writeTextFile(rules, rule("one") + rule("two"));
    const { program } = await load({ rules: [rules], sourcetypes: [] });
    const one = await said([file], 1, { program });
    assert.equal(one.notices.filter((n) => /replace/.test(n)).length, 1, one.notices.join("\n"));
    assert.deepEqual(await said([file], 2, { program, splitAfter: 2000 }), one);

    await Deno.writeTextFile(rules, rule("one"));
    const alone = await load({ rules: [rules], sourcetypes: [] });
    for (const splitAfter of [0, 2000]) {
      const { notices } = await said([file], 2, { program: alone.program, splitAfter });
      assert.ok(notices.includes("warning: --threads: these rules cannot be parted"));
    }
  });
});

Deno.test("lines in no order are sorted, in one thread again", async () => {
  await withFolder(async (folder) => {
    const text = authLines(6000, "web1", 3);
    const cut = text.indexOf("\n", Math.floor(text.length * 0.6)) + 1;
    const file = `${folder}/a.log`;
    await Deno.writeTextFile(file, text.slice(cut) + text.slice(0, cut));
    const one = await said([file], 1);
    assert.ok(one.summary.sorted && one.changes.length > 0);
    for (const splitAfter of [0, 500, 1500]) {
      assert.deepEqual(await said([file], 2, { splitAfter }), one);
    }
  });
});

interface Left {
  readonly stored: Record<string, unknown[]>;
  readonly position: unknown;
  readonly state: SavedSnapshot | null;
}

/** What is there of a run in a store. @param runs one after the other, each going on */
async function left(folder: string, name: string, runs: readonly Work[]): Promise<Left> {
  const store: Store = await openStore({ data: `${folder}/${name}` });
  try {
    for (const one of runs) await work(store, one);
    const saved = await store.checkpoint(streamOf(runs[0].files, {}));
    const { job: _, ...position } = saved?.positions[0] ?? { job: "" };
    const state = saved && snapshotOf(saved)!;
    return {
      stored: await leavings(store),
      position,
      state: state && {
        ...state,
        rules: [...state.rules].sort((a, b) => a.rule < b.rule ? -1 : 1),
      },
    };
  } finally {
    await store.close();
  }
}

Deno.test("rows and checkpoints; a run that was stopped goes on in either way", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/a.log`;
    await Deno.writeTextFile(file, authLines(8000, "web1", 5));
    const of: Work = { files: [file], rowsPerWrite: 3000 };
    const stopped: Work = { ...of, stopAfter: 2 };
    const one = await left(folder, "one", [stopped]);
    const two = await left(folder, "two", [{ ...stopped, threads: 2 }]);
    assert.ok(one.state && one.state.rules.some((r) => r.stages.some((s) => s.entries.length > 0)));
    assert.deepEqual(two.position, one.position);
    assert.deepEqual(two, one);
    const ended = await left(folder, "one", [of]);
    assert.ok(ended.stored.events.length === 8000 && ended.stored.alerts.length > 50);
    assert.equal(ended.state, null);
    assert.deepEqual(await left(folder, "two", [{ ...of, threads: 2 }]), ended);
  });
});

Deno.test("a thread that ends is an error with words", async () => {
  const thread = new RuleThread();
  // Nothing was begun: what is asked goes wrong there.
  const asked = [thread.ask({ op: "end" }), thread.ask({ op: "snapshot" })];
  for (const result of await Promise.allSettled(asked)) {
    assert.equal(result.status, "rejected");
    const { reason } = result as PromiseRejectedResult;
    assert.ok(reason instanceof ThreadError);
    assert.match(reason.message, /^A thread that runs rules has ended: .+--threads 1/s);
  }
  await assert.rejects(thread.ask({ op: "end" }), ThreadError);
});
