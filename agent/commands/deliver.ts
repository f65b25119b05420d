/** `deliver`: sends what waits in the store, without reading any log. */
import { PROGRAM } from "../program.ts";
import { Delivery } from "../outputs/delivery/delivery.ts";
import { count } from "../outputs/render/text.ts";
import type { SinkState, Store } from "../store/mod.ts";
import { visible } from "../../grammar/visible.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { ALLOW_EXEC, setUpDelivery, SINKS_CONFIG, sinksOf } from "./delivering.ts";
import { parseDuration } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

/** @param agent the command whose configuration names the sinks */
export function deliverCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "deliver",
    operands: "",
    summary: "Send what waits for the sinks of agent.yaml.",
    details:
      "An agent delivers while it runs and for some seconds after; this sends what was left, and tries\n" +
      "again at once what failed. While an agent has the embedded database, it delivers by itself.\n" +
      "Exit codes: 0 nothing waits; 1 something still does, or was given up.",
    options: [
      SINKS_CONFIG,
      ALLOW_EXEC,
      ...STORE_OPTIONS,
      {
        name: "for",
        value: "DURATION",
        summary: "Stop after this time at the latest (default 1m)",
      },
    ],
    examples: [
      {
        command: `${PROGRAM} deliver --config agent.yaml`,
        does: "What an agent that has ended left waiting",
      },
    ],
    run: (given, io) => runDeliver(command, agent, given, io),
  };
  return command;
}

async function runDeliver(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  const { args, settings } = await sinksOf(command, agent, { given, io });
  const most = parseDuration("for", args.get("for") ?? "1m");
  if (settings === null || settings.sections.sinks.length === 0) {
    throw new UsageError("No sink is configured", "Name a file that has `sinks:` with --config");
  }
  const { sinks, config, needs } = await setUpDelivery(settings, io, { args });
  const place = await placeOf(args, io);
  await io.keep("read", ...permissionsOf(place), ...needs);
  const notice = (text: string) => io.err(visible(text) + "\n");
  const store = await storeAt(place, io, notice);
  let states: readonly SinkState[] = [], before: readonly SinkState[] = [];
  const delivery = new Delivery({
    sinks,
    delivery: config,
    outbox: store.outbox,
    notice,
    health: (note) => void store.write({ health: [note] }).catch(() => {}),
  });
  try {
    before = await store.sinkStates();
    await delivery.hasten();
    await delivery.start();
    await Promise.race([delivery.drain(most), told(io)]);
  } finally {
    await delivery.close();
    states = await statesOf(store);
    await store.close();
  }
  let left = 0;
  for (const { config: { name } } of sinks) {
    const now = states.find((s) => s.sink === name), was = before.find((s) => s.sink === name);
    const sent = Math.max(0, (now?.delivered ?? 0) - (was?.delivered ?? 0));
    const { waiting = 0, dead = 0, lastError = null } = now ?? {};
    const gaveUp = dead - (was?.dead ?? 0);
    io.out(
      `${name}: ${count(sent)} sent, ${count(waiting)} wait, ${
        count(Math.max(0, gaveUp))
      } given up` +
        (lastError !== null && waiting > 0 ? `: ${visible(lastError)}` : "") + "\n",
    );
    left += waiting + Math.max(0, gaveUp);
  }
  return left > 0 ? EXIT.findings : EXIT.done;
}

function told(io: Io): Promise<void> {
  return new Promise((done) => io.signal.addEventListener("abort", () => done(), { once: true }));
}

async function statesOf(store: Store): Promise<readonly SinkState[]> {
  return await store.sinkStates().catch(() => []);
}
