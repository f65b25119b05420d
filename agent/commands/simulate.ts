/** `simulate`: realistic logs with attacks in them, and the truth about them. */
import { PROGRAM } from "../program.ts";
import {
  ATTACKS,
  attacksNamed,
  FILES,
  isStream,
  Simulation,
  type Stream,
  STREAMS,
} from "../simulate/mod.ts";
import {
  openFiles,
  openSyslog,
  type Outlet,
  parseReceiver,
  SYSLOG_STREAMS,
} from "../simulate/write.ts";
import { HttpOutlet, parseIngest, SendError } from "../simulate/send_http.ts";
import { sleep } from "../simulate/sleep.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { parseDuration } from "./shared.ts";
import { reason } from "../sources/files.ts";
import { visible } from "../../grammar/visible.ts";
import { secret } from "./secrets.ts";

/** A Monday, so that a week of it begins where people's weeks do. */
const START = "2026-03-02T00:00:00Z";

export const simulateCommand: CommandSpec = {
  name: "simulate",
  operands: "",
  summary: "Write realistic logs with attacks in them, and a file that says where they are.",
  details:
    "The logs are those of a small network: auth.log, access.log, firewall.log, dns.log, app.ndjson\n" +
    "and windows.xml. The same seed and options give the same bytes. truth.json says of each attack\n" +
    "who it was, when, and which alerts have to come, or to be named in another one of it.",
  options: [
    {
      name: "out",
      value: "DIR",
      summary: "Folder for the logs and truth.json; else they go to stdout",
    },
    {
      name: "send",
      value: "URL",
      multiple: true,
      summary:
        "Send all to http://HOST:PORT/ingest (or https), or auth, firewall and dns as syslog " +
        "to udp://HOST:PORT or tcp://HOST:PORT",
    },
    {
      name: "token-file",
      value: "FILE",
      summary:
        "Token of an API that is sent to (default PICKET_TOKEN, or the file in PICKET_TOKEN_FILE)",
    },
    {
      name: "truth",
      value: "FILE",
      summary: "Write the truth to FILE (default truth.json in --out)",
    },
    { name: "seed", value: "N", summary: "Seed of all chance (default 1)" },
    {
      name: "start",
      value: "TIME",
      summary: `When the logs begin, RFC 3339 (default ${START}; now with --live)`,
    },
    {
      name: "duration",
      value: "DURATION",
      summary: "How long they last (default 1d; without end with --live)",
    },
    { name: "rate", value: "N", summary: "Lines a second over all logs, on average (default 1)" },
    {
      name: "streams",
      value: "LIST",
      summary: `Logs to write, with commas (default ${STREAMS.join(",")})`,
    },
    {
      name: "attacks",
      value: "LIST",
      summary: "Attacks by name, with commas, or all or none (default all)",
    },
    {
      name: "every",
      value: "DURATION",
      summary: "Play an attack this often, again and again (default with --live 1m)",
    },
    {
      name: "malformed",
      value: "PERCENT",
      summary: "Share of innocent lines that are damaged (default 0)",
    },
    {
      name: "disorder",
      value: "DURATION",
      summary: "How much too late lines may come (default 0s)",
    },
    { name: "live", summary: "Write as time goes by, with the time it is" },
    { name: "list", summary: "List the attacks" },
    { name: "quiet", summary: "Print no summary" },
  ],
  examples: [
    {
      command: `${PROGRAM} simulate --out /tmp/logs --duration 10d`,
      does: "Ten days with every attack",
    },
    {
      command: `${PROGRAM} simulate --live --rate 20 --out /tmp/logs`,
      does: "Logs that grow, to follow",
    },
    {
      command: `${PROGRAM} simulate --send http://127.0.0.1:8088/ingest --duration 1h`,
      does: "An hour of all logs to agent --listen http://:8088/ingest",
    },
    {
      command: `${PROGRAM} simulate --streams auth | ${PROGRAM} agent --no-store`,
      does: "A day of auth.log, looked at",
    },
  ],
  run: simulate,
};

