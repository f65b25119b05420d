/** What is read, and who reads it: programs that are found on this machine, and Picket. */
import { sshdLines } from "../auth_lines.ts";
import { windowsLines } from "../windows_events.ts";
import type { Contestant } from "./race.ts";

export interface Workload {
  readonly title: string;
  readonly count: number;
  readonly unit: string;
  readonly base: string;
  readonly contestants: readonly Contestant[];
}

/** Picket at some revision: the words of its command before those of the agent. */
export interface Picket {
  readonly name: string;
  readonly main: string;
}

export interface Surroundings {
  readonly folder: string;
  readonly pickets: readonly Picket[];
  /** Whether a program is on the path. */
  has(program: string): boolean;
}

const agent = (p: Picket, ...args: string[]): string[] => [
  Deno.execPath(),
  ...["run", "--quiet", "--no-prompt", "-A", p.main, "agent", "--no-store", "--format", "ndjson"],
  ...args,
];

function write(path: string, text: Iterable<string>, end = ""): string {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let block = "";
  const flush = () => {
    for (let bytes = encoder.encode(block); bytes.length > 0;) {
      bytes = bytes.subarray(file.writeSync(bytes));
    }
    block = "";
  };
  for (const piece of text) {
    block += piece + end;
    if (block.length > 1 << 20) flush();
  }
  flush();
  file.close();
  return path;
}

/** An sshd log with the shipped rules. */
export function sshd({ folder, pickets, has }: Surroundings, count: number): Workload {
  const big = write(`${folder}/sshd.log`, sshdLines(count));
  const one = write(`${folder}/sshd_one.log`, sshdLines(1));
  const awk = new URL("../sshd.awk", import.meta.url).pathname;
  const args = ["--sourcetype", "linux_secure", "--year", "2026"];
  const others: Contestant[] = [
    { name: "wc -l", command: ["wc", "-l", big] },
    { name: "grep -c", command: ["grep", "-c", "Failed password", big] },
    { name: "rg -c", command: ["rg", "-c", "Failed password", big] },
    { name: "mawk, same extraction", command: ["mawk", "-f", awk, big] },
    { name: "fail2ban-regex", command: ["fail2ban-regex", "-v", big, "sshd"] },
    {
      name: "sec",
      command: ["sec", `--conf=${secRules(folder)}`, `--input=${big}`, "--notail", "--fromstart"],
    },
    {
      name: "crowdsec",
      command: ["crowdsec", "-dsn", `file://${big}`, "-type", "syslog", "-no-api"],
    },
  ];
  return {
    title: "sshd log, shipped rules",
    count,
    unit: "lines",
    base: has("mawk") ? "mawk, same extraction" : pickets[0].name,
    contestants: [
      ...others.filter((c) => has(c.command[0])),
      ...pickets.map((p) => ({ name: p.name, command: agent(p, ...args, big) })),
      ...pickets.map((p) => ({
        name: `${p.name}, start taken off`,
        command: agent(p, ...args, big),
        start: { command: agent(p, ...args, one) },
      })),
    ],
  };
}

/** One rule in the language of sec: five failures of one address within a minute. */
const secRules = (folder: string): string =>
  write(`${folder}/sec.conf`, [
    "type=SingleWithThreshold\nptype=RegExp\n" +
    "pattern=sshd\\[\\d+\\]: Failed password for .* from (\\S+) port\n" +
    "desc=$1\naction=write - five failures of $1\nwindow=60\nthresh=5\n",
  ]);

/** An access log that a user gives, beside goaccess. */
export function access(
  { pickets, has }: Surroundings,
  log: string,
): Workload {
  const count = Deno.readTextFileSync(log).split("\n").length - 1;
  const goaccess = ["goaccess", log, "--log-format=COMBINED", "--no-progress", "-o", "json"];
  return {
    title: "Access log, shipped rules",
    count,
    unit: "lines",
    base: has("goaccess") ? "goaccess" : pickets[0].name,
    contestants: [
      ...(has("goaccess") ? [{ name: "goaccess", command: goaccess }] : []),
      ...pickets.map((p) => ({
        name: p.name,
        command: agent(p, "--sourcetype", "access_combined", log),
      })),
    ],
  };
}

/** An EVTX file that a user gives, beside evtxexport. */
export function evtx({ pickets, has }: Surroundings, file: string): Workload {
  return {
    title: "EVTX, shipped rules",
    count: Math.round(Deno.statSync(file).size / 1024),
    unit: "KiB",
    base: has("evtxexport") ? "evtxexport" : pickets[0].name,
    contestants: [
      ...(has("evtxexport") ? [{ name: "evtxexport", command: ["evtxexport", file] }] : []),
      ...pickets.map((p) => ({ name: p.name, command: agent(p, file) })),
    ],
  };
}

export interface SigmaOptions {
  readonly rules: string;
  readonly recordings: string;
  readonly rival?: string;
  readonly events: number;
  readonly eventId?: string;
}

/** Windows events as JSON with Sigma rules, and with a rule that none of them can match. */
export function sigma({ folder, pickets }: Surroundings, o: SigmaOptions): Workload {
  const { recordings: from, eventId } = o;
  const make = (events: number) =>
    windowsLines({ from, events, eventId, fresh: eventId !== undefined });
  const big = write(`${folder}/events${eventId ?? ""}.json`, make(o.events), "\n");
  const one = write(`${folder}/event${eventId ?? ""}.json`, make(1), "\n");
  const none = write(`${folder}/none.sdl`, [
    'rule none {\n  from linux_secure where user == "nobody of that name"\n}\n',
  ]);
  const parse = new URL("parse_lines.ts", import.meta.url).pathname;
  const with_ = (p: Picket, what: string, rules: string): Contestant => ({
    name: `${p.name}, ${what}`,
    command: agent(p, "--rules", rules, big),
    start: { command: agent(p, "--rules", rules, one) },
  });
  const rival = (rules: string, ...more: string[]) => [
    o.rival!,
    ...["engine", "eval", "-r", rules, "--quiet", "--output-format", "ndjson", ...more],
  ];
  const base = "JSON.parse of the lines";
  return {
    title: eventId === undefined
      ? "Windows events as JSON, Sigma rules"
      : `The same, event ${eventId} alone, every command line new`,
    count: o.events,
    unit: "events",
    base,
    contestants: [
      { name: base, command: [Deno.execPath(), "run", "--quiet", "-A", parse, big], own: true },
      ...pickets.flatMap((p) => [with_(p, "no rule", none), with_(p, "all rules", o.rules)]),
      ...(o.rival === undefined ? [] : [{
        name: "rival, sysmon pipeline",
        command: rival(o.rules, "-p", "sysmon"),
        stdin: big,
        start: { command: rival(o.rules, "-p", "sysmon"), stdin: one },
      }]),
    ],
  };
}
