/**
 * CrowdSec's own tests of its scenarios against the rules that ship: are the same sources alerted?
 * A source that one of the two alerts and the other does not is a difference, and each difference has
 * a reason: worked out here, or written down below. One without a reason fails.
 */
import assert from "node:assert/strict";
import { createEngine } from "../agent/engine/engine.ts";
import type { Alert, Event } from "../agent/event.ts";
import { load } from "../agent/content/load.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { createParser, recognise } from "../compiler/sourcetype/mod.ts";
import { addressOf } from "../compiler/sourcetype/formats/address/address.ts";
import { InputHandle } from "../agent/input.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";

interface Case {
  readonly alert_count?: number;
  readonly alerts: readonly { readonly scenario?: string; readonly sources?: readonly string[] }[];
}

/** Differences that a reader has to be told, by test and source; `*` stands for every source of it. */
const EXPLAINED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "zoneminder_cve-39290": {
    "*":
      "CrowdSec alerts every GET with action= in it, which other sites have in harmless requests",
  },
  "sabnzbd-bf": { "*": "the address that a client itself may have written counts for nothing" },
  "http-generic-test": { "*": "a request that CrowdSec's users send to test their installation" },
  "base-upsun-generic-test": {
    "*": "a request that CrowdSec's users send to test their installation",
  },
  "ssh-generic-test": { "*": "a login that CrowdSec's users try to test their installation" },
  "harbor-bf": { "*": "the address that a client itself may have written counts for nothing" },
  "kasm-bruteforce": {
    "*": "the address that a client itself may have written counts for nothing",
  },
};

const HONEYPOT = "it came to a honeypot, where nobody has business";

/** Sources that CrowdSec's test does not name and ours alert, by test and source. */
const MORE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "CVE-2024-38475": { "127.0.0.3": "it asks for /etc/passwd" },
  "aws-cloudtrail-postexploit": { "1.2.3.4": "the address of the identity named by its ARN" },
  "aws-nwo-login": { "1.2.3.4": "the address from which the identity named by its ARN logged in" },
  // The lines of the tests of scenarios over again: proxmox-bf, pureftpd-bf, qbittorrent-bf.
  "proxmox-logs": { "*": "a test of parsers, without scenarios" },
  "pureftpd-logs": { "*": "a test of parsers, without scenarios" },
  "qbittorrent-logs": { "*": "a test of parsers, without scenarios" },
  // Its lines stand behind lines of a later year, and are judged by themselves.
  "prowlarr-bf": { "1.2.3.5": "a login outside the hours of work, after none before" },
  "pterodactyl-wings-bf": {
    "10.23.89.10": "four failures in five minutes; CrowdSec waits for more",
  },
  "radarr-bf": { "1.2.3.5": "a login outside the hours of work, after none before" },
  "vaultwarden-bf": { "192.0.2.130": "four failures in a minute; CrowdSec waits for a fifth" },
  "synology-dsm-bf": { "10.4.2.113": "CrowdSec's test names no source of its alert; this is it" },
  "endlessh-logs": { "*": HONEYPOT },
  "sshesame": { "*": HONEYPOT },
  "http-dos-switching-ua": { "127.0.0.1": "its requests name HTTP/1.2, which there is not" },
  "apereo-cas-slow-bf": {
    "1.1.1.1": "a failure every five seconds, which its scenario for slow guesses leaves out",
  },
  "kasm-bruteforce": { "192.168.32.12": "the address that the server itself saw" },
  "zoneminder-bf": { "10.0.1.5": "three accounts within an hour; CrowdSec waits for a fifth" },
};

const UNREAD = "no sourcetype reads the source";
const UNMAPPED = "its lines are read, but no sourcetype says what they mean";
const UNTIMED = "its lines carry no time that reads, so that windows cannot order them";
/** Input that ends is sorted whole, which a lateness of a year comes to here. */
const YEAR = 366 * 86_400_000;

const loaded = await load({ rules: [], sourcetypes: [] });

interface Seen {
  readonly alerts: readonly Alert[];
  readonly events: readonly Event[];
  /** Of each event: whether it is of a dataset, so that rules can know what it means. */
  readonly mapped: readonly boolean[];
}

/** What the shipped sourcetypes and rules make of a log. */
function detect(bytes: Uint8Array): Seen {
  const lines = new TextDecoder().decode(bytes).split("\n").slice(0, 50);
  const sourcetype = recognise(lines, loaded.sourcetypes).sourcetype ?? "syslog";
  const input = new InputHandle({
    name: "test",
    identity: "test",
    sourcetype,
    lateness: YEAR,
    modified: Date.UTC(2026, 11, 31),
  });
  const engine = createEngine(loaded.program, loaded.sourcetypes.catalogue);
  const reader = new LineReader(input);
  const parser = createParser(loaded.sourcetypes, sourcetype, { mixed: true });
  const events: Event[] = [];
  const mapped: boolean[] = [];
  for (const batch of [reader.push(bytes, 0), reader.end()]) {
    if (batch === null) continue;
    const parsed = parser(batch);
    events.push(...parsed.events);
    for (const k of parsed.extractionIds) {
      mapped.push((parsed.extractions[k]?.datasets.length ?? 0) > 0);
    }
    engine.detect(parsed);
  }
  engine.end();
  return { alerts: engine.takeChanges().map((c) => c.alert), events, mapped };
}

