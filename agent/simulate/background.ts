/**
 * What goes on where nobody attacks. It must raise no alert at any rate, so everything that a rule
 * counts by address or account is spread over as many of them as the rate asks for.
 */
import type { Random } from "./random.ts";
import { BROWSERS, PAGES, visit } from "./web.ts";
import {
  DNS_REGULAR,
  HOSTS,
  HOUR,
  type Logs,
  MINUTE,
  NAMES,
  QUIET_HOST,
  ROOT_STATION,
  SECOND,
  type Stream,
  WINDOWS_HOSTS,
  working,
} from "./world.ts";

/** Lines that one call of each writer gives, roughly, and its share of all lines. */
const MIX: readonly { stream: Stream; share: number; lines: number }[] = [
  { stream: "web", share: 0.4, lines: 5 },
  { stream: "auth", share: 0.13, lines: 9 },
  { stream: "errors", share: 0.01, lines: 1 },
  { stream: "mail", share: 0.08, lines: 3 },
  { stream: "audit", share: 0.03, lines: 1 },
  { stream: "firewall", share: 0.12, lines: 1 },
  { stream: "dns", share: 0.09, lines: 1 },
  { stream: "app", share: 0.08, lines: 1 },
  { stream: "cloud", share: 0.01, lines: 1 },
  { stream: "windows", share: 0.05, lines: 2 },
];

/** Ports that strangers knock at. */
const KNOCKS = [22, 23, 80, 445, 1433, 3306, 3389, 5060, 5900, 6379, 8443, 9200];
const SITES = [
  "www.example.com",
  "cdn.example.net",
  "mail.example.org",
  "time.example.net",
  "updates.example.com",
];

export class Background {
  /** When a person last mistyped a password: nobody does so twice in ten minutes. */
  readonly #mistyped = new Map<string, number>();

  constructor(
    readonly logs: Logs,
    readonly streams: ReadonlySet<Stream>,
    /** Lines a second, in all. */
    readonly rate: number,
    /** From when `QUIET_HOST` writes nothing. */
    readonly silentFrom: number,
  ) {}

  /** Writes what begins in [from, to); some of it ends later. */
  write(from: number, to: number): void {
    this.#regular(from, to);
    const seconds = (to - from) / 1000;
    const r = this.logs.random;
    for (const { stream, share, lines } of MIX) {
      if (!this.streams.has(stream)) continue;
      const wanted = this.rate * seconds * share / lines;
      const n = Math.floor(wanted) + (r.chance(wanted % 1) ? 1 : 0);
      for (let i = 0; i < n; i++) this.#one(stream, from + Math.floor(r.next() * (to - from)));
    }
  }

