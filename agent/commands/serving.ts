/** Serving beside a run: what `agent --serve` asks of the API, which main.ts hands it. */
import type { LoadedSources } from "../content/loaded.ts";
import { reason } from "../sources/files.ts";
import type { ExceptedCounts } from "../engine/counters.ts";
import type { Store } from "../store/mod.ts";
import { type Args, type OptionSpec, UsageError } from "./command.ts";

/** What a server answers from. */
export interface Serving {
  /** HOST:PORT */
  readonly address: string;
  /** Where the values of `Server.options` stand. */
  readonly args: Args;
  /** The rules and sourcetypes that are loaded now. */
  readonly loaded: () => LoadedSources;
  readonly notice: (text: string) => void;
  /** Takes lines in, where a pipeline runs. */
  readonly ingest?: (request: Request, peer: string) => Promise<Response>;
  /** Called when an exception was taken or ended, where rules run. */
  readonly exceptionsChanged?: () => void;
  /** Rows that exceptions held back, where rules run. */
  readonly excepted?: () => ExceptedCounts;
  /** Records that are there and were not taken, by the names of inputs, where Kafka is read. */
  readonly lags?: () => ReadonlyMap<string, number>;
}

/** Something that answers over a store. The commands know no more of it: it imports them. */
export interface Server {
  /** Its options, for the command's own. */
  readonly options: readonly OptionSpec[];
  /** Listens until `close`. Throws UsageError for an address that it cannot or must not take. */
  serve(store: Store, serving: Serving): Promise<{ close(): Promise<void> }>;
}

/** The certificate of whatever listens: the API, and `--listen tls://…`. */
export const TLS_OPTIONS: readonly OptionSpec[] = [
  {
    name: "tls-cert",
    value: "FILE",
    summary: "Serve by TLS with this certificate (PEM, the chain after it)",
  },
  { name: "tls-key", value: "FILE", summary: "The certificate's private key (PEM)" },
];

/** The PEM texts that `--tls-cert` and `--tls-key` name; null without them. Throws UsageError. */
export async function readTls(args: Args): Promise<{ cert: string; key: string } | null> {
  const cert = args.get("tls-cert"), key = args.get("tls-key");
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    throw new UsageError(
      `--tls-${cert === undefined ? "key" : "cert"} is given without the other`,
      "Give both --tls-cert and --tls-key",
    );
  }
  const read = async (file: string) => {
    try {
      return await Deno.readTextFile(file);
    } catch (error) {
      throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct the path");
    }
  };
  return { cert: await read(cert), key: await read(key) };
}
