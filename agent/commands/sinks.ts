/** `sinks`: what the sinks of agent.yaml are, how they stand, and whether they work. */
import { PROGRAM } from "../program.ts";
import type { Alert } from "../event.ts";
import { attempt } from "../outputs/delivery/attempt.ts";
import { systemClock } from "../outputs/delivery/clock.ts";
import type { SinkConfig } from "../outputs/delivery/config.ts";
import type { DestinationSpec } from "../outputs/destinations/destination.ts";
import { DESTINATIONS } from "../outputs/destinations/destinations.ts";
import { count, timeText } from "../outputs/render/text.ts";
import { keysOf } from "../settings/destination_settings.ts";
import { nearest } from "../../grammar/nearest.ts";
import { visible } from "../../grammar/visible.ts";
import type { SinkState, Store } from "../store/mod.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { ALLOW_EXEC, setUpDelivery, SINKS_CONFIG, sinksOf } from "./delivering.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

const ACTIONS = ["list", "test", "retry", "types"] as const;

/** @param agent the command whose configuration names the sinks */
export function sinksCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "sinks",
    operands: "list | test NAME | retry NAME | types [TYPE]",
    summary: "How the sinks of agent.yaml stand; test one, send again what was given up.",
    details:
      "test sends a sample to one sink and says what the receiver answered; nothing of it is stored.\n" +
      "retry lets what was given up wait again: the agent sends it, or `deliver`. While an agent has the\n" +
      "embedded database, list and retry are on its dashboard and in its API (/api/sinks).\n" +
      "types says what there is to send to, and what each type can be given.",
    options: [SINKS_CONFIG, ALLOW_EXEC, ...STORE_OPTIONS],
    examples: [
      {
        command: `${PROGRAM} sinks test chat`,
        does: "A sample to the sink `chat` of ./agent.yaml",
      },
      { command: `${PROGRAM} sinks list --config agent.yaml`, does: "What waits, and what failed" },
      { command: `${PROGRAM} sinks types slack`, does: "What a sink of that type can be given" },
    ],
    run: (given, io) => runSinks(command, agent, given, io),
  };
  return command;
}

async function runSinks(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  const [action, name, ...more] = given.operands;
  if (!ACTIONS.includes(action as typeof ACTIONS[number])) {
    throw new UsageError(
      action === undefined ? "Nothing is asked" : `Unknown action "${action}"`,
      "Give list, test NAME, retry NAME or types",
    );
  }
  const takesName = action === "test" || action === "retry";
  const extra = takesName || action === "types" ? more[0] : name;
  if (extra !== undefined) throw new UsageError(`Unexpected "${extra}"`, "Leave it out");
  if (takesName && name === undefined) {
    throw new UsageError("No sink is named", `Name one, as ${action} chat`);
  }
  if (action === "types") {
    await io.keep("read");
    return types(name, io);
  }
  const { args, settings } = await sinksOf(command, agent, { given, io });
  const sinks = settings?.sections.sinks ?? [];
  if (action === "test") {
    const setup = await setUpDelivery(settings, io, { args, only: [named(sinks, name)] });
    await io.keep("read", ...setup.needs);
    return await test(setup.sinks[0], io);
  }
  const place = await placeOf(args, io);
  await io.keep("read", ...permissionsOf(place));
  const store = await storeAt(place, io);
  try {
    if (action === "list") await list(store, sinks, io);
    else await retry(store, { name, sinks }, io);
  } finally {
    await store.close();
  }
  return EXIT.done;
}

function named(sinks: readonly SinkConfig[], name: string): SinkConfig {
  const found = sinks.find((s) => s.name === name);
  if (found) return found;
  throw unknown(name, sinks.map((s) => s.name));
}

function unknown(name: string, names: readonly string[]): UsageError {
  const near = nearest(name, names);
  return new UsageError(
    `There is no sink "${name}"`,
    near
      ? `Did you mean ${near}?`
      : names.length > 0
      ? `Give one of ${names.join(", ")}`
      : "Name a file that has `sinks:` with --config",
  );
}

