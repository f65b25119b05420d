/** Files that grow, move, are cut, packed, deleted and made again while they are read. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Handles } from "../../agent/sources/handles.ts";
import {
  agg,
  atLeast,
  events,
  is,
  keys,
  program,
  rule,
  where,
} from "../../agent/engine/testing/streams.ts";
import { openStore } from "../../agent/store/mod.ts";
import { withFolder } from "../run.ts";
import { follower, live } from "./harness.ts";

let n = 0;
/** Lines that no other has. */
function lines(count: number, host = "web1"): string {
  let out = "";
  for (let i = 0; i < count; i++) {
    const at = new Date(Date.UTC(2026, 2, 1) + 1000 * n++).toISOString().slice(0, 19);
    out += `${at}Z ${host} sshd[${n}]: Failed password for root from 203.0.113.7 port ${
      n % 60000
    } ssh2\n`;
  }
  return out;
}
const append = (path: string, text: string) => Deno.writeTextFile(path, text, { append: true });
const split = (text: string) => text.split("\n").slice(0, -1);
const sorted = (list: readonly string[]) => [...list].sort();

function test(name: string, work: (folder: string) => Promise<void>): void {
  Deno.test(`follow: ${name}`, () => withFolder(work));
}

test("a file is read as it grows, and half a line waits for its rest", async (folder) => {
  const path = `${folder}/auth.log`;
  const text = lines(5);
  await append(path, text.slice(0, -20));
  const run = live([follower([path])]);
  await run.until(() => run.lines.length === 4);
  await append(path, text.slice(-20));
  await run.until(() => run.lines.length === 5);
  const more = lines(3);
  for (const line of split(more)) await append(path, line + "\n");
  await run.until(() => run.lines.length === 8);
  await append(path, "half a line");
  const summary = await run.stop();
  assert.deepEqual(run.lines.slice(0, 8), split(text + more));
  // Nobody goes on from here: what was there of it is kept.
  assert.deepEqual(run.lines.slice(8).filter((l) => l !== "half a line"), []);
  assert.equal(summary.lines, run.lines.length);
});

const MANY = program(rule("many", events(is("action", "failure")), [
  {
    kind: "stats",
    aggs: [agg("count", "c")],
    by: keys("src"),
    window: { kind: "sliding", ms: 300_000 },
  },
  where(atLeast("c", 3)),
]));

/** A failed login every half minute of the last half hour. */
const untilNow = (host: string) =>
  Array.from(
    { length: 60 },
    (_, i) =>
      `${new Date(Date.now() - 30_000 * (60 - i)).toISOString()} ${host} sshd[1]: ` +
      "Failed password for root from 203.0.113.7 port 4 ssh2\n",
  ).join("");

test("what stands in several files before they are followed is in order", async (folder) => {
  const hosts = ["web1", "web2", "web3"];
  for (const host of hosts) await append(`${folder}/${host}.log`, untilNow(host));
  const run = live([follower(hosts.map((h) => `${folder}/${h}.log`))], {
    rules: MANY,
    lateness: 5000,
  });
  await run.until(() => run.lines.length === 180);
  await run.stop();
  assert.equal(run.engine!.counters().late, 0);
});

test("half a line behind what was read holds nobody for long", async (folder) => {
  const paths = ["web1", "web2"].map((h) => `${folder}/${h}.log`);
  for (const path of paths) await append(path, lines(60));
  const store = await openStore({ data: `${folder}/data` });
  const common = { rules: MANY, store, stream: "f".repeat(32), lateness: 5000, idle: 300 };
  const before = live([follower(paths)], common);
  await before.until(() => before.lines.length === 120);
  await before.stop();
  await append(paths[0], "half a line");
  const after = live([follower(paths)], common);
  const time = () => after.engine!.watermark() ?? 0;
  await after.until(() => after.notices.length > 0);
  await append(paths[1], untilNow("web2"));
  await after.until(() => time() > Date.now() - 60_000);
  await after.stop();
  await store.close();
});

