/// <reference lib="dom" />
/**
 * The task `dashboard:shots`: pictures of every page, light and dark, wide and narrow, into a folder
 * (the first argument; `screenshots`, which git leaves out). `--url` looks at a running server.
 */
import { PAGES } from "../../web/app/pages.ts";
import { openPage, startBrowser } from "./browser.ts";
import { servedSamples } from "./serve.ts";

const [folder = "screenshots", url] = Deno.args;
const only = Deno.args[2];

const VIEWS: readonly { name: string; width: number; height: number; dark: boolean }[] = [
  { name: "light", width: 1440, height: 900, dark: false },
  { name: "dark", width: 1440, height: 900, dark: true },
  { name: "wide", width: 1920, height: 1080, dark: false },
  { name: "narrow", width: 390, height: 844, dark: true },
];

const served = url ? null : await servedSamples();
const base = url || served!.url;
const browser = await startBrowser();
await Deno.mkdir(folder, { recursive: true });
try {
  const ids = await (await fetch(`${base}/api/incidents?limit=20`)).json();
  const incident = ids.incidents.find((i: { severity: string }) => i.severity === "critical") ??
    ids.incidents[0];
  const alerts = await (await fetch(`${base}/api/alerts?severity=critical&limit=1`)).json();
  const events = await (await fetch(`${base}/api/events?dataset=Authentication&limit=1`)).json();
  const pages: Record<string, string> = {
    ...Object.fromEntries(
      PAGES.filter((p) => !p.path.includes(":")).map((
        p,
      ) => [p.path.slice(1) || "overview", p.path]),
    ),
    alert: `/alerts/${alerts.alerts[0]?.id}`,
    incident: `/incidents/${incident?.id}`,
    event: `/events?event=${events.events[0]?._id}`,
    entity: `/entities/${Object.values(incident?.entity ?? {})[0]}?kind=address`,
    rule: "/rules/ssh_brute_force",
    editor: "/rules/ssh_brute_force?tab=try",
    sourcetype: "/sources/linux_secure",
  };
  for (const view of VIEWS) {
    const { page, errors } = await openPage(browser, base, view);
    for (const [name, path] of Object.entries(pages)) {
      if (only && !only.split(",").includes(name)) continue;
      await page.goto(path);
      await page.waitForFunction(() => !document.querySelector(".skeleton"), null, {
        timeout: 60_000,
      });
      if (name === "validate") await page.getByRole("button", { name: "Validate" }).click();
      if (name === "editor") {
        await page.getByRole("button", { name: "Run" }).click().catch(() => {});
      }
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${folder}/${name}-${view.name}.png`, fullPage: false });
    }
    for (const e of new Set(errors)) console.error(`${view.name}: ${e}`);
    await page.context().close();
  }
} finally {
  await browser.close();
  await served?.close();
}
console.log(`Pictures are in ${folder}`);