async function simulate(args: Args, io: Io): Promise<number> {
  if (args.flag("list")) {
    const width = Math.max(...ATTACKS.map((a) => a.name.length)) + 2;
    io.out(ATTACKS.map((a) => `${a.name.padEnd(width)}${a.summary}\n`).join(""));
    return EXIT.done;
  }
  if (args.operands.length) {
    throw new UsageError(`"${args.operands[0]}" is not expected`, "Name the folder with --out DIR");
  }
  const live = args.flag("live");
  await io.keep("read", "write", ...(args.all("send").length > 0 ? ["net"] as const : []));
  const streams = streamsOf(args.get("streams"));
  const start = live ? Date.now() : timeOf(args.get("start") ?? START);
  const given = args.get("duration");
  const duration = given === undefined
    ? (live ? Infinity : 86_400_000)
    : parseDuration("duration", given);
  const every = args.get("every") ?? (live ? "1m" : undefined);
  const simulation = new Simulation({
    seed: args.int("seed", 0, 2 ** 32 - 1) ?? 1,
    start,
    end: start + duration,
    rate: number(args, "rate", 1, 100_000),
    streams,
    attacks: attacksOf(args.get("attacks") ?? "all", streams),
    every: every === undefined ? null : Math.max(1000, parseDuration("every", every)),
    malformed: number(args, "malformed", 0, 100) / 100,
    disorder: parseDuration("disorder", args.get("disorder") ?? "0"),
    step: live ? 200 : 60_000,
  });
  const senders = await sendersOf(args, io, live);
  const outlets = [...await open(args, streams, live), ...senders];
  if (outlets.length === 0) outlets.push(toStdout(io));
  let written = 0;
  let failed = "";
  try {
    for (const { to, lines } of simulation.steps()) {
      if (io.signal.aborted) break;
      if (live && Number.isFinite(to)) await sleep(to - Date.now(), io.signal);
      for (const outlet of outlets) await outlet.write(lines);
      written += lines.length;
    }
    for (const sender of senders) await sender.flush();
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    failed = error.message;
  } finally {
    for (const outlet of outlets) await outlet.close().catch(() => {});
  }
  const { truth } = simulation;
  const folder = args.get("out");
  const file = args.get("truth") ?? (folder && `${folder.replace(/\/+$/, "")}/truth.json`);
  if (file) await Deno.writeTextFile(file, JSON.stringify(truth, null, 2) + "\n");
  if (folder && !live) {
    // Lines of syslog have no year: readers take it from the file's date.
    const end = new Date(truth.end);
    for (const s of streams) {
      await Deno.utime(`${folder.replace(/\/+$/, "")}/${FILES[s]}`, end, end);
    }
  }
  if (!args.flag("quiet")) {
    io.err(
      `${written.toLocaleString("en-US")} lines, ${truth.attacks.length} attacks, ` +
        `${truth.malformed} lines damaged, from ${truth.start} to ${truth.end}\n`,
    );
    for (const { attack, reason } of truth.left_out) io.err(`Left out: ${attack} (${reason})\n`);
  }
  for (const sender of senders) io.err(visible(sender.report()) + "\n");
  if (failed) throw new UsageError(failed, "What was taken stays there; the rest was not sent");
  return EXIT.done;
}

/** What sends by HTTP. Throws UsageError. */
async function sendersOf(args: Args, io: Io, live: boolean): Promise<HttpOutlet[]> {
  const urls = args.all("send").flatMap((text) => parseIngest(text) ?? []);
  if (urls.length === 0) return [];
  const token = await tokenOf(args, io);
  return urls.map((url) => new HttpOutlet({ url, token, live, signal: io.signal }));
}

/** The token of `--token-file`, else of the environment; null without one. Throws UsageError. */
async function tokenOf(args: Args, io: Io): Promise<string | null> {
  const file = args.get("token-file");
  if (file === undefined) return await secret(io, "PICKET_TOKEN") ?? null;
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch (error) {
    throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct --token-file");
  }
}

/** Folders and syslog receivers that the options name. Throws UsageError. */
async function open(
  args: Args,
  streams: readonly Stream[],
  live: boolean,
): Promise<Outlet[]> {
  const outlets: Outlet[] = [];
  const folder = args.get("out");
  try {
    if (folder) outlets.push(await openFiles(folder, streams, live));
  } catch (error) {
    throw new UsageError(
      `Cannot write to "${folder}": ${error instanceof Error ? error.message : error}`,
      "Give a folder that this user may write to",
    );
  }
  for (const url of args.all("send")) {
    if (parseIngest(url) !== null) continue;
    const to = parseReceiver(url);
    if (!to) {
      throw new UsageError(
        `Invalid receiver "${url}"`,
        "Give http://HOST:PORT/ingest, udp://HOST:PORT or tcp://HOST:PORT",
      );
    }
    if (!streams.some((s) => SYSLOG_STREAMS.has(s))) {
      throw new UsageError(
        `None of ${streams.join(", ")} is carried by syslog`,
        `Name one of ${[...SYSLOG_STREAMS].join(", ")} with --streams`,
      );
    }
    try {
      outlets.push(await openSyslog(to));
    } catch (error) {
      throw new UsageError(
        `Cannot reach "${url}": ${error instanceof Error ? error.message : error}`,
        "Start the receiver first: agent --listen " + url,
      );
    }
  }
  return outlets;
}

const toStdout = (io: Io): Outlet => ({
  write(lines) {
    if (lines.length) io.out(lines.map((l) => l.text + "\n").join(""));
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
});

function streamsOf(text: string | undefined): readonly Stream[] {
  if (text === undefined) return STREAMS;
  return text.split(",").map((name) => {
    if (isStream(name)) return name;
    throw new UsageError(`There is no log "${name}"`, `Give some of ${STREAMS.join(",")}`);
  });
}

function attacksOf(text: string, streams: readonly Stream[]) {
  try {
    const all = text === "all";
    return attacksNamed(text.split(",")).filter((attack) => {
      const fits = attack.streams.every((s) => streams.includes(s));
      if (!fits && !all) {
        throw new UsageError(
          `"${attack.name}" needs the logs ${attack.streams.join(" and ")}`,
          "Name them with --streams",
        );
      }
      return fits;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`There is no attack "${error.message}"`, "See simulate --list");
  }
}

function timeOf(text: string): number {
  const t = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (Number.isNaN(t)) {
    throw new UsageError(`Invalid time "${text}" for --start`, `Write it as ${START}`);
  }
  return t;
}

function number(args: Args, name: string, otherwise: number, max: number): number {
  const text = args.get(name);
  if (text === undefined) return otherwise;
  const value = Number(text.replace(/%$/, ""));
  if (!/^\d+(\.\d+)?%?$/.test(text) || value > max) {
    throw new UsageError(`Invalid value "${text}" for --${name}`, `Give a number up to ${max}`);
  }
  return value;
}
