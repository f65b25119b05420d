/// <reference lib="dom" />
/** Working in the dashboard: statuses, an alert's page, the editor, the validator, what arrives. */
import assert from "node:assert/strict";
import { HOSTILE, LIVE } from "./lines.ts";
import { until } from "../waiting.ts";
import { faults, settled, type Step, step } from "./step.ts";

export const WORKING: readonly Step[] = [
  step(
    "times are in the local zone or in UTC, as the browser keeps it",
    async ({ page, json }) => {
      const [{ id, time }] = (await json("/api/alerts?limit=1")).alerts;
      const shown = (ahead: number) =>
        new Date(Date.parse(time) + ahead * 60_000).toISOString().slice(0, 19).replace("T", " ");
      await page.goto(`/alerts/${id}`);
      await page.getByText(shown(330)).first().waitFor();
      await page.getByRole("button", { name: "Times are in UTC+5:30" }).click();
      await page.getByText(shown(0)).first().waitFor();
      assert.equal(await page.getByText(shown(330)).count(), 0);
      await page.goto("/system");
      await page.getByRole("button", { name: "Times are in UTC", exact: true }).waitFor();
      await page.getByText(/^[\d,]+ lines\/s$/).waitFor();
      await page.keyboard.press("z");
      await page.getByRole("button", { name: "Times are in UTC+5:30" }).waitFor();
    },
    { timezone: "Asia/Kolkata" },
  ),
  step(
    "a text is backtested before it is saved",
    async ({ page }) => {
      await page.goto("/rules/ssh_brute_force?tab=try");
      await page.getByText("Compiles: ssh_brute_force").waitFor();
      await page.getByLabel("Range of the backtest").selectOption("-30d");
      await page.getByRole("button", { name: "Backtest" }).click();
      await page.getByText(/^[1-9]\d* alerts? of [\d,]+ events/).waitFor();
      assert.deepEqual(await faults(page), []);
    },
  ),
  step(
    "many alerts get a status with a comment, and one is opened again",
    async ({ page, json }) => {
      await page.goto("/alerts?rule=restricted_path");
      await page.locator(".rows [role=row]").nth(1).waitFor();
      for (const i of [0, 1]) await page.locator(".rows input[type=checkbox]").nth(i).check();
      await page.getByRole("button", { name: /^Triage/ }).click();
      await page.getByLabel("Closed: resolved").check();
      await page.getByLabel("Comment").fill("A scan <b>by our own</b> team");
      await page.getByLabel("Your name").fill("Ada");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".rows .badge.good").nth(1).waitFor();
      const { alerts } = await json("/api/alerts?rule=restricted_path");
      assert.deepEqual(
        alerts.slice(0, 2).map((a: Record<string, string>) => [a.status, a.status_by, a.comment]),
        [1, 2].map(() => ["closed", "Ada", "A scan <b>by our own</b> team"]),
      );
      await page.goto(`/alerts/${alerts[0].id}`);
      await page.getByText("A scan <b>by our own</b> team").first().waitFor();
      await page.getByRole("button", { name: "Reopen" }).click();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: "Acknowledge" }).waitFor();
      assert.equal((await json(`/api/alerts/${alerts[0].id}`)).alert.status, "open");
    },
  ),
  step(
    "an alert is judged, silenced, and not raised again",
    async ({ page, json }) => {
      const [{ id }] = (await json("/api/alerts?rule=sudo_shell")).alerts;
      await page.goto(`/alerts/${id}`);
      await page.getByLabel("Verdict").selectOption("false_positive");
      await page.getByLabel("Assigned to").fill("Bob");
      await page.getByLabel("Comment").fill("<i>As always</i>");
      await page.getByRole("button", { name: "Record" }).click();
      await page.getByText("False positive, assigned to Bob").waitFor();
      await page.getByText("<i>As always</i>").first().waitFor();
      const { alert } = await json(`/api/alerts/${id}`);
      assert.deepEqual(
        [alert.verdict, alert.assignee, alert.status],
        ["false_positive", "Bob", "open"],
      );
      await page.getByRole("button", { name: "Silence", exact: true }).click();
      await page.getByLabel("Reason").fill("A release");
      assert.deepEqual(await faults(page), []);
      await page.getByRole("dialog").getByRole("button", { name: "Silence" }).click();
      await page.getByText(/^Silenced until/).waitFor();
      assert.equal((await json("/api/silences?active=true")).silences[0].reason, "A release");
      await page.getByRole("button", { name: "Not this again" }).click();
      await page.getByText(/It would have held back [1-9]/).waitFor();
      assert.deepEqual(await faults(page), []);
      const fields = page.getByRole("group", { name: "Fields that the condition asks" });
      const before = await page.getByLabel("Condition of the exception").innerText();
      await fields.getByRole("checkbox").first().uncheck();
      await page.waitForFunction(
        (text) =>
          document.querySelector<HTMLElement>("[aria-label='Condition of the exception']")
            ?.innerText !== text,
        before,
      );
      await page.getByLabel("Reason").fill("It is wanted");
      await page.getByRole("button", { name: "Take exception" }).click();
      await page.getByText(/reason: 'It is wanted'/).waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      const [exception] = (await json("/api/exceptions?active=true")).exceptions;
      assert.deepEqual([exception.rule, exception.alert], ["sudo_shell", id]);
      await page.goto("/tuning");
      await page.getByText("It is wanted").first().waitFor();
      await page.getByText("alert.edit").first().waitFor();
      await settled(page);
      assert.deepEqual(await faults(page), []);
      await page.getByRole("button", { name: "End" }).first().click();
      await page.getByText("No exceptions").waitFor();
      assert.equal((await json("/api/exceptions?active=true")).exceptions.length, 0);
      await page.getByRole("button", { name: "End" }).first().click();
      await page.getByText("No silences").waitFor();
    },
  ),
  step(
    "an alert shows its events, the condition that held, and what else is known",
    async ({ page, json }) => {
      const { alerts } = await json("/api/alerts?rule=ssh_compromised_account");
      await page.goto(`/alerts/${alerts[0].id}`);
      await page.getByText("Matched rule").waitFor();
      await page.locator(".code li.held").first().waitFor();
      await page.getByRole("link", { name: /^T1078/ }).first().waitFor();
      assert.match(
        (await page.getByRole("link", { name: /^T1078/ }).first().getAttribute("href"))!,
        /^https:\/\/attack\.mitre\.org\/techniques\/T1078/,
      );
      await page.getByText("Related alerts").waitFor();
      await page.locator("button.line").first().click();
      await page.getByText("Rule evaluation").waitFor();
      assert.deepEqual(await faults(page), []);
      await page.keyboard.press("Escape");
      await page.locator(".drawer").waitFor({ state: "detached" });
    },
  ),
  step("the editor shows what the compiler says, and runs the rule", async ({ page }) => {
    await page.goto("/rules/ssh_brute_force?tab=try");
    await page.getByText("Compiles: ssh_brute_force").waitFor();
    const area = page.getByLabel(/^Source of the rule/);
    const text = await area.inputValue();
    await area.fill(text.replace("dc(user)", "dc(usr)").replace("title ", "titel "));
    await page.getByText(/E\d{4}/).first().waitFor();
    await page.locator(".d-error").first().waitFor();
    await page.locator("button:disabled", { hasText: "Run" }).waitFor();
    await area.fill(text.replace("dc(user)", "dc(usr)"));
    await page.getByRole("button", { name: "Use user" }).click();
    await page.getByText("Compiles: ssh_brute_force").waitFor();
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("5 failed SSH logins from 203.0.113.66 to web1").waitFor();
    await page.getByText(/\d+ passed/).waitFor();
    await page.locator("summary", { hasText: "Accepted password" }).first().click();
    await page.getByText(/no +action ==|no +failed_login|no +app ==/).first().waitFor();
    assert.deepEqual(await faults(page), []);
  }),
  step("the validator says what fits the CIM and what does not", async ({ page }) => {
    await page.goto("/validate");
    await page.getByLabel("Log lines").fill(
      `${LIVE.attack[0]}\n<script>hacked = 1</script> is no line of a log`,
    );
    await page.getByLabel("Sourcetype").selectOption("linux_secure");
    await page.getByRole("button", { name: "Validate" }).click();
    await page.getByText("1 parse error").waitFor();
    await page.getByText(/CIM Authentication/).first().waitFor();
    assert.deepEqual(await faults(page), []);
  }),
  step("what logs say stays text on every page", async ({ page, json, hostile }) => {
    await Deno.writeTextFile(hostile, HOSTILE.lines.join("\n") + "\n");
    const found = async () => (await json(`/api/alerts?entity=${HOSTILE.src}`)).alerts;
    await until(async () => (await found()).length >= 3, "three alerts");
    const { alerts } = await json(`/api/alerts?entity=${HOSTILE.src}`);
    const events = await json(`/api/events?src=${HOSTILE.src}&limit=1`);
    const paths = [
      "/alerts",
      `/alerts?entity=${HOSTILE.src}`,
      ...alerts.map((a: { id: string }) => `/alerts/${a.id}`),
      `/events?range=all&src=${HOSTILE.src}&cols=src,user,url,http_user_agent`,
      `/events?range=all&event=${events.events[0]._id}`,
      `/events?range=all&q=${encodeURIComponent(HOSTILE.mark)}`,
      `/alerts?rule=${encodeURIComponent(HOSTILE.mark)}&entity=${encodeURIComponent(HOSTILE.mark)}`,
      `/rules/${encodeURIComponent(HOSTILE.mark)}`,
      "/incidents",
      "/",
    ];
    let shown = 0, seen = 0;
    for (const path of paths) {
      await page.goto(path);
      await settled(page);
      const text = await page.locator("main").innerText();
      if (text.includes(HOSTILE.mark) || text.includes("<svg")) shown++;
      const injected = await page.evaluate(() => ({
        ran: (globalThis as unknown as { hacked?: number }).hacked ?? null,
        made: document.querySelectorAll("img, #app script, iframe, [onerror], [onload]").length,
      }));
      assert.deepEqual(injected, { ran: null, made: 0 }, path);
      const markup = await page.locator("html").evaluate((e) => e.textContent);
      assert.doesNotMatch(markup!, /[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]/, path);
      if (text.includes(HOSTILE.user)) seen++;
    }
    assert.ok(seen >= 1, "the user name that reorders text was in sight nowhere");
    assert.ok(shown >= 3, `hostile text was in sight on ${shown} pages only`);
  }),
  step("an alert that comes is there without a reload", async ({ page, live }) => {
    await page.goto("/alerts");
    await page.locator(".live.on").waitFor();
    await page.locator(".rows [role=row]").first().waitFor();
    assert.equal(await page.getByText(LIVE.src).count(), 0);
    await page.evaluate("globalThis.same = true");
    await Deno.writeTextFile(live, LIVE.attack.join("\n") + "\n", { append: true });
    await page.getByText(LIVE.src).first().waitFor({ timeout: 30_000 });
    assert.equal(await page.evaluate("globalThis.same"), true);
    await page.locator(".rows .fresh").first().waitFor();
  }),
];
