import assert from "node:assert/strict";
import { readSearch } from "./search.ts";

Deno.test("fields are taken out of a search, and the words are left", () => {
  const cases: Record<string, [Record<string, string>, string]> = {
    "failed password": [{}, "failed password"],
    "src=10.0.0.1": [{ src: "10.0.0.1" }, ""],
    "failed src = 10.0.0.1  for root": [{ src: "10.0.0.1" }, "failed for root"],
    'user="j smith" login': [{ user: "j smith" }, "login"],
    "All_Changes.user=x y=": [{ "All_Changes.user": "x" }, "y="],
    'action=""': [{ action: "" }, ""],
    "a==b": [{ a: "=b" }, ""],
    "/index.php?id=1": [{}, "/index.php?id=1"],
    "": [{}, ""],
  };
  for (const [text, [fields, words]] of Object.entries(cases)) {
    assert.deepEqual(readSearch(text), { fields, words }, text);
  }
});

Deno.test("an operator stays with the name of its field", () => {
  assert.deepEqual(readSearch("action!=success status>=500 failed"), {
    fields: { "action!": "success", "status>": "500" },
    words: "failed",
  });
});
