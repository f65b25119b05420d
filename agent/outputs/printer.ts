/** Alerts on stdout, as text or NDJSON. Health events are no alerts: the run reports them on stderr. */
import { Incidents } from "../engine/alerts/incidents.ts";
import type { AlertChange } from "../event.ts";
import { alertJson, alertLine } from "./render/alert.ts";
import { incidentsText } from "./render/incident.ts";
import type { Sink, SinkBatch, SinkSpec } from "./sink.ts";

/** What stdout is opened with. */
export interface PrinterOptions {
  readonly format: "text" | "ndjson";
  readonly color: boolean;
  /** Every change is printed, not one line an alert. */
  readonly updates: boolean;
  /** Prints; false once nobody reads. */
  readonly out: (text: string) => unknown;
}

/** Ids remembered as printed; a throttled alert can change within this many others after its end. */
const PRINTED = 100_000;

/** Characters that are printed at once: the alerts of a long run may all end with it. */
const SLICE = 65_536;

/**
 * Prints an alert when it is over; on live input when it opens, since a throttle may last hours. With
 * text, the run's incidents follow at the end.
 */
export class Printer implements Sink {
  readonly name = "stdout";
  readonly #options: PrinterOptions;
  readonly #printed = new Set<string>();
  readonly #incidents = new Incidents();
  /** Alerts whose episode is not over, as they stand. */
  readonly #open = new Map<string, AlertChange>();
  #live = false;
  #closed = false;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  write({ alerts, live }: SinkBatch): void {
    if (this.#options.format === "text") this.#incidents.add(alerts);
    if (this.#options.updates) return this.#print(alerts);
    if (live && !this.#live) {
      this.#live = true;
      this.#print([...this.#open.values()].filter((c) => this.#first(c)));
    }
    if (live) return this.#print(alerts.filter((c) => this.#first(c)));
    for (const change of alerts) {
      const { id } = change.alert;
      if (change.change !== "close" && !this.#printed.has(id)) this.#open.set(id, change);
    }
    this.#print(alerts.filter((c) => c.change === "close" && this.#first(c)));
  }

  /** Nothing is held back that could be printed: writes to stdout are synchronous. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Prints what is still open as it stands, then the incidents. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    const open = [...this.#open.values()].sort((a, b) => a.alert.time - b.alert.time);
    this.#print(open.filter((c) => this.#first(c)));
    const block = incidentsText(this.#incidents.all(), { color: this.#options.color });
    if (block) this.#options.out(block);
    return Promise.resolve();
  }

  /** Once for each alert: what throttle holds back after its end changes one that was printed. */
  #first({ alert: { id } }: AlertChange): boolean {
    this.#open.delete(id);
    if (this.#printed.has(id)) return false;
    this.#printed.add(id);
    if (this.#printed.size > PRINTED) this.#printed.delete(this.#printed.values().next().value!);
    return true;
  }

  #print(changes: readonly AlertChange[]): void {
    const { format, color, updates, out } = this.#options;
    let text = "";
    for (const change of changes) {
      text += format === "text"
        ? alertLine(change, { color, updates })
        : alertJson(change, updates);
      if (text.length < SLICE) continue;
      out(text);
      text = "";
    }
    if (text) out(text);
  }
}

/** The sink `stdout`, which every run has. */
export const stdout: SinkSpec = {
  options: [
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "ndjson"],
      summary: "Form of alerts; text on a terminal, else ndjson",
    },
    {
      name: "updates",
      summary: "Print an alert when it opens and changes too, not only at its end",
    },
  ],
  make: ({ get, flag, out, outIsTerminal, color }) =>
    new Printer({
      format: (get("format") ?? (outIsTerminal ? "text" : "ndjson")) === "text" ? "text" : "ndjson",
      color,
      updates: flag("updates"),
      out,
    }),
};