test("a named file that is empty counts as followed", async (folder) => {
  const path = `${folder}/auth.log`;
  await append(path, "");
  const notices: string[] = [];
  const run = live([follower([path], { notice: (text) => notices.push(text) })]);
  await run.until(() => notices.length > 0);
  assert.deepEqual(notices, ["Following 1 file without a line yet; what appears later is found"]);
  await append(path, lines(2));
  await run.until(() => run.lines.length === 2);
  await run.stop();
});

test("rotation by rename: the old file is read to its end, the new one from its beginning", async (folder) => {
  const path = `${folder}/auth.log`;
  const [a, b, c, d] = [lines(10), lines(5), lines(7), lines(2)];
  await append(path, a);
  const run = live([follower([path])]);
  await run.until(() => run.lines.length === 10);
  await append(path, b);
  await Deno.rename(path, `${path}.1`);
  // The writer holds its file open for a while.
  await append(`${path}.1`, c);
  await append(path, d);
  await run.until(() => run.lines.length === 24);
  await run.stop();
  assert.deepEqual(sorted(run.lines), sorted(split(a + b + c + d)));
});

test("a folder: a renamed file is the same, new files are read, hidden ones are not", async (folder) => {
  const a = lines(10);
  await append(`${folder}/a.log`, a);
  const run = live([follower([folder])]);
  await run.until(() => run.lines.length === 10);
  await Deno.rename(`${folder}/a.log`, `${folder}/a.log.1`);
  const b = lines(4), c = lines(4), d = lines(4);
  await append(`${folder}/a.log`, b);
  await append(`${folder}/a.log.1`, c);
  await append(`${folder}/.hidden`, lines(4));
  await Deno.mkdir(`${folder}/deep`);
  await append(`${folder}/deep/d.log`, d);
  await run.until(() => run.lines.length >= 22);
  await run.stop();
  assert.deepEqual(sorted(run.lines), sorted(split(a + b + c + d)));
});

test("copytruncate: what the copy holds and was not read is read from it, nothing twice", async (folder) => {
  const a = lines(20), b = lines(5), c = lines(3);
  await append(`${folder}/a.log`, a);
  const run = live([follower([folder])]);
  await run.until(() => run.lines.length === 20);
  await Deno.writeTextFile(`${folder}/a.log.1`, a + b);
  await Deno.truncate(`${folder}/a.log`, 0);
  await append(`${folder}/a.log`, c);
  await run.until(() => run.lines.length >= 28);
  const summary = await run.stop();
  assert.deepEqual(sorted(run.lines), sorted(split(a + b + c)));
  assert.equal(summary.lines, 28);
});

test("a file that was written anew and is longer than before is read from its beginning", async (folder) => {
  const path = `${folder}/a.log`;
  const a = lines(5), b = lines(50);
  await append(path, a);
  const run = live([follower([path])]);
  await run.until(() => run.lines.length === 5);
  await Deno.writeTextFile(path, b);
  await run.until(() => run.lines.length >= 55);
  await run.stop();
  assert.deepEqual(run.lines, split(a + b));
});

test("packed after rotation: what was read is not read again", async (folder) => {
  const a = lines(20), rest = lines(6), b = lines(3);
  await append(`${folder}/a.log`, a);
  const run = live([follower([folder])]);
  await run.until(() => run.lines.length === 20);
  await Deno.remove(`${folder}/a.log`);
  await Deno.writeFile(`${folder}/a.log.1.gz`, gzipSync(a + rest));
  await append(`${folder}/a.log`, b);
  await run.until(() => run.lines.length >= 29);
  await run.stop();
  assert.deepEqual(sorted(run.lines), sorted(split(a + rest + b)));
});

test("deleted and made again; a file that is not there yet", async (folder) => {
  const path = `${folder}/later/a.log`;
  const run = live([follower([path])]);
  await Deno.mkdir(`${folder}/later`);
  const a = lines(5), b = lines(3);
  await append(path, a);
  await run.until(() => run.lines.length === 5);
  await Deno.remove(path);
  await append(path, b);
  await run.until(() => run.lines.length === 8);
  await run.stop();
  assert.deepEqual(run.lines, split(a + b));
});

