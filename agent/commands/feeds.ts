/** Options for what is read as it comes, and the listeners that they ask for. */
import { recognise } from "../../compiler/sourcetype/mod.ts";
import { firstIdentity } from "../run/inputs.ts";
import type { Sourcetypes } from "../content/loaded.ts";
import type { Listener } from "../sources/listener.ts";
import type { InputPath } from "../sources/files.ts";
import { Follower, type FollowOptions } from "../sources/follow.ts";
import { Ingest } from "../sources/ingest.ts";
import { listenerOf, ListenError, type Listening } from "../sources/listen.ts";
import { TcpMemory } from "../sources/tcp.ts";
import { nearest } from "../../grammar/nearest.ts";
import { isKafkaUrl } from "../kafka/url.ts";
import { type Args, type Io, type OptionSpec, UsageError } from "./command.ts";
import { readTls } from "./serving.ts";
import { duration, inputsOf, parseDuration } from "./shared.ts";

export const FEED_OPTIONS: readonly OptionSpec[] = [
  {
    name: "follow",
    summary: "Go on reading FILEs as they grow, through rotation; a FILE may appear later",
  },
  {
    name: "listen",
    value: "URL",
    multiple: true,
    summary:
      "Take in what comes to udp://:5514, tcp://:5514, tls://:6514 or http://:8088/ingest, " +
      "on 127.0.0.1 unless the host is named; ?sourcetype=NAME says what it is, ?lateness=10s how " +
      "far out of order it may come",
  },
  {
    name: "lateness",
    value: "DURATION",
    summary: "How long rows of live input are waited for so that windows see them in order " +
      "(default 5s; input that ends is sorted whole)",
  },
  {
    name: "idle",
    value: "DURATION",
    summary: "Silence after which a followed file or a listener is said to be idle (default 10s)",
  },
  {
    name: "watch",
    summary: "Load rules and sourcetypes anew when their files change, as SIGHUP does at any time",
  },
];

/** The journal; apart, since it takes a program to read it. */
export const JOURNAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "journal",
    summary: "Follow the journal of systemd, by journalctl; the first time from its beginning",
  },
  {
    name: "journal-unit",
    value: "UNIT",
    multiple: true,
    summary: "Of the journal, this unit alone, as ssh.service",
  },
  {
    name: "journal-dir",
    value: "DIR",
    summary: "Journal files in this folder instead of this machine's journal",
  },
  {
    name: "journal-since",
    value: "DURATION",
    summary: "Where no run has read it, the journal from this long ago on, as 1h",
  },
];

/** Whether options ask for the journal. */
export const readsJournal = (args: Args): boolean =>
  ["journal", "journal-unit", "journal-dir", "journal-since"].some((name) => args.flag(name));

export interface Inputs {
  /** Read to their end. */
  readonly found: readonly InputPath[];
  readonly failed: readonly string[];
  readonly listeners: readonly Listener[];
  /** What the API takes in goes here; null where the run ends by itself. */
  readonly ingest: Ingest | null;
  /** ms */
  readonly lateness: number;
  readonly idle: number;
  readonly follow: boolean;
  /** What tells this run's inputs from another's, beside the operands. */
  readonly named: Readonly<Record<string, string | null>>;
}

export interface FeedContext {
  readonly maxLine: number;
  readonly sourcetype: string | null;
  /** The sourcetypes that are loaded now; null where lines are not looked into. */
  readonly sourcetypes: (() => Sourcetypes) | null;
  readonly notice: (text: string) => void;
  /** Whether an API runs that takes lines in. */
  readonly serves: boolean;
  /** Which inputs are this run's to answer for, by identity, where several read all. Default: all */
  readonly owns?: (identity: string) => boolean;
}

/** ms; senders, the network between, and web servers that log when a response ends disturb the order. */
const LIVE_LATENESS = "5s";

/** What records without an end may take in all connections of all listeners, in bytes. */
const TCP_MEMORY = 64 * 1024 * 1024;

/** Of lines that are handed on as they are. */
const UNSEEN: Pick<Listening, "known" | "recognise"> = {
  known: (name) => name,
  recognise: () => ({ sourcetype: "", reason: "handed on as they are" }),
};

