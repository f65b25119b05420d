/** Searching what a run stored, as an analyst types it. */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { withFolder } from "./run.ts";

Deno.test("search: rows, the range that was searched, and what is not understood", async () => {
  await withFolder(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const read = await inProcess(
      ["agent", ...data, "--year", "2026", "--quiet", "tests/samples/auth.log"],
    );
    assert.equal(read.code, 0, read.stderr);
    const search = (...args: string[]) => inProcess(["search", ...data, ...args]);
    const rows = ({ stdout }: { stdout: string }) =>
      stdout.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

    const top = await search("action:failure | top 1 src");
    assert.equal(top.code, 0, top.stderr);
    assert.deepEqual(rows(top).map(({ src, count }) => [src, count]), [["203.0.113.66", 96]]);
    // Nobody said from when: that there is a range is told.
    assert.match(top.stderr, /^24h up to the newest event, 2026-03-10 \d\d:\d\d:\d\dZ: nothing/);
    assert.match(top.stderr, /^1 row$/m);

    const none = await search('"no such text"');
    assert.deepEqual(rows(none), []);
    assert.match(none.stderr, /^0 rows in this range; --since looks further back$/m);
    const wide = await search('"no such text"', "--since", "30d");
    assert.match(wide.stderr, /^30d up to the newest event/);
    assert.match(wide.stderr, /^0 rows$/m);

    const some = await search("user:root", "--limit", "2", "--since", "30d");
    assert.equal(rows(some).length, 2);
    assert.match(some.stderr, /2 rows; there are more than 2, see --limit/);

    const wrong = await search("sorce:x");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Unknown field "sorce"[\s\S]*Did you mean source\?/);
    const explained = await search("user:root | stats count() as n by src", "--explain");
    assert.equal(explained.code, 0);
    assert.match(explained.stdout, /database/);
  });
});
