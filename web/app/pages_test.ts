import assert from "node:assert/strict";
import { NAVIGATION, pageAt, PAGES } from "./pages.ts";

Deno.test("addresses and keys of pages are each given once", () => {
  const paths = PAGES.map((p) => p.path.replace(/:\w+/g, ":"));
  assert.equal(new Set(paths).size, PAGES.length);
  assert.equal(new Set(NAVIGATION.map((p) => p.key)).size, NAVIGATION.length);
  // `g g` starts anew, and these work without `g`.
  for (const { key } of NAVIGATION) assert.match(key, /^[a-ce-fh-z]$/);
});

Deno.test("an address leads to its page, with the segment that stands for a name", () => {
  assert.deepEqual([pageAt("/").page.title, pageAt("/").value], ["Overview", ""]);
  const { page, value } = pageAt("/rules/a%2Fb");
  assert.deepEqual([page.path, value], ["/rules/:name", "a/b"]);
  assert.equal(pageAt("/rules/%ff").value, "%ff");
  for (const path of ["/nothing", "/rules/", "/rules/a/b", "/alertsx", "/:id"]) {
    assert.equal(pageAt(path).page.title, "Not found", path);
  }
});
