/** `backtest`: the alerts that rules would have raised over what is stored. */
import { PROGRAM } from "../program.ts";
import { describeTechnique } from "../../compiler/schema/attack/mod.ts";
import type { IrRule } from "../../compiler/ir/program.ts";
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import { ruleExprs, walkIr } from "../../compiler/ir/walk.ts";
import { nearest } from "../../grammar/nearest.ts";
import { alertLine, alertObject } from "../outputs/render/alert.ts";
import { count, elapsedText, timeText } from "../outputs/render/text.ts";
import { visibleJson } from "../../grammar/visible.ts";
import { findText, RULE_ENDINGS, SHIPPED_NAME } from "../content/files.ts";
import { tuningOf } from "../settings/tuning.ts";
import { type Backtest, backtest, byDay, warmupOf, withSignals } from "../search/backtest.ts";
import type { Store } from "../store/mod.ts";
import { Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { withConfig } from "./config.ts";
import { CONTEXT_CONFIG, contextBeside, notConfigured } from "./known.ts";
import { RANGE_OPTIONS, rangeOf } from "./range.ts";
import { LISTS, loadForRun, parseDuration, PIPELINE, RULES, SOURCETYPES } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

/** Alerts that are kept, and examples that are printed, unless told. */
const KEPT = 100_000, EXAMPLES = 5;

/** @param agent what `--config` may say besides */
export function backtestCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "backtest",
    operands: "RULE|FILE…",
    summary: "Tell which alerts rules would have raised over what is stored, and raise none.",
    details:
      "RULE is a shipped rule, FILE a file or folder with rules (SDL or Sigma), which stand in for those of\n" +
      "the same name; --config changes them as it does the agent's. The rules run in the\n" +
      "engine of the stream over the stored events in order of time, with what came before --since read\n" +
      "to warm up windows. Alerts have the ids that they have, or would have, when raised live: those\n" +
      "that people have judged are counted apart.",
    options: [
      ...RANGE_OPTIONS,
      {
        name: "warmup",
        value: "DURATION",
        summary: "What is read before --since (default: by the rules)",
      },
      {
        name: "examples",
        value: "N",
        summary: `Alerts to print of each rule (default ${EXAMPLES})`,
      },
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "ndjson"],
        summary: "text: by rule and day, with examples; ndjson: every alert (default text)",
      },
      ...STORE_OPTIONS,
      RULES,
      LISTS,
      PIPELINE,
      SOURCETYPES,
      CONTEXT_CONFIG,
    ],
    examples: [
      {
        command: `${PROGRAM} backtest ssh_brute_force --since 30d`,
        does: "A shipped rule over a month",
      },
      {
        command: `${PROGRAM} backtest my_rule.sdl --since 7d --format ndjson`,
        does: "Every alert of one's own rules over a week, one JSON object a line",
      },
    ],
    run: (given, io) => run(command, agent, given, io),
  };
  return command;
}

async function run(
  command: CommandSpec,
  agent: CommandSpec,
  written: Args,
  io: Io,
): Promise<number> {
  const { args, settings } = await withConfig(command, written, io, agent);
  if (args.operands.length === 0) {
    throw new UsageError("No rule is given", `Name a rule or a file: ${PROGRAM} backtest RULE`);
  }
  const { program, names, sourcetypes } = await rulesOf(args, io, tuningOf(settings));
  const place = await placeOf(args, io);
  const examples = args.int("examples", 0, 10_000) ?? EXAMPLES;
  const given = args.get("warmup");
  const warmup = given === undefined ? warmupOf(program) : parseDuration("warmup", given);
  const context = await contextBeside(settings, place, io);
  const missing = notConfigured(
    program.rules.filter((r) => names.has(r.name)).flatMap(namesOf),
  );
  if (missing !== null) io.err(missing + "\n");
  await io.keep("read", ...permissionsOf(place));
  const store = await storeAt(place, io);
  try {
    const { range, note } = await rangeOf(store, args);
    if (note !== null) io.err(note + "\n");
    const found = await backtest(store, program, names, {
      ...range,
      warmup,
      sourcetypes,
      limit: KEPT,
      signal: io.signal,
      technique: describeTechnique,
    });
    if (args.get("format") === "ndjson") {
      for (const a of found.alerts) io.out(visibleJson(alertObject(a)) + "\n");
    } else await print(store, found, { names, range, examples, io });
    io.err(
      `${count(found.events, "event")} of ${timeText(range.from)} to ${
        timeText(range.to)
      } looked at, ` +
        `${elapsedText(warmup)} before that to warm up; ${count(found.alerts.length, "alert")}${
          found.more ? ", and more: narrow the range" : ""
        }\n`,
    );
  } finally {
    context?.close();
    await store.close();
  }
  return EXIT.done;
}

