/** `serve`: the API and the dashboard over what is stored. */
import { aborted, type CommandSpec, EXIT, UsageError } from "../../agent/commands/command.ts";
import { SERVE_OPTIONS } from "./options.ts";
import { serveStore } from "./serving.ts";
import { loadSources, RULE_OPTIONS, SOURCETYPES } from "../../agent/commands/shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "../../agent/commands/stores.ts";

export const serveCommand: CommandSpec = {
  name: "serve",
  operands: "[ADDR]",
  summary: "Answer the API and the dashboard over what is stored, by default on 127.0.0.1:7400.",
  details:
    "GET /docs describes the API. The embedded database serves one process at a time: while\n" +
    "`agent` runs on the same folder, use `agent --serve` instead. Off loopback a token is needed;\n" +
    "`token create` makes one, and from then on every request needs one.",
  options: [...STORE_OPTIONS, ...RULE_OPTIONS, SOURCETYPES, ...SERVE_OPTIONS],
  examples: [
    { command: "deno run serve", does: "Over ./picket-data on http://127.0.0.1:7400" },
    {
      command: "deno run serve --database postgres://picket@127.0.0.1/picket 127.0.0.1:8080",
      does: "Over PostgreSQL, on another port",
    },
    {
      command: "deno run serve --tls-cert cert.pem --tls-key key.pem 0.0.0.0:7443",
      does: "For other machines, by TLS, to whoever has a token",
    },
  ],
  async run(args, io) {
    if (args.operands.length > 1) {
      throw new UsageError(`Unexpected "${args.operands[1]}"`, "Give one address at most");
    }
    const loaded = await loadSources(args, io);
    const place = await placeOf(args, io);
    // The database's thread has what there is when it is started.
    await io.keep("read", "net", "run", ...permissionsOf(place));
    const store = await storeAt(place, io);
    try {
      const served = await serveStore(store, {
        address: args.operands[0] ?? "127.0.0.1:7400",
        args,
        loaded: () => loaded,
        notice: (text) => io.err(text + "\n"),
      });
      // It listens: what it does from here on needs the one or the other, and starts nothing.
      await io.keep("read", ...permissionsOf(place));
      await aborted(io.signal);
      await served.close();
    } finally {
      await store.close();
    }
    return EXIT.done;
  },
};
