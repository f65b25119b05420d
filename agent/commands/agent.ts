/** `agent`: read, parse, map, detect, store; alerts to stdout. */
import { technique } from "../../compiler/schema/attack/mod.ts";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { streamOf } from "../run/checkpoint.ts";
import { createEngine, type EngineOptions } from "../engine/engine.ts";
import type { AlertChange } from "../event.ts";
import { Incidents } from "../engine/alerts/incidents.ts";
import type { Keep } from "../run/batcher.ts";
import { run } from "../run/run.ts";
import { emptySummary, endSummary, Progress, summaryText } from "../run/progress.ts";
import { alertJson, alertLine } from "../outputs/render/alert.ts";
import { incidentsText } from "../outputs/render/incident.ts";
import { visible, visibleJson } from "../../grammar/visible.ts";
import type { Store } from "../store/mod.ts";
import { type Args, type CommandSpec, EXIT, type Io, type OptionSpec } from "./command.ts";
import { CONFIG, withConfig } from "./config.ts";
import { allInputs, FEED_OPTIONS } from "./feeds.ts";
import type { Server } from "./serving.ts";
import {
  checkSourcetype,
  INPUT_OPTIONS,
  loadForRun,
  parseOptions,
  parseSize,
  RULES,
} from "./shared.ts";
import { keepOf, retainEvents, STORE_OPTIONS, storeOf } from "./stores.ts";
import { Watch } from "./watch.ts";

const options = (server: Server): readonly OptionSpec[] => [
  RULES,
  ...INPUT_OPTIONS,
  ...FEED_OPTIONS,
  ...STORE_OPTIONS,
  { name: "no-store", summary: "Keep nothing: alerts go to stdout only" },
  {
    name: "store",
    value: "EVENTS",
    choices: ["all", "matched", "none"],
    summary: "Events to store: all (default), those that a rule matched, or none; alerts always",
  },
  {
    name: "keep",
    value: "DURATION",
    summary: "Take away events older than this, as 30d, at the start and every hour",
  },
  {
    name: "serve",
    value: "ADDR",
    bare: "127.0.0.1:7400",
    looks: /^(?:\[[0-9a-f:]+\]|[\w.-]*):\d{1,5}$/i,
    summary: "Answer the API meanwhile, by default on 127.0.0.1:7400",
  },
  ...server.options,
  {
    name: "format",
    value: "FORMAT",
    choices: ["text", "ndjson"],
    summary: "Form of alerts; text on a terminal, else ndjson",
  },
  { name: "updates", summary: "Print an alert when it opens and changes too, not only at its end" },
  {
    name: "fail-on",
    value: "SEVERITY",
    choices: SEVERITIES,
    summary: "Exit with 1 when an alert of this severity or above was raised",
  },
  { name: "summary", value: "FILE", summary: "Write the summary as JSON to FILE too" },
  { name: "quiet", summary: "Print no progress and no summary" },
  CONFIG,
];

/** @param server what `--serve` starts; agent itself has no API */
export function agentCommand(server: Server): CommandSpec {
  const command: CommandSpec = {
    name: "agent",
    operands: "[FILE…]",
    summary: "Read logs, detect, and store events and alerts. Alerts are printed to stdout.",
    details:
      "Without FILE, or with -, it reads stdin. A FILE can be a folder, a glob, or packed by gzip,\n" +
      "zstd or bzip2. An alert is printed when it is over; when it opens where a log goes on: one\n" +
      "that is followed, what listeners bring, and a pipe that keeps one waiting, as tail -f does.\n" +
      "Exit codes: 0 done; 1 --fail-on found something; 2 wrong use; 3 an input could not be\n" +
      "read (the others were); 4 storage failed.",
    options: options(server),
    examples: [
      { command: "cat /var/log/auth.log | deno run agent", does: "What happened on this machine" },
      {
        command: "deno run agent --no-store --format ndjson tests/samples/access.log",
        does: "Alerts of one file as JSON lines, nothing kept",
      },
      {
        command: "deno run agent --no-store --fail-on high --quiet tests/samples/auth.log",
        does: "Exit code 1 when something of high severity is in the log",
      },
      {
        command: "deno run agent --follow /var/log/auth.log --watch --updates",
        does: "Each alert as it opens and changes, while the log grows and rules are written",
      },
      {
        command: "deno run agent --listen udp://:5514 --listen tcp://:5514 --serve",
        does: "Take syslog in, and show what is found on http://127.0.0.1:7400",
      },
    ],
    run: (given, io) => runAgent(command, server, given, io),
  };
  return command;
}

