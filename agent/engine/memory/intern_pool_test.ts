import { deepEqual, equal } from "node:assert/strict";
import { InternPool, MISSING } from "./intern_pool.ts";
import { KeyPool } from "./key_pool.ts";

Deno.test("a value has one number while a row holds it", () => {
  const values = new InternPool(new KeyPool());
  const a = values.take(7), b = values.take("b");
  equal(values.take(7), a);
  equal(values.take(undefined), MISSING);
  deepEqual([values.at(a), values.at(b), values.at(MISSING)], [7, "b", undefined]);
  values.give(a);
  equal(values.at(a), 7);
  values.give(a);
  equal(values.size, 0);
  const c = values.take(8);
  values.give(c);
  const d = values.take(9);
  equal(d, c);
  equal(values.at(values.take(8)), 8);
  equal(values.at(d), 9);
});

Deno.test("many values, of every kind, told apart by type", () => {
  const keys = new KeyPool();
  const before = keys.size;
  const values = new InternPool(keys);
  const all = [
    1,
    "1",
    true,
    "true",
    0,
    "",
    false,
    ...Array.from({ length: 1000 }, (_, i) => `u${i}`),
    "a text that is longer than a record",
    "日本",
  ];
  const numbers = all.map((v) => values.take(v));
  equal(new Set(numbers).size, all.length);
  deepEqual(numbers.map((n) => values.at(n)), all);
  for (const n of numbers) values.give(n);
  equal(values.size, 0);
  keys.settle(true);
  equal(keys.size, before);
});
