/** The forwarder's buffer: what was added comes once it is asked for, also after a kill. */
import assert from "node:assert/strict";
import { withFolder } from "../../tests/run.ts";
import { Buffer } from "./buffer.ts";
import type { Line, Source } from "./records.ts";

const of: Source = { key: "h:tcp", host: "h", source: "tcp", sourcetype: null };
const lines = (n: number, from = 0, text = "line"): Line[] =>
  Array.from({ length: n }, (_, i) => ({
    of,
    text: `${text} ${from + i} ü\n"x"`,
    offset: from + i,
    time: 1000 + i,
  }));
const open = (folder: string, limit = 1 << 30, notices: string[] = []) =>
  Buffer.open(folder, limit, (text) => void notices.push(text));
const files = (folder: string) => [...Deno.readDirSync(folder)].map((e) => e.name).sort();

/** All that is there, acknowledged or not. */
async function take(buffer: Buffer, n: number, acknowledge = true): Promise<Line[]> {
  const out: Line[] = [];
  while (out.length < n) {
    const found = await buffer.next();
    if (found === null) break;
    out.push(...found.lines);
    if (acknowledge) await found.done();
  }
  return out;
}

Deno.test("forward buffer: lines come as they were, in order, and leave no file behind", () =>
  withFolder(async (folder) => {
    const buffer = await open(folder);
    await buffer.add(lines(10));
    await buffer.add(lines(10, 10));
    assert.deepEqual(await take(buffer, 20), [...lines(10), ...lines(10, 10)]);
    assert.equal(buffer.held, 0);
    await buffer.close();
    assert.equal(await buffer.next(), null);
    assert.equal(await buffer.add(lines(1)), false);
    assert.deepEqual(files(folder), []);
  }));

Deno.test("forward buffer: what was not acknowledged comes again after a kill", () =>
  withFolder(async (folder) => {
    const first = await open(folder);
    await first.add(lines(5));
    assert.equal((await take(first, 5)).length, 5);
    await first.add(lines(5, 5));
    assert.equal((await take(first, 5, false)).length, 5);
    // Killed: nothing is closed.
    const second = await open(folder);
    assert.ok(second.held > 0);
    await second.add(lines(5, 10));
    assert.deepEqual((await take(second, 10)).map((l) => l.offset), [
      5,
      6,
      7,
      8,
      9,
      10,
      11,
      12,
      13,
      14,
    ]);
    await second.close();
    await first.close().catch(() => {});
  }));

Deno.test("forward buffer: a line that a kill cut off is left out, and what follows is not", () =>
  withFolder(async (folder) => {
    const first = await open(folder);
    await first.add(lines(3));
    const [name] = files(folder);
    const { size } = await Deno.stat(`${folder}/${name}`);
    await Deno.truncate(`${folder}/${name}`, size - 4);
    const second = await open(folder);
    await second.add(lines(2, 3));
    assert.deepEqual((await take(second, 4)).map((l) => l.offset), [0, 1, 3, 4]);
    await second.close();
    assert.deepEqual(files(folder), []);
    await first.close().catch(() => {});
  }));

Deno.test("forward buffer: answers in another order never let go of what is not answered", () =>
  withFolder(async (folder) => {
    const buffer = await open(folder);
    await buffer.add(lines(1, 0, "a".repeat(300_000)));
    await buffer.add(lines(1, 1, "b".repeat(300_000)));
    const one = await buffer.next(), two = await buffer.next();
    const held = buffer.held;
    await two!.done();
    assert.equal(buffer.held, held);
    const again = await open(folder);
    assert.equal((await take(again, 2)).length, 2);
    await again.close();
    await one!.done().catch(() => {});
    await buffer.close().catch(() => {});
  }));

Deno.test("forward buffer: who comes to a full one waits, and that is said once", () =>
  withFolder(async (folder) => {
    const notices: string[] = [];
    const buffer = await open(folder, 1000, notices);
    await buffer.add(lines(20, 0, "x".repeat(100)));
    let added = false;
    const adding = buffer.add(lines(1, 20)).then(() => added = true);
    await new Promise((done) => setTimeout(done, 50));
    assert.equal(added, false);
    assert.match(notices[0], /^warning: The buffer is full \(1000 bytes/);
    await take(buffer, 20);
    await buffer.close();
    await adding;
    assert.equal(notices.length, 1);
  }));
