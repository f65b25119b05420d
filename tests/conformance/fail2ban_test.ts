/**
 * How well the shipped sourcetypes read fail2ban's cases, service by service: the source, the user
 * and the time of each line that is a failure, and no failure where fail2ban denies one.
 */
import assert from "node:assert/strict";
import { hostOf } from "../../compiler/sourcetype/formats/address/address.ts";
import {
  type Compiled,
  createParser,
  type ParsedEvent,
  recognise,
} from "../../compiler/sourcetype/mod.ts";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import { needs, sharedText, sharedUrl, testNeeding } from "../needs.ts";
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

/** The corpus came in parts; each was unseen while what reads the part before it was made. */
const HELPINGS = ["data/logs/fail2ban/", "data/logs/second/fail2ban/"];

/** Filters over lines of access: whatever is refused there is a failure of HTTP, not of a login. */
const WEB: ReadonlySet<string> = new Set(["apache-fakegooglebot", "php-url-fopen", "traefik-auth"]);

/**
 * Services of the first part with a sourcetype, and what is told of them where it is not that source is right in 98 %,
 * user and time in 97 %, and no line is taken for a failure that is none.
 */
const SERVICES: Readonly<
  Record<string, { readonly source?: number; readonly time?: number; readonly web?: true }>
> = {
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
  // One of six cases holds a whole message in the user's name. Before nginx 1.21.1 a client could write
  // the same into its request, and name another address: such a line has no source.
  "nginx-http-auth": { source: 5 / 6 },
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
  needs.shared(`${HELPINGS[1]}cases/`),
  "fail2ban's cases of every service, with a sourcetype or without",
  () => {
    const compiled = shipped();
    const missed: string[] = [];
    const all = shares();
    for (const helping of HELPINGS) {
      const rows: unknown[][] = [["service", "read as", "source", "user", "time", "no failure"]];
      const total = shares();
      const folder = `${helping}cases/`;
      for (const file of [...Deno.readDirSync(sharedUrl(folder))].map((e) => e.name).sort()) {
        const service = file.replace(".jsonl", "");
        const bar = helping === HELPINGS[0] ? SERVICES[service] : undefined;
        const cases = sharedText(folder + file).trim().split("\n").map((l) =>
          JSON.parse(l) as Case
        );
        const web = bar?.web === true || WEB.has(service) || /bot|noscript/.test(service);
        const { named, shares: own, failures } = measure(compiled, service, cases, web);
        missed.push(...failures.map((line) => `${service}: taken as a failure: ${line}`));
        for (const [i, share] of own.entries()) {
          total[i].plus(share);
          all[i].plus(share);
        }
        rows.push([service, named, ...own]);
        if (bar === undefined) continue;
        const [src, user, time] = own;
        assert.ok(src.all > 0, service);
        if (src.value < (bar.source ?? 0.98)) missed.push(`${service}: source ${src}`);
        if (user.value < 0.97) missed.push(`${service}: user ${user}`);
        if (time.value < (bar.time ?? 0.97)) missed.push(`${service}: time ${time}`);
      }
      printTable([...rows, [`all of ${helping}`, "", ...total]]);
    }
    console.log(`source ${all[0]}, user ${all[1]}, time ${all[2]}, no failure ${all[3]}`);
    if (all[0].value < 0.99) missed.push(`source ${all[0]}`);
    if (all[2].value < 0.97) missed.push(`time ${all[2]}`);
    assert.deepEqual(missed, []);
  },
);

/** Of source, user, time, and lines that are no failure. */
const shares = () => [new Share(), new Share(), new Share(), new Share()];

/** The cases are single lines put together; one with a year of its own says nothing of the others'. */
const dated = (c: Case) => /^@|\b(?:19|20)\d\d\b/.test(c.line.slice(0, 30));

function measure(compiled: Compiled, service: string, cases: readonly Case[], web: boolean) {
  const out = shares();
  const [src, user, time, none] = out;
  const failures: string[] = [];
  let named = "";
  // nginx-botsearch has lines of two files, which are two inputs.
  for (const part of Map.groupBy(cases, (c) => `${dated(c)} ${c.line.includes('] "')}`).values()) {
    const lines = part.map((c) => c.line);
    named = recognise(lines, compiled).sourcetype ?? "syslog";
    const parsed = createParser(compiled, named, { tz: "Europe/Zurich", mixed: true })({
      input: { modified: Date.UTC(2005, 7, 14, 10) },
      lines,
      arrival: Date.UTC(2027, 0, 1),
    });
    part.forEach(({ line, expect }, i) => {
      const event = parsed.events[i];
      if (!expect.match) {
        // A refused request is a failure of HTTP, whoever it is by: only a login can be taken wrongly.
        const login = parsed.extractions[parsed.extractionIds[i]].datasets.includes(
          "Authentication",
        );
        const failure = event.action === "failure" && (login || !web);
        none.add(!failure);
        if (failure) failures.push(line);
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
  return { named, shares: out, failures };
}
