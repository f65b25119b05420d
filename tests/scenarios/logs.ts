/** Makers of log lines for attacks and ordinary days, and what the shipped rules say of them. */
import { load } from "../../agent/content/load.ts";
import { createEngine } from "../../agent/engine/engine.ts";
import type { Alert } from "../../agent/event.ts";
import { InputHandle } from "../../agent/input.ts";
import { LineReader } from "../../agent/stages/lines.ts";
import { createParser, recognise } from "../../compiler/sourcetype/mod.ts";

export const EVIL = "203.0.113.77";
const START = Date.UTC(2026, 2, 10, 13, 0, 0);
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
export const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** An attack or an ordinary day: a name, and the lines of one log. Times are seconds from 13:00 on a Tuesday. */
export type Story = readonly [name: string, lines: readonly string[]];
/** With the least severity of its worst alert. */
export type Attack = readonly [name: string, least: Severity, lines: readonly string[]];

const SEVERITIES = ["informational", "low", "medium", "high", "critical"] as const;
export type Severity = typeof SEVERITIES[number];

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const iso = (s: number): string => new Date(START + s * 1000).toISOString();

export function sys(s: number, program: string, text: string, host = "web1"): string {
  const d = new Date(START + s * 1000);
  const day = String(d.getUTCDate()).padStart(2);
  return `${MONTHS[d.getUTCMonth()]} ${day} ${
    d.toISOString().slice(11, 19)
  } ${host} ${program}: ${text}`;
}

/** A line of an access log. */
export function acc(
  s: number,
  src: string,
  request: string,
  status: number,
  bytes = 512,
  agent = FIREFOX,
  referrer = "-",
): string {
  const d = new Date(START + s * 1000);
  const day = String(d.getUTCDate()).padStart(2, "0");
  const time = `${day}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:${
    d.toISOString().slice(11, 19)
  }`;
  return `${src} - - [${time} +0000] "${request} HTTP/1.1" ${status} ${bytes} "${referrer}" "${agent}"`;
}

/** A record of the Linux audit log. */
export function audit(s: number, serial: number, type: string, rest: string): string {
  return `type=${type} msg=audit(${(START / 1000 + s).toFixed(3)}:${serial}): ${rest}`;
}

/** The record of a program that was started, and of its command line. */
export function started(
  s: number,
  serial: number,
  uid: number,
  exe: string,
  args: readonly string[],
) {
  const login = uid < 1000 ? "4294967295" : uid;
  const ids = ["uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"].map((k) =>
    `${k}=${uid}`
  );
  return [
    audit(
      s,
      serial,
      "SYSCALL",
      `arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=811 pid=${serial} ` +
        `auid=${login} ${ids.join(" ")} tty=(none) ses=3 comm="${
          exe.split("/").at(-1)
        }" exe="${exe}" key="exec"`,
    ),
    audit(
      s,
      serial,
      "EXECVE",
      `argc=${args.length} ${args.map((a, i) => `a${i}="${a}"`).join(" ")}`,
    ),
  ];
}

const PROVIDERS: Readonly<Record<string, string>> = {
  Security: "Microsoft-Windows-Security-Auditing",
  System: "Service Control Manager",
};

/** A Windows event as winlogbeat ships it. */
export function win(
  s: number,
  channel: string,
  id: number,
  data: Readonly<Record<string, string>>,
  host = "srv1.corp.example",
  provider = PROVIDERS[channel],
): string {
  return JSON.stringify({
    "@timestamp": iso(s),
    winlog: {
      channel,
      event_id: String(id),
      provider_name: provider,
      computer_name: host,
      event_data: data,
    },
    event: { code: String(id), provider },
  });
}

const loaded = await load({ rules: [], sourcetypes: [] });

/** The alerts of the shipped rules over a log that ends. */
export function alertsOf(lines: readonly string[]): Alert[] {
  const sourcetype = recognise(lines.slice(0, 50), loaded.sourcetypes).sourcetype ?? "syslog";
  const input = new InputHandle({
    name: "test",
    identity: "test",
    sourcetype,
    lateness: 366 * 86_400_000,
    modified: START + 20 * 86_400_000,
  });
  const engine = createEngine(loaded.program, loaded.sourcetypes.catalogue);
  const reader = new LineReader(input);
  const parser = createParser(loaded.sourcetypes, sourcetype, { mixed: true, tz: "UTC" });
  const bytes = new TextEncoder().encode(lines.join("\n") + "\n");
  for (const batch of [reader.push(bytes, 0), reader.end()]) {
    if (batch !== null) engine.detect(parser(batch));
  }
  engine.end();
  return [...new Map(engine.takeChanges().map(({ alert }) => [alert.id, alert])).values()];
}

export const told = (alerts: readonly Alert[]): string =>
  alerts.map((a) => `${a.rule} (${a.severity}): ${a.message}`).join("; ") || "nothing";

export function atLeast(severity: string, least: Severity): boolean {
  return SEVERITIES.indexOf(severity as Severity) >= SEVERITIES.indexOf(least);
}
