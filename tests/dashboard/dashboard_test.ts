/** The dashboard in a real Chromium, over a real agent that follows the sample logs. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { needs, testNeeding } from "../needs.ts";
import { picket, root, withFolder } from "../run.ts";
import { openPage, startBrowser } from "./browser.ts";
import { READING } from "./reading.ts";
import { clean, testSteps } from "./run_steps.ts";
import { servedEmpty, servedStore } from "./serve.ts";
import { ADDRESSES, faults, settled, type Step, step } from "./step.ts";
import { WORKING } from "./working.ts";

const LOOKING: readonly Step[] = [false, true].map((dark) =>
  step(
    `every page has its data and no fault of access, ${dark ? "dark" : "light"}`,
    async ({ page, json }) => {
      const { incidents: [incident] } = await json("/api/incidents?entity=203.0.113.66");
      const all = {
        ...ADDRESSES,
        [`/incidents/${incident.id}`]: "What happened",
        [`/alerts/${incident.headline.alert}`]: "Contributing events",
        "/entities/203.0.113.66?kind=address": "Alerts that name it",
        "/events?range=all&q=Accepted": "Accepted password",
        "/search?q=action:failure&from=1970-01-01": "Failed password",
      };
      for (const [path, words] of Object.entries(all)) {
        await page.goto(path);
        await page.getByText(words).first().waitFor();
        await settled(page);
        assert.deepEqual(await faults(page), [], path);
      }
    },
    { dark },
  )
);

testSteps("the dashboard in Chromium", [...LOOKING, ...READING, ...WORKING]);

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
