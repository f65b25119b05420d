/** `explain`: the plan of a rule. */
import { PROGRAM } from "../program.ts";
import { codeText, kindText } from "../../compiler/explain/index.ts";
import { explain } from "../../compiler/explain/mod.ts";
import { plan as makePlan } from "../../compiler/plan/plan.ts";
import { type ExplainedEvent, reasonEvent } from "../../compiler/explain/event.ts";
import { withParents } from "../../compiler/schema/cim.ts";
import {
  namesOf,
  type Reference,
  REFERENCES,
  referenceText,
} from "../../compiler/explain/reference.ts";
import { explainSelections } from "../../compiler/sigma/explain.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { createParser, recognise } from "../../compiler/sourcetype/mod.ts";
import type { Loaded } from "../content/loaded.ts";
import { reason } from "../sources/files.ts";
import { nearest } from "../../grammar/nearest.ts";
import { visibleLines } from "../../grammar/visible.ts";
import { LIMITS } from "../engine/memory/context.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { tuningOf } from "../settings/tuning.ts";
import { RULES_CONFIG, withConfig } from "./config.ts";
import {
  checkSourcetype,
  INPUT_OPTIONS,
  loadSources,
  parseOptions,
  RULE_OPTIONS,
} from "./shared.ts";

/** @param agent what `--config` may say besides */
export function explainCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "explain",
    operands: "[RULE]",
    summary:
      "Print the plan of a rule: what feeds it, what is known before reading, what it holds.",
    details:
      "With --event it says of each condition whether it holds on one event, and by which values.\n" +
      "FILE, or - for stdin, has one raw line, or one JSON object of fields as `parse` prints it;\n" +
      "with --sourcetype it is a raw line whatever it looks like.\n" +
      "--functions, --aggregates and --datasets print the reference of SDL, or one entry of it.",
    options: [
      ...RULE_OPTIONS,
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "json"],
        summary: "Form of the plan (default text)",
      },
      { name: "code", summary: "Print the code that the rule becomes" },
      {
        name: "index",
        value: "KIND",
        summary: "Print the index of a kind of event: a sourcetype, or sourcetype/pattern",
      },
      { name: "event", value: "FILE", summary: "Say why the rule takes this event or not" },
      { name: "functions", summary: "Print the functions of SDL, or the one named" },
      { name: "aggregates", summary: "Print the aggregates of stats, or the one named" },
      {
        name: "datasets",
        summary: "Print the datasets of the CIM and their fields, or the one named",
      },
      ...INPUT_OPTIONS.filter((o) => o.name !== "max-line"),
      RULES_CONFIG,
    ],
    examples: [
      { command: `${PROGRAM} explain ssh_brute_force`, does: "The plan of a shipped rule" },
      {
        command: `tail -n 1 auth.log | ${PROGRAM} explain ssh_brute_force --event -`,
        does: "Which conditions the last line meets",
      },
      { command: `${PROGRAM} explain --functions replace`, does: "What a function does" },
    ],
    run: (given, io) => runExplain(command, agent, given, io),
  };
  return command;
}

async function runExplain(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  await io.keep("read");
  const { args, settings } = await withConfig(command, given, io, agent);
  const tuning = tuningOf(settings);
  for (const what of REFERENCES) {
    if (args.flag(what)) return printReference(what, args.operands, io);
  }
  const [name, ...more] = args.operands;
  const kind = args.get("index");
  if (kind !== undefined) return printIndex(kind, await loadSources(args, io, { tuning }), io);
  if (name === undefined || more.length) {
    throw new UsageError(
      name === undefined ? "No rule is named" : `Unexpected "${more[0]}"`,
      "Give the name of one rule, as explain ssh_brute_force",
    );
  }
  const loaded = await loadSources(args, io, { tuning });
  const rule = loaded.program.rules.find((r) => r.name === name);
  if (!rule) {
    const near = nearest(name, loaded.program.rules.map((r) => r.name));
    throw new UsageError(
      `Unknown rule "${name}"`,
      near
        ? `Did you mean ${near}?`
        : "`check` says which rules there are; name others with --rules",
    );
  }
  const text = loaded.texts.get(rule.file) ?? "";
  const at = (s: { start: number; end: number }) => text.slice(s.start, s.end);
  const json = args.get("format") === "json";
  const lines = (t: string) => t.trimEnd().split("\n");
  const file = args.get("event");
  if (file !== undefined) {
    const event = await readEvent(file, args, io, loaded);
    const compiled = { catalogue: loaded.sourcetypes.catalogue, program: loaded.program };
    const selections = explainSelections(rule, text, compiled, event.row);
    const { passes, text: reasons } = reasonEvent(rule, loaded.program, event, at);
    const all = selections + reasons;
    io.out(json ? JSON.stringify({ rule: rule.name, passes, reasons: lines(all) }) + "\n" : all);
    return EXIT.done;
  }
  const compiled = { catalogue: loaded.sourcetypes.catalogue, ...loaded.program };
  if (args.flag("code")) {
    io.out(visibleLines(codeText(makePlan(loaded.program, compiled.catalogue), rule)));
    return EXIT.done;
  }
  const plan = explain(rule, compiled, LIMITS, at);
  if (!json) io.out(visibleLines(plan));
  else {
    const { name, title, mitre, planHash, signals, rowType, alert } = rule;
    const severity = typeof alert.severity === "string" ? alert.severity : at(alert.severity.span);
    io.out(
      JSON.stringify({
        rule: name,
        title,
        severity,
        mitre,
        file: rule.file,
        planHash,
        signals,
        entity: alert.entity,
        fields: rowType,
        changes: rule.changes ?? [],
        plan: lines(plan),
      }) + "\n",
    );
  }
  return EXIT.done;
}

