import assert from "node:assert/strict";
import { colorsOf } from "./colors.ts";

const NAMES = ["access_combined", "linux_secure", "named", "json", "postfix"];

Deno.test("a name keeps its colour whatever its rank", () => {
  const colors = colorsOf(NAMES);
  assert.deepEqual(colorsOf(NAMES.toReversed()), new Map([...colors]));
  assert.equal(new Set(colors.values()).size, NAMES.length);
});

Deno.test("more names than colours are no error", () => {
  const many = Array.from({ length: 40 }, (_, i) => `sourcetype_${i}`);
  assert.ok([...colorsOf(many).values()].every((c) => /^c\d+$/.test(c)));
});
