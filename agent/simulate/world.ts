/** The network that is simulated: its hosts, its people, and who writes which log. */
import { AppLog } from "./app.ts";
import { AuditLog } from "./audit.ts";
import { AuthLog } from "./auth.ts";
import { CloudLog } from "./cloud.ts";
import { DnsLog } from "./dns.ts";
import { FirewallLog } from "./firewall.ts";
import { MailLog } from "./mail.ts";
import type { Random } from "./random.ts";
import { AccessLog, ErrorLog } from "./web.ts";
import { WindowsLog } from "./windows.ts";

/** The logs, each in a format of its own, and the names of their files. */
export const FILES = {
  auth: "auth.log",
  web: "access.log",
  errors: "error.log",
  mail: "mail.log",
  audit: "audit.log",
  firewall: "firewall.log",
  dns: "dns.log",
  app: "app.ndjson",
  cloud: "cloudtrail.ndjson",
  windows: "windows.xml",
} as const;
export type Stream = keyof typeof FILES;
export const STREAMS = Object.keys(FILES) as readonly Stream[];

/** One line of one log; `time` is epoch ms, and what the line says. */
export interface Line {
  readonly stream: Stream;
  readonly time: number;
  readonly text: string;
  /** Whether it is part of an attack: such lines are never damaged. */
  readonly attack: boolean;
}

export const SECOND = 1000, MINUTE = 60_000, HOUR = 3_600_000, DAY = 86_400_000;

/** Linux hosts; the last one falls silent when that is among the attacks. */
export const HOSTS = ["web1", "web2", "db1", "mail1", "backup2"] as const;
export const QUIET_HOST = "backup2";
export const WINDOWS_HOSTS = [
  "DC01.corp.example",
  "FS01.corp.example",
  "WS042.corp.example",
] as const;
/** Asks for a few names an hour, hour after hour, until it is used to carry data out. */
export const DNS_REGULAR = "10.20.9.9";
/** Where root logs in from, each working day, to `HOSTS[0]` alone. */
export const ROOT_STATION = "10.0.0.8";

export const NAMES =
  ("alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert " +
    "sybil trent victor wendy yvonne").split(" ");

/** The logs, ready to be written. */
export class Logs {
  readonly web: AccessLog;
  readonly errors: ErrorLog;
  readonly mail: MailLog;
  readonly audit: AuditLog;
  readonly cloud: CloudLog;
  readonly firewall: FirewallLog;
  readonly dns: DnsLog;
  readonly app: AppLog;
  readonly #auth = new Map<string, AuthLog>();
  readonly #windows = new Map<string, WindowsLog>();

  constructor(
    readonly random: Random,
    readonly emit: (stream: Stream, time: number, text: string) => void,
  ) {
    const to = (stream: Stream) => (time: number, text: string) => emit(stream, time, text);
    this.web = new AccessLog(random, to("web"));
    this.errors = new ErrorLog(to("errors"));
    this.mail = new MailLog(random, "mail1", to("mail"));
    this.audit = new AuditLog(random, to("audit"));
    this.cloud = new CloudLog(random, to("cloud"));
    this.firewall = new FirewallLog(random, "fw1", to("firewall"));
    this.dns = new DnsLog(random, "ns1", to("dns"));
    this.app = new AppLog(random, to("app"));
  }

  auth(host: string): AuthLog {
    let log = this.#auth.get(host);
    if (!log) {
      log = new AuthLog(this.random, host, (time, text) => this.emit("auth", time, text));
      this.#auth.set(host, log);
    }
    return log;
  }

  windows(computer: string): WindowsLog {
    let log = this.#windows.get(computer);
    if (!log) {
      log = new WindowsLog(this.random, computer, (time, text) => this.emit("windows", time, text));
      this.#windows.set(computer, log);
    }
    return log;
  }
}

/** Whether people work: Monday to Friday from 8 to 18 UTC, with some minutes to spare at both ends. */
export function working(time: number): boolean {
  const day = new Date(time).getUTCDay();
  const minute = (time % DAY) / MINUTE;
  return day >= 1 && day <= 5 && minute >= 8 * 60 + 5 && minute < 17 * 60 + 30;
}
