/** Options for what is read as it comes, and the feeds that they ask for. */
import { firstIdentity } from "../inputs.ts";
import type { Feed } from "../sources/feed.ts";
import type { Found } from "../sources/files.ts";
import { Follower } from "../sources/follow.ts";
import { type Args, type Io, type OptionSpec, UsageError } from "./command.ts";
import { inputsOf, parseDuration } from "./shared.ts";

export const FEED_OPTIONS: readonly OptionSpec[] = [
  {
    name: "follow",
    summary: "Go on reading FILEs as they grow, through rotation; a FILE may appear later",
  },
  {
    name: "idle",
    value: "DURATION",
    summary: "Silence after which a followed file or a listener is not waited for (default 10s)",
  },
];

export interface Inputs {
  /** Read to their end. */
  readonly found: readonly Found[];
  readonly failed: readonly string[];
  readonly feeds: readonly Feed[];
  /** ms */
  readonly idle: number;
  readonly follow: boolean;
}

/** What the operands and options name; what cannot be read is printed and comes back as names. */
export async function allInputs(args: Args, io: Io, maxLine: number): Promise<Inputs> {
  const follow = args.flag("follow");
  const idle = parseDuration("idle", args.get("idle") ?? "10s");
  if (idle < 100) {
    throw new UsageError(`Invalid value "${args.get("idle")}" for --idle`, "Give 100ms or more");
  }
  const feeds: Feed[] = [];
  if (!follow) return { ...await inputsOf(args, io), feeds, idle, follow };
  const operands = args.operands.filter((o) => o !== "-");
  if (operands.length < args.operands.length || operands.length === 0) {
    throw new UsageError("--follow needs files to follow", "Name files, folders or globs");
  }
  feeds.push(
    new Follower({ operands, identify: (path) => firstIdentity(path, maxLine, false) }),
  );
  return { found: [], failed: [], feeds, idle, follow };
}
