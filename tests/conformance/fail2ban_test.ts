/**
 * How well the shipped sourcetypes read fail2ban's cases, service by service: the source, the user
 * and the time of each line that is a failure, and no failure where fail2ban denies one.
 */
import assert from "node:assert/strict";
import { hostOf } from "../../compiler/sourcetype/formats/address/address.ts";
import { createParser, type ParsedEvent, recognise } from "../../compiler/sourcetype/mod.ts";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import { needs, sharedText, testNeeding } from "../needs.ts";
import { printTable, Share } from "./share.ts";

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
 * Services with a sourcetype, and what is told of them where it is not that source is right in 98 %,
 * user and time in 97 %, and no line is taken for a failure that is none.
 */
const SERVICES: Readonly<Record<string, { readonly time?: number; readonly web?: true }>> = {
  "apache-auth": {},
  "apache-badbots": { web: true },
  "apache-modsecurity": {},
  "apache-nohome": {},
  "apache-overflows": {},
  "apache-shellshock": {},
  asterisk: {},
  bitwarden: {},
  "courier-smtp": {},
  "cyrus-imap": {},
  // One of 25 cases has a TAI64N label, which fail2ban reads without the ten seconds that TAI64N
  // labels are ahead.
  dovecot: { time: 24 / 25 },
  dropbear: {},
  exim: {},
  freeswitch: {},
  gitlab: {},
  "lighttpd-auth": {},
  monit: {},
  "mssql-auth": {},
  "named-refused": {},
  "nginx-bad-request": { web: true },
  "nginx-botsearch": { web: true },
  "nginx-http-auth": {},
  "nginx-limit-req": {},
  openvpn: {},
  "pam-generic": {},
  perdition: {},
  "phpmyadmin-syslog": {},
  postfix: {},
  proftpd: {},
  proxmox: {},
  "roundcube-auth": {},
  "routeros-auth": {},
  scanlogd: {},
  screensharingd: {},
  "selinux-ssh": {},
  "sendmail-auth": {},
  "sendmail-reject": {},
  slapd: {},
  softethervpn: {},
  "sogo-auth": { web: true },
  "solid-pop3d": {},
  sshd: {},
  "sshd-journal": {},
  suhosin: {},
  vsftpd: {},
  "webmin-auth": {},
  wuftpd: {},
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

testNeeding(
  needs.shared("data/logs/fail2ban/cases/"),
  "fail2ban's cases of every service that has a sourcetype",
  () => {
    const compiled = shipped();
    const rows: unknown[][] = [["service", "sourcetype", "source", "user", "time", "no failure"]];
    const total = [new Share(), new Share(), new Share(), new Share()];
    const missed: string[] = [];
    for (const [service, bar] of Object.entries(SERVICES)) {
      const text = sharedText(`data/logs/fail2ban/cases/${service}.jsonl`);
      const cases = text.trim().split("\n").map((l) => JSON.parse(l) as Case);
      // The cases are single lines put together; one with a year of its own says nothing of the others'.
      const dated = (c: Case) => /^@|\b(?:19|20)\d\d\b/.test(c.line.slice(0, 30));
      const shares = [new Share(), new Share(), new Share(), new Share()];
      const [src, user, time, none] = shares;
      let named = "";
      // nginx-botsearch has lines of two files, which are two inputs.
      const parts = Map.groupBy(cases, (c) => `${dated(c)} ${c.line.includes('] "')}`);
      for (const part of parts.values()) {
        const lines = part.map((c) => c.line);
        const sourcetype = recognise(lines, compiled).sourcetype ?? "syslog";
        named = sourcetype;
        const parsed = createParser(compiled, sourcetype, { tz: "Europe/Zurich", mixed: true })({
          input: { modified: Date.UTC(2005, 7, 14, 10) },
          lines,
          arrival: Date.UTC(2026, 0, 1),
        });
        part.forEach(({ line, expect }, i) => {
          const event = parsed.events[i];
          if (!expect.match) {
            // A refused request is a failure of HTTP, whoever it is by: only a login can be taken wrongly.
            const login = parsed.extractions[parsed.extractionIds[i]].datasets.includes(
              "Authentication",
            );
            const failure = event.action === "failure" && (login || !bar.web);
            none.add(!failure);
            if (failure) missed.push(`${service}: taken as a failure: ${line}`);
            return;
          }
          // Fail2ban keeps leading zeros of an address.
          // One journal case states neither source nor user.
          if (expect.src !== undefined) src.add(event.src === hostOf(expect.src));
          if (expect.user !== undefined) user.add((event.user ?? "") === expect.user);
          // Lines of the journal carry no time.
          if (expect.time !== undefined && service !== "sshd-journal") {
            time.add(timeRight(event, expect));
          }
        });
      }
      shares.forEach((s, i) => {
        total[i].right += s.right;
        total[i].all += s.all;
      });
      rows.push([service, named, ...shares]);
      assert.ok(src.all > 0, service);
      if (src.value < 0.98) missed.push(`${service}: source ${src}`);
      if (user.value < 0.97) missed.push(`${service}: user ${user}`);
      if (time.value < (bar.time ?? 0.97)) missed.push(`${service}: time ${time}`);
    }
    printTable([...rows, ["all", "", ...total]]);
    assert.deepEqual(missed, []);
  },
);