/** An address, and an account of a domain, in the one form that events have. */
const plain = (v: unknown): string =>
  addressOf(String(v)) ?? String(v).replace(/^[\w.-]+\\{1,2}(?=[^\\]+$)/, "");

/** Whether an alert is about a source, or lists it among those that it is about. */
const names = (alert: Alert, source: string): boolean =>
  [...Object.values(alert.entity), ...[alert.fields.names].flat()]
    .some((v) => plain(v) === plain(source));

/** Why a source of theirs is not alerted here, or nothing. */
function reason(test: string, source: string, seen: Seen): string | null {
  const told = EXPLAINED[test]?.[source] ?? EXPLAINED[test]?.["*"];
  if (told !== undefined) return told;
  const read = [...seen.events.keys()].filter((i) => plain(seen.events[i].src) === plain(source));
  if (read.length === 0) return UNREAD;
  if (!read.some((i) => seen.mapped[i])) return UNMAPPED;
  if (read.every((i) => seen.events[i]._time_from === "arrival")) return UNTIMED;
  return null;
}

/** Folders of CrowdSec's tests below the logs. */
const HELPINGS = ["crowdsec", "second/crowdsec"];
/** Least share of the sources of all tests that are alerted, and of the tests that are core. */
const ALL = 0.9, CORE = 0.98;

interface Sum {
  expected: number;
  alerted: number;
}

/** The tests of one helping: what is expected and what came, all of it and what is core. */
class Helping {
  readonly all: Sum = { expected: 0, alerted: 0 };
  readonly core: Sum = { expected: 0, alerted: 0 };
  readonly missed: string[] = [];
  readonly unexplained: string[] = [];
  tests = 0;

  async read(name: string): Promise<void> {
    const folder = sharedUrl(`data/logs/${name}/`);
    const index = await Deno.readTextFile(new URL("index.tsv", folder));
    for (const row of index.split("\n").slice(1).filter(Boolean)) {
      const [test, relevance] = row.split("\t");
      const at = new URL(`tests/${test}/`, folder);
      const about: Case = JSON.parse(await Deno.readTextFile(new URL("case.json", at)));
      if (about.alert_count === undefined) continue;
      this.tests++;
      const log = [...Deno.readDirSync(at)].find((e) => e.name !== "case.json")!.name;
      const seen = detect(await Deno.readFile(new URL(log, at)));
      this.#expected(test, about, seen, relevance === "core");
      this.#others(test, about, seen);
    }
  }

  #expected(test: string, { alerts }: Case, seen: Seen, core: boolean): void {
    for (const { scenario = "(not named)", sources } of alerts) {
      for (const source of sources ?? []) {
        const alerted = seen.alerts.some((a) => names(a, source));
        for (const sum of core ? [this.all, this.core] : [this.all]) {
          sum.expected++;
          if (alerted) sum.alerted++;
        }
        if (alerted) continue;
        const why = reason(test, source, seen);
        this.missed.push(`${test}: ${scenario} alerts ${source}: ${why ?? "?"}`);
        if (why === null) this.unexplained.push(`${test}: ${scenario} alerts ${source}, we do not`);
      }
    }
  }

  #others(test: string, { alerts }: Case, seen: Seen): void {
    const theirs = new Set(alerts.flatMap((a) => a.sources ?? []).map(plain));
    for (const a of seen.alerts) {
      const { src } = a.entity;
      if (src === undefined || theirs.has(plain(src))) continue;
      const why = MORE[test]?.[String(src)] ?? MORE[test]?.["*"];
      const text = `${test}: ${a.rule} alerts ${src}, CrowdSec does not`;
      if (!why && !this.unexplained.includes(text)) this.unexplained.push(text);
    }
  }
}

const share = ({ expected, alerted }: Sum) =>
  `${alerted} of ${expected} (${(100 * alerted / expected).toFixed(1)} %)`;

testNeeding(
  HELPINGS.map((name) => needs.shared(`data/logs/${name}/`)),
  "CrowdSec's scenarios and our rules alert the same sources",
  async () => {
    const sums = new Helping();
    for (const name of HELPINGS) await sums.read(name);
    console.log(
      `${sums.tests} tests, sources alerted: ${share(sums.all)}, core ${share(sums.core)}`,
    );
    for (const text of sums.missed) console.log(`  ${text}`);
    assert.deepEqual(sums.unexplained, []);
    assert.ok(sums.all.alerted >= ALL * sums.all.expected, share(sums.all));
    assert.ok(sums.core.alerted >= CORE * sums.core.expected, share(sums.core));
  },
);
