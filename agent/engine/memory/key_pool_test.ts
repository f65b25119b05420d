import { deepEqual, equal, notEqual } from "node:assert/strict";
import { EMPTY_KEY, KeyPool, NO_KEY } from "./key_pool.ts";
import { SlotIndex } from "./slot_index.ts";
import { seeded } from "../../simulate/random.ts";

Deno.test("a key's text says its fields, and is read back as the same key", () => {
  const keys = new KeyPool();
  const groups = [
    ["a", "bc"],
    ["ab", "c"],
    ["", ""],
    ["a", undefined],
    [undefined, "a"],
    ["a", "b", "c"],
    ["-", "1:a"],
    ["ü", "日本", "a text that is longer than a record"],
    [undefined],
    ["a"],
  ];
  const made = groups.map((values) => keys.ofValues(values, false));
  equal(new Set(made).size, groups.length);
  groups.forEach((values, i) => {
    deepEqual(keys.values(made[i]), values);
    equal(keys.ofText(keys.text(made[i]), false), made[i]);
    equal(keys.ofValues(values, false), made[i]);
  });
  equal(keys.text(made[3]), "1:a-");
  // A field that must be there is the key as it is, and another one than that which may be missing.
  const whole = keys.ofValues(["a"], true);
  equal(keys.text(whole), "a");
  notEqual(whole, made[9]);
});

Deno.test("a number and its text are one key; a missing field is none", () => {
  const keys = new KeyPool();
  equal(keys.of(5), keys.of("5"));
  equal(keys.of(undefined), NO_KEY);
  equal(keys.of(""), EMPTY_KEY);
  equal(keys.ofValues([], true), EMPTY_KEY);
});

Deno.test("keys that nobody retains go, with their parts; those that are retained stay", () => {
  const keys = new KeyPool();
  const before = keys.size;
  const kept = keys.pair(keys.of("a"), keys.of("b"));
  keys.retain(kept);
  for (let i = 0; i < 20_000; i++) {
    keys.pair(keys.of(`source ${i}`), keys.of("b"));
    keys.settle();
  }
  keys.settle(true);
  equal(keys.size, before + 3);
  equal(keys.text(kept), "1:a1:b");
  equal(keys.pair(keys.of("a"), keys.of("b")), kept);
  keys.release(kept);
  keys.settle(true);
  equal(keys.size, before);
});

Deno.test("what a random course retains has its text, whatever goes beside it", () => {
  const r = seeded(11);
  const keys = new KeyPool();
  const held = new Map<number, { text: string; times: number }>();
  for (let i = 0; i < 60_000; i++) {
    const a = `10.0.${r.int(0, 9)}.${r.int(0, 255)}`, b = r.pick(["root", "admin", "日"]);
    const key = r.chance(0.5) ? keys.of(a) : keys.pair(keys.of(a), keys.part(b));
    const of = held.get(key);
    if (of === undefined) held.set(key, { text: keys.text(key), times: 1 });
    else of.times++;
    keys.retain(key);
    if (held.size > 500) {
      const [gone, { times }] = held.entries().next().value!;
      for (let n = 0; n < times; n++) keys.release(gone);
      held.delete(gone);
    }
    keys.settle();
  }
  for (const [key, { text }] of held) {
    equal(keys.text(key), text);
    equal(keys.ofText(text, !text.includes(":")), key);
  }
});

Deno.test("slots are found by key while others come and go", () => {
  const r = seeded(5);
  const index = new SlotIndex();
  const slots = new Map<number, number>();
  for (let i = 0; i < 50_000; i++) {
    const key = r.int(0, 3000);
    if (slots.has(key)) {
      index.remove(key);
      slots.delete(key);
    } else {
      index.add(key, i);
      slots.set(key, i);
    }
  }
  equal(index.size, slots.size);
  for (let key = 0; key <= 3000; key++) equal(index.get(key), slots.get(key) ?? -1);
});
