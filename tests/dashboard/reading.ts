/// <reference lib="dom" />
/** Reading in the dashboard: pages, filters, search, selection, export, keys, themes, zones. */
import assert from "node:assert/strict";
import { ADDRESSES, faults, settled, type Step, step } from "./step.ts";

export const READING: readonly Step[] = [
  step("narrow windows have the menu and no sideways scrolling", async ({ page }) => {
    for (const path of Object.keys(ADDRESSES)) {
      await page.goto(path);
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    }
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Incidents", exact: true }).click();
    await page.waitForURL("**/incidents");
    assert.deepEqual(await faults(page), []);
  }, { width: 390, height: 844 }),
  step("the kill chain is one critical incident that tells its story", async ({ page }) => {
    await page.goto("/incidents?severity=critical");
    await page.getByText("203.0.113.66").first().waitFor();
    assert.equal(await page.locator(".rows [role=row]").count(), 1);
    await page.getByRole("link", { name: "203.0.113.66" }).click();
    await page.locator(".headline").getByText(
      "scanned the web site, sent an SQL injection and logged in to web1 as deploy",
    ).waitFor();
    const text = await page.locator("main").innerText();
    for (
      const words of [
        "Critical",
        "21 alerts of 17 rules from 203.0.113.66",
        "after brute force",
        "Reconnaissance",
        "sysupd",
        "Failed password for invalid user",
      ]
    ) assert.ok(text.includes(words), words);
  }),
  step(
    "a search counts, its values narrow it, and a mistake is told at its place",
    async ({ page }) => {
      await page.goto("/search");
      await page.getByLabel("Search", { exact: true }).fill("action:failure | top 5 src");
      await page.getByLabel("Time range").selectOption("1970-01-01");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("button", { name: "203.0.113.66" }).click();
      await page.getByRole("menuitem", { name: "Only these" }).click();
      await page.waitForURL("**src:203.0.113.66**");
      await page.getByText("Failed password").first().waitFor();
      await page.getByLabel("Search", { exact: true }).fill("usr:root");
      await page.keyboard.press("Enter");
      await page.getByText("Did you mean user?").waitFor();
      assert.deepEqual(await faults(page), []);
    },
  ),
  step(
    "the matrix names the rules of a technique, and leads to what they found",
    async ({ page }) => {
      await page.goto("/");
      // The overview says what an analyst of other tools looks for.
      await page.getByRole("region", { name: "Inputs" })
        .getByRole("row", { name: /tests\/samples\/auth\.log/ }).waitFor();
      for (
        const head of ["Top sources", "Seen for the first time", "Logins", "Alerts by severity"]
      ) {
        await page.getByRole("heading", { name: head, exact: true }).waitFor();
      }
      const tile = page.locator("a.tech.hit", { hasText: "T1190" });
      await tile.hover();
      await page.locator(".tipbox", { hasText: "sql_injection" }).waitFor();
      await tile.click();
      await page.waitForURL(/\/attack\?.*technique=T1190/);
      await page.locator(".drawer").getByRole("link", { name: "sql_injection" }).waitFor();
      await page.locator(".drawer").getByText("SQL injection from 203.0.113.66").first().waitFor();
      assert.match(
        (await page.getByRole("link", { name: "T1190 at MITRE" }).getAttribute("href"))!,
        /^https:\/\/attack\.mitre\.org\/techniques\/T1190$/,
      );
    },
  ),
  step(
    "filters of alerts are in the address, and going back takes them away",
    async ({ page, json }) => {
      const all = (await json("/api/alerts?limit=1000")).alerts.length;
      await page.goto("/alerts");
      await page.getByText(`${all} alerts`).waitFor();
      await page.getByRole("button", { name: "Critical" }).click();
      await page.waitForURL("**/alerts?severity=critical");
      await page.getByText(`${all} alerts`).waitFor({ state: "detached" });
      await page.locator(".rows [role=row]").first().waitFor();
      const severities = await page.locator(".rows .badge i.sev").evaluateAll((all) =>
        all.map((e) => e.parentElement!.textContent)
      );
      assert.ok(severities.length > 0 && severities.every((s) => s === "Critical"));
      await page.reload();
      await page.getByText(`${severities.length} alerts`).waitFor();
      await page.goBack();
      await page.getByText(`${all} alerts`).waitFor();
      await page.goto("/alerts?rule=ssh_brute_force&entity=203.0.113.66");
      await page.getByText("1 alert").waitFor();
    },
  ),
  step(
    "events are searched by words and fields, and open in a drawer",
    async ({ page }) => {
      await page.goto("/events?range=all");
      await page.locator("[data-search]").fill('src=203.0.113.66 "failed password"');
      await page.keyboard.press("Enter");
      await page.waitForURL(/src=203\.0\.113\.66/);
      assert.equal(new URL(page.url()).searchParams.get("q"), '"failed password"');
      await page.locator("[data-search]").fill("failed password");
      await page.keyboard.press("Enter");
      await page.waitForURL(/q=failed\+password/);
      await page.locator(".rows [role=row]").first().waitFor();
      for (const row of await page.locator(".rows .raw-cell").allInnerTexts()) {
        assert.match(row, /Failed password.*203\.0\.113\.66/);
      }
      await page.locator(".rows [role=row]").first().click();
      await page.getByText(/CIM Authentication: \d+ of \d+ fields present/).waitFor();
      await page.waitForURL(/event=[0-9a-f]{32}/);
      const sent = page.url();
      await page.goto("/");
      await page.goto(sent);
      await page.getByText("Raw text").first().waitFor();
      assert.equal(await page.locator("[title^='Take away']").count(), 2);
      await page.getByRole("button", { name: "Close", exact: true }).click();
      await page.getByRole("button", { name: "Columns" }).click();
      await page.getByLabel("src_port", { exact: true }).check();
      await page.waitForURL(/cols=sourcetype,src,user,action,src_port/);
      await page.getByRole("columnheader", { name: "src_port" }).waitFor();
    },
  ),
  step("dragging over the histogram selects a time", async ({ page }) => {
    await page.goto("/events?range=all&sourcetype=linux_secure");
    const plot = page.locator(".histogram .u-over");
    await plot.waitFor();
    await settled(page);
    const before = await page.locator(".histogram h2").innerText();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 6 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    await page.waitForFunction(
      (was) => document.querySelector(".histogram h2")!.textContent !== was,
      before,
    );
    await page.locator(".rows [role=row]").first().waitFor();
    const query = new URL(page.url()).searchParams;
    const from = Date.parse(query.get("from")!), to = Date.parse(query.get("to")!);
    assert.ok(to > from && from % 300_000 === 0 && to % 300_000 === 0);
    assert.equal(query.get("sourcetype"), "linux_secure");
    const shown = await page.locator(".rows time").evaluateAll((all) =>
      all.map((e) => Date.parse(e.getAttribute("datetime")!))
    );
    assert.ok(shown.length > 0 && shown.every((at) => at >= from && at < to));
  }),
  step("what matches is exported whole", async ({ page }) => {
    await page.goto("/events?range=all&src=203.0.113.66");
    await page.locator(".rows [role=row]").first().waitFor();
    await page.getByRole("button", { name: "Export" }).click();
    const [ndjson] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: /NDJSON/ }).click(),
    ]);
    const lines = (await Deno.readTextFile((await ndjson.path())!)).trimEnd().split("\n");
    const own = lines.map((l) => JSON.parse(l));
    assert.ok(own.length > 100 && own.every((e) => e.src === "203.0.113.66"));
    await page.getByRole("button", { name: "Export" }).click();
    const [csv] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: /CSV/ }).click(),
    ]);
    const records = (await Deno.readTextFile((await csv.path())!)).trimEnd().split(/\r?\n/);
    assert.equal(records.length, own.length + 1);
  }),
  step(
    "dark and light: what the system prefers, until the user chooses",
    async ({ page }) => {
      const shade = (dark: boolean) =>
        page.waitForFunction((dark) => {
          const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)!.map(Number);
          return dark ? red < 60 : red > 200;
        }, dark);
      await page.goto("/");
      await shade(true);
      await page.emulateMedia({ colorScheme: "light" });
      await shade(false);
      await page.getByRole("button", { name: "Use the dark theme" }).click();
      await shade(true);
      await page.reload();
      await page.getByRole("button", { name: "Use the light theme" }).waitFor();
      await shade(true);
    },
    { dark: true },
  ),
  step("a server that does not answer is told on every page, until it does", async ({ page }) => {
    await page.route("**/api/stream", (route) => route.abort());
    await page.goto("/rules");
    const gone = page.getByText("Picket does not answer since");
    await gone.waitFor();
    assert.deepEqual(await faults(page), []);
    // What was asked in vain is asked again once it answers.
    await page.route("**/api/risk", (route) => route.abort());
    await page.keyboard.press("g");
    await page.keyboard.press("k");
    await page.getByText("see whether it still runs").waitFor();
    await page.unroute("**/api/risk");
    await page.unroute("**/api/stream");
    await page.getByRole("region", { name: "Risk scores" }).waitFor();
    await gone.waitFor({ state: "detached" });
  }),
  step("times are the viewer's, with UTC on hover", async ({ page }) => {
    await page.goto("/alerts?rule=recon_exploit_login");
    const time = page.locator(".rows time").first();
    await time.waitFor();
    assert.equal(await time.innerText(), "Mar 9 19:39:23");
    assert.match((await time.getAttribute("title"))!, /^2026-03-09T13:54:23Z \(UTC\)$/m);
  }, { timezone: "Asia/Kathmandu" }),
  step("keys go to pages, move in tables, open rows, and Esc closes", async ({ page }) => {
    await page.goto("/");
    await settled(page);
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await page.waitForURL("**/events");
    await page.locator(".rows [role=row]").first().waitFor();
    await page.getByRole("grid").focus();
    for (const key of ["j", "j", "k", "Enter"]) await page.keyboard.press(key);
    await page.locator(".drawer").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".drawer").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "grid");
    await page.keyboard.press("/");
    assert.ok(await page.evaluate(() => document.activeElement!.hasAttribute("data-search")));
    await page.locator("body").click({ position: { x: 400, y: 5 } });
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await faults(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }),
  step("a long table holds only the rows in sight", async ({ page }) => {
    await page.goto("/events?range=all");
    const grid = page.getByRole("grid");
    await page.locator(".rows [role=row]").first().waitFor();
    const height = () => grid.evaluate((e) => e.scrollHeight);
    for (const end = performance.now() + 30_000; await height() < 5000 * 30;) {
      assert.ok(performance.now() < end, `${await height() / 30} rows`);
      await grid.evaluate((e) => e.scrollTo(0, e.scrollHeight));
      await page.waitForTimeout(50);
    }
    assert.ok(await page.locator(".rows [role=row]").count() < 100);
    await grid.evaluate((e) => e.scrollTo(0, e.scrollHeight / 2));
    await page.waitForFunction(() => {
      const box = document.querySelector("[role=grid]")!.getBoundingClientRect();
      const under = document.elementFromPoint(box.left + 300, box.top + box.height / 2);
      return !!under?.closest("[role=row]");
    });
  }),
];
