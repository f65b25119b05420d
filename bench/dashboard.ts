/// <reference lib="dom" />
/**
 * How soon each page of the dashboard is usable over a large store, as a browser that comes for the
 * first time sees it. Stores PICKET_EVENTS lines (a million) in an embedded database, or serves the
 * one in the folder that is given: `bench:dashboard [DATA]`.
 */
import { openPage, startBrowser } from "../tests/dashboard/browser.ts";
import { root } from "../tests/run.ts";
import { servedStore } from "../tests/dashboard/serve.ts";
import { sshdLines } from "./auth_lines.ts";

const EVENTS = Number(Deno.env.get("PICKET_EVENTS") ?? 1_000_000);
const RUNS = 5;

/** Stores the lines and the samples; gives the folder. */
async function filled(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "picket-bench-" });
  const log = `${folder}/sshd.log`;
  const file = await Deno.open(log, { write: true, create: true });
  const encoder = new TextEncoder();
  for (const chunk of sshdLines(EVENTS)) await file.write(encoder.encode(chunk));
  file.close();
  const began = performance.now();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "agent", "--quiet", "--year", "2026", "--data", `${folder}/data`, log]
      .concat(["tests/samples/auth.log", "tests/samples/access.log"]),
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  console.log(`stored in ${Math.round((performance.now() - began) / 1000)} s, ${folder}/data`);
  return `${folder}/data`;
}

/** Frames while 10,000 rows pass by, as the screen would show them. */
async function scrolling(url: string): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto("/events?range=all");
  const grid = page.getByRole("grid");
  await page.locator(".rows [role=row]").first().waitFor();
  while (await grid.evaluate((e) => e.scrollHeight) < 10_000 * 30) {
    await grid.evaluate((e) => e.scrollTo(0, e.scrollHeight));
    await page.waitForTimeout(20);
  }
  const frames = await grid.evaluate(async (e) => {
    const out: number[] = [];
    e.scrollTop = 0;
    let last = await new Promise<number>(requestAnimationFrame);
    // A screen and a half a frame: faster than a wheel goes.
    while (e.scrollTop + e.clientHeight < 10_000 * 30 - 1) {
      e.scrollTop += 900;
      const now = await new Promise<number>(requestAnimationFrame);
      out.push(now - last);
      last = now;
    }
    return out.sort((a, b) => a - b);
  });
  const at = (share: number) => frames[Math.floor(frames.length * share)].toFixed(1);
  console.log(
    `\n10,000 rows in ${frames.length} frames: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms`,
  );
}

const served = await servedStore(Deno.args[0] ?? await filled());
const browser = await startBrowser();
try {
  const json = async (path: string) => await (await fetch(served.url + path)).json();
  const stats = await json("/api/stats");
  console.log(
    `${stats.events} events, ${stats.alerts} alerts; ms of ${RUNS} visits, the best and the median\n`,
  );
  const [alert] = (await json("/api/alerts?limit=1")).alerts;
  const incident = (await json("/api/incidents?severity=critical&limit=1")).incidents[0];
  const [event] = (await json("/api/events?limit=1&fields=_time")).events;
  const pages: Record<string, string> = {
    Overview: "/",
    "Overview, all time": "/?range=all",
    Alerts: "/alerts",
    "Alerts, critical": "/alerts?severity=critical",
    "One alert": `/alerts/${alert.id}`,
    Incidents: "/incidents",
    "One incident": `/incidents/${incident.id}`,
    Events: "/events",
    "Events, all time": "/events?range=all",
    "Events of an address": "/events?range=all&src=203.0.113.66",
    "Events with words": "/events?range=all&q=Accepted%20password",
    "One event": `/events?event=${event._id}`,
    "ATT&CK": "/attack",
    Rules: "/rules",
    "One rule": "/rules/ssh_brute_force",
    "Rule editor": "/rules/ssh_brute_force?tab=try",
    Sources: "/sources",
    "One sourcetype": "/sources/linux_secure",
    Validator: "/validate",
    Health: "/system",
  };
  console.log(`${"page".padEnd(22)} first content     all of it`);
  for (const [name, path] of Object.entries(pages)) {
    const first: number[] = [], whole: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const { page } = await openPage(browser, served.url);
      await page.goto(path, { waitUntil: "commit" });
      // Times since the navigation began, taken in the page itself.
      const at = async (condition: () => boolean) =>
        await (await page.waitForFunction(condition, null, { polling: "raf", timeout: 60_000 }))
          .evaluate(() => performance.now());
      first.push(
        await at(() =>
          !!document.querySelector(
            "main .tile, main .rows .tr, main dl dd, main .heat a, main table td, main textarea, main .code",
          )
        ),
      );
      whole.push(
        await at(() => !!document.querySelector("main") && !document.querySelector(".skeleton")),
      );
      await page.context().close();
    }
    const shown = (all: number[]) => {
      all.sort((a, b) => a - b);
      return `${String(Math.round(all[0])).padStart(6)} ${
        String(Math.round(all[RUNS >> 1])).padStart(6)
      }`;
    };
    console.log(`${name.padEnd(22)} ${shown(first)} ${shown(whole)}`);
  }
  await scrolling(served.url);
} finally {
  await browser.close();
  await served.close();
}
