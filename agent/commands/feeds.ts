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
  /** The sourcetypes that are loaded now. */
  readonly sourcetypes: () => Sourcetypes;
  readonly notice: (text: string) => void;
  /** Whether an API runs that takes lines in. */
  readonly serves: boolean;
}

/** ms; senders, the network between, and web servers that log when a response ends disturb the order. */
const LIVE_LATENESS = "5s";

/** What records without an end may take in all connections of all listeners, in bytes. */
const TCP_MEMORY = 64 * 1024 * 1024;

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
    known: (name) => sourcetypeNamed(name, sourcetypes()),
    nearest: (name) => nearest(name, [...sourcetypes().layouts.keys(), ...Object.keys(ALSO)]),
    duration,
    recognise(lines) {
      const found = recognise(lines, sourcetypes());
      return { sourcetype: found.sourcetype ?? "syslog", reason: found.reason };
    },
  };
  const listeners = urls.map((url) => listener(url, listening));
  const bare = args.operands.length === 0;
  let inputs: { found: readonly InputPath[]; failed: readonly string[] } = {
    found: [],
    failed: [],
  };
  if (follow) {
    const identify = (path: string) => firstIdentity(path, maxLine, false);
    listeners.push(followerOf(args.operands, { identify, lateness: liveLateness, notice }));
  }
  if (!follow && (!bare || (urls.length === 0 && !(context.serves && io.stdinGivesNothing)))) {
    inputs = await inputsOf(args, io);
  }
  const ingest = context.serves && (listeners.length > 0 || inputs.found.length === 0)
    ? new Ingest({ ...listening, name: "api://ingest" })
    : null;
  if (ingest) listeners.push(ingest);
  const named = { follow: follow ? "yes" : null, listen: urls.length ? urls.join(" ") : null };
  return { ...inputs, listeners, ingest, lateness, idle, follow, named };
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
