/** The sinks by name. A further one is a file and a line here. */
import { Printer, type PrinterOptions } from "./printer.ts";
import type { Sink } from "./sink.ts";

/** What sinks are opened with, by their names. */
export interface SinkOptions {
  readonly stdout: PrinterOptions;
}

export const SINKS: { readonly [N in keyof SinkOptions]: (options: SinkOptions[N]) => Sink } = {
  stdout: (options) => new Printer(options),
};
