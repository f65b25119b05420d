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
import { InputHandle } from "../agent/input.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";

interface Case {
  readonly alert_count?: number;
  readonly alerts: readonly { readonly scenario?: string; readonly sources?: readonly string[] }[];
}

/** Differences that a reader has to be told, by test and source; `*` stands for every source of it. */
const EXPLAINED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "aws-cloudtrail-postexploit": {
    "*": "the identity is alerted by its user name and address, not by its ARN",
  },
  "aws-nwo-login": {
    "*": "the identity is alerted by its user name and address, not by its ARN",
  },
  "windows-bf": {
    "*": "six failures; windows_brute_force waits for more, since Windows tries again by itself",
  },
  "zoneminder_cve-39290": {
    "*":
      "CrowdSec alerts every GET with action= in it, which other sites have in harmless requests",
  },
  "mailu-admin-bf": { "*": "one attempt of each address, which the server itself had limited" },
  "ntfy-bf": { "*": "refused requests, four of them, which say nothing of a login" },
  "pterodactyl-wings-bf": {
    "*": "failures some ten minutes apart; login_brute_force counts by minutes",
  },
  "sabnzbd-bf": { "*": "a slow guesser; login_brute_force counts by minutes" },
  "sftpgo-impossible-travel": { "*": "it takes a list of places of addresses" },
  "http-generic-test": { "*": "a request that CrowdSec's users send to test their installation" },
  "base-upsun-generic-test": {
    "*": "a request that CrowdSec's users send to test their installation",
  },
};

/** Sources that CrowdSec's test does not name and ours alert, by test and source. */
const MORE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "CVE-2024-38475": { "127.0.0.3": "it asks for /etc/passwd" },
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
};

const UNREAD = "no sourcetype reads the source";
const UNMAPPED = "its lines are read, but no sourcetype says what they mean";
const UNTIMED = "its lines carry no time that reads, so that windows cannot order them";
/** Found by reading the log once more with a lateness of a year. */
const LATE = "its lines stand behind later ones; with --lateness it is alerted";
const YEAR = 366 * 86_400_000;

const loaded = await load({ rules: [], sourcetypes: [] });

interface Seen {
  readonly alerts: readonly Alert[];
  readonly events: readonly Event[];
  /** Of each event: whether it is of a dataset, so that rules can know what it means. */
  readonly mapped: readonly boolean[];
}

/** What the shipped sourcetypes and rules make of a log. `lateness`: ms. */
function detect(bytes: Uint8Array, lateness = 0): Seen {
  const lines = new TextDecoder().decode(bytes).split("\n").slice(0, 50);
  const sourcetype = recognise(lines, loaded.sourcetypes).sourcetype ?? "syslog";
  const input = new InputHandle({
    name: "test",
    identity: "test",
    sourcetype,
    lateness,
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

/** An address of the old kind in the dress of the new one is itself. */
const plain = (v: unknown): string => String(v).replace(/^::ffff:(?=\d+\.)/i, "");

const names = (alert: Alert, source: string): boolean =>
  Object.values(alert.entity).some((v) => plain(v) === plain(source));

/** Why a source of theirs is not alerted here, or nothing. */
function reason(test: string, source: string, seen: Seen, bytes: Uint8Array): string | null {
  const told = EXPLAINED[test]?.[source] ?? EXPLAINED[test]?.["*"];
  if (told !== undefined) return told;
  const read = [...seen.events.keys()].filter((i) => plain(seen.events[i].src) === plain(source));
  if (read.length === 0) return UNREAD;
  if (!read.some((i) => seen.mapped[i])) return UNMAPPED;
  if (read.every((i) => seen.events[i]._time_from === "arrival")) return UNTIMED;
  return detect(bytes, YEAR).alerts.some((a) => names(a, source)) ? LATE : null;
}

testNeeding(
  needs.shared("data/logs/crowdsec/tests/"),
  "CrowdSec's scenarios and our rules alert the same sources",
  async () => {
    const folder = sharedUrl("data/logs/crowdsec/tests/");
    const rows = new Map<
      string,
      { expected: number; alerted: number; reasons: Map<string, number> }
    >();
    const unexplained: string[] = [];
    const extra = new Set<string>();
    let tests = 0;
    for (const test of [...Deno.readDirSync(folder)].map((e) => e.name).sort()) {
      const at = new URL(`${test}/`, folder);
      const { alert_count, alerts }: Case = JSON.parse(
        await Deno.readTextFile(new URL("case.json", at)),
      );
      if (alert_count === undefined) continue;
      tests++;
      const log = [...Deno.readDirSync(at)].find((e) => e.name !== "case.json")!.name;
      const bytes = await Deno.readFile(new URL(log, at));
      const seen = detect(bytes);
      const expected = new Set<string>();
      for (const { scenario = "(not named)", sources } of alerts) {
        const row = rows.get(scenario) ?? { expected: 0, alerted: 0, reasons: new Map() };
        rows.set(scenario, row);
        for (const source of sources ?? []) {
          expected.add(source);
          row.expected++;
          if (seen.alerts.some((a) => names(a, source))) {
            row.alerted++;
            continue;
          }
          const why = reason(test, source, seen, bytes);
          if (why === null) unexplained.push(`${test}: ${scenario} alerts ${source}, we do not`);
          row.reasons.set(why ?? "?", (row.reasons.get(why ?? "?") ?? 0) + 1);
        }
      }
      for (const a of seen.alerts) {
        const src = a.entity.src;
        if (src === undefined || [...expected].some((e) => plain(e) === plain(src))) continue;
        const why = MORE[test]?.[String(src)] ?? MORE[test]?.["*"];
        extra.add(`${test}: ${a.rule} alerts ${src}${why ? `: ${why}` : ""}`);
        if (!why) unexplained.push(`${test}: ${a.rule} alerts ${src}, CrowdSec does not`);
      }
    }
    const sum = { expected: 0, alerted: 0 };
    const reasons = new Map<string, number>();
    for (const [scenario, row] of [...rows].sort()) {
      sum.expected += row.expected;
      sum.alerted += row.alerted;
      const why = [...row.reasons].map(([text, n]) => `${n} ${text}`).join("; ");
      for (const [text, n] of row.reasons) reasons.set(text, (reasons.get(text) ?? 0) + n);
      console.log(
        `${scenario.padEnd(52)} ${row.expected} expected, ${row.alerted} alerted  ${why}`,
      );
    }
    console.log(
      `${tests} tests, ${rows.size} scenarios: ${sum.expected} sources expected, ${sum.alerted} alerted`,
    );
    for (const [text, n] of reasons) console.log(`  ${n}: ${text}`);
    console.log(`${extra.size} alerts about other sources:`);
    for (const text of extra) console.log(`  ${text}`);
    assert.deepEqual(unexplained, []);
  },
);
