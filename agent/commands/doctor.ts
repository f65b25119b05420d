/** `doctor`: what is wrong with an agent's configuration and its machine, and what to do. */
import { coverageOf } from "../../compiler/explain/coverage.ts";
import { inertJson, visible } from "../../grammar/visible.ts";
import type { Loaded } from "../content/loaded.ts";
import { count } from "../outputs/render/text.ts";
import { PROGRAM } from "../program.ts";
import type { Settings } from "../settings/settings.ts";
import { tuningOf } from "../settings/tuning.ts";
import { PATHS, USER } from "../setup/files.ts";
import { InputError } from "../sources/files.ts";
import { type Args, type CommandSpec, EXIT, type Io, parseCommand, UsageError } from "./command.ts";
import { withConfig } from "./config.ts";
import { withPort } from "./environment.ts";
import { setUpDelivery } from "./delivering.ts";
import { type Finding, Findings } from "../setup/checks/finding.ts";
import { checkLines, checkLogs, type LogOptions } from "../setup/checks/logs.ts";
import {
  checkClock,
  checkDisk,
  checkPorts,
  checkStore,
  wantedPorts,
} from "../setup/checks/machine.ts";
import { type User, userNamed } from "../setup/checks/users.ts";
import { journalPart, readsJournal } from "./feeds.ts";
import { loadForRun, parseZones } from "./shared.ts";
import { placeOf } from "./stores.ts";

/** Entries of the journal that are looked at. */
const ENTRIES = 2000;

/** @param agent whose configuration it is */
export function doctorCommand(agent: CommandSpec): CommandSpec {
  return {
    name: "doctor",
    operands: "[FILE…]",
    summary: "Tell what is wrong with an agent's configuration and its machine, and what to do.",
    details:
      "It looks at the configuration, the rights and the last lines of the logs (FILE, or those of the\n" +
      "configuration), the clock, the disk, the database, the ports, and the sinks, and changes nothing.\n" +
      `As root it asks for the user ${USER}, where there is one. Exit code 1: something is an error.`,
    options: [
      {
        name: "config",
        value: "FILE",
        summary: `The agent's configuration (default ./agent.yaml, or ${PATHS.config})`,
      },
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "json"],
        summary: "Form of the answer (default text)",
      },
    ],
    examples: [
      { command: `${PROGRAM} doctor`, does: "Of the agent that agent.yaml here or in /etc is for" },
      {
        command: `${PROGRAM} doctor /var/log/auth.log`,
        does: "Whether this log can be read and means something",
      },
    ],
    run: (args, io) => runDoctor(agent, args, io),
  };
}

async function runDoctor(agent: CommandSpec, args: Args, io: Io): Promise<number> {
  const findings = await examine(agent, args, io);
  const errors = findings.filter((f) => f.level === "error").length;
  const warnings = findings.filter((f) => f.level === "warning").length;
  if (args.get("format") === "json") io.out(inertJson(JSON.stringify(findings, null, 1)) + "\n");
  else for (const finding of findings) io.out(textOf(finding));
  io.err(`${count(errors, "error")}, ${count(warnings, "warning")}\n`);
  return errors > 0 ? EXIT.findings : EXIT.done;
}

function textOf({ check, level, message, help }: Finding): string {
  const line = `${level.padEnd(8)}${check.padEnd(8)}${message}`;
  return visible(line) + "\n" + (help ? visible(`${" ".repeat(16)}${help}`) + "\n" : "");
}

async function examine(agent: CommandSpec, args: Args, io: Io): Promise<Finding[]> {
  const config = new Findings("config");
  const file = await configFile(args);
  const options = file === null ? [] : [`--config=${file}`];
  const given = parseCommand(agent, [...options, "--", ...args.operands]);
  const configured = await told(config, io, (to) => withConfig(agent, given, to));
  if (configured === null) return config.list;
  config.ok(file === null ? "No agent.yaml: the defaults are looked at" : `${file} reads`);
  const { args: own, settings } = configured;
  // Root can read what the service's user cannot.
  const user = Deno.uid() === 0 ? await userNamed(USER) : null;
  const rules = new Findings("rules");
  const loaded = await told(rules, io, (to) => loadForRun(own, to, { tuning: tuningOf(settings) }));
  const found = loaded === null ? [] : await sources(own, loaded, { rules, user, io });
  const clock = new Findings("clock");
  await checkClock(clock);
  return [
    ...config.list,
    ...rules.list,
    ...found,
    ...clock.list,
    ...await places(own, io, user),
    ...await sinks(settings, own, io),
  ];
}

/** The file that is meant; null where there is none. Throws UsageError for one that is named. */
async function configFile(args: Args): Promise<string | null> {
  const named = args.get("config");
  if (named !== undefined) return named;
  if (args.operands.length > 0) return null;
  for (const path of ["agent.yaml", PATHS.config]) {
    if (await Deno.stat(path).catch(() => null)) return path;
  }
  return null;
}

