/** `backtest`: the alerts that rules would have raised over what is stored. */
import { technique } from "../../compiler/schema/attack/mod.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { nearest } from "../../grammar/nearest.ts";
import { alertLine, alertObject } from "../outputs/render/alert.ts";
import { count, elapsedText, timeText } from "../outputs/render/text.ts";
import { visibleJson } from "../../grammar/visible.ts";
import { type Backtest, backtest, byDay, warmupOf, withSignals } from "../search/backtest.ts";
import type { Store } from "../store/mod.ts";
import { Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { RANGE_OPTIONS, rangeOf } from "./range.ts";
import { LISTS, loadForRun, parseDuration, PIPELINE, SOURCETYPES } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

/** Alerts that are kept, and examples that are printed, unless told. */
const KEPT = 100_000, EXAMPLES = 5;

export const backtestCommand: CommandSpec = {
  name: "backtest",
  operands: "RULE|FILE…",
  summary: "Tell which alerts rules would have raised over what is stored, and raise none.",
  details:
    "RULE is a shipped rule, FILE a file or folder with rules (SDL or Sigma). The rules run in the\n" +
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
    { name: "examples", value: "N", summary: `Alerts to print of each rule (default ${EXAMPLES})` },
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "ndjson"],
      summary: "text: by rule and day, with examples; ndjson: every alert (default text)",
    },
    ...STORE_OPTIONS,
    LISTS,
    PIPELINE,
    SOURCETYPES,
  ],
  examples: [
    {
      command: "deno run backtest ssh_brute_force --since 30d",
      does: "A shipped rule over a month",
    },
    {
      command: "deno run backtest my_rule.sdl --since 7d --format ndjson",
      does: "Every alert of one's own rules over a week, one JSON object a line",
    },
  ],
  run,
};

async function run(args: Args, io: Io): Promise<number> {
  if (args.operands.length === 0) {
    throw new UsageError("No rule is given", "Name a rule or a file: deno run backtest RULE");
  }
  const { program, names, sourcetypes } = await rulesOf(args, io);
  const place = await placeOf(args, io);
  const examples = args.int("examples", 0, 10_000) ?? EXAMPLES;
  const given = args.get("warmup");
  const warmup = given === undefined ? warmupOf(program) : parseDuration("warmup", given);
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
      technique(id) {
        const { name, tactics } = technique(id) ?? { name: id, tactics: [] };
        return { id, name, tactics };
      },
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
    await store.close();
  }
  return EXIT.done;
}

/** Shipped rules by their names, and those of files. */
async function rulesOf(args: Args, io: Io) {
  const shipped = await loadForRun(new Args([], new Map(optionsOf(args))), io);
  const known = new Set(shipped.program.rules.map((r) => r.name));
  const paths = args.operands.filter((o) => !known.has(o));
  for (const path of paths) {
    const there = await Deno.stat(path).then(() => true, () => false);
    if (there) continue;
    const near = nearest(path, known);
    throw new UsageError(
      `There is no rule and no file "${path}"`,
      near ? `Did you mean ${near}?` : "Name a rule or a file; `check` lists what is wrong in one",
    );
  }
  const named = args.operands.filter((o) => known.has(o));
  if (paths.length === 0) {
    const names = new Set(named);
    return {
      program: withSignals(shipped.program, names),
      names,
      sourcetypes: shipped.sourcetypes.catalogue.sourcetypes,
    };
  }
  const values = new Map([...optionsOf(args), [
    "rules",
    named.length ? ["shipped", ...paths] : paths,
  ]]);
  const own = await loadForRun(new Args([], values as Map<string, readonly string[]>), io);
  const program: IrProgram = own.program;
  const names = new Set(
    named.length > 0
      ? [...named, ...program.rules.map((r) => r.name).filter((n) => !known.has(n))]
      : program.rules.map((r) => r.name),
  );
  return {
    program: withSignals(program, names),
    names,
    sourcetypes: own.sourcetypes.catalogue.sourcetypes,
  };
}

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
