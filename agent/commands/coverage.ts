/** `coverage`: the ATT&CK techniques that rules are about, and the rules that cannot fire. */
import { PROGRAM } from "../program.ts";
import {
  type Coverage,
  coverageOf,
  navigatorLayer,
  type Seen,
} from "../../compiler/explain/coverage.ts";
import { inertJson, visible } from "../../grammar/visible.ts";
import { count } from "../outputs/render/text.ts";
import { loadPaths } from "./check.ts";
import { Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { readEvents } from "./parse.ts";
import { RULE_FILTERS } from "./rules.ts";
import { LISTS, PIPELINE, printDiagnostics, SOURCETYPES } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

export const coverageCommand: CommandSpec = {
  name: "coverage",
  operands: "[PATH…]",
  summary: "Tell which ATT&CK techniques rules cover, and which rules cannot fire.",
  details:
    "PATH is a file or folder with rules; without PATH the shipped ones are meant. A rule cannot fire\n" +
    "when no event that it reads was ever seen: in a store (--data, --database), or in logs (--seen).\n" +
    "Without these every loaded sourcetype counts as seen. --format navigator is a layer (4.5) for\n" +
    "https://mitre-attack.github.io/attack-navigator.",
  options: [
    {
      name: "seen",
      value: "FILE",
      multiple: true,
      summary: "A log, folder or glob of what comes in",
    },
    ...STORE_OPTIONS,
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "json", "navigator"],
      summary: "Form of the answer (default text)",
    },
    SOURCETYPES,
    PIPELINE,
    LISTS,
    ...RULE_FILTERS,
  ],
  examples: [
    { command: `${PROGRAM} coverage`, does: "Techniques of the shipped rules, as a table" },
    {
      command: `${PROGRAM} coverage sigma/rules --seen /var/log --format navigator > layer.json`,
      does: "What Sigma rules can find in these logs, for the ATT&CK Navigator",
    },
    { command: `${PROGRAM} coverage sigma/rules --data picket-data`, does: "In what is stored" },
  ],
  run: runCoverage,
};

async function runCoverage(args: Args, io: Io): Promise<number> {
  const stored = args.get("data") !== undefined || args.get("database") !== undefined;
  const place = stored ? await placeOf(args, io) : null;
  await io.keep("read", ...(place === null ? [] : permissionsOf(place)));
  const loaded = await loadPaths(args, io);
  const errors = loaded.diagnostics.filter((d) => d.level === "error");
  if (errors.length > 0) {
    printDiagnostics(errors, loaded.texts, io);
    return EXIT.findings;
  }
  const found = new Set<string>();
  const key = (sourcetype: string, pattern: string) => JSON.stringify([sourcetype, pattern]);
  if (place !== null) {
    const store = await storeAt(place, io);
    try {
      for (const t of (await store.stats()).sourcetypes) found.add(t.sourcetype);
    } finally {
      await store.close();
    }
  }
  let code: number = EXIT.done;
  if (args.all("seen").length > 0) {
    const options = new Map<string, readonly string[]>([["quiet", ["true"]]]);
    if (args.all("sourcetypes").length > 0) options.set("sourcetypes", args.all("sourcetypes"));
    code = await readEvents(new Args(args.all("seen"), options), io, (batch) => {
      for (const id of batch.extractionIds) {
        const { sourcetype, pattern } = batch.extractions[id];
        found.add(key(sourcetype, pattern));
      }
      return "";
    });
  }
  const known = place !== null || args.all("seen").length > 0;
  if (known && found.size === 0) {
    throw new UsageError("Nothing was ever seen there", "Name logs with --seen, or another store");
  }
  const seen: Seen | null = known
    ? (x) => found.has(x.sourcetype) || found.has(key(x.sourcetype, x.pattern))
    : null;
  const coverage = coverageOf(loaded.program, loaded.sourcetypes.catalogue, seen);
  const format = args.get("format") ?? "text";
  if (format === "text") io.out(textOf(coverage));
  else {
    const value = format === "json" ? coverage : navigatorLayer(coverage, "Picket rules");
    io.out(inertJson(JSON.stringify(value, null, 1)) + "\n");
  }
  summarise(coverage, known, io);
  if (loaded.left.length > 0) {
    io.err(`Left out ${count(loaded.left.length, "rule")}: check says why\n`);
  }
  return code;
}

function textOf({ techniques, silent }: Coverage): string {
  const rows = techniques.map((t) => {
    const firing = t.rules.filter((r) => r.fires).length;
    return [t.id, t.name || "(not in this release)", String(t.rules.length), String(firing)];
  });
  const head = ["TECHNIQUE", "NAME", "RULES", "CAN FIRE"];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
  const line = (cells: readonly string[], rules: string) =>
    cells.map((c, i) => i > 1 ? c.padStart(widths[i]) : c.padEnd(widths[i])).join("  ") +
    `  ${rules}\n`;
  let out = line(head, "WHICH");
  techniques.forEach((t, i) => {
    const names = t.rules.slice(0, 3).map((r) => r.name).join(", ");
    out += line(rows[i], names + (t.rules.length > 3 ? ", …" : ""));
  });
  const groups = new Map<string, string[]>();
  for (const { rule, needs } of silent) {
    const what = needs.length === 0
      ? "no loaded sourcetype gives such events"
      : `none was seen of ${needs.slice(0, 6).join(", ")}${needs.length > 6 ? ", …" : ""}`;
    groups.set(what, [...groups.get(what) ?? [], rule]);
  }
  if (groups.size > 0) out += "\nRules that cannot fire:\n";
  for (const [what, rules] of [...groups].sort((a, b) => b[1].length - a[1].length)) {
    const names = rules.slice(0, 5).join(", ") + (rules.length > 5 ? ", …" : "");
    out += `  ${count(rules.length, "rule")}: ${what}\n      ${names}\n`;
  }
  return visibleText(out);
}

const visibleText = (text: string): string => text.split("\n").map(visible).join("\n");

function summarise({ techniques, rules, without, silent }: Coverage, known: boolean, io: Io): void {
  const unknown = techniques.filter((t) => t.name === "").map((t) => t.id);
  const covered = techniques.filter((t) => t.name !== "" && t.rules.some((r) => r.fires)).length;
  io.err(
    `${count(rules, "rule")}: ${count(covered, "technique")} covered, ` +
      `${count(without.length, "rule")} without a technique, ${count(silent.length, "rule")} ` +
      `cannot fire${known ? "" : " on any loaded sourcetype"}\n`,
  );
  if (unknown.length > 0) io.err(`Not in this release of ATT&CK: ${unknown.join(", ")}\n`);
}