/** Does something that prints mistakes and throws; they become an error among the findings. */
async function told<T>(
  findings: Findings,
  io: Io,
  work: (io: Io) => Promise<T>,
): Promise<T | null> {
  let printed = "";
  try {
    return await work({ ...io, color: false, err: (text) => void (printed += text) });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const first = /^.*(?:error|warning)[^\n]*/m.exec(printed)?.[0].trim();
    findings.error(
      error.message + (first ? `: ${first}` : ""),
      `${error.help ?? "Correct it"}; ${PROGRAM} check tells all with their places`,
    );
    return null;
  }
}

/** What is read: files, the journal; and the rules that nothing of it feeds. */
async function sources(
  args: Args,
  loaded: Loaded,
  { rules, user, io }: { rules: Findings; user: User | null; io: Io },
): Promise<Finding[]> {
  const { sourcetypes } = loaded;
  const zones = parseZones(args);
  const options: LogOptions = { sourcetypes, zoneOf: (name) => zones.of({ name }), user };
  const files = args.operands.filter((o) => o !== "-" && !/^[a-z]+:\/\//i.test(o));
  const { logs, clock, seen } = await checkLogs(files, options);
  const journal = readsJournal(args);
  if (journal) { for (const name of await readJournal(args, options, logs, io)) seen.add(name); }
  const comes = args.all("listen").length > 0 || args.operands.length > files.length;
  if (files.length === 0 && !journal && !comes) {
    logs.warning(
      "Nothing is named that would be read",
      `Name files, journal or listen in agent.yaml; ${PROGRAM} init finds what is here`,
    );
  }
  clock.ok(`Times that name no zone are taken as of ${zones.all}`);
  fed(loaded, seen, comes, rules);
  return [...logs.list, ...clock.list];
}

async function readJournal(
  args: Args,
  options: LogOptions,
  logs: Findings,
  io: Io,
): Promise<ReadonlySet<string>> {
  const { journalName, newestEntries } = await import("../sources/journal.ts");
  const part = journalPart(args);
  const name = journalName(part);
  try {
    const entries = await newestEntries({
      ...part,
      without: io.env("PICKET_UNIT") || null,
      limit: 65_536,
      notice: (text) => logs.error(text.replace(/^warning: /, ""), "See what it says"),
    }, ENTRIES);
    if (entries.length === 0) {
      logs.warning(`${name}: readable, without an entry`, "Wait for one, or name files of logs");
      return new Set();
    }
    const lines = entries.map((e) => e.line);
    return checkLines(name, lines, Date.now(), options, logs).sourcetypes;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    logs.error(error.message, "Put it right, or name files of logs instead");
    return new Set();
  }
}

/** Rules that can fire on what was seen. */
function fed(
  { program, sourcetypes }: Loaded,
  seen: ReadonlySet<string>,
  comes: boolean,
  rules: Findings,
): void {
  const all = count(program.rules.length, "rule");
  if (comes) return rules.ok(`${all} compile; what is sent here is not known beforehand`);
  if (seen.size === 0) return rules.ok(`${all} compile; no line was seen that would feed them`);
  const { silent } = coverageOf(program, sourcetypes.catalogue, (x) => seen.has(x.sourcetype));
  if (silent.length === 0) return rules.ok(`${all} compile, and each has a source`);
  rules.warning(
    `${all} compile; ${count(silent.length)} have no source here, as ` +
      silent.slice(0, 5).map((s) => s.rule).join(", "),
    `That is right where such logs are not there; ${PROGRAM} coverage --seen FILE tells what each needs`,
  );
}

/** Disk, store and ports. */
async function places(args: Args, io: Io, user: User | null): Promise<Finding[]> {
  const none = args.flag("no-store");
  const place = none ? null : await placeOf(args, io);
  const { store, used } = place === null
    ? { store: new Findings("store"), used: false }
    : await checkStore(place, user);
  if (place === null) store.ok("Nothing is stored (--no-store)");
  const disk = await checkDisk(place !== null && "data" in place ? place.data : "/tmp");
  const serve = args.get("serve");
  const wanted = wantedPorts(
    serve === undefined ? undefined : withPort(serve, io),
    args.all("listen"),
  );
  return [...disk.list, ...store.list, ...checkPorts(wanted, used, user).list];
}

/** Whether somebody is told of alerts. */
async function sinks(settings: Settings | null, args: Args, io: Io): Promise<Finding[]> {
  const findings = new Findings("sinks");
  const setup = await told(findings, io, (to) => setUpDelivery(settings, to, { args }));
  if (setup === null) return findings.list;
  if (setup.sinks.length === 0) {
    findings.warning(
      "Nobody is told of alerts: there is no sink",
      `Name one under sinks: in agent.yaml; ${PROGRAM} sinks types says what there is`,
    );
  } else {
    findings.ok(
      `${count(setup.sinks.length, "sink")} set up; ${PROGRAM} sinks test NAME sends a sample`,
    );
  }
  return findings.list;
}
