/** Values as an alert's message shows them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { layOver, likeTest, show } from "./helpers.ts";

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

Deno.test("like matches what a regex of its pattern matches", () => {
  const piece = (more: readonly string[]) =>
    fc.array(fc.constantFrom("a", "B", "ab", "é", "\\", "\u{1f600}", ...more), {
      maxLength: 7,
    }).map((p) => p.join(""));
  const regexOf = (pattern: string) =>
    new RegExp(
      "^" + Array.from(pattern, (c) =>
        c === "*" ? ".*" : c === "?" ? "." : `\\u{${c.codePointAt(0)!.toString(16)}}`).join("") +
        "$",
      "su",
    );
  let hits = 0;
  fc.assert(
    fc.property(piece(["*", "**", "?"]), piece([]), fc.boolean(), (pattern, text, cs) => {
      const texts = [text, pattern.replace(/[*?]/g, "a"), pattern.replace(/[*?]/g, "")];
      const low = (s: string) => cs ? s : s.toLowerCase();
      for (const t of texts) {
        const expected = regexOf(low(pattern)).test(low(t));
        if (expected) hits++;
        assert.equal(likeTest(pattern, cs)(t), expected, JSON.stringify([pattern, t, cs]));
      }
    }),
    { numRuns: 2000 },
  );
  assert.equal(hits > 500, true);
  assert.equal(likeTest("a*", false)(7), false);
});

Deno.test("a row laid over an event has the event's fields but for its own, and leaves it as it is", () => {
  class Event {
    _raw = "line";
    user: string | undefined = "root";
    get src() {
      return "192.0.2.1";
    }
  }
  const event = new Event();
  const row = layOver(event, { user: undefined, sourcetype: "x" }) as Record<string, unknown>;
  assert.deepEqual(Object.keys(row), ["user", "sourcetype", "_raw"]);
  assert.deepEqual([row.user, row.sourcetype, row._raw, row.src], [
    undefined,
    "x",
    "line",
    "192.0.2.1",
  ]);
  assert.deepEqual([event.user, "sourcetype" in event], ["root", false]);
});
