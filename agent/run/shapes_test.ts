import assert from "node:assert/strict";
import { shapeOf, Shapes, together } from "./shapes.ts";

Deno.test("what differs from line to line is masked", () => {
  assert.equal(
    shapeOf(
      '2026-03-29T00:02:11.5Z web1 shopd[77]: order 12 of bob@example.com from 203.0.113.9 "x y"',
    ),
    "<time> <name> shopd[<n>]: order <n> of <mail> from <address> <text>",
  );
  assert.equal(
    shapeOf("Mar 29 00:02:11 h x: 2001:db8::1 0xdeadbeef"),
    "<time> h x: <address> <id>",
  );
});

Deno.test("lines that differ in a name are one shape, the commonest first", () => {
  const shapes = new Shapes();
  for (const name of ["ann", "bob", "eve"]) {
    shapes.note(`shop: order of ${name} was taken`, "syslog");
  }
  shapes.note("shop: ready", "syslog");
  shapes.note("   ", "syslog");
  assert.deepEqual(shapes.commonest(3).map((s) => [s.shape, s.lines, s.sourcetype]), [
    ["shop: order of <*> was taken", 3, "syslog"],
    ["shop: ready", 1, "syslog"],
  ]);
  assert.equal(shapes.commonest(1).length, 1);
});

Deno.test("neither lines nor shapes grow without end", () => {
  const shapes = new Shapes();
  const word = (n: number) => n.toString(26).replace(/\d/g, (d) => "qrstuvwxyz"[+d]);
  for (let i = 0; i < 10_000; i++) {
    shapes.note(`${word(i)} ${word(i * 7)} ${word(i * 31)}`, "syslog");
  }
  assert.ok(shapes.commonest(10_000).length <= 256);
  // Lines that are not looked at are counted by those that are.
  const same = new Shapes();
  for (let i = 0; i < 10_000; i++) same.note("shop: order 12 taken", "syslog");
  assert.equal(same.commonest(1)[0].lines, 10_000);
});

Deno.test("shapes of several inputs add up", () => {
  const of = (lines: number) => [{ sourcetype: "a", shape: "x <n>", lines, example: "x 1" }];
  assert.deepEqual(together([of(2), of(3)], 3).map((s) => s.lines), [5]);
});
