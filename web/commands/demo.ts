/** `demo`: made-up logs with attacks in them, looked at by the rules, and the dashboard over it. */
import {
  aborted,
  Args,
  type CommandSpec,
  EXIT,
  type Io,
  parseCommand,
  UsageError,
} from "../../agent/commands/command.ts";
import { simulateCommand } from "../../agent/commands/simulate.ts";
import { loadSources } from "../../agent/commands/shared.ts";
import { portOf } from "../../agent/commands/environment.ts";
import { storeAt } from "../../agent/commands/stores.ts";
import { PROGRAM } from "../../agent/program.ts";
import { count, rfc3339 } from "../../agent/outputs/render/text.ts";
import { FILES } from "../../agent/simulate/mod.ts";
import type { Store, StoredIncident } from "../../agent/store/mod.ts";
import { SEVERITIES } from "../../compiler/ir/program.ts";
import { visible } from "../../grammar/visible.ts";
import { DemoFolder } from "./demo_folder.ts";
import { AddressTaken, serveStore } from "./serving.ts";

const FOLDER = "picket-demo", PORT = 7400, DAY = 86_400_000;

/** Days of logs, so many that no attack is left out whatever day it is. */
export const DAYS = 13;
const RATE = "0.04";

const SEARCH = "action:failure | top 10 src";

/** When the demo's logs begin, RFC 3339: whole days before the one that `now`, epoch ms, is in (UTC). */
export function demoStart(now: number): string {
  return new Date(Math.floor(now / DAY) * DAY - DAYS * DAY).toISOString();
}

/** @param agent what reads the logs */
export function demoCommand(agent: CommandSpec): CommandSpec {
  return {
    name: "demo",
    operands: "",
    summary: "Show Picket on made-up logs of two weeks with attacks in them, on a dashboard.",
    details:
      "It makes the logs of a small network (some 54,000 lines in ten formats, each attack of\n" +
      "`simulate --list` once), reads them with the shipped rules into a database of its own, and\n" +
      "serves the dashboard on it until Ctrl-C. A second start within a day takes what is there.",
    options: [
      {
        name: "data",
        value: "DIR",
        summary: `Folder for the logs and the database (default ./${FOLDER})`,
      },
      {
        name: "port",
        value: "N",
        summary:
          `Port on 127.0.0.1 (default that of PORT, ${PORT}, or a free one where that is taken)`,
      },
      { name: "renew", summary: "Make the logs and the database anew" },
    ],
    examples: [
      { command: `${PROGRAM} demo`, does: "In ./picket-demo, on http://127.0.0.1:7400" },
      { command: `${PROGRAM} demo --data /tmp/demo --port 0`, does: "Elsewhere, on a free port" },
    ],
    run: (args, io) => runDemo(agent, args, io),
  };
}

async function runDemo(agent: CommandSpec, args: Args, io: Io): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(`Unexpected "${args.operands[0]}"`, "Name a folder with --data DIR");
  }
  const port = args.int("port", 0, 65535) ?? portOf(io);
  const folder = await DemoFolder.open(args.get("data") ?? FOLDER);
  try {
    const age = folder.ready === null ? null : Date.now() - folder.ready;
    if (age !== null && age >= 0 && age < DAY && !args.flag("renew")) {
      io.err(
        visible(
          `Taking the demo of ${rfc3339(folder.ready!)} in ${folder.path} (--renew makes it anew)`,
        ) +
          "\n",
      );
    } else if (!await fill(agent, folder, io)) return EXIT.done;
    await show(folder, port, io);
  } finally {
    folder.close();
  }
  return EXIT.done;
}

