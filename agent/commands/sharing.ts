/** `agent --share NAME/N`: the work of one stream divided among agents, a shard each. */
import type { Shard } from "../engine/operators/shard.ts";
import { count } from "../outputs/render/text.ts";
import { emptySummary, type Summary } from "../run/progress.ts";
import { run } from "../run/run.ts";
import type { RunOptions } from "../run/options.ts";
import { Share } from "../run/share.ts";
import { together } from "../run/shapes.ts";
import type { Lease, Store } from "../store/mod.ts";
import { type Args, type Io, type OptionSpec, UsageError } from "./command.ts";
import { machineName } from "./delivering.ts";
import type { Inputs } from "./feeds.ts";
import { storeAt, type StorePlace } from "./stores.ts";

export const SHARE: OptionSpec = {
  name: "share",
  value: "NAME/N",
  looks: /^[\w.-]{1,40}\/\d{1,2}$/,
  summary:
    "Share the work with the agents that name the same, in N shards: as many as there are to " +
    "be agents, 64 at most. All read the same input; PostgreSQL keeps who holds what",
};

export interface SharePlan {
  readonly name: string;
  readonly shards: number;
  readonly database: string;
}

/** Notes on inputs that are told. */
const TOLD = 1000;

/** The most shards of a share. */
const MOST = 64;

/** What `--share` asks for; null without it. Throws UsageError where it cannot be had. */
export function sharePlan(args: Args, place: StorePlace | null): SharePlan | null {
  const given = args.get("share");
  if (given === undefined) return null;
  const [, name, n] = /^(.+)\/(\d+)$/.exec(given)!;
  const shards = Number(n);
  if (shards < 1 || shards > MOST) {
    throw new UsageError(`--share "${given}" names ${shards} shards`, `Give 1 to ${MOST}`);
  }
  if (place === null || !("database" in place)) {
    throw new UsageError(
      "--share needs PostgreSQL, where agents find each other and their state is kept",
      "Name it by --database, DATABASE_URL or DATABASE_URL_FILE",
    );
  }
  for (const option of ["serve", "watch", "updates"]) {
    if (!args.flag(option)) continue;
    throw new UsageError(
      `--share and --${option} cannot be given together`,
      option === "serve"
        ? "Run `serve` beside the agents"
        : option === "watch"
        ? "Start the agents anew, one after the other, when rules have changed"
        : "Ask the store for alerts that are open",
    );
  }
  return { name, shards, database: place.database };
}

/** Every agent has to read the same: not what one was sent, nor its stdin. Throws UsageError. */
export function checkShared(args: Args, inputs: Pick<Inputs, "found">): void {
  const [url] = args.all("listen");
  if (url !== undefined) {
    throw new UsageError(
      `--share cannot divide what comes to ${url}: it reaches one agent alone`,
      "Send it to a topic of Kafka, and give all agents that",
    );
  }
  if (!inputs.found.some((found) => found.path === null)) return;
  throw new UsageError(
    "--share cannot divide stdin: the other agents do not see it",
    "Name files that all agents can read, or a topic of Kafka",
  );
}

export interface SharedRuns {
  readonly plan: SharePlan;
  /** Where agents find each other. */
  readonly store: Store;
  readonly io: Io;
  readonly notice: (text: string) => void;
  /** Inputs of their own for one run. */
  readonly inputs: (shard: Shard) => Promise<
    Pick<Inputs, "found" | "listeners" | "lateness" | "idle" | "follow">
  >;
  readonly engine: (shard: Shard) => RunOptions["engine"];
  /** Names the checkpoint of a shard. */
  readonly stream: (shard: string) => string;
  /** What is the same for all runs. */
  readonly common: Omit<
    RunOptions,
    | "found"
    | "listeners"
    | "lateness"
    | "engine"
    | "store"
    | "stream"
    | "signal"
    | "summary"
    | "share"
  >;
  readonly summary: Summary;
}

/** Runs the shards that fall to this agent, until all are done or the signal. */
export async function runShared(of: SharedRuns): Promise<void> {
  const { plan, store, io, notice, summary } = of;
  const { name, shards } = plan;
  const agent = `${await machineName()}-${crypto.randomUUID().slice(0, 8)}`;
  notice(`This agent is ${agent}; it shares "${name}" in ${count(shards, "shard")}`);
  // Every shard reads all inputs, and has the same to say of them.
  const told = new Set<string>();
  const once = (text: string) => {
    if (told.has(text) || told.size > TOLD) return;
    told.add(text);
    notice(text);
  };
  const runShard = async (lease: Lease, signal: AbortSignal): Promise<boolean> => {
    const shard = { no: lease.shard, of: shards };
    const { sessionName } = await import("../store/mod.ts");
    const named = new URL(plan.database);
    named.searchParams.set("application_name", sessionName(name, lease.shard));
    const own = await storeAt({ database: named.href }, io, notice);
    const done = emptySummary();
    try {
      await run({
        ...of.common,
        notice: once,
        ...await of.inputs(shard),
        engine: of.engine(shard),
        store: own,
        stream: of.stream(`${name}/${lease.shard}`),
        signal,
        summary: done,
        share: { ...shard, lease },
      });
    } finally {
      addSummary(summary, done);
      await own.close();
    }
    return !signal.aborted;
  };
  const share = new Share({
    leases: store.leases!,
    share: name,
    shards,
    agent,
    signal: io.signal,
    notice,
    runShard,
  });
  await share.run();
  summary.interrupted = io.signal.aborted;
}

/** Adds what a run of a shard did. Each input and each alert is one shard's. */
function addSummary(sum: Summary, one: Summary): void {
  for (const [name, value] of Object.entries(one)) {
    const key = name as keyof Summary;
    const before = sum[key] as unknown;
    // deno-lint-ignore no-explicit-any
    const into = sum as any;
    if (key === "unread") into[key] = together([sum.unread, one.unread], 3);
    // Every run reads all inputs, and sees the same rows late.
    else if (key === "inputs" || key === "late") into[key] = Math.max(sum[key], value as number);
    else if (typeof value === "number") into[key] = (before as number) + value;
    else if (typeof value === "boolean") into[key] = before || value;
    else if (Array.isArray(value)) into[key] = [...new Set([...before as string[], ...value])];
    else if (value !== null && before !== null) {
      const counts = before as Record<string, number>;
      for (const [k, n] of Object.entries(value as Record<string, number>)) {
        counts[k] = (counts[k] ?? 0) + n;
      }
    }
  }
}
