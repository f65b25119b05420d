/// <reference lib="dom" />
/** What is read outside the dashboard's pages: the API's document and a printed report. */
import assert from "node:assert/strict";
import { needs, testNeeding } from "../needs.ts";
import { picket, withFolder } from "../run.ts";
import { startBrowser } from "./browser.ts";
import { servedStore } from "./serve.ts";
import { faults } from "./step.ts";

/** Pages that a report of the sample logs may have on paper: 31 alerts with their evidence. */
const MOST_PAGES = 10;

testNeeding(needs.chromium, "the API's document has a style and examples that work", async () => {
  await withFolder(async (folder) => {
    await picket(["agent", "--quiet", "--data", `${folder}/data`, "tests/samples/auth.log"]);
    const served = await servedStore(`${folder}/data`);
    const browser = await startBrowser();
    try {
      const page = await browser.newPage({
        baseURL: served.url,
        viewport: { width: 1440, height: 900 },
      });
      const errors: string[] = [];
      page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
      await page.goto("/docs");
      await page.locator("details").first().waitFor();
      assert.notEqual(
        await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
        "rgba(0, 0, 0, 0)",
      );
      assert.equal(
        await page.locator("nav").evaluate((e) => getComputedStyle(e).position),
        "sticky",
      );
      assert.deepEqual(await faults(page), []);
      assert.deepEqual(errors, []);
      const all = await page.locator("details:has(b) pre").allTextContents();
      assert.ok(all.length > 40, `${all.length} examples`);
      let tried = 0;
      for (const example of all) {
        const address = /^curl -s 'http:\/\/127\.0\.0\.1:7400([^']+)'$/.exec(example)?.[1];
        // What names one thing by its id is not in this store; a stream has no end.
        if (!address || /[0-9a-f]{32}|stream|%E2%80%A6/.test(address)) continue;
        const answer = await fetch(served.url + address);
        assert.ok(answer.status === 200 || answer.status === 404, `${answer.status} ${address}`);
        await answer.body?.cancel();
        tried++;
      }
      assert.ok(tried > 15, `${tried} examples were tried`);
    } finally {
      await browser.close();
      await served.close();
    }
  });
});

testNeeding(needs.chromium, "a report prints on few pages, which are numbered", async () => {
  await withFolder(async (folder) => {
    const logs = ["tests/samples/auth.log", "tests/samples/access.log"];
    await picket(["agent", "--quiet", "--data", `${folder}/data`, ...logs]);
    const made = await picket([
      "report",
      "--since",
      "2026-01-01",
      "--data",
      `${folder}/data`,
      "--out",
      folder,
    ]);
    const html = await Deno.readTextFile(made.stdout.trim());
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      await page.setContent(html);
      const pdf = new TextDecoder("latin1").decode(await page.pdf({ preferCSSPageSize: true }));
      const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
      assert.ok(pages > 1 && pages <= MOST_PAGES, `${pages} pages`);
      assert.match(html, /@page\{[^}]*@bottom-right\{content:counter\(page\)/);
    } finally {
      await browser.close();
    }
  });
});
