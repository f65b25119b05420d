/// <reference lib="dom" />
/** What a step of the dashboard's tests is, and what they share. */
import type { Page } from "playwright-core";
import { PAGES } from "../../web/app/pages.ts";
import type { PageOptions } from "./browser.ts";

export interface Context {
  readonly page: Page;
  /** An answer of the API. */
  // deno-lint-ignore no-explicit-any
  json(path: string): Promise<any>;
  /** Files that the agent follows; empty until a step writes into them. */
  readonly live: string;
  readonly hostile: string;
}

export interface Step {
  readonly name: string;
  readonly options: PageOptions;
  run(context: Context): Promise<void>;
}

export const step = (
  name: string,
  run: (context: Context) => Promise<void>,
  options: PageOptions = {},
): Step => ({ name, options, run });

/** Addresses beside the list's own, and words that only their data brings. */
const WORDS: Readonly<Record<string, string>> = {
  "/": "Log volume",
  "/alerts": "Attack chain: scan, exploit, login",
  "/incidents": "203.0.113.66",
  "/risk": "203.0.113.66",
  "/events": "web1 sshd[",
  "/attack": "Exploit Public-Facing Application",
  "/rules": "ssh_brute_force",
  "/rules/ssh_brute_force": "threshold",
  "/rules/ssh_brute_force?tab=try": "Compiles: ssh_brute_force",
  "/rules/ssh_brute_force?tab=plan": "Authentication",
  "/rules/new": "Compiles: failed_logins",
  "/sources": "tests/samples/auth.log",
  "/sources/linux_secure": "ssh_accepted",
  "/search": "Who fails most to log in",
  "/validate": "Lines are not stored",
  "/deliveries": "No notifications",
  "/system": "embedded (PGlite)",
};

/** Every page without a name in its address, and some with one; for those unknown here their title. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PAGES.filter((p) => !p.path.includes(":")).map((p) => [p.path, p.title])),
  ...WORDS,
};

/** Waits until nothing in sight is still awaited. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
}

const axe = await Deno.readTextFile(
  new URL("axe.min.js", import.meta.resolve("axe-core")),
);

/** What axe finds, one line each. */
export async function faults(page: Page): Promise<string[]> {
  // Evaluated from outside the page's own policy, as a browser's extension would be.
  await page.evaluate(axe);
  const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })") as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`);
}