/** Functions and tables that a rule reads. */
function namesOf(rule: IrRule): string[] {
  const names = rule.commands.flatMap((c) => c.kind === "lookup" ? [c.table] : []);
  for (const e of ruleExprs(rule)) {
    walkIr(e, (x) => {
      if (x.op === "call") names.push(x.fn);
      if (x.op === "in" && x.set.kind === "table") names.push(x.set.table);
    });
  }
  return names;
}

/**
 * The rules that operands name: by names, of those that the options name and as they are tuned, else of
 * the shipped ones; and those of files, in place of rules of the same name. Rules of files alone need no
 * others, unless a configuration speaks of those.
 */
async function rulesOf(args: Args, io: Io, tuning: Tuning) {
  const base = args.all("rules").length > 0 ? args.all("rules") : [SHIPPED_NAME];
  const load = (rules: readonly string[], wanted: Parameters<typeof loadForRun>[2]) =>
    loadForRun(new Args([], new Map([...optionsOf(args), ["rules", rules]])), io, wanted);
  const there = await existing(args.operands);
  const tuned = tuning !== NO_TUNING;
  // What a rule may be named is a file only when no rule is.
  const first = tuned ? there : there.filter((path) => !/^\w+$/.test(path));
  const others = tuned || first.length < args.operands.length;
  let all = await load([...(others ? base : []), ...first], { tuning, instead: first });
  const files = filesOf(first);
  const known = new Set(all.program.rules.flatMap((r) => files.has(r.file) ? [] : [r.name]));
  const own = new Set(all.program.rules.flatMap((r) => files.has(r.file) ? [r.name] : []));
  const paths = args.operands.filter((o) => there.includes(o) && !known.has(o));
  const named = args.operands.filter((o) => !paths.includes(o));
  for (const name of named) {
    if (known.has(name) || own.has(name)) continue;
    const near = nearest(name, known);
    throw new UsageError(
      `There is no rule and no file "${name}"`,
      near ? `Did you mean ${near}?` : "Name a rule or a file; `check` lists what is wrong in one",
    );
  }
  if (paths.some((path) => !first.includes(path))) {
    all = await load(named.length > 0 ? [...base, ...paths] : paths, { tuning, instead: paths });
  }
  const wanted = filesOf(paths);
  const rules = all.program.rules.filter((r) => named.includes(r.name) || wanted.has(r.file));
  const names = new Set(rules.map((r) => r.name));
  return {
    program: withSignals(all.program, names),
    names,
    sourcetypes: all.sourcetypes.catalogue.sourcetypes,
  };
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  return paths.filter((_, i) => there[i]);
}

/** The files at paths or below them, as rules name theirs. */
const filesOf = (paths: readonly string[]) =>
  new Set(findText(paths, RULE_ENDINGS).map((f) => f.name));

/** The options of loading. */
const optionsOf = (args: Args): [string, readonly string[]][] =>
  ["lists", "pipeline", "sourcetypes"].flatMap((name) =>
    args.all(name).length > 0 ? [[name, args.all(name)] as [string, readonly string[]]] : []
  );

async function print(
  store: Store,
  { alerts }: Backtest,
  { names, range, examples, io }: {
    readonly names: ReadonlySet<string>;
    readonly range: { readonly from: number; readonly to: number };
    readonly examples: number;
    readonly io: Io;
  },
): Promise<void> {
  for (const name of names) {
    const own = alerts.filter((a) => a.rule === name);
    if (own.length === 0 && names.size > 20) continue;
    io.out(`${name}: ${count(own.length, "alert")}\n`);
    if (own.length === 0) continue;
    for (const { day, alerts: n } of byDay(own, range)) {
      if (n > 0) io.out(`  ${timeText(day).slice(0, 10)}  ${String(n).padStart(6)}\n`);
    }
    const judged = await verdictsOf(store, own.map((a) => a.id));
    if (judged !== "") io.out(`  People judged ${judged}\n`);
    for (const alert of own.slice(0, examples)) {
      io.out("  " + alertLine({ change: "close", alert }, { color: io.color, updates: false }));
    }
    if (own.length > examples) io.out(`  … and ${own.length - examples} more\n`);
  }
}

/** How many of the alerts are stored, and what people said of them. */
async function verdictsOf(store: Store, ids: readonly string[]): Promise<string> {
  const said = new Map<string, number>();
  for (const id of ids.slice(0, 1000)) {
    const verdict = (await store.alert(id))?.verdict;
    if (verdict) said.set(verdict, (said.get(verdict) ?? 0) + 1);
  }
  return [...said].map(([v, n]) => `${n} ${v.replaceAll("_", " ")}`).join(", ");
}