/** Sends a sample, once. */
async function test(
  { config, destination }: Awaited<ReturnType<typeof setUpDelivery>>["sinks"][number],
  io: Io,
): Promise<number> {
  const { name, timeout } = config;
  const now = Date.now();
  const notification = {
    key: crypto.randomUUID().replaceAll("-", ""),
    event: "test",
    alerts: [sample(name, now)],
    more: 0,
    health: null,
    time: now,
    link: null,
  } as const;
  try {
    const options = { destination, timeout, stop: io.signal, clock: systemClock };
    const outcome = await attempt(notification, options);
    if (outcome.state === "delivered") {
      io.out(`${name}: the receiver took it\n`);
      return EXIT.done;
    }
    const again = outcome.state === "retry" ? "an agent would try again" : "it is refused for good";
    io.out(`${name}: ${visible(outcome.reason)}; ${again}\n`);
    return EXIT.findings;
  } finally {
    await destination.close();
  }
}

/** An alert that says what it is, of documentation's addresses. */
function sample(sink: string, now: number): Alert {
  return {
    id: "0".repeat(32),
    rule: "picket_test",
    planHash: "",
    title: "Test of a sink",
    severity: "informational",
    status: "open",
    time: now,
    first: now - 60_000,
    last: now,
    count: 1,
    suppressed: 0,
    entity: { src: "192.0.2.1" },
    fields: { src: "192.0.2.1", user: "nobody" },
    mitre: [{ id: "T1110", name: "Brute Force", tactics: ["Credential Access"] }],
    metadata: { description: "Sent by `sinks test`: nothing happened." },
    message: `This is a test of the sink ${sink}: nothing happened`,
    eventIds: [],
  };
}

async function list(store: Store, sinks: readonly SinkConfig[], io: Io): Promise<void> {
  const states = new Map((await store.sinkStates()).map((s) => [s.sink, s]));
  const names = [...new Set([...sinks.map((s) => s.name), ...states.keys()])];
  if (names.length === 0) io.out("No sink is configured, and nothing was written for one\n");
  for (const name of names) {
    const config = sinks.find((s) => s.name === name);
    io.out(`${name} (${config?.spec.type ?? "not in the configuration"}): `);
    io.out(stateText(states.get(name)) + "\n");
  }
}

/** `3 wait since …, 1 given up, 20 sent in 7 days; last error: …` */
function stateText(state: SinkState | undefined): string {
  if (!state) return "nothing yet";
  const { waiting, oldest, dead, delivered, lastDelivered, lastError } = state;
  const parts = [
    waiting > 0 && oldest !== null
      ? `${count(waiting)} wait, the oldest since ${timeText(oldest)}`
      : "nothing waits",
    `${count(dead)} given up`,
    `${count(delivered)} sent in 7 days` +
    (lastDelivered === null ? "" : `, last ${timeText(lastDelivered)}`),
  ];
  return parts.join("; ") + (lastError === null ? "" : `; last error: ${visible(lastError)}`);
}

async function retry(
  store: Store,
  { name, sinks }: { readonly name: string; readonly sinks: readonly SinkConfig[] },
  io: Io,
): Promise<void> {
  const states = (await store.sinkStates()).map((s) => s.sink);
  const names = [...new Set([...sinks.map((s) => s.name), ...states])];
  if (!names.includes(name)) throw unknown(name, names);
  const n = await store.retryDeliveries({ sink: name });
  io.out(
    n === 0
      ? `${name}: nothing was given up\n`
      : `${name}: ${count(n)} wait again; the agent sends them, or \`deliver\`\n`,
  );
}

function types(name: string | undefined, io: Io): number {
  const found = name === undefined ? DESTINATIONS : DESTINATIONS.filter((d) => d.type === name);
  if (found.length === 0) {
    const near = nearest(name!, DESTINATIONS.map((d) => d.type));
    throw new UsageError(
      `Unknown type of a sink "${name}"`,
      near ? `Did you mean ${near}?` : `Give one of ${DESTINATIONS.map((d) => d.type).join(", ")}`,
    );
  }
  for (const spec of found) io.out(name === undefined ? summary(spec) : details(spec));
  return EXIT.done;
}

const summary = (spec: DestinationSpec) => `${spec.type.padEnd(16)}${spec.summary}\n`;

function details(spec: DestinationSpec): string {
  const rows = spec.settings.map((s): [string, string] => [
    keysOf(s).join(", "),
    s.summary + (s.required ? " (required)" : "") +
    (s.choices ? `: ${s.choices.join(", ")}` : "") +
    (s.default === undefined ? "" : ` (default ${s.default})`),
  ]);
  const width = Math.max(...rows.map(([keys]) => keys.length)) + 2;
  return `${spec.type}: ${spec.summary}\n` +
    rows.map(([keys, text]) => `  ${keys.padEnd(width)}${text}\n`).join("");
}
