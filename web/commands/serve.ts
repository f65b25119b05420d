/** `serve`: the API and the dashboard over what is stored. */
import { PROGRAM } from "../../agent/program.ts";
import {
  aborted,
  type Args,
  type CommandSpec,
  EXIT,
  type Io,
  UsageError,
} from "../../agent/commands/command.ts";
import { SERVE_OPTIONS } from "./options.ts";
import { serveStore } from "./serving.ts";
import { withConfig } from "../../agent/commands/config.ts";
import { contextNeeds, setUpContext } from "../../agent/commands/context.ts";
import { CONTEXT_CONFIG } from "../../agent/commands/known.ts";
import { loadSources, RULE_OPTIONS, SOURCETYPES } from "../../agent/commands/shared.ts";
import { speaks, withPort } from "../../agent/commands/environment.ts";
import {
  copiesBeside,
  permissionsOf,
  placeOf,
  STORE_OPTIONS,
  storeAt,
} from "../../agent/commands/stores.ts";
import { followRules, StoreTriage } from "../../agent/commands/triage.ts";
import { tuningOf } from "../../agent/settings/tuning.ts";
import { visible } from "../../grammar/visible.ts";

/** @param agent what `--config` may say besides */
export function serveCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "serve",
    operands: "[ADDR]",
    summary: "Answer the API and the dashboard over what is stored, by default on 127.0.0.1:7400.",
    details:
      "GET /docs describes the API. The embedded database serves one process at a time: while\n" +
      "`agent` runs on the same folder, use `agent --serve` instead. Off loopback a token is needed;\n" +
      "`token create` makes one, and from then on every request needs one. ADDR without a port, as\n" +
      "0.0.0.0: or none at all, is on the port that PORT names. With --config it knows the rules,\n" +
      "lists, places and risk that the agent does.",
    options: [...STORE_OPTIONS, ...RULE_OPTIONS, SOURCETYPES, CONTEXT_CONFIG, ...SERVE_OPTIONS],
    examples: [
      { command: `${PROGRAM} serve`, does: "Over ./picket-data on http://127.0.0.1:7400" },
      {
        command: `${PROGRAM} serve --config agent.yaml`,
        does: "Over the store of an agent that does not run, as it is configured",
      },
      {
        command: `${PROGRAM} serve --database postgres://picket@127.0.0.1/picket 127.0.0.1:8080`,
        does: "Over PostgreSQL, on another port",
      },
      {
        command: `${PROGRAM} serve --tls-cert cert.pem --tls-key key.pem 0.0.0.0:7443`,
        does: "For other machines, by TLS, to whoever has a token",
      },
    ],
    run: (given, io) => runServe(command, agent, given, io),
  };
  return command;
}

async function runServe(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  if (given.operands.length > 1) {
    throw new UsageError(`Unexpected "${given.operands[1]}"`, "Give one address at most");
  }
  const { args, settings } = await withConfig(command, given, io, agent);
  const said = speaks(io);
  const notice = (text: string) => void (said(text) && io.err(visible(text) + "\n"));
  const tuning = tuningOf(settings);
  const loaded = await loadSources(args, io, { tuning });
  const place = await placeOf(args, io);
  const needs = contextNeeds(settings, { asks: false });
  // The database's thread has what there is when it is started.
  await io.keep("read", "net", "run", ...permissionsOf(place));
  const context = await setUpContext(settings, io, { notice, copies: copiesBeside(place, io) });
  try {
    const store = await storeAt(place, io);
    const triage = new StoreTriage(store, notice);
    try {
      const rules = await followRules(triage, { loaded, tuning, args, io, notice });
      const written = settings?.options.get("serve")?.values;
      const address = args.operands[0] ?? (Array.isArray(written) ? written[0] : "127.0.0.1:");
      const served = await serveStore(store, {
        address: withPort(address, io),
        args,
        loaded: rules.loaded,
        exceptionsChanged: () => void triage.check(rules.renew),
        notice,
      });
      // It listens: what it does from here on needs the one or the other, and starts nothing. Who
      // serves a folder asks nobody about it.
      await io.keep("read", "data" in place ? "write" : "net", ...needs);
      await aborted(io.signal);
      await served.close();
    } finally {
      await triage.close();
      await store.close();
    }
  } finally {
    context?.close();
  }
  return EXIT.done;
}
