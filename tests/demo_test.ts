/** `demo` from an empty folder to a dashboard, a second start on the same folder, and what stops it. */
import assert from "node:assert/strict";
import { ATTACKS, Simulation, STREAMS } from "../agent/simulate/mod.ts";
import { DAYS, demoStart } from "../web/commands/demo.ts";
import { picket, withFolder } from "./run.ts";
import { serving } from "./serving.ts";

const json = async (url: string) => await (await fetch(url)).json();

/** The last words of the guide of a demo that is served. */
const WHOLE = /Ctrl-C ends it/;

Deno.test("the demo shows what it says, and a second start takes what is there", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/demo`;
    const first = await serving(["demo", "--data", data, "--port", "0"]);
    const guide = await first.heard(WHOLE);
    const stats = await json(`${first.url}/api/stats`);
    assert.ok(stats.events >= 50_000, `${stats.events} events`);
    assert.equal(stats.parse_errors, 0);
    assert.ok(stats.sourcetypes.length >= 10);
    assert.ok(guide.includes(`${stats.events.toLocaleString("en-US")} events, `));

    const incident = /\/incidents\/([0-9a-f]{32})/.exec(guide)![1];
    const { incident: shown, timeline } = await json(`${first.url}/api/incidents/${incident}`);
    assert.equal(shown.severity, "critical");
    assert.ok(timeline.length > 2, "it is a course of several alerts");

    const page = new URL(/http:\S+\/search\?\S+/.exec(guide)![0]);
    const found = await json(`${first.url}/api/search${page.search}`);
    assert.equal(found.rows.length, 10);

    // What the guide calls the truth is what was stored.
    const truth = JSON.parse(await Deno.readTextFile(/\S+truth\.json/.exec(guide)![0]));
    const lines = Object.values<number>(truth.lines).reduce((a, b) => a + b);
    assert.equal(stats.events, lines);
    assert.ok(truth.attacks.length > 50);
    assert.deepEqual(truth.left_out, []);

    const busy = await picket(["demo", "--data", data]);
    assert.equal(busy.code, 2);
    assert.match(busy.stderr, /^error: A demo runs on ".*" already\n {2}help: End it/);
    assert.equal(await first.stop(), 0);

    const second = await serving(["demo", "--data", data, "--port", "0"]);
    assert.match(await second.heard(WHOLE), /^Taking the demo of \S+ in /);
    assert.equal((await json(`${second.url}/api/stats`)).events, stats.events);
    assert.equal(await second.stop(), 0);
  });
});

Deno.test("the demo leaves a folder of something else alone", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/mine.txt`, "mine");
    const other = await picket(["demo", "--data", folder]);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /^error: The folder ".*" holds something else than a demo\n/);
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), ["mine.txt"]);

    const file = await picket(["demo", "--data", `${folder}/mine.txt`]);
    assert.equal(file.code, 2);
    assert.match(file.stderr, /^error: Cannot write to ".*mine\.txt": .*\n {2}help: Name a folder/);
  });
});

Deno.test("on any day of the week the demo has room for each attack", () => {
  for (let day = 1; day <= 7; day++) {
    const start = Date.parse(demoStart(Date.UTC(2026, 10, day, 13)));
    const { truth } = new Simulation({
      seed: 1,
      start,
      end: start + DAYS * 86_400_000,
      rate: 1,
      streams: STREAMS,
      attacks: ATTACKS,
      every: null,
      malformed: 0,
      disorder: 0,
      step: 60_000,
    });
    assert.deepEqual(truth.left_out, []);
  }
});