/** Makes the logs and reads them; false when it was told to end before. */
async function fill(agent: CommandSpec, folder: DemoFolder, io: Io): Promise<boolean> {
  io.err(
    visible(
      folder.used
        ? `Making the demo in ${folder.path} anew: logs of ${DAYS} days with attacks`
        : `Making logs of ${DAYS} days with attacks in ${folder.path}`,
    ) + "\n",
  );
  await folder.clear();
  // What is made here is read here: permissions are given up once, by what serves.
  const inner: Io = { ...io, out: () => true, keep: () => Promise.resolve() };
  const run = (spec: CommandSpec, argv: readonly string[], to: Io) =>
    spec.run(parseCommand(spec, argv), to);
  await run(simulateCommand, [
    `--out=${folder.logs}`,
    `--duration=${DAYS}d`,
    `--rate=${RATE}`,
    `--start=${demoStart(Date.now())}`,
    "--quiet",
  ], inner);
  if (io.signal.aborted) return false;
  io.err("Reading them with the shipped rules; this takes some ten seconds\n");
  const progress = (text: string) => text.startsWith("\r") && io.err(text);
  const code = await run(agent, [
    `--data=${folder.store}`,
    // Times of syslog name no zone; those of the simulation are UTC.
    "--tz=UTC",
    "--",
    ...Object.values(FILES).map((name) => `${folder.logs}/${name}`),
  ], { ...inner, err: (text) => void (text.startsWith("error") ? io.err(text) : progress(text)) });
  if (io.signal.aborted) return false;
  if (code !== EXIT.done) throw new UsageError("The demo's logs could not be read", "See above");
  await folder.finish();
  return true;
}

/** Serves what is in the folder until the signal. */
async function show(folder: DemoFolder, port: number | undefined, io: Io): Promise<void> {
  const loaded = await loadSources(new Args([], new Map()), io);
  await io.keep("read", "write", "net", "run");
  const store = await storeAt({ data: folder.store }, io);
  try {
    const serve = (port: number) =>
      serveStore(store, {
        address: `127.0.0.1:${port}`,
        args: new Args([], new Map()),
        loaded: () => loaded,
        notice: (text) => io.err(text + "\n"),
      });
    const served = await serve(port ?? PORT).catch((error) => {
      if (port !== undefined || !(error instanceof AddressTaken)) throw error;
      io.err(`Port ${PORT} is taken: a free one is chosen\n`);
      return serve(0);
    });
    await io.keep("read", "write");
    io.err(await guide(store, served.url, folder));
    await aborted(io.signal);
    await served.close();
  } finally {
    await store.close();
  }
}

/** What is there and what to look at. */
async function guide(store: Store, url: string, folder: DemoFolder): Promise<string> {
  const [stats, { items }] = await Promise.all([store.stats(), store.incidents({ limit: 500 })]);
  const incident = worst(items);
  const search = `${url}/search?${new URLSearchParams({ q: SEARCH, from: "-30d" })}`;
  const lines = [
    "",
    `${count(stats.events, "event")}, ${count(stats.alerts, "alert")}, ${
      count(items.length, "incident")
    }: ${url}/?range=30d`,
    "What to look at:",
    ...(incident
      ? [
        `  1. An attack from its first step to its last, ${incident.entity.value}: ` +
        `${url}/incidents/${incident.id}`,
      ]
      : []),
    `  2. A search, ${SEARCH}: ${search}`,
    `  3. What of ATT&CK was seen, and what the rules cover: ${url}/attack?range=30d`,
    `  4. A rule, to change and to try on what is stored: ${url}/rules/ssh_brute_force`,
    `  5. Where the attacks are, to compare: ${folder.logs}/truth.json`,
    "Ctrl-C ends it.",
  ];
  return lines.map((line) => visible(line) + "\n").join("");
}

/** The incident that shows most: of the highest severity, the one of most tactics and rules. */
function worst(incidents: readonly StoredIncident[]): StoredIncident | undefined {
  const rank = (i: StoredIncident) =>
    SEVERITIES.indexOf(i.severity) * 1e6 + i.tactics.length * 1e3 + i.rules.length;
  return incidents.toSorted((a, b) => rank(b) - rank(a))[0];
}
