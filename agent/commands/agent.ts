/** `agent`: read, parse, map, detect, store; alerts to stdout. */
import { PROGRAM } from "../program.ts";
import { agentOptions } from "./agent_options.ts";
import { AgentRun } from "./agent_run.ts";
import { setUpAgent } from "./agent_setup.ts";
import type { Args, CommandSpec, Io } from "./command.ts";
import { withConfig } from "./config.ts";
import type { Server } from "./serving.ts";
import { placeOf, StoreAhead } from "./stores.ts";

/** @param server what `--serve` starts; agent itself has no API */
export function agentCommand(server: Server): CommandSpec {
  const command: CommandSpec = {
    name: "agent",
    operands: "[FILE|kafka://HOST:PORT/TOPIC…]",
    summary: "Read logs, detect, and store events and alerts. Alerts are printed to stdout.",
    details:
      "Without FILE, or with -, it reads stdin. A FILE can be a folder, a glob, or packed by gzip,\n" +
      "zstd, bzip2, xz or zip. An alert is printed when it is over; when it opens where a log goes\n" +
      "on: one that is followed, what listeners bring, and a pipe that keeps one waiting, as tail -f\n" +
      "does.\n" +
      "A topic of Kafka is read on as it grows, from where an earlier run stood: docs/kafka.md.\n" +
      "Exit codes: 0 done; 1 --fail-on found something; 2 wrong use; 3 an input could not be\n" +
      "read (the others were); 4 storage failed.",
    options: agentOptions(server),
    examples: [
      {
        command: `cat /var/log/auth.log | ${PROGRAM} agent`,
        does: "What happened on this machine",
      },
      {
        command: `${PROGRAM} agent --no-store --format ndjson access.log`,
        does: "Alerts of one file as JSON lines, nothing kept",
      },
      {
        command: `${PROGRAM} agent --no-store --fail-on high --quiet auth.log`,
        does: "Exit code 1 when something of high severity is in the log",
      },
      {
        command: `${PROGRAM} agent --follow /var/log/auth.log --watch --updates`,
        does: "Each alert as it opens and changes, while the log grows and rules are written",
      },
      {
        command: `${PROGRAM} agent --journal --serve`,
        does: "What systemd's journal says, from its beginning and on, and a dashboard",
      },
      {
        command: `${PROGRAM} agent --listen udp://:5514 --listen tcp://:5514 --serve`,
        does: "Take syslog in, and show what is found on http://127.0.0.1:7400",
      },
      {
        command: `${PROGRAM} agent kafka://127.0.0.1:9092/auth,web?from=latest --serve`,
        does: "Read two topics of Kafka from now on",
      },
    ],
    run: (given, io) => runAgent(command, server, given, io),
  };
  return command;
}

async function runAgent(
  command: CommandSpec,
  server: Server,
  given: Args,
  io: Io,
): Promise<number> {
  const configured = await withConfig(command, given, io);
  if (configured.args.flag("forward")) {
    return await (await import("./forward.ts")).runForward(configured.args, io);
  }
  const { args } = configured;
  const place = args.flag("no-store") ? null : await placeOf(args, io);
  const ahead = StoreAhead.begin(place);
  const again = () => withConfig(command, given, io);
  const setup = await setUpAgent({ configured, again, place }, io).catch(async (error) => {
    await ahead?.close();
    throw error;
  });
  const run = new AgentRun(setup, server, io, ahead);
  try {
    await run.open();
    await run.read();
    await run.drain();
  } finally {
    await run.close();
  }
  return await run.end();
}
