/** The sinks. Adding one is one file and one line here. */
import { alertsFile } from "./alerts_file.ts";
import { stdout } from "./printer.ts";
import type { Sink, SinkContext, SinkOption, SinkSpec } from "./sink.ts";

const SINKS: readonly SinkSpec[] = [
  stdout,
  alertsFile,
];

/** The options of all sinks, for the command that opens them. */
export const SINK_OPTIONS: readonly SinkOption[] = SINKS.flatMap((spec) => spec.options);

/** The sinks that the options ask for, none of them open yet. */
export function sinksFor(context: SinkContext): Sink[] {
  return SINKS.flatMap((spec) => spec.make(context) ?? []);
}
