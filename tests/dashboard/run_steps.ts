/** Steps in a real Chromium, over a real agent that follows the sample logs. */
import assert from "node:assert/strict";
import { needs, testNeeding } from "../needs.ts";
import { openPage, startBrowser, type Watched } from "./browser.ts";
import { until } from "../waiting.ts";
import { servedAgent } from "./serve.ts";
import type { Step } from "./step.ts";

/** Fails when a page asked another server for something, or had an error. */
export function clean(watched: Watched): void {
  assert.deepEqual(watched.outside, [], "requests that left the server");
  assert.deepEqual(watched.errors, [], "errors of scripts, of the policy or of the server");
}

/** A test of steps, each with a page of its own, all over one agent and in their order. */
export function testSteps(name: string, steps: readonly Step[]): void {
  testNeeding(needs.chromium, name, async (t) => {
    const live = await Deno.makeTempFile({ prefix: "picket-live-", suffix: ".log" });
    const hostile = await Deno.makeTempFile({ prefix: "picket-hostile-", suffix: ".log" });
    const served = await servedAgent([
      "tests/samples/auth.log",
      "tests/samples/access.log",
      hostile,
      live,
    ]);
    const browser = await startBrowser();
    const json = async (path: string) => await (await fetch(served.url + path)).json();
    try {
      await until(async () => (await json("/api/stats")).events === 5120, "all events");
      for (const { name, options, run } of steps) {
        await t.step(name, async () => {
          const watched = await openPage(browser, served.url, options);
          try {
            await run({ page: watched.page, json, live, hostile });
            clean(watched);
          } finally {
            await watched.page.context().close();
          }
        });
      }
    } finally {
      await browser.close();
      await served.close();
      await Deno.remove(live);
      await Deno.remove(hostile);
    }
  });
}
