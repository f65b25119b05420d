import assert from "node:assert/strict";
import { h, options } from "preact";
import { inertChildren, startInertText } from "./inert_text.ts";

Deno.test("texts among children are inert, and what has none stays the same object", () => {
  const list = ["a\u202eb", 7, null, ["\u200bx", "y"], { type: "p" }] as never[];
  assert.deepEqual(inertChildren(list), [
    "a\\u{202e}b",
    7,
    null,
    ["\\u{200b}x", "y"],
    { type: "p" },
  ]);
  const plain = ["one", ["two\n\tthree"]];
  assert.equal(inertChildren(plain), plain);
});

Deno.test("elements are made inert, their links exact", () => {
  const before = options.vnode;
  try {
    startInertText();
    const user = "root\u202e";
    const link = h("a", { href: `/events?user=${user}`, title: user }, "user ", user);
    assert.deepEqual({ ...link.props }, {
      href: `/events?user=${user}`,
      title: "root\\u{202e}",
      children: ["user ", "root\\u{202e}"],
    });
  } finally {
    options.vnode = before;
  }
});
