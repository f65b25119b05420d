import assert from "node:assert/strict";
import { rangeOf } from "./range.ts";

const stats = {
  first: "2026-03-02T00:00:00Z",
  last: "2026-03-09T13:00:00Z",
  newest: "2026-03-09T12:02:13Z",
};
const at = (query: string, newest = stats.newest) =>
  rangeOf(new URLSearchParams(query), { ...stats, newest }, "24h");

Deno.test("the last 15 minutes end at the newest event, not at its hour's end", () => {
  const { params, from, to } = at("range=15m");
  assert.deepEqual(params, { from: "2026-03-09T11:47:15.000Z", to: "2026-03-09T12:02:15.000Z" });
  assert.equal(to! - from!, 900_000);
});

Deno.test("a relative range moves in steps, and stays the same view", () => {
  const before = at("range=15m"), soon = at("range=15m", "2026-03-09T12:02:14.9Z");
  const later = at("range=15m", "2026-03-09T12:02:16Z");
  assert.deepEqual(soon.params, before.params);
  assert.notDeepEqual(later.params, before.params);
  assert.equal(later.key, before.key);
  assert.notEqual(at("range=1h").key, before.key);
});

Deno.test("given ends stay as they are, and unknown names are the usual range", () => {
  const given = at("from=2026-03-05T00:00:00Z&to=2026-03-06T00:00:00Z");
  assert.deepEqual([given.name, given.to! - given.from!], [null, 86_400_000]);
  assert.equal(at("range=constructor").name, "24h");
  assert.deepEqual(at("range=all").params, {});
});
