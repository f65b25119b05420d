/** `serve`: the API over what is stored. */
import { type CommandSpec, EXIT, UsageError } from "./command.ts";
import { serveStore } from "./serving.ts";
import { STORE_OPTIONS, storeOf } from "./stores.ts";

export const serveCommand: CommandSpec = {
  name: "serve",
  operands: "[ADDR]",
  summary: "Answer the API over what is stored, by default on 127.0.0.1:7400.",
  details: "GET /openapi.json describes it. The embedded database serves one process at a time:\n" +
    "while `agent` runs on the same folder, use `agent --serve` instead.",
  options: STORE_OPTIONS,
  examples: [
    { command: "deno run serve", does: "The API over ./picket-data on http://127.0.0.1:7400" },
    {
      command: "deno run serve --database postgres://picket@127.0.0.1/picket 127.0.0.1:8080",
      does: "Over PostgreSQL, on another port",
    },
  ],
  async run(args, io) {
    if (args.operands.length > 1) {
      throw new UsageError(`Unexpected "${args.operands[1]}"`, "Give one address at most");
    }
    const store = await storeOf(args, io);
    try {
      const served = serveStore(
        store,
        args.operands[0] ?? "127.0.0.1:7400",
        (text) => io.err(text + "\n"),
      );
      await new Promise<void>((done) => {
        if (io.signal.aborted) done();
        else io.signal.addEventListener("abort", () => done(), { once: true });
      });
      await served.close();
    } finally {
      await store.close();
    }
    return EXIT.done;
  },
};