/** `--index`: of a sourcetype, or of one of its patterns. */
function printIndex(name: string, loaded: Loaded, io: Io): number {
  const { catalogue } = loaded.sourcetypes;
  const [sourcetype, pattern] = name.split("/");
  const found = catalogue.extractions.filter((x) =>
    x.sourcetype === sourcetype && (pattern === undefined || x.pattern === pattern)
  );
  if (found.length === 0) {
    const near = nearest(name, [
      ...catalogue.sourcetypes.map((s) => s.name),
      ...catalogue.extractions.map((x) => `${x.sourcetype}/${x.pattern}`),
    ]);
    throw new UsageError(
      `Unknown kind "${name}"`,
      near ? `Did you mean ${near}?` : "Name a sourcetype, as windows_sysmon",
    );
  }
  const plan = makePlan(loaded.program, catalogue);
  io.out(visibleLines(found.map((x) => kindText(plan, x)).join("\n")));
  return EXIT.done;
}

/** `--functions`, `--aggregates` and `--datasets`: all entries, or the one that is named. */
function printReference(what: Reference, operands: readonly string[], io: Io): number {
  const [name, ...more] = operands;
  if (more.length) {
    throw new UsageError(`Unexpected "${more[0]}"`, `Give one name, or none for all ${what}`);
  }
  const names = namesOf(what);
  const found = names.find((n) => n.toLowerCase() === name?.toLowerCase());
  if (name !== undefined && found === undefined) {
    const near = nearest(name, names);
    throw new UsageError(
      `"${name}" is not one of the ${what}`,
      near ? `Did you mean ${near}?` : `There are ${names.join(", ")}`,
    );
  }
  io.out(referenceText(what, found));
  return EXIT.done;
}

/** The one event of `--event`: a raw line through its sourcetype, or fields as JSON. */
async function readEvent(
  file: string,
  args: Args,
  io: Io,
  loaded: Loaded,
): Promise<ExplainedEvent> {
  const stdin = file === "-";
  let text: string, modified = Date.now();
  try {
    text = stdin ? await new Response(io.stdin()).text() : await Deno.readTextFile(file);
    if (!stdin) modified = (await Deno.stat(file)).mtime?.getTime() ?? modified;
  } catch (error) {
    throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct the path");
  }
  text = text.replace(/^\ufeff/, "").trim();
  if (text === "") throw new UsageError("The event is empty", "Give one line or one JSON object");
  const named = checkSourcetype(args.get("sourcetype"), loaded.sourcetypes);
  const fields = named === null ? jsonObject(text) : null;
  if (fields) return fromFields(fields, modified);
  const lines = text.split(/\r?\n/);
  if (lines.length > 1) {
    throw new UsageError(
      `"${file}" has ${lines.length} lines`,
      "Give one event: a single line, or one JSON object",
    );
  }
  const sourcetype = named ?? recognise(lines, loaded.sourcetypes).sourcetype;
  if (sourcetype === null) {
    throw new UsageError(
      "The line fits no sourcetype's recognition",
      "Name its sourcetype with --sourcetype",
    );
  }
  const parser = createParser(
    loaded.sourcetypes,
    sourcetype,
    parseOptions(args, loaded.sourcetypes),
  );
  const parsed = parser({ input: { modified }, lines, arrival: modified });
  const extraction = parsed.extractions[parsed.extractionIds[0]];
  io.err(
    `Read as ${extraction.sourcetype}, ${
      extraction.parseError ? "which no pattern of it fits" : `pattern ${extraction.pattern}`
    }\n`,
  );
  return {
    row: Object.assign(Object.create(parsed.events[0]), {
      source: stdin ? "stdin" : file,
      sourcetype: extraction.sourcetype,
    }),
    sourcetype: extraction.sourcetype,
    datasets: extraction.datasets,
  };
}

/** The object that the text is as JSON; null when it is none. */
function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Fields as `parse` prints them: time in RFC 3339, `datasets` beside the fields. */
function fromFields(fields: Record<string, unknown>, arrival: number): ExplainedEvent {
  const row: Record<string, Value> = Object.create(null);
  row._time = arrival;
  for (const [name, value] of Object.entries(fields)) {
    if (name === "datasets" || value === null) continue;
    const list = Array.isArray(value) && value.every((v) => typeof v === "string");
    if (typeof value === "object" && !list) {
      throw new UsageError(
        `The field "${name}" is neither text, number, true, false nor a list of texts`,
        "Write nested fields with their whole names, or give the raw line with --sourcetype",
      );
    }
    row[name] = value as Value;
  }
  if (typeof row._time === "string") {
    const time = Date.parse(row._time);
    if (Number.isNaN(time)) {
      throw new UsageError(`"${row._time}" is no time`, "Write _time as 2026-03-29T00:02:15Z");
    }
    row._time = time;
  }
  const { datasets } = fields;
  return {
    row,
    sourcetype: typeof row.sourcetype === "string" ? row.sourcetype : null,
    datasets: Array.isArray(datasets) ? withParents(datasets.map(String)) : null,
  };
}
