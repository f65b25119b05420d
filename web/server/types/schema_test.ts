import assert from "node:assert/strict";
import * as s from "./schema.ts";

const Inner = s.named("Inner", s.object({ id: s.hexId }, { note: s.nullable(s.text()) }));
const Outer = s.named(
  "Outer",
  s.object({
    inner: Inner,
    kind: s.oneOf(["a", "b"]),
    counts: s.list(s.count, { maxItems: 2 }),
    any: s.map(s.anyOf(s.number(), s.flag)),
  }, { at: s.moment, name: s.text({ minLength: 1, maxLength: 3, pattern: "^[a-z😀]+$" }) }),
);
const good = { inner: { id: "0".repeat(32) }, kind: "a", counts: [1], any: { x: 1.5, y: true } };

const path = (value: unknown) => s.misfit(Outer.json, value, Outer.defs)?.path;

Deno.test("a value that fits, and the place of each misfit", () => {
  const type: s.Infer<typeof Outer> = { ...good, kind: "a" };
  assert.equal(path(type), undefined);
  assert.equal(path({ ...good, at: "2026-03-29T00:02:15.5Z", name: "ab😀" }), undefined);
  const cases: [unknown, string][] = [
    [null, ""],
    [[], ""],
    ["x", ""],
    [{ ...good, more: 1 }, "more"],
    [{ ...good, kind: "c" }, "kind"],
    [{ ...good, kind: undefined }, "kind"],
    [{ kind: "a", counts: [], any: {} }, "inner"],
    [{ ...good, inner: { id: "0".repeat(31) } }, "inner.id"],
    [{ ...good, inner: { id: "0".repeat(32), note: 1 } }, "inner.note"],
    [{ ...good, inner: { id: "0".repeat(32), __proto__x: 1 } }, "inner.__proto__x"],
    [{ ...good, counts: [1, 2, 3] }, "counts"],
    [{ ...good, counts: [1, -1] }, "counts[1]"],
    [{ ...good, counts: [1.5] }, "counts[0]"],
    [{ ...good, any: { x: "text" } }, "any.x"],
    [{ ...good, at: "yesterday" }, "at"],
    [{ ...good, name: "" }, "name"],
    [{ ...good, name: "abcd" }, "name"],
    [{ ...good, name: "A" }, "name"],
    [
      JSON.parse(`{"__proto__": 1, "inner": {}, "kind": "a", "counts": [], "any": {}}`),
      "__proto__",
    ],
  ];
  for (const [value, at] of cases) assert.equal(path(value), at, JSON.stringify(value));
  assert.equal(path({ ...good, inner: { id: "0".repeat(32), note: null } }), undefined);
});

Deno.test("a named schema is defined with all that it refers to", () => {
  assert.deepEqual(Object.keys(s.list(Outer).defs).sort(), ["Inner", "Outer"]);
  assert.deepEqual(Outer.json, { $ref: "#/components/schemas/Outer" });
});
