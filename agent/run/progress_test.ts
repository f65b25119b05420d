import assert from "node:assert/strict";
import { emptySummary, summaryText } from "./progress.ts";

Deno.test("the summary says of how many events no time was read, and of how many it lies ahead", () => {
  const text = summaryText(
    { ...emptySummary(), lines: 40, events: 40, untimed: 39, future: 1 },
    true,
  );
  assert.match(
    text,
    /Times: none could be read of 39 of 40 events, which got that of their arrival/,
  );
  assert.match(text, /Times: 1 of 40 events says? one in the future/);
  assert.doesNotMatch(summaryText({ ...emptySummary(), lines: 1, events: 1 }, true), /Times:/);
});
