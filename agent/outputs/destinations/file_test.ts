import assert from "node:assert/strict";
import { file } from "./file.ts";
import { contextOf, notificationOf, richAlert, settingsOf, TIME } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;

for (const form of ["json", "ocsf", "ecs", "cef", "text"]) {
  let lines = 0;
  destinationSuite({
    name: `file, ${form}`,
    async open() {
      const folder = await Deno.makeTempDir();
      const path = `${folder}/alerts`;
      const settings = settingsOf(file, { path, form });
      return {
        destination: await file.make(settings, contextOf()),
        received: async () => {
          const text = await Deno.readTextFile(path).catch(() => "");
          assert.ok(text === "" || text.endsWith("\n"));
          lines = text.split("\n").length - 1;
          return text.split("\n").slice(0, -1);
        },
        mode() {},
        end: () => Deno.remove(folder, { recursive: true }),
      };
    },
    modes: [],
    records: true,
    inert(delivery) {
      assert.ok(lines > 0);
      if (form === "cef") assert.match(delivery, /^CEF:0\|Picket\|Picket\|[\d.]+\|/);
      else if (form !== "text") JSON.parse(delivery);
    },
  });
}

async function withFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const keysIn = async (path: string) =>
  (await Deno.readTextFile(path)).trim().split("\n").map((l) => JSON.parse(l).key);

async function deliver(
  given: Record<string, string | number | boolean>,
  keys: readonly string[],
  now = TIME,
) {
  const destination = await file.make(settingsOf(file, given), contextOf({ now: () => now }));
  for (const key of keys) {
    const outcome = await destination.deliver(notificationOf([richAlert()], { key }), forever());
    assert.deepEqual(outcome, { state: "delivered" });
  }
  await destination.close();
}

Deno.test("file: beyond its size it is rotated, and the oldest goes", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.ndjson`;
    await deliver({ path }, ["size"]);
    const { size } = await Deno.stat(path);
    await deliver({ path, max_size: size * 2 + 100, keep: 2 }, ["b", "c", "d", "e", "f", "g", "h"]);
    assert.deepEqual(await keysIn(path), ["g", "h"]);
    assert.deepEqual(await keysIn(`${path}.1`), ["e", "f"]);
    assert.deepEqual(await keysIn(`${path}.2`), ["c", "d"]);
    assert.equal([...Deno.readDirSync(folder)].length, 3);
  }));

Deno.test("file: the first alert of a day rotates it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.ndjson`;
    await deliver({ path, daily: true }, ["a"]);
    const yesterday = new Date(TIME - 86_400_000);
    await Deno.utime(path, yesterday, yesterday);
    await deliver({ path, daily: true }, ["b"]);
    await Deno.utime(path, new Date(TIME), new Date(TIME));
    await deliver({ path, daily: true }, ["c"]);
    assert.deepEqual(await keysIn(path), ["b", "c"]);
    assert.deepEqual(await keysIn(`${path}.1`), ["a"]);
  }));

Deno.test("file: a line that a power failure cut is ended before the next, and nothing is lost", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.ndjson`;
    await Deno.writeTextFile(path, '{"key":"whole"}\n{"key":"cu');
    await deliver({ path }, ["next"]);
    const lines = (await Deno.readTextFile(path)).split("\n");
    assert.deepEqual(lines.slice(0, 2), ['{"key":"whole"}', '{"key":"cu']);
    assert.equal(JSON.parse(lines[2]).key, "next");
  }));

Deno.test("file: moved away by another program, it is made anew", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.ndjson`;
    const destination = await file.make(settingsOf(file, { path }), contextOf());
    await destination.deliver(notificationOf([richAlert()], { key: "a" }), forever());
    await Deno.rename(path, `${path}.moved`);
    await destination.deliver(notificationOf([richAlert()], { key: "b" }), forever());
    assert.deepEqual(await keysIn(path), ["b"]);
    assert.equal((await Deno.stat(path)).mode! & 0o007, 0);
  }));

Deno.test("file: what cannot be written is told", () =>
  withFolder(async (folder) => {
    const outcomeOf = async (path: string) => {
      const destination = await file.make(settingsOf(file, { path }), contextOf());
      return await destination.deliver(notificationOf([richAlert()]), forever());
    };
    assert.equal((await outcomeOf(`${folder}/none/a`)).state, "retry");
    assert.deepEqual(await outcomeOf(folder), {
      state: "rejected",
      reason: `"${folder}" is no regular file`,
    });
  }));
