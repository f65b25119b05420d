/// <reference lib="dom" />
/** Faults that the dashboard had, each as somebody met it. */
import assert from "node:assert/strict";
import { settled, type Step, step } from "./step.ts";

export const FAULTS: readonly Step[] = [
  step("a text search asks once, and not again while nothing changes", async ({ page }) => {
    const asked: string[] = [];
    page.on("request", (request) => {
      if (/\/api\/(events|timeseries)\?/.test(request.url())) asked.push(request.url());
    });
    await page.goto("/events?range=all&q=no+line+has+this");
    await page.getByText("No events match").waitFor();
    await page.locator(".live.on").waitFor();
    await settled(page);
    // The counters that come with the connection are asked about once, a rest of a second later.
    await page.waitForTimeout(2500);
    const before = asked.length;
    // Counters are looked at every five seconds.
    await page.waitForTimeout(6500);
    assert.deepEqual(asked.slice(before), []);
  }),
  step("the last 15 minutes are those before the newest event", async ({ page, json }) => {
    const { newest } = await json("/api/stats");
    await page.goto("/events?range=15m");
    await page.locator(".rows [role=row]").first().waitFor();
    const times = await page.locator(".rows time").evaluateAll((all) =>
      all.map((e) => Date.parse(e.getAttribute("datetime")!))
    );
    assert.equal(times[0], Date.parse(newest));
    assert.ok(times.every((at) => at >= Date.parse(newest) - 900_000));
  }),
  step("a line that no pattern takes is counted once by the validator", async ({ page }) => {
    await page.goto("/validate");
    await page.getByLabel("Log lines").fill("this is no line of a log");
    await page.getByLabel("Sourcetype").selectOption("linux_secure");
    await page.getByRole("button", { name: "Validate" }).click();
    const told = page.getByRole("status").filter({ hasText: "valid" });
    await told.waitFor();
    assert.equal(await told.innerText(), "1 line: 0 valid, 1 parse error");
  }),
  step("a list that is looked for never says 0+", async ({ page }) => {
    await page.goto("/events?range=all&q=no+line+has+this");
    await page.getByRole("heading", { name: "0 events" }).waitFor();
    await page.goto("/events?range=all");
    await page.getByText("The newest 250 events").waitFor();
  }),
  step("closing all of an incident leaves what was said of closed alerts", async (
    { page, json },
  ) => {
    const { incidents } = await json("/api/incidents?entity=203.0.113.140");
    const { timeline } = await json(`/api/incidents/${incidents[0].id}`);
    await page.goto(`/alerts/${timeline[0].id}`);
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByLabel("Comment").last().fill("Our own scanner");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    await page.goto(`/incidents/${incidents[0].id}`);
    await page.getByRole("button", { name: "Close all" }).click();
    await page.getByLabel("Comment").fill("Checked");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Reopen all" }).waitFor();
    const after = (await json(`/api/incidents/${incidents[0].id}`)).timeline;
    assert.deepEqual(
      after.map((a: { status: string; comment: string }) => [a.status, a.comment]),
      after.map((a: { id: string }) => [
        "closed",
        a.id === timeline[0].id ? "Our own scanner" : "Checked",
      ]),
    );
  }),
  step("after triage the overview is quiet, and what is closed stands last", async (
    { page, json },
  ) => {
    const change = async (status: string) => {
      const { alerts } = await json("/api/alerts?limit=1000");
      const ids = alerts.map((a: { id: string }) => a.id);
      const origin = new URL(page.url()).origin;
      const answer = await fetch(`${origin}/api/alerts/status`, {
        method: "POST",
        headers: { "content-type": "application/json", origin },
        body: JSON.stringify({ ids, status, who: "Ada" }),
      });
      assert.equal(answer.status, 200);
    };
    await page.goto("/");
    await page.locator(".tile.alarm").first().waitFor();
    await change("closed");
    await page.goto("/?range=all");
    await page.getByText("Log volume").waitFor();
    await settled(page);
    assert.equal(await page.locator(".tile.alarm").count(), 0);
    // One that is opened again stands before all that are closed, critical ones too.
    const { incidents } = await json("/api/incidents?entity=203.0.113.140");
    const { timeline } = await json(`/api/incidents/${incidents[0].id}`);
    const origin = new URL(page.url()).origin;
    await fetch(`${origin}/api/alerts/${timeline[0].id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ status: "open", who: "Ada" }),
    });
    await page.goto("/?range=all");
    await settled(page);
    const first = page.locator("a[href^='/incidents/']").first();
    await first.waitFor();
    assert.equal(await first.getAttribute("href"), `/incidents/${incidents[0].id}`);
    await change("open");
  }),
  step("a sourcetype has one colour, whatever its rank", async ({ page }) => {
    const colors = async (path: string) => {
      await page.goto(path);
      const chips = page.getByRole("group", { name: "Sourcetypes" }).locator(".chip");
      await chips.nth(1).waitFor();
      return Object.fromEntries(
        await chips.evaluateAll((all) =>
          all.map((e) => [
            e.childNodes[1].textContent,
            e.querySelector<HTMLElement>(".dot")!.style.background,
          ])
        ),
      );
    };
    const all = await colors("/?range=all");
    // In these hours linux_secure has more lines than access_combined.
    const some = await colors(
      "/?from=2026-03-09T13:00:00.000Z&to=2026-03-09T13:10:00.000Z",
    );
    assert.equal(Object.keys(some).length, 2);
    assert.notEqual(Object.keys(some)[0], Object.keys(all)[0], "their ranks are the same");
    assert.deepEqual({ ...some }, { ...all });
  }),
  step("an incident tells each alert once, in the order of time, where its tactic is", async (
    { page, json },
  ) => {
    const [{ id }] = (await json("/api/incidents?severity=critical&entity=203.0.113.66")).incidents;
    const { timeline, tactics } = await json(`/api/incidents/${id}`);
    await page.goto(`/incidents/${id}`);
    await page.locator(".steps .step").first().waitFor();
    const more = page.getByRole("button", { name: /^Show \d+ more$/ });
    while (await more.count() > 0) await more.first().click();
    assert.equal(await page.locator(".steps .told").count(), timeline.length);
    // Steps begin when their first alert fired, not with its first evidence.
    const steps = await page.locator(".steps > li > h3 time").evaluateAll((all) =>
      all.map((e) => Date.parse(e.getAttribute("datetime")!))
    );
    assert.ok(steps.length >= 3);
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
    const names = await page.locator(".lanes > span.clip").allInnerTexts();
    const own = new Set(Object.values<string[]>(tactics).map((t) => t[0] ?? "Other"));
    assert.deepEqual(new Set(names), own);
    // The technique of its logins is listed under this tactic too, but no rule is about it.
    assert.ok(!own.has("Defense Evasion"));
    // The login stands behind the injection that came before it.
    const told = await page.locator(".steps").innerText();
    assert.ok(told.indexOf("SQL injection in web request") < told.indexOf("after brute force"));
  }),
  step("the list of incidents names the tactics that their pages light, and what happened", async (
    { page, json },
  ) => {
    await page.goto("/incidents");
    await page.locator(".rows [role=row]").first().waitFor();
    const { incidents } = await json("/api/incidents?limit=5");
    for (const { id, tactics, headline } of incidents) {
      const { timeline, tactics: of } = await json(`/api/incidents/${id}`);
      const lit = new Set(timeline.map((a: { rule: string }) => of[a.rule][0]).filter(Boolean));
      assert.deepEqual(new Set(tactics), lit, id);
      // A sum of points is no story as long as there is one.
      const { rule } = timeline.find((a: { id: string }) => a.id === headline.alert);
      assert.notEqual(rule, "entity_risk");
      const row = page.locator(".rows [role=row]", {
        has: page.locator(`a[href="/incidents/${id}"]`),
      });
      assert.ok((await row.innerText()).includes(headline.message));
      assert.ok((await row.innerText()).includes(tactics.join(" → ")));
      await page.goto(`/incidents/${id}`);
      await page.locator(".headline .lead", { hasText: headline.message }).waitFor();
      const lanes = await page.locator(".lanes > span.clip").allInnerTexts();
      assert.deepEqual(new Set(lanes.filter((l) => l !== "Other")), lit);
      await page.goto("/incidents");
      await page.locator(".rows [role=row]").first().waitFor();
    }
  }),
  step("an incident on a host does not call the host the actor", async ({ page, json }) => {
    const [{ id }] = (await json("/api/incidents?entity=web1")).incidents;
    await page.goto(`/incidents/${id}`);
    await page.locator(".headline").getByText(/alerts of \d+ rules on web1/).waitFor();
    assert.equal(await page.getByText(/web1 triggered/).count(), 0);
    await page.locator(".panel", { hasText: "Related incidents" })
      .getByRole("link", { name: "203.0.113.66" }).waitFor();
  }),
  step("the time axis of an incident has days and seconds, and folds what is empty", async (
    { page, json },
  ) => {
    const [{ id }] = (await json("/api/incidents?severity=critical&entity=203.0.113.66")).incidents;
    await page.goto(`/incidents/${id}`);
    await page.locator(".lanes .fold").first().waitFor();
    const marks = await page.locator(".lanes .axis span").allInnerTexts();
    assert.equal(marks[0], "Mar 9 13:02:12");
    assert.ok(marks.includes("Mar 10 02:47:36"), marks.join());
    assert.ok(marks.some((m) => / folded$/.test(m)), marks.join());
    const boxes = await page.locator(".lanes .axis span").evaluateAll((all) =>
      all.map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.right, r.top])
    );
    for (const [i, [left, right, top]] of boxes.entries()) {
      const over = boxes.slice(i + 1).filter(([l, r, t]) => t === top && l < right && left < r);
      assert.equal(over.length, 0, `${marks[i]} is written over`);
    }
  }),
];
