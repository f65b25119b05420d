import { deepEqual, equal } from "node:assert/strict";
import { InternPool, MISSING } from "./intern_pool.ts";

Deno.test("a value has one number while a row holds it", () => {
  const values = new InternPool();
  const a = values.take("a"), b = values.take("b");
  equal(values.take("a"), a);
  equal(values.take(undefined), MISSING);
  deepEqual([values.at(a), values.at(b), values.at(MISSING)], ["a", "b", undefined]);
  values.give(a);
  equal(values.at(a), "a");
  values.give(a);
  equal(values.size, 1);
  // What was let go is not remembered as the last one.
  const c = values.take("c");
  values.give(c);
  const d = values.take("d");
  equal(d, c);
  equal(values.at(values.take("c")), "c");
  equal(values.at(d), "d");
});

Deno.test("many values, of every kind, told apart by type", () => {
  const values = new InternPool();
  const all = [
    1,
    "1",
    true,
    "true",
    0,
    "",
    false,
    ...Array.from({ length: 1000 }, (_, i) => `u${i}`),
  ];
  const numbers = all.map((v) => values.take(v));
  equal(new Set(numbers).size, all.length);
  deepEqual(numbers.map((n) => values.at(n)), all);
  for (const n of numbers) values.give(n);
  equal(values.size, 0);
});
