/** `agent`: read, parse, map, detect, store; alerts to stdout. */
import { technique } from "../../compiler/schema/attack/mod.ts";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { streamOf } from "../run/checkpoint.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { AlertChange } from "../event.ts";
import type { Keep } from "../run/batcher.ts";
import { run } from "../run/run.ts";
import { emptySummary, endSummary, Progress, summaryText } from "../run/progress.ts";
import type { Delivery } from "../outputs/delivery/delivery.ts";
import { Sinks } from "../outputs/sink.ts";
import { SINK_OPTIONS, sinksFor } from "../outputs/sinks.ts";
import { visible, visibleJson } from "../../grammar/visible.ts";
import { tuningOf } from "../settings/tuning.ts";
import type { Store } from "../store/mod.ts";
import {
  aborted,
  type Args,
  type CommandSpec,
  EXIT,
  type Io,
  type OptionSpec,
  type Permission,
} from "./command.ts";
import { hasSources } from "../content/loaded.ts";
import type { StoreTriage } from "./triage.ts";
import { CONFIG, withConfig } from "./config.ts";
import { allInputs, FEED_OPTIONS } from "./feeds.ts";
import { ALLOW_EXEC, DELIVER_PAST, setUpDelivery, startDelivery, waiting } from "./delivering.ts";
import type { Server } from "./serving.ts";
import {
  checkSourcetype,
  INPUT_OPTIONS,
  loadForRun,
  loadSources,
  NO_CACHE,
  parseOptions,
  parseSize,
  RULE_OPTIONS,
  type SizeBounds,
  zoneNotice,
} from "./shared.ts";
import {
  keepOf,
  permissionsOf,
  placeOf,
  retainEvents,
  STORE_OPTIONS,
  storeAt,
  type StorePlace,
} from "./stores.ts";
import { Watch } from "./watch.ts";

const SPOOL_LIMIT: OptionSpec = {
  name: "spool-limit",
  value: "SIZE",
  summary: "Most that temporary files take to sort lines that are in no order of time " +
    "(default 16GiB)",
};

/** ms for which a run that ends goes on delivering what is due. */
const DRAIN = 10_000;

const SPOOL_SIZE: SizeBounds = {
  least: 64 * 1024,
  most: 2 ** 50,
  help: "Give a size of 64KiB or more, as 500MB or 16GiB",
};

