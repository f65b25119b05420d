/** The dashboard in a real Chromium, over a real agent that follows the sample logs. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { needs, testNeeding } from "../needs.ts";
import { picket, root, withFolder } from "../run.ts";
import { openPage, startBrowser, type Watched } from "./browser.ts";
import { READING } from "./reading.ts";
import { servedAgent, servedEmpty, servedStore, until } from "./serve.ts";
import { ADDRESSES, faults, settled, type Step, step } from "./step.ts";
import { WORKING } from "./working.ts";

const LOOKING: readonly Step[] = [false, true].map((dark) =>
  step(
    `every page has its data and no serious fault of access, ${dark ? "dark" : "light"}`,
    async ({ page }) => {
      for (const [path, words] of Object.entries(ADDRESSES)) {
        await page.goto(path);
        await page.getByText(words).first().waitFor();
        await settled(page);
        assert.deepEqual(await faults(page), [], path);
      }
    },
    { dark },
  )
);

function clean(watched: Watched): void {
  assert.deepEqual(watched.outside, [], "requests that left the server");
  assert.deepEqual(watched.errors, [], "errors of scripts, of the policy or of the server");
}

testNeeding(needs.chromium, "the dashboard in Chromium", async (t) => {
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
    await until(async () => (await json("/api/stats")).events === 5120);
    for (const { name, options, run } of [...LOOKING, ...READING, ...WORKING]) {
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

testNeeding(needs.chromium, "an empty store says what to do", async () => {
  const served = await servedEmpty();
  const browser = await startBrowser();
  try {
    const watched = await openPage(browser, served.url);
    for (const path of ["/", "/events"]) {
      await watched.page.goto(path);
      await watched.page.getByText("deno run agent --serve").waitFor();
    }
    await watched.page.goto("/incidents");
    await watched.page.getByText("No incidents").waitFor();
    clean(watched);
  } finally {
    await browser.close();
    await served.close();
  }
});

testNeeding(needs.chromium, "where a token is asked for, the pages come after it", async () => {
  await withFolder(async (folder) => {
    const made = await picket(["token", "create", "ada", "--data", `${folder}/data`]);
    const token = /picket_\S+/.exec(made.stdout)![0];
    const served = await servedStore(`${folder}/data`);
    const browser = await startBrowser();
    try {
      const { page, errors } = await openPage(browser, served.url);
      await page.goto("/incidents");
      await page.getByLabel("Token").fill("wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("The token is not in force").waitFor();
      assert.deepEqual(await faults(page), []);
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("No incidents").waitFor();
      await page.locator(".live.on").waitFor();
      assert.equal(await page.evaluate("document.cookie"), "");
      await page.getByRole("button", { name: "Sign out ada" }).click();
      await page.getByLabel("Token").waitFor();
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
      await served.close();
    }
  });
});

Deno.test("the bundled files are of this source", async () => {
  const { bundle } = await import("../../web/app/bundle.ts");
  for (const [name, contents] of await bundle()) {
    const kept = await Deno.readFile(new URL(`web/server/pages/static/${name}`, root));
    assert.ok(Buffer.compare(kept, contents) === 0, `${name}: run deno task dashboard`);
  }
});
