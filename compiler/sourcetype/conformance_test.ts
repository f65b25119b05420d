/** How well the shipped sourcetypes read fail2ban's cases, service by service, in one table. */
import assert from "node:assert/strict";
import { createParser, type ParsedEvent, recognise } from "./mod.ts";
import { sharedText, shipped } from "./shipped_testing.ts";

interface Case {
  readonly line: string;
  readonly expect: {
    readonly match?: boolean;
    readonly src?: string;
    readonly user?: string;
    readonly time?: string;
    readonly time_utc?: string;
    readonly time_check?: string;
  };
}

/**
 * Services with a sourcetype. Least shares: source 98 %, user and time 97 %, or what is told here:
 * one of dovecot's 25 cases has a TAI64N label, which fail2ban reads without the ten seconds that
 * TAI64N labels are ahead.
 */
const SERVICES: Readonly<Record<string, { readonly time?: number }>> = {
  "apache-auth": {},
  dovecot: { time: 24 / 25 },
  exim: {},
  "named-refused": {},
  "nginx-bad-request": {},
  "nginx-botsearch": {},
  "nginx-http-auth": {},
  "nginx-limit-req": {},
  openvpn: {},
  "pam-generic": {},
  postfix: {},
  proftpd: {},
  "selinux-ssh": {},
  slapd: {},
  sshd: {},
  vsftpd: {},
};

/** The wall clock that the cases speak of. */
const WALL = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Zurich",
  dateStyle: "short",
  timeStyle: "medium",
});

function timeRight(event: ParsedEvent, { time, time_utc, time_check }: Case["expect"]): boolean {
  if (time_utc) return Math.floor(event._time / 1000) === Math.floor(Date.parse(time_utc) / 1000);
  const wall = WALL.format(event._time).replace(" ", "T");
  return time_check === "wall-without-year"
    ? wall.slice(5) === time!.slice(5, 19)
    : wall === time!.slice(0, 19);
}

class Share {
  right = 0;
  all = 0;
  add(right: boolean): void {
    this.all++;
    if (right) this.right++;
  }
  get value(): number {
    return this.all === 0 ? 1 : this.right / this.all;
  }
  toString(): string {
    return `${this.right}/${this.all}`;
  }
}

Deno.test("fail2ban's cases of every service that has a sourcetype", () => {
  const compiled = shipped();
  const rows: string[] = [];
  for (const [service, bar] of Object.entries(SERVICES)) {
    const text = sharedText(`logs/fail2ban/cases/${service}.jsonl`);
    if (text === null) return;
    const cases = text.trim().split("\n").map((l) => JSON.parse(l) as Case);
    // The cases are single lines put together; one with a year of its own says nothing of the others'.
    const dated = (c: Case) => /^@|\b(?:19|20)\d\d\b/.test(c.line.slice(0, 30));
    const src = new Share(), user = new Share(), time = new Share();
    let named = "";
    // nginx-botsearch has lines of two files, which are two inputs.
    const parts = Map.groupBy(cases, (c) => `${service} ${dated(c)} ${c.line.includes('] "')}`);
    for (const part of parts.values()) {
      const lines = part.map((c) => c.line);
      const sourcetype = recognise(lines, compiled).sourcetype ?? "syslog";
      named = sourcetype;
      const parsed = createParser(compiled, sourcetype, { tz: "Europe/Zurich" })({
        input: { modified: Date.UTC(2005, 7, 14, 10) },
        lines,
        arrival: Date.UTC(2026, 0, 1),
      });
      part.forEach(({ line, expect }, i) => {
        const event = parsed.events[i];
        if (!expect.match) {
          assert.notEqual(event.action, "failure", `Taken as a failure: ${line}`);
          return;
        }
        if (expect.src !== undefined) src.add(event.src === expect.src);
        if (expect.user !== undefined) user.add((event.user ?? "") === expect.user);
        if (expect.time !== undefined) time.add(timeRight(event, expect));
      });
    }
    rows.push(
      `${service.padEnd(18)} ${named.padEnd(16)} source ${src} user ${user} time ${time}`,
    );
    assert.ok(src.all > 0, service);
    assert.ok(src.value >= 0.98, `${service}: source ${src}`);
    assert.ok(user.value >= 0.97, `${service}: user ${user}`);
    assert.ok(time.value >= (bar.time ?? 0.97), `${service}: time ${time}`);
  }
  console.log(rows.join("\n"));
});
