import assert from "node:assert/strict";
import { AlertsFile } from "./alerts_file.ts";
import { closed, sampleAlert, sinkSuite } from "./testing/suite.ts";

/** A file in memory, which may become full. */
function file() {
  const state = { text: "", full: false };
  const decoder = new TextDecoder();
  const sink = new AlertsFile("alerts.ndjson", () =>
    Promise.resolve({
      writeSync(bytes: Uint8Array) {
        if (state.full) throw new Error("No space left on device");
        // A disk may take a part.
        const part = bytes.subarray(0, 1000);
        state.text += decoder.decode(part, { stream: true });
        return part.length;
      },
      sync: () => Promise.resolve(),
      close() {},
    }));
  return { sink, received: () => state.text, fail: () => void (state.full = true) };
}

sinkSuite({ name: "alerts", open: file });

Deno.test("alerts: a line of JSON for each alert that is over", async () => {
  const { sink, received } = file();
  await sink.open();
  sink.write({
    alerts: [closed(sampleAlert("1", "ada")), closed(sampleAlert("2", "bob"))],
    health: [],
    live: false,
  });
  await sink.close();
  const rows = received().trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rows.map((r) => [r.id, r.entity]), [["1", { user: "ada" }], ["2", {
    user: "bob",
  }]]);
});
