/**
 * What a run of `agent` goes by: its options, rules, inputs and whom it tells, read and checked before
 * a store is opened or anything is listened to. Nothing here has to be closed but for what
 * {@link AgentSetup.context} and {@link AgentSetup.watch} hold.
 */
import { describeTechnique } from "../../compiler/schema/attack/mod.ts";
import type { Context } from "../enrich/context/context.ts";
import { holds, type Shard } from "../engine/operators/shard.ts";
import type { Loaded } from "../content/loaded.ts";
import { isKafkaUrl } from "../kafka/url.ts";
import { tuningOf } from "../settings/tuning.ts";
import type { Settings } from "../settings/settings.ts";
import { AgentMessages } from "./agent_messages.ts";
import type { Args, Io, Permission } from "./command.ts";
import type { Configured } from "./config.ts";
import { abuseIpdbKey, ContextHealth, contextNeeds, hasContext, setUpContext } from "./context.ts";
import { type DeliverySetup, setUpDelivery } from "./delivering.ts";
import { allInputs, type Inputs, readsJournal } from "./feeds.ts";
import {
  checkSourcetype,
  loadForRun,
  loadSources,
  parseOptions,
  parseSize,
  type SizeBounds,
  zoneNotice,
} from "./shared.ts";
import { checkShared, type SharePlan, sharePlan } from "./sharing.ts";
import { copiesBeside, keepOf, permissionsOf, type StorePlace } from "./stores.ts";
import type { StoreTriage } from "./triage.ts";
import { Watch } from "./watch.ts";

const SPOOL_SIZE: SizeBounds = {
  least: 64 * 1024,
  most: 2 ** 50,
  help: "Give a size of 64KiB or more, as 500MB or 16GiB",
};

export type AgentSetup = Awaited<ReturnType<typeof setUpAgent>>;

/** What a run is set up from. */
export interface Asked {
  readonly configured: Configured;
  /** Reads the configuration anew, when the run loads its rules anew. */
  readonly again: () => Promise<Configured>;
  /** Null without a store. */
  readonly place: StorePlace | null;
}

/** @throws {UsageError} for what cannot be; what is wrong in a file is printed with its place */
export async function setUpAgent({ configured, again, place }: Asked, io: Io) {
  const { args, settings } = configured;
  const serves = args.flag("serve") && !args.flag("no-store");
  const tuning = tuningOf(settings);
  // The API shows what was compiled beside what it was made of.
  const loaded = serves
    ? await loadSources(args, io, { tuning })
    : await loadForRun(args, io, { tuning });
  const options = optionsOf(args, loaded);
  const messages = new AgentMessages(io, args.flag("quiet"));
  const { notice } = messages;
  const parse = {
    ...parseOptions(args, loaded.sourcetypes),
    onZone: zoneNotice(args, (text) => notice(text)),
  };
  const noted = new ContextHealth();
  const listeners = {
    notice,
    health: (message: string) => noted.add(message),
    rules: () => watch.current.program.rules,
    copies: copiesBeside(place, io),
  };
  const reputationKey = await abuseIpdbKey(settings, io);
  const context = await setUpContext(settings, io, listeners);
  /** What people say in the store changes rules too, once it is open. */
  const stored: { triage: StoreTriage | null } = { triage: null };
  const configure = async () => {
    const { args, settings } = await again();
    await reloadContext(context, settings, notice);
    const tuning = tuningOf(settings);
    return { args, tuning: stored.triage?.tuning(tuning) ?? tuning };
  };
  const engine = { technique: describeTechnique };
  const watch = new Watch({ args, io, rules: true, engine, notice, loaded, configure });
  const inputsOf = (shard?: Shard) =>
    allInputs(args, io, {
      owns: shard && ((identity) => holds(shard, identity)),
      maxLine: options.maxLine,
      sourcetype: options.sourcetype,
      sourcetypes: () => watch.current.sourcetypes,
      notice,
      serves,
    });
  const inputs = await inputsOf();
  const plan = sharedBy(args, place, inputs, notice);
  const delivery = await setUpDelivery(settings, io, { args });
  const needs = permissionsFor(args, { place, inputs, delivery, settings });
  return {
    ...{ args, settings, tuning, loaded, serves, options, messages, parse, place, noted },
    ...{
      listeners,
      reputationKey,
      context,
      stored,
      watch,
      inputs,
      inputsOf,
      plan,
      delivery,
      needs,
    },
  };
}

/** Options that say something by themselves. */
function optionsOf(args: Args, { sourcetypes }: Pick<Loaded, "sourcetypes">) {
  return {
    sourcetype: checkSourcetype(args.get("sourcetype"), sourcetypes),
    threads: args.int("threads", 1, 16),
    maxLine: parseSize("max-line", args.get("max-line") ?? "1MiB"),
    spoolLimit: parseSize("spool-limit", args.get("spool-limit") ?? "16GiB", SPOOL_SIZE),
    /** ms; null where events are kept for ever */
    keep: args.get("keep") === undefined ? null : keepOf(args.get("keep")!),
  };
}

async function reloadContext(
  context: Context | null,
  settings: Settings | null,
  notice: (text: string) => void,
): Promise<void> {
  if (context) await context.reload(settings);
  else if (hasContext(settings)) {
    notice("warning: Assets, places and threat lists that a file begins to name take a restart");
  }
}

/** How the run shares its work; null where it has all of it to itself. */
function sharedBy(
  args: Args,
  place: StorePlace | null,
  inputs: Inputs,
  notice: (text: string) => void,
): SharePlan | null {
  if (place === null && args.operands.some(isKafkaUrl)) {
    notice("Without a store nobody notes how far topics were read: each start begins at from=");
  }
  const plan = sharePlan(args, place);
  if (plan) checkShared(args, inputs);
  return plan;
}

/** What a run needs from its start to its end. */
function permissionsFor(args: Args, { place, inputs, delivery, settings }: {
  readonly place: StorePlace | null;
  readonly inputs: Inputs;
  readonly delivery: DeliverySetup;
  readonly settings: Settings | null;
}): Permission[] {
  const listens = args.all("listen");
  const live = inputs.listeners.length > 0;
  return [
    "read",
    ...(place ? permissionsOf(place) : []),
    ...(listens.length > 0 || args.operands.some(isKafkaUrl) ? ["net"] as const : []),
    // Lines in no order are read a second time from a temporary file; those of live input are not.
    ...(!live || args.get("summary") !== undefined ? ["write"] as const : []),
    // The journal is read by `journalctl`, what the kernel dropped of datagrams by `cat`.
    ...(readsJournal(args) || listens.some((url) => /^udp:/i.test(url)) ? ["run"] as const : []),
    ...delivery.needs,
    ...contextNeeds(settings),
  ];
}
