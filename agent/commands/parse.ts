/** `parse`: the pipeline up to the CIM; events to stdout. */
import { run } from "../pipeline.ts";
import { emptySummary, Progress, summaryText } from "../progress.ts";
import { toFlat } from "../../compiler/sourcetype/mod.ts";
import { type CommandSpec, EXIT } from "./command.ts";
import { allInputs, FEED_OPTIONS } from "./feeds.ts";
import { SERVE_OPTIONS } from "./serving.ts";
import { checkSourcetype, INPUT_OPTIONS, loadForRun, parseOptions, parseSize } from "./shared.ts";
import { Watch } from "./watch.ts";

export const parseCommandSpec: CommandSpec = {
  name: "parse",
  operands: "[FILE…]",
  summary: "Print every line as an event of the Common Information Model, one JSON object a line.",
  details: "A line that no pattern takes is printed too, with parse_error and its reason.",
  options: [
    ...INPUT_OPTIONS,
    ...FEED_OPTIONS,
    ...SERVE_OPTIONS.filter((o) => o.name.startsWith("tls-")),
    { name: "quiet", summary: "Print no progress and no summary" },
  ],
  examples: [
    {
      command: "deno run parse tests/samples/auth.log",
      does: "What each line means",
    },
    {
      command: "cat access.log | deno run parse --sourcetype access_combined",
      does: "Take stdin for an access log, whatever it looks like",
    },
  ],
  async run(args, io) {
    const loaded = await loadForRun(args, io, false);
    const sourcetype = checkSourcetype(args.get("sourcetype"), loaded.sourcetypes);
    const maxLine = parseSize("max-line", args.get("max-line") ?? "1MiB");
    const parse = parseOptions(args, loaded.sourcetypes);
    const quiet = args.flag("quiet");
    const summary = emptySummary();
    const progress = new Progress(
      (t) => io.err(t),
      io.errIsTerminal && !io.outIsTerminal && !quiet,
      () => io.columns(),
    );
    const notice = (text: string) => {
      progress.clear();
      if (!quiet || text.startsWith("error")) io.err(text + "\n");
    };
    const watch = new Watch({ args, io, rules: false, engine: {}, notice, loaded });
    const { failed, ingest: _, named: _named, ...inputs } = await allInputs(args, io, {
      maxLine,
      sourcetype,
      sourcetypes: () => watch.current.sourcetypes,
      notice,
      serves: false,
    });
    watch.begin(inputs.feeds.length > 0);
    const started = performance.now();
    await run({
      ...inputs,
      stdin: () => io.stdin(),
      sourcetype,
      parse,
      maxLine,
      engine: null,
      store: null,
      signal: io.signal,
      summary,
      updates: false,
      notice,
      reload: watch,
      batch(batch) {
        let out = "";
        for (let i = 0; i < batch.events.length; i++) {
          const extraction = batch.extractions[batch.kinds[i]];
          out += JSON.stringify(toFlat(batch.events[i], extraction, batch.lines.input.name)) + "\n";
        }
        return io.out(out);
      },
      tick: (count) => progress.draw(summary, started, count),
    });
    watch.close();
    progress.clear();
    summary.failed_inputs.unshift(...failed);
    summary.seconds = Math.round(performance.now() - started) / 1000;
    summary.lines_per_second = Math.round(summary.lines / Math.max(summary.seconds, 1e-3));
    if (!quiet) {
      // Nothing was asked of the rules: the line on alerts would read as an all-clear.
      io.err(summaryText(summary, false).replace(/^Alerts: .*\n/m, ""));
    }
    return summary.failed_inputs.length ? EXIT.input : EXIT.done;
  },
};