async function runAgent(
  command: CommandSpec,
  server: Server,
  given: Args,
  io: Io,
): Promise<number> {
  const args = await withConfig(command, given);
  const loaded = await loadForRun(args, io);
  const sourcetype = checkSourcetype(args.get("sourcetype"), loaded.sourcetypes);
  const maxLine = parseSize("max-line", args.get("max-line") ?? "1MiB");
  const parse = parseOptions(args, loaded.sourcetypes);
  const keep = args.get("keep") === undefined ? null : keepOf(args.get("keep")!);
  const summary = emptySummary();
  const quiet = args.flag("quiet");
  const progress = new Progress((t) => io.err(t), io.errIsTerminal && !quiet, () => io.columns());
  const notice = (text: string) => {
    progress.clear();
    if (!quiet || text.startsWith("error")) io.err(visible(text) + "\n");
  };
  const tools: EngineOptions = {
    technique(id) {
      const { name, tactics } = technique(id) ?? { name: id, tactics: [] };
      return { id, name, tactics };
    },
  };
  const engine = createEngine(loaded.program, loaded.sourcetypes.catalogue, tools);
  const watch = new Watch({ args, io, rules: true, engine: tools, notice, loaded });
  const { failed, ingest, named, ...inputs } = await allInputs(args, io, {
    maxLine,
    sourcetype,
    sourcetypes: () => watch.current.sourcetypes,
    notice,
    serves: args.flag("serve") && !args.flag("no-store"),
  });
  const live = inputs.listeners.length > 0;
  const printer = alertPrinter(args, io, progress, live);
  watch.begin(live);
  let store: Store | null = null;
  let served: { close(): Promise<void> } | null = null;
  let retention: { close(): Promise<void> } | null = null;
  let started = performance.now();
  try {
    if (!args.flag("no-store")) store = await storeOf(args, io, notice);
    // Making a data folder takes seconds that say nothing of the input.
    started = performance.now();
    if (store && keep !== null) retention = retainEvents(store, keep, notice);
    if (store && args.flag("serve")) {
      served = await server.serve(store, {
        address: args.get("serve")!,
        args,
        loaded: () => watch.current,
        ingest: ingest ? (request, peer) => ingest.handle(request, peer) : undefined,
        notice,
      });
    }
    await run({
      ...inputs,
      stdin: () => io.stdin(),
      sourcetype,
      parse,
      maxLine,
      engine,
      reload: watch,
      store,
      stream: streamOf(args.operands, {
        sourcetype,
        lateness: inputs.lateness,
        maxLine,
        ...named,
        tz: parse.tz,
        year: parse.year,
      }),
      signal: io.signal,
      summary,
      keep: args.get("store") as Keep | undefined,
      updates: args.flag("updates"),
      notice,
      changes: printer.print,
      wentLive: printer.live,
      progress: (count) => progress.draw(summary, started, count),
    });
    printer.end();
  } finally {
    progress.clear();
    watch.close();
    await served?.close();
    await retention?.close();
    await store?.close();
  }
  endSummary(summary, failed, started);
  if (!quiet) {
    if (summary.interrupted && inputs.listeners.length === 0) {
      io.err("Interrupted: what was read is kept\n");
    }
    io.err(summaryText(summary, store !== null));
  }
  const file = args.get("summary");
  if (file) await Deno.writeTextFile(file, visibleJson(summary, 2) + "\n");
  if (summary.failed_inputs.length) return EXIT.input;
  return printer.failed() ? EXIT.findings : EXIT.done;
}

/** Ids remembered as printed; a throttled alert can change within this many others after its end. */
const PRINTED = 100_000;

function alertPrinter(args: Args, io: Io, progress: Progress, live: boolean) {
  const updates = args.flag("updates");
  const text = (args.get("format") ?? (io.outIsTerminal ? "text" : "ndjson")) === "text";
  const failOn = args.get("fail-on") as Severity | undefined;
  const limit = failOn ? SEVERITIES.indexOf(failOn) : Infinity;
  const printed = new Set<string>();
  const incidents = new Incidents();
  /** Alerts whose episode is not over, as they stand. */
  const open = new Map<string, AlertChange>();
  let failed = false;
  const write = (changes: Iterable<AlertChange>) => {
    let out = "";
    for (const change of changes) {
      out += text ? alertLine(change, { color: io.color, updates }) : alertJson(change, updates);
    }
    if (!out) return;
    progress.clear();
    io.out(out);
  };
  /** Once each: hits held back after its end change an alert that was printed. */
  const over = (change: AlertChange): boolean => {
    const { id } = change.alert;
    open.delete(id);
    if (printed.has(id)) return false;
    printed.add(id);
    if (printed.size > PRINTED) printed.delete(printed.values().next().value!);
    return true;
  };
  return {
    /** From now on an alert is printed when it opens; those that are open are, now. */
    live() {
      live = true;
      const all = [...open.values()];
      write(all.filter(over));
    },
    print(changes: readonly AlertChange[]) {
      if (text) incidents.add(changes);
      for (const { alert } of changes) {
        if (SEVERITIES.indexOf(alert.severity) >= limit) failed = true;
      }
      if (updates) return write(changes);
      // Who watches a log that goes on wants to know now, not when a throttle of hours is over.
      if (live) return write(changes.filter(over));
      for (const change of changes) {
        const { id } = change.alert;
        if (change.change !== "close" && !printed.has(id)) open.set(id, change);
      }
      write(changes.filter((c) => c.change === "close" && over(c)));
    },
    /** The end of the run: what is still open is printed as it stands. */
    end() {
      if (!updates) {
        const all = [...open.values()].sort((a, b) => a.alert.time - b.alert.time);
        write(all.filter(over));
      }
      const block = incidentsText(incidents.all(), { color: io.color });
      if (block) {
        progress.clear();
        io.out(block);
      }
    },
    failed: () => failed,
  };
}
