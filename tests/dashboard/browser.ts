/** A real Chromium against a real server, for tests and screenshots of the dashboard. */
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian and Ubuntu put it; PICKET_CHROMIUM names another. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function executable(): string {
  const given = Deno.env.get("PICKET_CHROMIUM");
  for (const path of given ? [given] : PLACES) {
    try {
      Deno.statSync(path);
      return path;
    } catch {
      // The next place.
    }
  }
  throw new Error(
    "The dashboard's tests need Chromium: apt-get install chromium, or name one in PICKET_CHROMIUM",
  );
}

/** Starts Chromium. It runs without its sandbox as root alone, where it has none. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: executable(),
    args: Deno.uid() === 0 ? ["--no-sandbox"] : [],
  });
}

/** What a page asked of the network and said of itself, to be looked at when a test ends. */
export interface Watched {
  readonly page: Page;
  /** Requests to anything but the server, and answers that failed. */
  readonly outside: string[];
  /** Errors of scripts and of the content security policy. */
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
    if (message.type() === "error") errors.push(message.text());
  });
  return { page, outside, errors };
}