test("two logs that begin with one line are two", async (folder) => {
  const first = lines(1);
  const a = first + lines(10), b = first + lines(4, "web2");
  await append(`${folder}/a.log`, a);
  const run = live([follower([folder])]);
  await run.until(() => run.lines.length === 11);
  await append(`${folder}/b.log`, b);
  await run.until(() => run.lines.length === 16);
  await append(`${folder}/b.log`, lines(2));
  await run.until(() => run.lines.length === 18);
  await run.stop();
});

test("a log that begins with all that another holds is no copy of it", async (folder) => {
  const first = lines(1), a = lines(2), b = lines(3, "web2");
  await append(`${folder}/a.log`, first);
  const run = live([follower([folder])]);
  await run.until(() => run.lines.length === 1);
  await append(`${folder}/b.log`, first + b);
  await run.until(() => run.lines.length === 5);
  await append(`${folder}/a.log`, a);
  await run.until(() => run.lines.length === 7);
  await run.stop();
  assert.deepEqual(sorted(run.lines), sorted(split(first + first + a + b)));
});

test("a file that comes back goes on where it stood", async (folder) => {
  const path = `${folder}/in/a.log`;
  await Deno.mkdir(`${folder}/in`);
  const [a, b] = [lines(3), lines(2)];
  await append(path, a);
  const run = live([follower([path], { drain: 30 })]);
  await run.until(() => run.lines.length === 3);
  await Deno.rename(path, `${folder}/away.log`);
  await new Promise((done) => setTimeout(done, 300));
  await append(`${folder}/away.log`, b);
  await Deno.rename(`${folder}/away.log`, path);
  await run.until(() => run.lines.length === 5);
  await run.stop();
  assert.deepEqual(run.lines, split(a + b));
});

test("many files through few handles", async (folder) => {
  const handles = new Handles(8);
  const files = 300;
  let most = 0;
  for (let i = 0; i < files; i++) await append(`${folder}/${i}.log`, lines(3, `web${i}`));
  const run = live([follower([folder], { handles })], {
    batch: () => {
      most = Math.max(most, handles.size);
      return true;
    },
  });
  await run.until(() => run.lines.length === 3 * files);
  for (let i = 0; i < files; i += 3) await append(`${folder}/${i}.log`, lines(1, `web${i}`));
  await run.until(() => run.lines.length === 3 * files + files / 3);
  await run.stop();
  assert.equal(new Set(run.lines).size, run.lines.length);
  assert.ok(most > 0 && most <= 8, `${most} handles`);
});

test("what is stopped goes on, also where rotation has moved it", async (folder) => {
  const path = `${folder}/auth.log`;
  const store = await openStore({ data: `${folder}/data` });
  try {
    const options = { store, stream: "s".repeat(32), follow: true, rules: program() };
    const [a, b, c, d] = [lines(30), lines(6), lines(9), lines(4)];
    await append(path, a + "Mar  1 00");
    const run = live([follower([path])], options);
    await run.until(() => run.lines.length === 30);
    await run.stop();
    assert.equal(run.lines.length, 30);
    // While nobody reads: half a line is ended, and two rotations.
    await append(path, ":00:00 web1 cron[1]: done\n" + b);
    await Deno.rename(path, `${path}.2`);
    await append(`${path}.1`, c);
    await append(path, d);
    const again = live([follower([path])], options);
    await again.until(() => again.lines.length === 20);
    await append(path, lines(1));
    await again.until(() => again.lines.length === 21);
    await again.stop();
    assert.match(again.notices.join("\n"), /Going on from line 31 of .*auth\.log\.2/);
    assert.deepEqual(
      sorted(again.lines.slice(0, 20)),
      sorted(split("Mar  1 00:00:00 web1 cron[1]: done\n" + b + c + d)),
    );
    const { events } = await store.stats();
    assert.equal(events, 51);
    const jobs = (await store.jobs({ limit: 99 })).items;
    assert.ok(jobs.every((j) => j.state === "stopped" || j.state === "done"), JSON.stringify(jobs));
  } finally {
    await store.close();
  }
});
