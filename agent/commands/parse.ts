/** `parse`: the pipeline up to the CIM; events to stdout. */
import { PROGRAM } from "../program.ts";
import { run } from "../run/run.ts";
import { emptySummary, endSummary, Progress, summaryText } from "../run/progress.ts";
import { explainLine, type ParserOptions, toFlat } from "../../compiler/sourcetype/mod.ts";
import { inertJson, visible } from "../../grammar/visible.ts";
import { isKnown, Shapes } from "../run/shapes.ts";
import { count } from "../outputs/render/text.ts";
import type { EventBatch } from "../event.ts";
import type { Sourcetypes } from "../content/loaded.ts";
import { type Args, type CommandSpec, EXIT, type Io } from "./command.ts";
import { explanationText } from "./explanation.ts";
import { allInputs, FEED_OPTIONS } from "./feeds.ts";
import { TLS_OPTIONS } from "./serving.ts";
import {
  checkSourcetype,
  INPUT_OPTIONS,
  loadForRun,
  NO_CACHE,
  parseOptions,
  parseSize,
  zoneNotice,
} from "./shared.ts";
import { Watch } from "./watch.ts";

/** As many shapes of lines that mean nothing are printed. */
const MOST_SHAPES = 50;

const QUIET = { name: "quiet", summary: "Print no progress and no summary" };

/** What `readEvents` takes. */
export const READ_OPTIONS = [
  ...INPUT_OPTIONS,
  NO_CACHE,
  ...FEED_OPTIONS,
  ...TLS_OPTIONS,
  QUIET,
];

export const parseCommandSpec: CommandSpec = {
  name: "parse",
  operands: "[FILE…]",
  summary: "Print every line as an event of the Common Information Model, one JSON object a line.",
  details: "A line that no pattern takes is printed too, with parse_error and its reason.",
  options: [
    ...READ_OPTIONS,
    {
      name: "explain",
      summary:
        "Print, in place of events, which pattern took each line and how far the others came",
    },
    {
      name: "unread",
      summary:
        "Print, in place of events, the shapes of lines of which it is not known what they mean, the commonest first",
    },
  ],
  examples: [
    {
      command: `${PROGRAM} parse auth.log`,
      does: "What each line means",
    },
    {
      command: `head -n 3 auth.log | ${PROGRAM} parse --explain`,
      does: "Why each line is read as it is",
    },
    {
      command: `cat access.log | ${PROGRAM} parse --sourcetype access_combined`,
      does: "Take stdin for an access log, whatever it looks like",
    },
  ],
  run: (args, io) => {
    if (args.flag("unread")) return printUnread(args, io);
    return readEvents(args, io, args.flag("explain") ? explained(args) : flat);
  },
};

/** Shapes of the lines of which nobody knows what they mean, each with how many lines have it and one of them. */
async function printUnread(args: Args, io: Io): Promise<number> {
  const shapes = new Shapes();
  const code = await readEvents(args, io, ({ events, extractionIds, extractions }) => {
    for (let i = 0; i < events.length; i++) {
      const extraction = extractions[extractionIds[i]];
      if (!isKnown(extraction)) shapes.note(events[i]._raw, extraction.sourcetype);
    }
    return "";
  });
  const all = shapes.commonest(MOST_SHAPES);
  for (const { lines, sourcetype, shape, example } of all) {
    await io.out(visible(`${count(lines)} × ${sourcetype}: ${shape}`) + "\n");
    await io.out(visible(`    ${example}`) + "\n");
  }
  if (!args.flag("quiet")) {
    io.err(
      all.length === 0
        ? "It is known of every line what it means\n"
        : "sourcetypes/README.md says how to write a sourcetype for them\n",
    );
  }
  return code;
}

/** Events as JSON, one a line. */
function flat({ events, extractionIds, extractions, lines }: EventBatch): string {
  let out = "";
  for (let i = 0; i < events.length; i++) {
    out += JSON.stringify(toFlat(events[i], extractions[extractionIds[i]], lines.input.name)) +
      "\n";
  }
  return inertJson(out);
}

/** Each line's way through the patterns of its input's sourcetype. */
function explained(args: Args) {
  return ({ lines: { lines, input } }: EventBatch, compiled: Sourcetypes): string => {
    const { tz, year }: ParserOptions = parseOptions(args, compiled);
    const options = {
      ...(tz === undefined ? {} : { tz }),
      ...(year === undefined ? {} : { year }),
      modified: input.modified,
      mixed: args.get("sourcetype") === undefined,
    };
    const sourcetype = input.sourcetype ?? "syslog";
    return lines.map((line) => explanationText(explainLine(compiled, sourcetype, line, options)))
      .join("\n");
  };
}

/**
 * Reads the inputs that the arguments name, and prints what `text` makes of each batch. Gives the exit
 * code.
 */
export async function readEvents(
  args: Args,
  io: Io,
  text: (batch: EventBatch, compiled: Sourcetypes) => string,
): Promise<number> {
  const loaded = await loadForRun(args, io, { rules: false });
  await io.keep("read", ...(args.all("listen").length > 0 ? ["net"] as const : []));
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
    if (!quiet || text.startsWith("error")) io.err(visible(text) + "\n");
  };
  const watch = new Watch({ args, io, rules: false, engine: {}, notice, loaded });
  const { failed, ingest: _, named: _named, ...inputs } = await allInputs(args, io, {
    maxLine,
    sourcetype,
    sourcetypes: () => watch.current.sourcetypes,
    notice,
    serves: false,
  });
  watch.begin(inputs.listeners.length > 0);
  const started = performance.now();
  await run({
    ...inputs,
    stdin: () => io.stdin(),
    sourcetype,
    parse: { ...parse, onZone: zoneNotice(args, notice) },
    maxLine,
    engine: null,
    store: null,
    signal: io.signal,
    summary,
    updates: false,
    notice,
    reload: watch,
    batch: (batch) => io.out(text(batch, watch.current.sourcetypes)),
    progress: (recount) => progress.draw(summary, started, recount),
  });
  watch.close();
  progress.clear();
  endSummary(summary, failed, started);
  if (!quiet) {
    // Nothing was asked of the rules: the line on alerts would read as an all-clear.
    io.err(summaryText(summary, false).replace(/^Alerts: .*\n/m, ""));
  }
  return summary.failed_inputs.length ? EXIT.input : EXIT.done;
}
