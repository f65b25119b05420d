/// <reference lib="dom" />
/**
 * From a line's writing to the pixels of its alert: a followed file, an agent that serves, and the
 * list of alerts in Chromium. Wanted: p95 of half a second.
 *
 *   deno task bench:screen [PROBES]
 */
import { openPage, startBrowser } from "../tests/dashboard/browser.ts";
import { servedAgent } from "../tests/dashboard/serve.ts";

const PROBES = Number(Deno.args[0] ?? 40);
/** Time between two lines, in ms: one after another, and in bursts. */
const PACES = { "one by one": [2500, 4000], "in bursts": [50, 700] } as const;

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const line = (what: string, user: string, src: string) =>
  `${
    new Date().toISOString()
  } web1 sshd[42]: ${what} password for ${user} from ${src} port 5 ssh2\n`;

const folder = await Deno.makeTempDir({ prefix: "picket-bench-" });
await Deno.writeTextFile(
  `${folder}/canary.sdl`,
  `rule canary {
  title "Canary"
  severity low
  from Authentication where action == "failure" and user == "canary"
  | alert "canary from {src}"
}
`,
);
const file = `${folder}/a.log`;
await Deno.writeTextFile(file, line("Accepted", "ann", "10.0.0.1"));
const served = await servedAgent([file], ["--rules", `${folder}/canary.sdl`]);
const browser = await startBrowser();
try {
  const { page } = await openPage(browser, served.url);
  await page.goto("/alerts");
  await page.locator(".live.on").waitFor();
  // Seen in the frame in which it is painted, by the clock of this machine, which both have.
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    (globalThis as unknown as { seen: typeof seen }).seen = seen;
    const look = () => {
      for (const e of document.querySelectorAll(".rows .second bdi")) {
        const src = e.textContent?.split(" ").pop() ?? "";
        seen[src] ??= Date.now();
      }
      requestAnimationFrame(look);
    };
    look();
  });
  let probe = 0;
  for (const [name, [least, most]] of Object.entries(PACES)) {
    const written = new Map<string, number>();
    for (let n = 0; n < PROBES; n++, probe++) {
      const src = `203.0.${probe >> 8}.${probe & 255}`;
      written.set(src, Date.now());
      await Deno.writeTextFile(file, line("Failed", "canary", src), { append: true });
      await sleep(least + Math.random() * (most - least));
    }
    await sleep(5000);
    const seen = await page.evaluate(() =>
      (globalThis as unknown as { seen: Record<string, number> }).seen
    );
    const took = [...written].map(([src, at]) => (seen[src] ?? Infinity) - at)
      .sort((a, b) => a - b);
    const at = (share: number) => Math.round(took[Math.ceil(took.length * share) - 1]);
    console.log(
      `${name.padEnd(12)} ${took.length} alerts: median ${at(0.5)} ms, p95 ${at(0.95)} ms, ` +
        `slowest ${at(1)} ms`,
    );
  }
} finally {
  await browser.close();
  await served.close();
  await Deno.remove(folder, { recursive: true });
}
