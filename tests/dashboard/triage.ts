/// <reference lib="dom" />
/** What an analyst does in the first hour: triage, entities, values, rows. */
import assert from "node:assert/strict";
import { LIVE } from "./lines.ts";
import { faults, settled, type Step, step } from "./step.ts";

interface Alert {
  readonly id: string;
  readonly status: string;
  readonly verdict?: string;
  readonly assignee?: string;
  readonly comment?: string;
  readonly count: number;
}

export const TRIAGE: readonly Step[] = [
  step(
    "ten alerts are judged, assigned and closed with a word by the keyboard alone",
    async ({ page, json }) => {
      await page.goto("/");
      await settled(page);
      for (const key of ["g", "a"]) await page.keyboard.press(key);
      await page.waitForURL("**/alerts");
      await page.locator(".rows [role=row]").first().waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("x");
      for (let i = 0; i < 9; i++) await page.keyboard.press("Shift+J");
      await page.getByText("10 alerts selected").waitFor();
      await page.keyboard.press("e");
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await faults(page), []);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await page.keyboard.press("b");
      await page.keyboard.press("Tab");
      await page.keyboard.type("Bob");
      await page.keyboard.press("Tab");
      await page.keyboard.type("A drill");
      await page.keyboard.press("Tab");
      await page.keyboard.type("Ada");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const { alerts } = await json("/api/alerts?limit=10") as { alerts: Alert[] };
      assert.deepEqual(
        alerts.map((a) => [a.status, a.verdict, a.assignee, a.comment]),
        alerts.map(() => ["closed", "benign", "Bob", "A drill"]),
      );
      // All of them are silenced at once.
      await page.keyboard.press("x");
      await page.keyboard.press("Shift+J");
      await page.getByText("2 alerts selected").waitFor();
      await page.keyboard.press("s");
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await faults(page), []);
      await page.getByLabel("Reason").focus();
      await page.keyboard.type("A drill");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const { silences } = await json("/api/silences?active=true");
      assert.ok(silences.length > 0);
      // The next one is opened from the list, and closed where it is shown.
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/alerts\/[0-9a-f]{32}/);
      await page.getByText("Matched rule").waitFor();
      await page.keyboard.press("e");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      const closed = (await json("/api/stats")).alerts_by_status.closed;
      assert.equal(closed, 10);
    },
  ),
  step("rows are sorted by a column, all of them, and the address says so", async (
    { page, json },
  ) => {
    await page.goto("/alerts");
    await page.getByRole("columnheader", { name: "Events" }).getByRole("button").click();
    await page.waitForURL(/sort=-count/);
    const { alerts } = await json("/api/alerts?limit=1000") as { alerts: Alert[] };
    const first = () => page.locator(".rows [role=row] .num").first().innerText();
    assert.equal(await first(), String(Math.max(...alerts.map((a) => a.count))));
    assert.equal(
      await page.getByRole("columnheader", { name: "Events" }).getAttribute("aria-sort"),
      "descending",
    );
    await page.getByRole("columnheader", { name: "Events" }).getByRole("button").click();
    await page.waitForURL(/sort=count/);
    assert.equal(await first(), String(Math.min(...alerts.map((a) => a.count))));
    assert.deepEqual(await faults(page), []);
  }),
  step(
    "a view of a list is kept under a name, found again, and removed",
    async ({ page, json }) => {
      await page.goto("/alerts?severity=critical&sort=-count");
      await page.locator(".rows [role=row]").first().waitFor();
      const titles = await page.locator(".rows [role=row] a").allInnerTexts();
      await page.getByRole("button", { name: "Views" }).click();
      await page.getByLabel("Name of this view").fill("Worst first");
      await page.getByRole("button", { name: "Keep" }).click();
      await page.getByRole("button", { name: "View: Worst first" }).waitFor();
      const { views } = await json("/api/views");
      assert.deepEqual(views.map((v: { page: string; query: string }) => [v.page, v.query]), [
        ["alerts", "severity=critical&sort=-count"],
      ]);
      // Another page has views of its own.
      await page.goto("/incidents");
      await page.getByRole("button", { name: "Views" }).click();
      await page.getByText("None is kept yet").waitFor();
      await page.goto("/alerts");
      await page.locator(".rows [role=row]").nth(titles.length).waitFor();
      await page.getByRole("button", { name: "Views" }).click();
      await page.getByRole("link", { name: "Worst first" }).click();
      await page.getByRole("button", { name: "View: Worst first" }).waitFor();
      await page.waitForFunction(
        (n) => document.querySelectorAll(".rows [role=row] a").length === n,
        titles.length,
      );
      assert.deepEqual(await page.locator(".rows [role=row] a").allInnerTexts(), titles);
      await page.getByRole("button", { name: "View: Worst first" }).click();
      await page.getByRole("button", { name: "Remove the view Worst first" }).click();
      await page.getByText("None is kept yet").waitFor();
      assert.deepEqual((await json("/api/views")).views, []);
    },
  ),
  step("a list whose range is not known yet is not said to be empty", async ({ page }) => {
    const { promise: held, resolve: go } = Promise.withResolvers<void>();
    await page.route("**/api/stats", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto("/alerts?range=24h");
    await page.getByRole("status", { name: "Loading" }).first().waitFor();
    assert.equal(await page.getByText("No alerts match").count(), 0);
    go();
    await page.locator(".rows [role=row]").first().waitFor();
  }),
  step("with Shift a click selects all rows between", async ({ page }) => {
    await page.goto("/alerts");
    const boxes = page.locator(".rows input[type=checkbox]");
    await boxes.nth(5).waitFor();
    await boxes.nth(1).click();
    await boxes.nth(4).click({ modifiers: ["Shift"] });
    await page.getByText("4 alerts selected").waitFor();
  }),
  step("no title of an alert is cut at 1440", async ({ page }) => {
    await page.goto("/alerts");
    await page.locator(".rows [role=row]").first().waitFor();
    const cut = await page.locator(".rows .first").evaluateAll((all) =>
      all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)
    );
    assert.deepEqual(cut, []);
  }),
  step("on a phone alerts are cards that show who, when and what", async ({ page }) => {
    await page.goto("/alerts");
    const card = page.locator(".table.cards .rows .card").first();
    await card.waitFor();
    assert.match(await card.innerText(), /(Critical|High|Medium|Low|Info)[^]*\d\d:\d\d:\d\d/);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0);
    assert.deepEqual(await faults(page), []);
  }, { width: 390, height: 844 }),
  step("a value leads to its page, which leads to what it did", async ({ page, json }) => {
    const [{ id }] = (await json("/api/alerts?rule=recon_exploit_login")).alerts;
    await page.goto(`/alerts/${id}`);
    await page.getByText("The same rule before").waitFor();
    await page.getByText("No alert in the 30 days before").waitFor();
    // The lines around one of its events, of the same host, and one of these in its place.
    await page.getByRole("button", { name: /Accepted password for deploy/ }).first().click();
    const around = page.locator(".drawer .around");
    await around.locator("[aria-current]").getByText("Accepted password for deploy").waitFor();
    const lines = await around.locator("li bdi").allInnerTexts();
    assert.ok(lines.length > 5 && lines.every((l) => l.includes(" web1 ")), lines.join("\n"));
    await around.locator("li").first().getByRole("button").click();
    await around.locator("[aria-current]").getByText(lines[0], { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "203.0.113.66" }).first().click();
    await page.getByRole("menu").waitFor();
    assert.deepEqual(await faults(page), []);
    await page.getByRole("menuitem", { name: "dest", exact: true }).click();
    await page.waitForURL(/src%3A203.0.113.66|src:203.0.113.66/);
    await page.getByRole("columnheader", { name: "dest" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "203.0.113.66" }).first().click();
    await page.getByRole("menu").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/entities/203.0.113.66?kind=address");
    await page.getByText("What it did by dataset").waitFor();
    const entity = await json("/api/entities/203.0.113.66?kind=address");
    const { events } = await json("/api/timeseries?src=203.0.113.66&interval=1h")
      .then((t: { series: { total: number }[] }) => ({ events: t.series[0].total }));
    assert.equal(entity.events, events);
    assert.equal(entity.alerts.length, 21);
    assert.ok(entity.related.some((r: { value: string }) => r.value === "web1"));
    const text = await page.locator("main").innerText();
    // Whether a login of it succeeded, and the line that says so.
    const logins = page.getByRole("region", { name: "Logins" });
    assert.match(
      await logins.getByRole("row", { name: /^Succeeded/ }).innerText(),
      /Accepted password for sysupd/,
    );
    for (const words of ["Authentication", "Web", "web1", "deploy", "Attack chain"]) {
      assert.ok(text.includes(words), words);
    }
    await settled(page);
    assert.deepEqual(await faults(page), []);
    await page.getByRole("link", { name: "web1" }).first().click();
    await page.waitForURL("**/entities/web1?kind=host");
    await page.getByText("What it did by dataset").waitFor();
    await page.goto("/entities/nobody?kind=account");
    await page.getByText("Not seen").waitFor();
  }),
  step("the commonest values of a field filter in, out, and count", async ({ page }) => {
    await page.goto("/events?range=all");
    const list = page.getByRole("region", { name: "Fields and their values" });
    await list.getByRole("button", { name: "src", exact: true }).click();
    await list.getByRole("button", { name: /^203\.0\.113\.66/ }).click();
    await page.waitForURL(/src=203\.0\.113\.66/);
    await list.locator("li.own", { hasText: "203.0.113.66" }).waitFor();
    await settled(page);
    assert.deepEqual(await faults(page), []);
    await list.locator("li.own button").click();
    await page.waitForURL((url) => !url.searchParams.has("src"));
    await list.getByRole("button", { name: "Without src 203.0.113.66" }).click();
    await page.waitForURL((url) => url.searchParams.get("src!") === "203.0.113.66");
    await page.getByText("not src").waitFor();
    await page.locator(".rows [role=row]").first().waitFor();
    const left = await page.locator(".rows .raw-cell").allInnerTexts();
    assert.ok(left.length > 0 && left.every((line) => !line.includes("203.0.113.66")));
    await page.locator(".histogram").waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
    await list.getByRole("link", { name: "Count by it" }).last().click();
    await page.waitForURL(/top\+50/);
    await page.getByRole("columnheader").first().waitFor();
  }),
  step("who came from outside is one click away, and how many a search counts", async (
    { page },
  ) => {
    await page.goto("/events?range=all&action=success");
    const list = page.getByRole("region", { name: "Fields and their values" });
    await list.getByRole("button", { name: "src", exact: true }).click();
    await list.getByRole("button", { name: "From outside" }).click();
    await page.waitForURL((url) =>
      url.searchParams.get("src!")?.startsWith("10.0.0.0/8,") === true
    );
    await page.locator(".rows [role=row]").first().waitFor();
    await settled(page);
    const sources = await page.locator(".rows .value[aria-haspopup]").allInnerTexts();
    assert.ok(sources.length > 0);
    assert.deepEqual(sources.filter((s) => /^(?:10|192\.168)\.\d/.test(s)), []);
    assert.equal(await list.getByRole("button", { name: "From outside" }).count(), 0);
    await list.getByRole("link", { name: "Count by it" }).last().click();
    await page.getByRole("columnheader", { name: "src" }).waitFor();
    const counted = await page.getByRole("region", { name: "Results" }).innerText();
    assert.match(counted, /203\.0\.113\.66/);
    assert.doesNotMatch(counted, /\b10\.\d+\.\d+/);
  }),
  step("tables of few rows are sorted by each column, too", async ({ page }) => {
    await page.goto("/sources");
    const table = page.getByRole("region", { name: "Sourcetypes" });
    const patterns = async () =>
      (await table.locator("tbody tr td:nth-child(4)").allInnerTexts()).map(Number);
    await table.getByRole("button", { name: "Patterns" }).click();
    const down = await patterns();
    assert.deepEqual(down, down.toSorted((a, b) => b - a));
    await table.getByRole("button", { name: "Patterns" }).click();
    assert.deepEqual(await patterns(), down.toSorted((a, b) => a - b));
    await page.goto("/rules");
    await page.getByRole("button", { name: "Rule", exact: true }).click();
    await page.waitForURL(/sort=-name/);
    const titles = await page.locator(".rows .first a").allInnerTexts();
    assert.ok(titles.length > 10);
    assert.deepEqual(titles, titles.toSorted((a, b) => a.toLowerCase() < b.toLowerCase() ? 1 : -1));
    // No name is cut at this width.
    const cut = await page.locator(".rows .first a, .rows .second .mono").evaluateAll((all) =>
      all.filter((e) => e.parentElement!.scrollWidth > e.parentElement!.clientWidth + 1)
        .map((e) => e.textContent)
    );
    assert.deepEqual(cut, []);
  }),
  step("a day on a chart is a day of the viewer's zone", async ({ page, json }) => {
    const asked: URL[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/api/timeseries?")) asked.push(new URL(request.url()));
    });
    await page.goto("/?range=30d");
    await page.getByText("Alerts over time").waitFor();
    await settled(page);
    const days = asked.find((u) => u.searchParams.get("by") === "alert_severity")!;
    assert.equal(days.searchParams.get("tz"), "Asia/Tokyo");
    const { times, series } = await json(days.pathname + days.search);
    assert.ok(times.every((t: string) => t.endsWith("T15:00:00Z")), times.join());
    const { alerts } = await json(`/api/stats?from=${days.searchParams.get("from")}`);
    assert.equal(series.reduce((n: number, s: { total: number }) => n + s.total, 0), alerts);
  }, { timezone: "Asia/Tokyo" }),
  step("alerts are marked on the histogram, and an event leads to what is around it", async (
    { page },
  ) => {
    await page.goto("/events?range=all&sourcetype=linux_secure");
    await page.locator(".histogram").getByText(/▾ \d+ alerts/).waitFor();
    await page.locator(".rows .raw-cell").nth(3).click();
    await page.locator(".drawer").getByRole("link", { name: "1 min everywhere" }).click();
    await page.waitForURL(/from=.*to=/);
    const { searchParams } = new URL(page.url());
    assert.equal(
      Date.parse(searchParams.get("to")!) - Date.parse(searchParams.get("from")!),
      120_001,
    );
    assert.ok(searchParams.get("event"));
    await page.locator(".rows .active").waitFor();
  }),
  step("health says how old each source's newest event is", async ({ page }) => {
    await page.goto("/system");
    const row = page.getByRole("region", { name: "Inputs" })
      .getByRole("row", { name: /tests\/samples\/auth\.log/ });
    await row.waitFor();
    assert.match(await row.innerText(), /linux_secure[^]*Running[^]*2026-03-10 \d\d:\d\d:\d\d/);
    await page.getByText("Clocks that are off").waitFor();
  }),
  step("new alerts are told on every page and in its title, until they are looked at", async (
    { page, live },
  ) => {
    await page.goto("/rules");
    await page.locator(".live.on").waitFor();
    await settled(page);
    assert.equal(await page.title(), "Rules · Picket");
    await Deno.writeTextFile(live, LIVE.attack.join("\n") + "\n", { append: true });
    const news = page.getByRole("link", { name: /^\d+ new alerts?$/ });
    await news.waitFor({ timeout: 30_000 });
    assert.match(await page.title(), /^\(\d+\) Rules/);
    assert.deepEqual(await faults(page), []);
    await news.click();
    await page.waitForURL("**/alerts");
    await page.getByText(LIVE.src).first().waitFor();
    await page.waitForFunction(() => document.title === "Alerts · Picket");
    assert.equal(await news.count(), 0);
  }),
  step("what is paused stays as it is, and goes on with all that came", async ({ page, live }) => {
    await page.goto("/alerts");
    await page.locator(".live.on").waitFor();
    await page.locator(".rows [role=row]").first().waitFor();
    await page.keyboard.press("p");
    await page.getByText("Paused").waitFor();
    const told = () => page.locator(".bulk").innerText();
    const before = await told();
    const attack = LIVE.attack.map((l) => l.replace(/201/, "202").replace("07:41", "07:55"));
    await Deno.writeTextFile(live, attack.join("\n") + "\n", { append: true });
    await page.waitForTimeout(6000);
    assert.equal(await told(), before);
    await page.keyboard.press("p");
    await page.getByText("198.51.100.202").first().waitFor();
  }),
];
