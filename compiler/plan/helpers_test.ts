/** Values as an alert's message shows them. */
import assert from "node:assert/strict";
import { show } from "./helpers.ts";

Deno.test("messages have no holes, no endless digits and no bare milliseconds", () => {
  const cases: [unknown, string, string][] = [
    [undefined, "string", "unknown"],
    ["root", "string", "root"],
    [["a", "b"], "list", "a, b"],
    [12, "int", "12"],
    [2.3456789, "float", "2.35"],
    [0.000123456, "float", "0.000123"],
    [90_000, "duration", "90s"],
    [0, "timestamp", "1970-01-01T00:00:00.000Z"],
    [true, "bool", "true"],
  ];
  for (const [value, type, text] of cases) assert.equal(show(value as never, type), text);
});
