/** The checker of the layout, on graphs made up for it. */
import assert from "node:assert/strict";
import { circles, folders, forbidden, type Graph } from "./layout.ts";

const graph = (edges: Record<string, string[]>): Graph =>
  new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));

Deno.test("a circle of folders is found where no file is in a circle", () => {
  const made = graph({
    "a/one.ts": ["b/one.ts"],
    "b/one.ts": ["c/d/one.ts"],
    "c/d/one.ts": ["a/two.ts"],
    "a/two.ts": [],
    "main.ts": ["a/one.ts"],
  });
  assert.deepEqual(circles(made), []);
  assert.deepEqual(circles(folders(made)), ["a ↔ b ↔ c/d"]);
});

Deno.test("a folder and one within it are a circle when each imports the other", () => {
  const made = graph({ "a/mod.ts": ["a/b/x.ts"], "a/b/x.ts": ["a/y.ts"], "a/y.ts": [] });
  assert.deepEqual(circles(folders(made)), ["a ↔ a/b"]);
  const down = graph({ "a/mod.ts": ["a/b/x.ts"], "a/b/x.ts": [] });
  assert.deepEqual(circles(folders(down)), []);
});

Deno.test("files in a circle are found, and two circles are two", () => {
  const made = graph({
    "a/1.ts": ["a/2.ts"],
    "a/2.ts": ["a/1.ts", "b/1.ts"],
    "b/1.ts": ["b/2.ts"],
    "b/2.ts": ["b/3.ts"],
    "b/3.ts": ["b/1.ts"],
  });
  assert.deepEqual(circles(made), ["a/1.ts ↔ a/2.ts", "b/1.ts ↔ b/2.ts ↔ b/3.ts"]);
});

Deno.test("the longest entry counts, and x is not x/", () => {
  const layout = { a: ["b"], "a/c": ["b/"], b: [] };
  const made = graph({
    "a/1.ts": ["b/1.ts", "b/in/1.ts", "a/d/1.ts"],
    "a/c/1.ts": ["b/in/1.ts", "a/1.ts"],
    "b/1.ts": ["a/1.ts"],
    "e/1.ts": [],
  });
  assert.deepEqual(forbidden(made, layout), [
    "a/1.ts imports b/in/1.ts",
    "a/c/1.ts imports a/1.ts",
    "b/1.ts imports a/1.ts",
    "e/1.ts is in a folder that the layout does not name",
  ]);
});
