/**
 * What the general reading alone makes of services: each sourcetype is taken out by itself, and the cases
 * of fail2ban and CrowdSec that it read are read without it. Address, outcome of a login or packet, and
 * events that are said to have failed where the corpus denies it.
 */
import assert from "node:assert/strict";
import { hostOf } from "../../compiler/sourcetype/formats/address/address.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import { type Compiled, createParser, recognise } from "../../compiler/sourcetype/mod.ts";
import { needs, sharedText, sharedUrl, testNeeding } from "../needs.ts";
import { printTable, Share } from "./share.ts";

const FOLDER = new URL("../../sourcetypes/", import.meta.url);
/** These are no services: headers, containers of lines, JSON, the general reading itself. */
const KEPT = /^(?:general|syslog|container|csv|json|windows)/;

interface Wanted {
  readonly line: number;
  readonly src?: string;
  /** True: it failed; false: it did not; null: the corpus says nothing. */
  readonly failed: boolean | null;
}

interface Input {
  readonly lines: readonly string[];
  readonly wanted: readonly Wanted[];
  readonly modified: number;
}

function fail2ban(folder: string): Input[] {
  const out: Input[] = [];
  for (const { name } of Deno.readDirSync(sharedUrl(folder))) {
    const cases = sharedText(folder + name).trim().split("\n").map((l) => JSON.parse(l));
    const dated = (c: { line: string }) => /^@|\b(?:19|20)\d\d\b/.test(c.line.slice(0, 30));
    for (
      const part of Map.groupBy(cases, (c) => `${dated(c)} ${c.line.includes('] "')}`).values()
    ) {
      out.push({
        lines: part.map((c) => c.line),
        wanted: part.map(({ expect }, line) => ({
          line,
          src: expect.match ? hostOf(expect.src) : undefined,
          failed: expect.match === true,
        })),
        modified: Date.UTC(2005, 7, 14, 10),
      });
    }
  }
  return out;
}

function crowdsec(folder: string): Input[] {
  return sharedText(`${folder}index.tsv`).trim().split("\n").slice(1).map((row) => {
    const at = `${folder}tests/${row.split("\t")[0]}/`;
    const test = JSON.parse(sharedText(`${at}case.json`));
    const wanted: Wanted[] = test.lines
      .filter((l: { cim?: unknown; parsed_ok?: boolean }) => l.cim && l.parsed_ok !== false)
      .map((l: { line_no: number; cim: Record<string, string> }) => ({
        line: l.line_no - 1,
        src: hostOf(l.cim.src),
        failed: l.cim.action === undefined ? null : l.cim.action !== "success",
      }));
    return {
      lines: sharedText(at + test.log_file).split(/\r?\n/),
      wanted,
      modified: Date.UTC(2026, 5, 30),
    };
  });
}

function read(compiled: Compiled, { lines, modified }: Input) {
  const sourcetype = recognise(lines, compiled).sourcetype ?? "syslog";
  return createParser(compiled, sourcetype, { tz: "Europe/Zurich", mixed: true })({
    input: { modified },
    lines,
    arrival: Date.UTC(2027, 0, 1),
  });
}

const REFUSED = new Set(["failure", "blocked"]);

testNeeding(
  needs.shared("data/logs/second/crowdsec/index.tsv"),
  "the general reading in place of each sourcetype",
  () => {
    const files = [...Deno.readDirSync(FOLDER)].filter((e) => e.name.endsWith(".yaml"))
      .map((e) => ({ name: e.name, text: Deno.readTextFileSync(new URL(e.name, FOLDER)) }));
    const inputs = ["data/logs/", "data/logs/second/"].flatMap((part) => [
      ...fail2ban(`${part}fail2ban/cases/`),
      ...crowdsec(`${part}crowdsec/`),
    ]);
    const whole = compileSourcetypes(files);
    const known = inputs.map((input) => {
      const { events, extractions, extractionIds } = read(whole, input);
      return input.wanted.map(({ line }) => ({
        sourcetype: extractions[extractionIds[line]].sourcetype,
        login: extractions[extractionIds[line]].datasets.includes("Authentication"),
        refused: REFUSED.has(String(events[line].action)),
      }));
    });
    const rows: unknown[][] = [["without", "source", "outcome", "no failure"]];
    const all = [new Share(), new Share(), new Share()];
    for (const { name } of files) {
      const taken = name.replace(".yaml", "");
      if (KEPT.test(taken) || !known.some((k) => k.some((l) => l.sourcetype === taken))) continue;
      const compiled = compileSourcetypes(files.filter((f) => f.name !== name));
      const [src, outcome, none] = [new Share(), new Share(), new Share()];
      for (const [i, input] of inputs.entries()) {
        if (!known[i].some((l) => l.sourcetype === taken)) continue;
        const { events, extractions, extractionIds } = read(compiled, input);
        for (const [k, { line, src: wanted, failed }] of input.wanted.entries()) {
          if (known[i][k].sourcetype !== taken) continue;
          const event = events[line];
          const login = extractions[extractionIds[line]].datasets.includes("Authentication");
          if (wanted !== undefined) src.add(event.src === wanted);
          // An outcome that the sourcetype does not give is not asked of the general reading.
          if (failed && known[i][k].refused) outcome.add(REFUSED.has(String(event.action)));
          if (failed === false) none.add(!(login && event.action === "failure"));
        }
      }
      rows.push([taken, src, outcome, none]);
      [src, outcome, none].forEach((share, at) => all[at].plus(share));
    }
    printTable([...rows, ["all", ...all]]);
    const [src, outcome, none] = all;
    assert.ok(src.all > 1000, `only ${src.all} addresses`);
    assert.ok(src.value >= 0.91, `source ${src}`);
    assert.ok(outcome.value >= 0.87, `outcome ${outcome}`);
    // A login refused by a program that also holds another's words, and a PAM line whose service is not read.
    assert.ok(none.all - none.right <= 2, `taken as failures: ${none}`);
  },
);
