/** Notifications and settings as tests hand them to destinations. */
import type { Alert } from "../../../event.ts";
import { sampleAlert } from "../../testing/suite.ts";
import type {
  DestinationContext,
  DestinationSpec,
  Notification,
  SettingValues,
} from "../destination.ts";
import { guardedNetwork } from "../http.ts";

export const TIME = Date.UTC(2026, 2, 29, 0, 2, 20);

/** An alert with techniques, several fields and what its author says. */
export function richAlert(id = "5".repeat(32), changes: Partial<Alert> = {}): Alert {
  const alert = sampleAlert(id, "root");
  return {
    ...alert,
    rule: "ssh_brute_force",
    title: "SSH brute force",
    first: alert.time - 60_000,
    last: alert.time,
    count: 12,
    suppressed: 3,
    entity: { src: "45.83.64.1" },
    fields: {
      src: "45.83.64.1",
      user: "root",
      dest: "web-1",
      dest_port: 22,
      users: ["root", "admin"],
      missing: undefined,
    },
    mitre: [{ id: "T1110.001", name: "Password Guessing", tactics: ["Credential Access"] }],
    metadata: {
      description: "Many failed logins",
      author: "A. Author",
      references: ["https://attack.mitre.org/"],
      cve: ["CVE-2024-6387"],
      tags: ["attack.t1110.001"],
    },
    context: {
      assets: [{
        field: "dest",
        value: "web-1",
        kind: "asset",
        name: "shop",
        priority: "critical",
        owner: "web@example.org",
      }],
      intelligence: [{
        field: "src",
        value: "45.83.64.1",
        source: "abuseipdb",
        score: 87,
        band: "high",
        reports: 412,
        last: "2026-03-28T10:00:00Z",
        country: "NL",
        isp: "Example Hosting",
        as_of: "2026-03-29T00:00:00Z",
      }],
      geography: [{
        field: "src",
        value: "45.83.64.1",
        country: "NL",
        city: "Amsterdam",
        asn: 64496,
        org: "Example Net",
      }],
      raised: { from: "medium", to: "high", because: "asset shop, priority critical" },
    },
    message: "12 failed logins from 45.83.64.1",
    eventIds: ["a".repeat(32)],
    ...changes,
  };
}

export function notificationOf(
  alerts: readonly Alert[],
  changes: Partial<Notification> = {},
): Notification {
  return {
    key: "n0123456789abcdef",
    event: "opened",
    alerts,
    more: 0,
    health: null,
    time: TIME,
    link: "https://picket.example.com/alerts/5?a=1&b=(2)",
    ...changes,
  };
}

export const healthNotification = (message = "12 rows came late"): Notification =>
  notificationOf([], {
    event: "health",
    health: { time: TIME, kind: "late", subject: "auth.log", message, detail: { rows: 12 } },
  });

/** Values that try to leave the place that they are put into. */
export const HOSTILE: readonly string[] = [
  "<!channel> <!here> <@U012AB3CD> <!subteam^S012|x>",
  "@here @channel @everyone @all",
  "<https://evil.example|click> [click](https://evil.example) <a href='https://evil.example'>x</a>",
  "http://evil.example/ www.evil.example mailto:a@evil.example javascript:alert(1)",
  '"};{"x":"y"} \\" \\',
  "a\r\nX-Injected: 1\r\n\r\nbody",
  "{{ alert.id }} {{ key }} ${1+1} <%= 1 %>",
  "*bold* _under_ ~strike~ `code` ``` :tada: # h - [ ] | t |",
  "<script>alert(1)</script> &amp; <img src=x onerror=alert(1)>",
  "CEF:0|a|b|c=d e=f\\|g\nact=allowed",
  "ad\u202enimda a\u200bb \u{e0041} \x1b[2J a\0b \u2028 \ufeff",
  "\ud800 lone \udc00",
  "..",
  "__proto__",
  "x".repeat(20_000),
];

const secretless = (value: unknown) => value === undefined ? undefined : String(value);

/** The settings of a test, with the spec's defaults where it gives none. */
export function settingsOf(
  spec: DestinationSpec,
  given: Readonly<Record<string, string | number | boolean | readonly string[]>> = {},
  maps: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): SettingValues {
  for (const name of [...Object.keys(given), ...Object.keys(maps)]) {
    if (!spec.settings.some((s) => s.name === name)) throw new Error(`${spec.type} has no ${name}`);
  }
  const get = (name: string) => {
    const setting = spec.settings.find((s) => s.name === name);
    if (setting === undefined) throw new Error(`${spec.type} asks for ${name}, which it has not`);
    return given[name] ?? setting.default;
  };
  return {
    text: (name) => secretless(get(name)),
    number: (name) => get(name) as number | undefined,
    flag: (name) => get(name) === true,
    texts: (name) => (get(name) ?? []) as readonly string[],
    map: (name) => new Map(Object.entries(get(name) === undefined ? maps[name] ?? {} : {})),
  };
}

/** A context that reaches this machine, for the servers of tests. */
export function contextOf(changes: Partial<DestinationContext> = {}): DestinationContext {
  return {
    name: "sample",
    host: "sensor-1",
    now: () => TIME,
    ...guardedNetwork({ allowPrivate: true }),
    ...changes,
  };
}
