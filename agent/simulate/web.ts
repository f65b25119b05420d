/** Lines of an access.log in the combined format, and what harmless visitors ask for. */
import { MONTHS } from "./auth.ts";
import type { Random } from "./random.ts";

export const BROWSERS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
];
export const NIKTO = "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)";
export const CURL = "curl/8.14.1";
export const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
export const OTHER_BOT = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)";

/** `09/Mar/2026:13:20:05 +0000` */
function stamp(time: number): string {
  const d = new Date(time);
  const day = String(d.getUTCDate()).padStart(2, "0");
  return `${day}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:${
    d.toISOString().slice(11, 19)
  } +0000`;
}

/** Writes lines in the combined format, as nginx does; times are epoch ms. */
export class AccessLog {
  constructor(
    readonly random: Random,
    readonly emit: (time: number, text: string) => void,
  ) {}

  write(
    time: number,
    src: string,
    request: string,
    status: number,
    bytes: number,
    agent: string,
    referrer = "-",
    user = "-",
  ) {
    this.emit(
      time,
      `${src} - ${user} [${stamp(time)}] "${request}" ${status} ${bytes} "${referrer}" "${agent}"`,
    );
  }

  get(time: number, src: string, url: string, status: number, agent: string, referrer = "-") {
    const bytes = status === 304 ? 0 : status >= 400 ? 162 : this.random.int(400, 24_000);
    this.write(time, src, `GET ${url} HTTP/1.1`, status, bytes, agent, referrer);
  }
}

const DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

/** Writes lines of error logs, nginx's and Apache's; times are epoch ms. */
export class ErrorLog {
  #connection = 1;

  constructor(readonly emit: (time: number, text: string) => void) {}

  write(time: number, level: "warn" | "error", message: string, src: string, request: string) {
    const at = new Date(time).toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
    this.emit(
      time,
      `${at} [${level}] 812#812: *${++this.#connection} ${message}, client: ${src}, ` +
        `server: www.example.com, request: "${request}", host: "www.example.com"`,
    );
  }

  apache(time: number, module: string, src: string, message: string) {
    const d = new Date(time);
    const clock = d.toISOString().slice(11, 23);
    const day = String(d.getUTCDate()).padStart(2, "0");
    this.emit(
      time,
      `[${DAYS[d.getUTCDay()]} ${
        MONTHS[d.getUTCMonth()]
      } ${day} ${clock}000 ${d.getUTCFullYear()}] ` +
        `[${module}:error] [pid 7005:tid 140667133085440] [client ${src}:14532] ${message}`,
    );
  }
}

export const PAGES = [
  "/",
  "/about",
  "/contact",
  "/products",
  "/products/17",
  "/products/42?colour=blue",
  "/blog/2026/03/how-we-select-our-suppliers",
  "/blog/2026/02/a-union-of-equals",
  "/cart",
  "/docs/getting-started",
  "/docs/exec-summary.pdf",
];
/** Requests with words of attacks in them that attack nothing. */
const HARMLESS = [
  "/search?q=union+of+students",
  "/search?q=select+a+seat+from+the+map",
  "/search?q=black+or+white",
  "/search?q=rock%20%26%20roll;%20the%20cat%20sat",
  "/search?q=drop+table+lamp",
  "/search?q=C%23+or+C%2B%2B",
  "/search?q=O%27Brien",
  "/static/js/cast(modern).js",
  "/list?fields=name|id|price",
  "/docs/etc/passwd-policy",
  "/share?text=3%3E2%20and%201%3C2",
  "/static/css/../img/logo.svg",
];
const ASSETS = [
  "/static/css/site.css",
  "/static/js/app.js",
  "/static/img/logo.svg",
  "/favicon.ico",
];

/** One visitor: some pages, and some of what stands in them. */
export function visit(log: AccessLog, start: number, src: string, agent: string) {
  const r = log.random;
  let t = start;
  let from = r.chance(0.4) ? "https://www.google.com/" : "-";
  for (let i = r.int(2, 5); i > 0; i--) {
    const url = r.chance(0.12) ? r.pick(HARMLESS) : r.pick(PAGES);
    log.get(t, src, url, r.chance(0.1) ? 304 : 200, agent, from);
    from = `https://www.example.com${url.replaceAll("|", "%7C")}`;
    if (i % 2 === 0) {
      for (const asset of ASSETS) {
        if (r.chance(0.5)) log.get(t + 1000, src, asset, r.chance(0.5) ? 304 : 200, agent, from);
      }
    }
    t += r.int(4, 50) * 1000;
  }
}
