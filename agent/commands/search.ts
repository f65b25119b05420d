/** `search`: SDL over what is stored. */
import { compileSearch, declaringFiles, spanFor } from "../search/compile.ts";
import { explainSearch } from "../search/explain.ts";
import { type Column, runSearch, type SearchResult } from "../search/search.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { visible } from "../../grammar/visible.ts";
import { tableCsv, tableJson, tableText } from "../outputs/render/table.ts";
import { count } from "../outputs/render/text.ts";
import type { TimeRange } from "../store/mod.ts";
import { RANGE_OPTIONS, rangeOf } from "./range.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { LISTS, loadForRun, RULES, SOURCETYPES } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

/** Rows that are given, unless told. */
const ROWS = 1000;
const MOST_ROWS = 1_000_000;

export const searchCommand: CommandSpec = {
  name: "search",
  operands: "QUERY",
  summary: "Search what is stored, in SDL or with plain words.",
  details:
    "QUERY is `from DATASET where … | commands`, a condition alone, or words as one types them:\n" +
    '`user:root status>=500 "failed password" -debug`. Commands are those of rules; stats and dedup\n' +
    "need no window, and sort, limit, top and timechart are for searches alone. Events come newest\n" +
    "first. --since counts back from the newest event where nothing comes in live.",
  options: [
    ...RANGE_OPTIONS,
    { name: "limit", value: "ROWS", summary: `Rows to print, at most (default ${ROWS})` },
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "ndjson", "csv"],
      summary: "Form of the rows; text on a terminal, else ndjson",
    },
    { name: "explain", summary: "Tell which part the database does, and search nothing" },
    ...STORE_OPTIONS,
    RULES,
    LISTS,
    SOURCETYPES,
  ],
  examples: [
    { command: "deno run search 'failed password' --since 1h", does: "Lines with both words" },
    {
      command: "deno run search 'action:failure src:203.0.113.0/24 | top 5 user'",
      does: "Accounts that a network tried",
    },
    {
      command: 'deno run search \'from Authentication where action == "failure" | ' +
        "stats count() as n, dc(user) as users by src over tumbling 1h | where n > 5' --since 7d",
      does: "Sources by hour",
    },
  ],
  run,
};

async function run(args: Args, io: Io): Promise<number> {
  if (args.operands.length !== 1) {
    throw new UsageError(
      args.operands.length === 0 ? "No search is given" : `Unexpected "${args.operands[1]}"`,
      "Put the search between single quotes: deno run search 'user:root'",
    );
  }
  const limit = args.int("limit", 1, MOST_ROWS) ?? ROWS;
  const loaded = await loadForRun(args, io);
  const place = await placeOf(args, io);
  await io.keep("read", ...permissionsOf(place));
  const store = await storeAt(place, io);
  try {
    const { range, note } = await rangeOf(store, args);
    const language = {
      catalogue: loaded.sourcetypes.catalogue,
      tables: loaded.program.tables,
      files: declaringFiles(loaded.texts),
    };
    const text = args.operands[0];
    const { search, diagnostics } = compileSearch(text, language, spanFor(widthOf(range)));
    for (const d of diagnostics) io.err(renderText(d, text, { color: io.color }) + "\n");
    if (search === null) throw new UsageError("The search has a mistake", "Correct it");
    if (args.flag("explain")) {
      io.out(explainSearch(search, text));
      return EXIT.done;
    }
    if (note !== null) io.err(note + "\n");
    const result = await runSearch(store, search, {
      range,
      limit,
      signal: io.signal,
      sourcetypes: loaded.sourcetypes.catalogue.sourcetypes,
    });
    print(result, args, io, limit);
  } finally {
    await store.close();
  }
  return EXIT.done;
}

const widthOf = ({ from = 0, to = Date.now() }: TimeRange) => Math.max(0, to - from);

function print(result: SearchResult, args: Args, io: Io, limit: number): void {
  const { rows, columns, notes } = result;
  const format = args.get("format") ?? (io.outIsTerminal ? "text" : "ndjson");
  const times = new Set(["_time", ...columns.filter(isTime).map((c) => c.name)]);
  const names = shownColumns(result).map((c) => c.name);
  if (format === "text") {
    if (rows.length > 0) io.out(tableText(names, rows, times));
  } else if (format === "csv") io.out(tableCsv(columns.map((c) => c.name), rows, times));
  else io.out(tableJson(rows, times));
  for (const note of notes) io.err(`warning: ${visible(note)}\n`);
  io.err(
    `${count(rows.length, "row")}${
      result.more ? `; there are more than ${limit}, see --limit` : ""
    }\n`,
  );
}

const isTime = (c: Column) => c.type === "timestamp";

/** Of events, what tells most: the raw text has the rest. */
function shownColumns({ columns, events }: SearchResult): readonly Column[] {
  if (!events) return columns;
  const wanted = ["_time", "host", "sourcetype", "_raw"];
  return columns.filter((c) => wanted.includes(c.name));
}
