/** Sets up what a command delivers to, from `sinks:` and `delivery:` of the configuration. */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import {
  DELIVERY_DEFAULTS,
  type DeliveryConfig,
  type SinkConfig,
} from "../outputs/delivery/config.ts";
import type { Delivery } from "../outputs/delivery/delivery.ts";
import type { OpenSink } from "../outputs/delivery/sink_runner.ts";
import { count } from "../outputs/render/text.ts";
import type { Settings } from "../settings/settings.ts";
import type { Store } from "../store/mod.ts";
import {
  Args,
  type CommandSpec,
  type Io,
  type OptionSpec,
  type Permission,
  UsageError,
} from "./command.ts";
import { type Configured, refuseSections, withConfig } from "./config.ts";
import { secretsOf } from "./secrets.ts";

/** Read by commands about sinks where no other file is named. */
const AGENT_FILE = "agent.yaml";

export const SINKS_CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: `The agent's configuration, whose \`sinks:\` are meant (default ./${AGENT_FILE})`,
};

export const DELIVER_PAST: OptionSpec = {
  name: "deliver-past",
  summary: "Send alerts of events more than an hour old, too",
};

export const ALLOW_EXEC: OptionSpec = {
  name: "allow-exec",
  summary: "Sinks of the type exec may start their programs",
};

export interface DeliverySetup {
  readonly sinks: readonly OpenSink[];
  readonly config: DeliveryConfig;
  /** What sending takes. */
  readonly needs: readonly Permission[];
}

/** Of a run that sends nothing: what sends is then not loaded. */
const NOTHING: DeliverySetup = { sinks: [], config: DELIVERY_DEFAULTS, needs: [] };

/**
 * Reads secrets and makes destinations; what is wrong is printed with its place. Nothing is sent.
 * @param settings null without a file
 * @param args may have {@link ALLOW_EXEC}
 * @param only the sinks that are wanted; all by default
 * @throws {UsageError} when one of them cannot be set up
 */
export async function setUpDelivery(
  settings: Settings | null,
  io: Io,
  { args, only = settings?.sections.sinks ?? [] }: {
    readonly args: Args;
    readonly only?: readonly SinkConfig[];
  },
): Promise<DeliverySetup> {
  if (settings === null || only.length === 0) return NOTHING;
  const { sections, text, file } = settings;
  const { openSinks } = await import("../outputs/delivery/open_sinks.ts");
  const off = args.flag("allow-exec") ? [] : only.filter((sink) => sink.spec.needs === "run");
  const on = only.filter((sink) => !off.includes(sink));
  const { sinks, problems } = await openSinks(on, secretsOf(io), await machineName());
  const { renderText } = await import("../../compiler/check/diagnostics.ts");
  const { CODES } = await import("../settings/section.ts");
  problems.push(...off.map(({ name, span }) => ({
    span,
    message: `Sink "${name}" starts a program, which is off`,
    help: "Give --allow-exec where that is meant",
  })));
  for (const { span, message, help } of problems) {
    const diagnostic = { code: CODES.setup, level: "error", file: file!, span, message } as const;
    io.err(renderText({ ...diagnostic, help }, text, { color: io.color }) + "\n");
  }
  if (problems.length > 0) {
    throw new UsageError(`${count(problems.length, "mistake")} in "${file}"`, "Correct the file");
  }
  const runs = sinks.some(({ config }) => config.spec.needs === "run");
  return {
    sinks,
    config: sections.delivery,
    // Which kinds write files and which open connections is theirs to know.
    needs: ["net", "write", ...(runs ? ["run"] as const : [])],
  };
}

/** What is wrong with the settings of sinks, for `check`. */
export async function sinkDiagnostics(settings: Settings | null): Promise<Diagnostic[]> {
  if (settings === null || settings.sections.sinks.length === 0) return [];
  const { sinkMistakes } = await import("../outputs/delivery/open_sinks.ts");
  const { CODES } = await import("../settings/section.ts");
  const found = await sinkMistakes(settings.sections.sinks, "localhost");
  return found.map((problem) => ({
    code: CODES.setup,
    level: "error",
    file: settings.file!,
    ...problem,
  }));
}

/**
 * The settings of the file that `--config` names, or of `agent.yaml` where the command is started;
 * null where neither is.
 * @throws {UsageError} when it does not read, or its sinks have mistakes
 */
export async function sinksOf(
  command: CommandSpec,
  agent: CommandSpec,
  { given, io }: { readonly given: Args; readonly io: Io },
): Promise<Configured> {
  const here = given.get("config") === undefined && await exists(AGENT_FILE);
  const args = here ? given.over(new Args([], new Map([["config", [AGENT_FILE]]]))) : given;
  const configured = await withConfig(command, args, io, agent);
  // What it changes of rules is no matter of theirs.
  if (configured.settings !== null) await refuseSections(configured.settings, io);
  return configured;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** As the machine calls itself; asking the system would take a permission of its own. */
export async function machineName(): Promise<string> {
  const text = await Deno.readTextFile("/etc/hostname").catch(() => "");
  return text.trim().split(/\s/)[0] || "localhost";
}

/** Starts sending what waits and what will be found; null without a sink. */
export async function startDelivery(
  { sinks, config }: DeliverySetup,
  { args, store, notice }: {
    readonly args: Args;
    readonly store: Store | null;
    readonly notice: (text: string) => void;
  },
): Promise<Delivery | null> {
  if (sinks.length === 0) return null;
  const { Delivery } = await import("../outputs/delivery/delivery.ts");
  const delivery = new Delivery({
    sinks,
    delivery: { ...config, deliverPast: config.deliverPast || args.flag("deliver-past") },
    outbox: store?.outbox ?? null,
    notice,
    // Where it cannot be written, the notice has said it.
    health: (note) => void store?.write({ health: [note] }).catch(() => {}),
  });
  await delivery.start();
  return delivery;
}

/** What waits for the sinks in the store; 0 where that cannot be told. */
export async function waiting(store: Store | null, sinks: readonly OpenSink[]): Promise<number> {
  const names = new Set(sinks.map((s) => s.config.name));
  const states = await store?.sinkStates().catch(() => []) ?? [];
  return states.reduce((n, s) => n + (names.has(s.sink) ? s.waiting : 0), 0);
}