/** What the operands and options name; what cannot be read is printed and comes back as names. */
export async function allInputs(args: Args, io: Io, context: FeedContext): Promise<Inputs> {
  const { maxLine, sourcetypes, sourcetype, notice } = context;
  const follow = args.flag("follow");
  const urls = args.all("listen");
  const idle = parseDuration("idle", args.get("idle") ?? "10s");
  if (idle < 100) {
    throw new UsageError(`Invalid value "${args.get("idle")}" for --idle`, "Give 100ms or more");
  }
  const given = args.get("lateness");
  const lateness = parseDuration("lateness", given ?? "0");
  const liveLateness = parseDuration("lateness", given ?? LIVE_LATENESS);
  const listening: Listening = {
    maxLine,
    sourcetype,
    notice,
    tls: urls.length ? await readTls(args) : null,
    memory: new TcpMemory(Math.max(TCP_MEMORY, 4 * maxLine)),
    lateness: liveLateness,
    duration,
    ...sourcetypes === null ? UNSEEN : {
      known: (name) => sourcetypeNamed(name, sourcetypes()),
      nearest: (name) => nearest(name, [...sourcetypes().layouts.keys(), ...Object.keys(ALSO)]),
      recognise(lines) {
        const found = recognise(lines, sourcetypes());
        return { sourcetype: found.sourcetype ?? "syslog", reason: found.reason };
      },
    },
  };
  const listeners: Listener[] = urls.map((url) => listener(url, listening));
  const topics = args.operands.filter(isKafkaUrl);
  const files = args.operands.filter((operand) => !isKafkaUrl(operand));
  if (topics.length > 0) {
    const { kafkaSource } = await import("./kafka.ts");
    const common = {
      sourcetypeNamed: listening.known,
      duration,
      sourcetype,
      maxLine,
      notice,
      // What comes by sockets is lost while it waits for topics.
      hold: urls.length > 0 ? 10_000 : 300_000,
      owns: context.owns,
    };
    for (const url of new Set(topics)) {
      listeners.push(await kafkaSource(url, io, { ...common, lateness: liveLateness }));
    }
  }
  const journal = readsJournal(args) ? await journalOf(args, io, context, liveLateness) : null;
  if (journal) listeners.push(journal.listener);
  const bare = args.operands.length === 0;
  let inputs: { found: readonly InputPath[]; failed: readonly string[] } = {
    found: [],
    failed: [],
  };
  if (follow) {
    const identify = (path: string) => firstIdentity(path, maxLine, false);
    listeners.push(followerOf(files, { identify, lateness: liveLateness, notice }));
  }
  const stdin = bare && urls.length === 0 && journal === null &&
    !(context.serves && io.stdinGivesNothing);
  if (!follow && (files.length > 0 || stdin)) inputs = await inputsOf(args, io, files);
  // What ends by itself is not kept open by what the API might take in.
  const ends = topics.length > 0 && listeners.every((listener) => listener.ends);
  const ingest = context.serves && !ends && (listeners.length > 0 || inputs.found.length === 0)
    ? new Ingest({ ...listening, name: "api://ingest" })
    : null;
  if (ingest) listeners.push(ingest);
  const named = {
    follow: follow ? "yes" : null,
    listen: urls.length ? urls.join(" ") : null,
    journal: journal?.name ?? null,
  };
  return { ...inputs, listeners, ingest, lateness, idle, follow, named };
}

/** The journal, and the name that a checkpoint knows it by. Loaded where it is asked for. */
async function journalOf(
  args: Args,
  io: Io,
  { maxLine, notice }: FeedContext,
  lateness: number,
): Promise<{ listener: Listener; name: string }> {
  const { JournalListener, journalName } = await import("../sources/journal.ts");
  const since = args.get("journal-since");
  const of = journalPart(args);
  const listener = new JournalListener({
    ...of,
    without: io.env("PICKET_UNIT") || null,
    since: since === undefined ? null : Date.now() - parseDuration("journal-since", since),
    // A line holds the message and some fields besides.
    limit: Math.max(64, Math.floor(maxLine / 2)),
    lateness,
    notice,
  });
  return { listener, name: journalName(of) };
}

/** Which part of which journal options name. Throws UsageError. */
export const journalPart = (args: Args): { units: string[]; directory: string | null } => ({
  units: args.all("journal-unit").map(unitName),
  directory: args.get("journal-dir") ?? null,
});

/** Of systemd's characters of unit names (systemd.unit(5)); it is a word of journalctl's arguments. */
function unitName(text: string): string {
  if (/^[\w:.\\@*?[\]-]{1,255}$/.test(text)) return text;
  throw new UsageError(`"${text}" is no unit's name`, "Give one as ssh.service or nginx*");
}

function followerOf(
  operands: readonly string[],
  options: Omit<FollowOptions, "operands">,
): Follower {
  if (operands.length === 0 || operands.includes("-")) {
    throw new UsageError("--follow needs files to follow", "Name files, folders or globs");
  }
  return new Follower({ ...options, operands });
}

function listener(url: string, listening: Listening): Listener {
  try {
    return listenerOf(url, listening);
  } catch (error) {
    if (error instanceof ListenError) throw new UsageError(error.message, error.help);
    throw error;
  }
}

/** What senders call formats, beside the names of sourcetypes. */
const ALSO: Readonly<Record<string, string>> = {
  apache: "access_combined",
  nginx: "access_combined",
  access: "access_combined",
  combined: "access_combined",
  auth: "linux_secure",
  secure: "linux_secure",
  ssh: "linux_secure",
  sshd: "linux_secure",
  linux: "linux_secure",
  windows: "windows",
  evtx: "windows",
  wineventlog: "windows",
  kernel: "linux_firewall",
  audit: "linux_audit",
  auditd: "linux_audit",
  cloudtrail: "aws_cloudtrail",
  "key=value": "logfmt",
  kv: "logfmt",
};

function sourcetypeNamed(name: string, { layouts }: Sourcetypes): string | null {
  if (layouts.has(name)) return name;
  const low = name.toLowerCase();
  const also = layouts.has(low) ? low : ALSO[low];
  return also !== undefined && layouts.has(also) ? also : null;
}
