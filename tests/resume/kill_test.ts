/**
 * Runs that are killed at random moments and started again leave what an unbroken run leaves:
 * events, alerts, incidents and the state of every window. `PICKET_KILLS` and `PICKET_LINES` raise
 * the number of kills of each store and of lines.
 */
import assert from "node:assert/strict";
import { openStore, type StoreOptions, TOP_FIELDS } from "../../agent/store/mod.ts";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres } from "../postgres.ts";
import { root, withFolder } from "../run.ts";
import { authLines, leavings } from "./work.ts";
import { within } from "../waiting.ts";

const KILLS = Number(Deno.env.get("PICKET_KILLS") ?? 3);
const LINES = Number(Deno.env.get("PICKET_LINES") ?? 12_000);
/** Small, so that a kill falls between many transactions. */
const ROWS = LINES > 50_000 ? 1500 : 400;
/** ms; a run over many lines on a busy machine takes minutes. */
const RUN_TIMEOUT = 1_800_000;

function start(where: StoreOptions, files: string[], state: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "-A",
      new URL("tests/resume/child.ts", root).pathname,
      JSON.stringify({
        store: where,
        files,
        rowsPerWrite: ROWS,
        // Some runs leave transactions behind their last checkpoint.
        checkpointEvery: Math.random() < 0.5 ? 0 : 300,
        state,
      }),
    ],
    cwd: root,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Runs to the end. Resolves to the ms between its beginning and its end. */
async function whole(where: StoreOptions, files: string[], state: string): Promise<number> {
  const child = start(where, files, state);
  const reader = child.stdout.getReader();
  await reader.read();
  const from = performance.now();
  const { code } = await within(child.status, "the end of a run", RUN_TIMEOUT);
  await reader.cancel();
  assert.equal(code, 0);
  return performance.now() - from;
}

/** Starts a run and kills it after some ms of work, or sooner. False when it ended before. */
async function killed(
  where: StoreOptions,
  files: string[],
  state: string,
  after: number,
): Promise<boolean> {
  const child = start(where, files, state);
  const reader = child.stdout.getReader();
  await reader.read();
  const timer = setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It ended before.
    }
  }, after);
  const { success } = await within(child.status, "the end of a run", RUN_TIMEOUT);
  clearTimeout(timer);
  await reader.cancel();
  return !success;
}

async function check(
  fresh: (name: string) => Promise<StoreOptions>,
  folder: string,
  /** Two parts of a file stand in the wrong order: what was found before shows to be provisional. */
  disordered = false,
): Promise<void> {
  const files: string[] = [];
  for (const [i, host] of ["web1", "web2"].entries()) {
    files.push(`${folder}/${host}.log`);
    const text = authLines(LINES / 2, host, 7 + i);
    const cut = text.indexOf("\n", Math.floor(text.length * 0.4)) + 1;
    await Deno.writeTextFile(files[i], disordered ? text.slice(cut) + text.slice(0, cut) : text);
  }
  const unbroken = await fresh("unbroken");
  const took = await whole(unbroken, files, `${folder}/unbroken.json`);
  const broken = await fresh("broken");
  let kills = 0, ended = 0;
  while (kills < KILLS && ended < KILLS + 20) {
    // Spread over one run: the moments add up to a little more than its length.
    const after = Math.random() * 2.2 * took / KILLS;
    if (await killed(broken, files, `${folder}/broken.json`, after)) kills++;
    else ended++;
  }
  await whole(broken, files, `${folder}/broken.json`);
  const [a, b] = [await openStore(unbroken), await openStore(broken)];
  const [left, right] = [await leavings(a), await leavings(b)];
  const [{ events }, { events: again }] = [await a.stats(), await b.stats()];
  for (const field of TOP_FIELDS) {
    const [one, other] = await Promise.all([a, b].map((s) => s.top({ field, limit: 1000 })));
    assert.ok(one.exact && other.exact, field);
    assert.deepEqual(other, one, field);
  }
  await a.close();
  await b.close();
  assert.equal(left.events.length, LINES);
  assert.equal(events, again);
  assert.ok(left.alerts.length > 50 && left.incidents.length > 5);
  for (const name of ["events", "alerts", "incidents"]) {
    assert.equal(right[name].length, left[name].length, name);
    assert.deepEqual(right[name], left[name], name);
  }
  const state = async (name: string) => JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
  assert.deepEqual(await state("broken.json"), await state("unbroken.json"));
  console.log(
    `${kills} kills over ${LINES} lines (${ended} runs ended first): ${left.alerts.length} alerts, ` +
      `${left.incidents.length} incidents`,
  );
}

Deno.test("kill -9 at random moments, PGlite", () =>
  withFolder(async (folder) => {
    await (await openStore({ data: `${folder}/template` })).close();
    await check(async (name) => {
      await copy(`${folder}/template`, `${folder}/${name}`);
      return { data: `${folder}/${name}` };
    }, folder);
  }));

for (const disordered of [false, true]) {
  const what = disordered ? " over lines in no order of time" : "";
  testNeeding(needs.postgres, `kill -9 at random moments${what}, PostgreSQL`, async () => {
    const server = await startPostgres();
    try {
      await withFolder((folder) =>
        check(async () => ({ database: await server.database() }), folder, disordered)
      );
    } finally {
      await server.stop();
    }
  });
}

Deno.test("kill -9 with rules in two threads, PGlite", () =>
  withFolder(async (folder) => {
    const file = `${folder}/web1.log`;
    const lines = Math.max(LINES, 12_000);
    await Deno.writeTextFile(file, authLines(lines, "web1", 11));
    /** Whether the run was killed: one begun near the end of the file ends before. */
    const child = async (name: string, more: Record<string, unknown>): Promise<boolean> => {
      const state = `${folder}/${name}.json`;
      const of = { store: { data: `${folder}/${name}` }, files: [file], rowsPerWrite: ROWS, state };
      const { success, signal, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "-A", new URL("tests/resume/child.ts", root).pathname],
          JSON.stringify({ ...of, checkpointEvery: 0, ...more }),
        ],
        cwd: root,
        stdout: "null",
      }).output();
      const killed = signal === "SIGKILL" && more.kill !== undefined;
      assert.ok(success || killed, `${signal}: ${new TextDecoder().decode(stderr)}`);
      return killed;
    };
    await child("unbroken", {});
    // Each kill is behind a checkpoint that both threads have state in.
    let kills = 0;
    const kill = () => ({ transactions: 2, after: Math.random() * 20 });
    while (kills < KILLS && await child("broken", { threads: 2, kill: kill() })) kills++;
    assert.ok(kills >= 2, `${kills} kills`);
    // The last one holds all state itself.
    await child("broken", {});
    const [end, state] = await Promise.all(
      ["unbroken", "broken"].map((name) => Deno.readTextFile(`${folder}/${name}.json`)),
    );
    assert.deepEqual(JSON.parse(state), JSON.parse(end));
    const [one, other] = await Promise.all(
      ["unbroken", "broken"].map(async (name) => {
        const store = await openStore({ data: `${folder}/${name}` });
        const left = await leavings(store);
        await store.close();
        return left;
      }),
    );
    assert.ok(one.events.length === lines && one.alerts.length > 50);
    assert.deepEqual(other, one);
  }));

/** Faster than making a database anew. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copy(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}
