/** What `--store` leaves out, and that `--keep` takes away what is old. */
import assert from "node:assert/strict";
import { openStore } from "../agent/store/mod.ts";
import { runDeno, withFolder } from "./run.ts";

const SAMPLE = "tests/samples/auth.log";

/** Runs the agent over the sample and gives its summary. */
async function agent(data: string, ...args: string[]): Promise<Record<string, number>> {
  const summary = `${data}/summary.json`;
  const { code, stderr } = await runDeno([
    ...[
      "run",
      "--quiet",
      "--no-prompt",
      "-A",
      "main.ts",
      "agent",
      "--year",
      "2026",
      "--data",
      data,
    ],
    ...["--summary", summary, ...args, SAMPLE],
  ]);
  assert.equal(code, 0, stderr);
  return JSON.parse(await Deno.readTextFile(summary));
}

Deno.test("--store matched keeps the events of every alert, --store none the alerts alone", () =>
  withFolder(async (folder) => {
    const lines = (await Deno.readTextFile(SAMPLE)).trimEnd().split("\n").length;
    const matched = await agent(folder, "--store", "matched");
    assert.equal(matched.stored + matched.not_stored, lines);
    assert.ok(matched.stored > 0 && matched.not_stored > lines / 2);
    const alerts = async () => {
      const store = await openStore({ data: folder });
      const { items } = await store.alerts({ limit: 1000 });
      for (const { eventIds } of items) {
        assert.equal((await store.eventsById(eventIds)).length, eventIds.length);
      }
      const { events } = await store.stats();
      await store.close();
      return [items.length, events];
    };
    const [raised, stored] = await alerts();
    assert.ok(raised > 3);
    assert.equal(stored, matched.stored);
    const none = await agent(folder, "--store", "none");
    assert.deepEqual([none.stored, none.not_stored], [0, lines]);
    // What was left out comes when all is asked for.
    const all = await agent(folder, "--store", "all");
    assert.deepEqual([all.stored, all.already_stored], [matched.not_stored, matched.stored]);
    assert.deepEqual(await alerts(), [raised, lines]);
    await agent(folder, "--store", "none", "--keep", "1d");
    assert.deepEqual((await alerts())[0], raised);
  }));