const options = (server: Server): readonly OptionSpec[] => [
  ...RULE_OPTIONS,
  NO_CACHE,
  ...INPUT_OPTIONS,
  ...FEED_OPTIONS,
  SPOOL_LIMIT,
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
  ...SINK_OPTIONS,
  DELIVER_PAST,
  ALLOW_EXEC,
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
  const { args, settings } = await withConfig(command, given, io);
  const serves = args.flag("serve") && !args.flag("no-store");
  const tuning = tuningOf(settings);
  // The API shows what was compiled beside what it was made of.
  const loaded = serves
    ? await loadSources(args, io, { tuning })
    : await loadForRun(args, io, { tuning });
  const sourcetype = checkSourcetype(args.get("sourcetype"), loaded.sourcetypes);
  const maxLine = parseSize("max-line", args.get("max-line") ?? "1MiB");
  const spoolLimit = parseSize("spool-limit", args.get("spool-limit") ?? "16GiB", SPOOL_SIZE);
  const parse = {
    ...parseOptions(args, loaded.sourcetypes),
    onZone: zoneNotice(args, (text) => notice(text)),
  };
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
  let triage: StoreTriage | null = null;
  const configure = async () => {
    const { args, settings } = await withConfig(command, given, io);
    const tuning = tuningOf(settings);
    return { args, tuning: triage?.tuning(tuning) ?? tuning };
  };
  const watch = new Watch({ args, io, rules: true, engine: tools, notice, loaded, configure });
  const { failed, ingest, named, ...inputs } = await allInputs(args, io, {
    maxLine,
    sourcetype,
    sourcetypes: () => watch.current.sourcetypes,
    notice,
    serves,
  });
  const live = inputs.listeners.length > 0;
  const place = args.flag("no-store") ? null : await placeOf(args, io);
  const setup = await setUpDelivery(settings, io, { args });
  const needs = [...permissionsFor(args, place, live), ...setup.needs];
  // Before any thread is started, since a thread has what there is at its start.
  await io.keep(
    ...needs,
    ...(serves ? ["net", "run"] as const : []),
    ...(args.flag("alerts") ? ["write"] as const : []),
  );
  const sinks = sinksOf(args, io, progress, { notice, live });
  const limit = failOn(args);
  let store: Store | null = null;
  let delivery: Delivery | null = null;
  let served: { close(): Promise<void> } | null = null;
  let retention: { close(): Promise<void> } | null = null;
  let started = performance.now();
  try {
    // What was found in input that ends does not wait for a new data folder. What goes on is gone when
    // the log has rotated: nothing says that it is read before there is where to note so.
    if (place) store = await storeAt(place, io, notice, !live);
    // Making a data folder takes seconds that say nothing of the input.
    started = performance.now();
    if (store) {
      const { StoreTriage } = await import("./triage.ts");
      triage = new StoreTriage(store, notice);
      await triage.read();
      watch.begin(live, await triage.load(loaded, tuning, args, io));
      triage.follow(() => watch.reload());
    } else watch.begin(live, loaded);
    if (store && keep !== null) retention = retainEvents(store, keep, notice);
    if (store && serves) {
      served = await server.serve(store, {
        address: args.get("serve")!,
        args,
        loaded() {
          const { current } = watch;
          if (!hasSources(current)) {
            throw new Error("What is served was loaded without its sources");
          }
          return current;
        },
        ingest: ingest ? (request, peer) => ingest.handle(request, peer) : undefined,
        exceptionsChanged: () => void triage?.check(() => watch.reload()),
        excepted: () => watch.engine!.counters().excepted,
        notice,
      });
    }
    delivery = await startDelivery(setup, { args, store, notice });
    await sinks.open();
    // It listens, and has started the process that tries rules: neither is done again.
    await io.keep(...needs);
    await run({
      ...inputs,
      stdin: () => io.stdin(),
      sourcetype,
      parse,
      maxLine,
      spoolLimit,
      engine: watch.engine!,
      reload: watch,
      store,
      stream: streamOf(args.operands, {
        sourcetype,
        lateness: inputs.lateness,
        maxLine,
        ...named,
        tz: args.all("tz").join(" ") || undefined,
        year: parse.year,
      }),
      signal: io.signal,
      summary,
      keep: args.get("store") as Keep | undefined,
      updates: args.flag("updates"),
      notice,
      changes(changes) {
        limit.look(changes);
        sinks.alerts(changes);
      },
      health: (notes) => sinks.health(notes),
      delivery: delivery && triage ? triage.unsilenced(delivery) : delivery ?? undefined,
      wentLive: () => sinks.live(),
      progress: (count) => progress.draw(summary, started, count),
    });
    endSummary(summary, failed, started);
    if (served && !io.signal.aborted) {
      notice("The input has ended; the API goes on answering until Ctrl-C or SIGTERM");
      await aborted(io.signal);
    }
    await delivery?.drain(DRAIN);
  } finally {
    await sinks.close();
    await delivery?.close();
    if (delivery) {
      summary.deliveries = { ...delivery.counts(), waiting: await waiting(store, setup.sinks) };
    }
    summary.silenced = triage?.silenced ?? 0;
    progress.clear();
    watch.close();
    await triage?.close();
    await served?.close();
    await retention?.close();
    await store?.close();
  }
  summary.output_errors = sinks.errors;
  if (!quiet) {
    if (summary.interrupted && inputs.listeners.length === 0) {
      io.err("Interrupted: what was read is kept\n");
    }
    io.err(summaryText(summary, store !== null));
  }
  const file = args.get("summary");
  if (file) await Deno.writeTextFile(file, visibleJson(summary, 2) + "\n");
  if (summary.failed_inputs.length) return EXIT.input;
  return limit.found() ? EXIT.findings : EXIT.done;
}

/** What a run needs from its start to its end. */
function permissionsFor(args: Args, place: StorePlace | null, live: boolean): Permission[] {
  const listens = args.all("listen");
  return [
    "read",
    ...(place ? permissionsOf(place) : []),
    ...(listens.length > 0 ? ["net"] as const : []),
    // Lines in no order are read a second time from a temporary file; those of live input are not.
    ...(!live || args.get("summary") !== undefined ? ["write"] as const : []),
    // What the kernel dropped of datagrams is read by `cat`.
    ...(listens.some((url) => /^udp:/i.test(url)) ? ["run"] as const : []),
  ];
}

/** Where the alerts of a run go, by the options of `agent/outputs/sinks.ts`. */
function sinksOf(
  args: Args,
  io: Io,
  progress: Progress,
  run: { readonly notice: (text: string) => void; readonly live: boolean },
): Sinks {
  const sinks = sinksFor({
    get: (option) => args.get(option),
    flag: (option) => args.flag(option),
    out(text) {
      progress.clear();
      io.out(text);
    },
    outIsTerminal: io.outIsTerminal,
    color: io.color,
  });
  return new Sinks(sinks, run.notice, run.live);
}

/** Whether `--fail-on` asks for an exit code of 1, by the alerts that were looked at. */
function failOn(args: Args) {
  const severity = args.get("fail-on") as Severity | undefined;
  const limit = severity ? SEVERITIES.indexOf(severity) : Infinity;
  let found = false;
  return {
    look(changes: readonly AlertChange[]): void {
      found ||= changes.some(({ alert }) => SEVERITIES.indexOf(alert.severity) >= limit);
    },
    found: () => found,
  };
}
