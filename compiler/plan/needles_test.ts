import assert from "node:assert/strict";
import fc from "fast-check";
import { needleTest } from "./needles.ts";

Deno.test("needles, few or many, give what looking for each gives, however often a text is asked", () => {
  const needles = Array.from({ length: 40 }, (_, i) => `w${i}x`);
  for (const count of [2, 40]) {
    const some = needles.slice(0, count);
    for (const method of ["includes", "startsWith", "endsWith"] as const) {
      const any = needleTest(some, method, true), all = needleTest(some, method, false);
      // More texts than are remembered, so that answers are forgotten and found again.
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 1500; i++) {
          const text = `${i % 3 ? "" : "a"}w${i}x${i % 2 ? "" : "z"}`;
          assert.equal(any(text), some.some((n) => text[method](n)), text);
          assert.equal(all(text), some.every((n) => text[method](n)), text);
        }
      }
      const long = "y".repeat(600) + "w1x";
      assert.equal(any(long), some.some((n) => long[method](n)));
      assert.equal(any(undefined), false);
      assert.equal(all(7), false);
    }
  }
});

Deno.test("many needles that share their ends, or are beyond ASCII, are found as one by one", () => {
  const tail = "z".repeat(24);
  const needles = [
    ...Array.from({ length: 12 }, (_, i) => `h${i}${tail}`),
    ..."ab bab aab é ößa \u2013enc i\u0307x ss \ud83d\ude00 x-y".split(" "),
  ];
  const test = needleTest(needles, "includes", true);
  const pieces = [...needles, tail, "h1", "a", "b", "\u2014enc", "\ud83d", "", "zzzz", "q"];
  fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 6 }), (parts) => {
    const text = parts.join("").toLowerCase();
    assert.equal(test(text), needles.some((n) => text.includes(n)), text);
  }));
  assert.equal(needleTest([...needles, ""], "includes", true)("q"), true);
});

Deno.test("lists of ends, beginnings and long texts give what looking for each gives", () => {
  const piece = fc.constantFrom(..."a b \\ .exe c:\\ windows é \u2013 x-y cmd power".split(" "));
  const text = fc.array(piece, { minLength: 1, maxLength: 5 }).map((p) => p.join(""));
  let hits = 0;
  fc.assert(fc.property(
    fc.array(text, { minLength: 12, maxLength: 20 }),
    fc.array(text, { minLength: 1, maxLength: 8 }),
    fc.constantFrom("includes", "startsWith", "endsWith") as fc.Arbitrary<
      "includes" | "startsWith" | "endsWith"
    >,
    (needles, texts, method) => {
      const long = needles.map((n) => n.replace(/[^ -~]/g, "-").padEnd(5, "a"));
      for (const some of [needles, long]) {
        const test = needleTest(some, method, true);
        for (const t of [...texts, "", some[0] + texts[0], texts[0] + some[0]]) {
          const expected = some.some((n) => t[method](n));
          if (expected) hits++;
          assert.equal(test(t), expected, `${t} ${method} ${some}`);
        }
      }
    },
  ));
  assert.equal(hits > 100, true);
});
