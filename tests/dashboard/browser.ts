/// <reference lib="dom" />
/** A real Chromium against a real server, for tests and screenshots of the dashboard. */
import fs from "node:fs";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, HOW_TO_GET } from "../needs.ts";

// Playwright looks into /proc, which Deno gives to nobody without all permissions, and takes no
// refusal for an answer: what may not be looked at is not there.
const existsSync = fs.existsSync;
fs.existsSync = (path) => {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
};
const { chromium } = await import("playwright-core");

/** Starts Chromium. It runs without its sandbox as root alone, where it has none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error(`Chromium is missing: ${HOW_TO_GET.Chromium}`);
  return await chromium.launch({
    executablePath,
    args: Deno.uid() === 0 ? ["--no-sandbox"] : [],
  });
}

/** What a page asked of the network and said of itself, to be looked at when a test ends. */
export interface Watched {
  readonly page: Page;
  /** Requests to anything but the server. */
  readonly outside: string[];
  /** Errors of scripts, of the content security policy, and of the server. */
  readonly errors: string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly timezone?: string;
}

/** Opens a page that can reach the server at `url` and nothing else. */
export async function openPage(
  browser: Browser,
  url: string,
  options: PageOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.dark ? "dark" : "light",
    timezoneId: options.timezone ?? "UTC",
    locale: "en-GB",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const outside: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !to.startsWith("data:")) outside.push(to);
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // What the server refuses is told by its own answer, below.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      errors.push(message.text());
    }
  });
  page.on("response", (answer) => {
    if (answer.status() >= 500) errors.push(`${answer.status()} ${answer.url()}`);
  });
  return { page, outside, errors };
}