  /** What comes by the clock: cron on every host, a monitor, root's daily login, one client's names. */
  #regular(from: number, to: number): void {
    const { logs } = this;
    for (const t of times(from, to, HOUR, 17 * MINUTE + SECOND)) {
      if (this.streams.has("auth")) {
        for (const host of HOSTS) {
          if (host === QUIET_HOST && t >= this.silentFrom) continue;
          logs.auth(host).cron(t, "cd / && run-parts --report /etc/cron.hourly");
        }
        if (working(t) && new Date(t).getUTCHours() === 9) {
          logs.auth(HOSTS[0]).login(t + 5 * MINUTE, ROOT_STATION, "root", "publickey", 0, 12);
        }
      }
      if (this.streams.has("dns")) {
        for (let i = 0; i < 4; i++) {
          logs.dns.query(t + i * 9 * MINUTE, DNS_REGULAR, logs.random.pick(SITES));
        }
      }
    }
    if (this.streams.has("web")) {
      for (const t of times(from, to, 5 * MINUTE, 3 * SECOND)) {
        logs.web.write(t, "10.0.0.5", "GET /healthz HTTP/1.1", 200, 2, "kube-probe/1.31");
      }
    }
  }

  #one(stream: Stream, t: number): void {
    const { logs } = this;
    const r = logs.random;
    switch (stream) {
      case "web": {
        const src = this.#outside(40);
        if (r.chance(0.04)) logs.web.get(t, src, "/favicon-32.png", 404, r.pick(BROWSERS));
        else if (r.chance(0.03)) logs.web.get(t, src, r.pick(PAGES), 500, r.pick(BROWSERS));
        else visit(logs.web, t, src, r.pick(BROWSERS));
        return;
      }
      case "auth":
        return this.#session(t);
      case "firewall":
        if (r.chance(0.6)) {
          logs.firewall.inbound(t, "BLOCK", {
            src: this.#outside(60),
            dest: "192.0.2.2",
            port: r.pick(KNOCKS),
          });
        } else {
          logs.firewall.outbound(t, {
            src: this.#inside(30),
            dest: publicAddress(r),
            port: r.pick([80, 443, 443, 443, 993]),
          });
        }
        return;
      case "errors":
        return logs.errors.write(
          t,
          "error",
          `open() "/var/www/favicon-32.png" failed (2: No such file or directory)`,
          this.#outside(40),
          "GET /favicon-32.png HTTP/2.0",
        );
      case "mail":
        return this.#mail(t);
      case "audit":
        return logs.audit.run(
          t,
          r.int(1000, 30_000),
          r.int(30_001, 4_000_000),
          r.pick([
            "/usr/bin/ls",
            "/usr/bin/cat",
            "/usr/bin/vim.basic",
            "/usr/bin/git",
            "/usr/bin/make",
          ]),
        );
      case "cloud":
        return logs.cloud.call(
          t,
          "192.0.2.10",
          `ci${r.int(0, this.#many(4))}`,
          "s3",
          r.pick(["GetObject", "PutObject"]),
        );
      case "dns":
        return logs.dns.query(t, this.#inside(200), r.pick(SITES), r.chance(0.3) ? "AAAA" : "A");
      case "app":
        return this.#application(t);
      case "windows":
        return this.#desktop(t);
    }
  }

  /** At night and at weekends only programs log in, each with its key. */
  #session(t: number): void {
    const { logs } = this;
    const r = logs.random;
    // Each account has its own host, so that nobody goes from host to host.
    const n = r.int(0, this.#many(20));
    const host = HOSTS[n % (HOSTS.length - 1)];
    const log = logs.auth(host);
    if (!working(t)) {
      log.cron(t, "/usr/lib/sysstat/debian-sa1 1 1");
      if (r.chance(0.3)) {
        log.login(
          t,
          `10.${12 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
          "backup",
          "publickey",
          0,
          4,
        );
      }
      return;
    }
    const user = NAMES[n % NAMES.length] + (n < NAMES.length ? "" : Math.floor(n / NAMES.length));
    const src = `10.${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    const key = n % 2 === 0;
    const slip = !key && t - (this.#mistyped.get(user) ?? -HOUR) > 10 * MINUTE && r.chance(0.15);
    if (slip) this.#mistyped.set(user, t);
    // What is left of the day is long enough that the session does not end in the evening.
    const at = log.login(
      t,
      src,
      user,
      key ? "publickey" : "password",
      slip ? r.int(1, 2) : 0,
      r.int(1, 20),
    );
    if (n % 5 === 0 && r.chance(0.3)) {
      log.sudo(
        at + r.int(20, 50) * SECOND,
        user,
        `/home/${user}`,
        "/usr/bin/systemctl reload nginx",
      );
    }
  }

  #mail(t: number): void {
    const r = this.logs.random;
    const user = r.int(0, this.#many(60));
    if (r.chance(0.6)) {
      this.logs.mail.delivered(t, this.#outside(60), "news@example.org", `user${user}@example.com`);
    } else {
      this.logs.mail.login(
        t,
        `10.50.${(user >> 8) & 255}.${user & 255}`,
        `user${user}@example.com`,
        true,
      );
    }
  }

  #application(t: number): void {
    const { logs } = this;
    const r = logs.random;
    const n = r.int(0, this.#many(100));
    if (r.chance(0.2) && working(t)) {
      logs.app.login(t, `192.0.2.${n % 250 + 1}`, `customer${n % 250}`, "success");
    } else if (r.chance(0.5)) {
      logs.app.flow(
        t,
        this.#inside(100),
        publicAddress(r),
        443,
        r.int(500, 20_000),
        r.int(2_000, 400_000),
      );
    } else {
      logs.app.message(
        t,
        r.chance(0.05) ? "warn" : "info",
        `Order ${r.int(10_000, 99_999)} was shipped`,
      );
    }
  }

  #desktop(t: number): void {
    const r = this.logs.random;
    const n = r.int(0, this.#many(20));
    const log = this.logs.windows(WINDOWS_HOSTS[n % WINDOWS_HOSTS.length]);
    const user = NAMES[n % NAMES.length] + (n < NAMES.length ? "" : Math.floor(n / NAMES.length));
    if (!working(t)) {
      log.logon(t, `${log.computer.split(".")[0]}$`, "-", 3, true);
      return;
    }
    log.logon(t, user, `10.30.${(n >> 8) & 255}.${n & 255}`, 3, true);
    if (r.chance(0.4)) {
      log.process(
        t + r.int(1, 60) * SECOND,
        user,
        "C:\\Windows\\System32\\notepad.exe",
        "notepad.exe minutes.txt",
        "C:\\Windows\\explorer.exe",
      );
    }
    log.logoff(t + r.int(1, 40) * MINUTE, user);
  }

  /** How many there are of something, for a rate: `base`, and more when there is more to do. */
  #many(base: number): number {
    return Math.max(base, Math.ceil(base * this.rate));
  }

  /** An address of a visitor, of benchmarking's range: no rule calls it internal. */
  #outside(base: number): string {
    const n = this.logs.random.int(0, Math.min(this.#many(base), 131_071));
    return `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
  }

  #inside(base: number): string {
    const n = this.logs.random.int(0, Math.min(this.#many(base), 1_000_000));
    return `10.${40 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
  }
}

/** An address that counts as public; the range is retired (6to4 relays), so it is nobody's. */
export const publicAddress = (r: Random): string => `192.88.99.${r.int(1, 254)}`;

/** Moments of a clock with this period and phase in [from, to). */
function* times(from: number, to: number, period: number, phase: number): Generator<number> {
  for (let t = Math.ceil((from - phase) / period) * period + phase; t < to; t += period) yield t;
}
