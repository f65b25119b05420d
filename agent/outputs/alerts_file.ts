/** `--alerts FILE`: a line of JSON for each alert, the record of a run without a store. */
import { Printer } from "./printer.ts";
import type { Sink, SinkBatch, SinkSpec } from "./sink.ts";

/** What is asked of the file. */
type LogFile = Pick<Deno.FsFile, "writeSync" | "sync" | "close">;

/** Alerts name people and machines: not for every account of this machine. */
const openForAppending = (path: string): Promise<LogFile> =>
  Deno.open(path, { append: true, create: true, mode: 0o640 });

/**
 * Appends to a file what stdout would get as NDJSON. Writes are synchronous and small: alerts are few.
 * What could not be written is told by `flush` and `close`.
 */
export class AlertsFile implements Sink {
  readonly name = "alerts";
  readonly #path: string;
  readonly #printer: Printer;
  #file: LogFile | null = null;
  #failure: unknown = null;

  constructor(
    path: string,
    private readonly openFile: (path: string) => Promise<LogFile> = openForAppending,
  ) {
    this.#path = path;
    this.#printer = new Printer({
      format: "ndjson",
      color: false,
      updates: false,
      out: (text) => this.#write(text),
    });
  }

  async open(): Promise<void> {
    this.#file = await this.openFile(this.#path);
  }

  write(batch: SinkBatch): void {
    this.#printer.write(batch);
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += this.#file!.writeSync(bytes.subarray(at));
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async flush(): Promise<void> {
    await this.#file?.sync();
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  async close(): Promise<void> {
    if (this.#file === null) return;
    await this.#printer.close();
    try {
      await this.flush();
    } finally {
      this.#file.close();
      this.#file = null;
    }
  }
}

/** The sink `alerts`. */
export const alertsFile: SinkSpec = {
  options: [{
    name: "alerts",
    value: "FILE",
    summary: "Append each alert to FILE as a JSON line, beside the store or without one",
  }],
  make: ({ get }) => {
    const path = get("alerts");
    return path === undefined ? null : new AlertsFile(path);
  },
};
