/** `search`: SDL over what is stored. */
import { PROGRAM } from "../program.ts";
import { compileSearch, declaringFiles, spanFor } from "../search/compile.ts";
import { explainSearch } from "../search/explain.ts";
import {
  givesEvents,
  runSearch,
  type SearchProgress,
  type SearchResult,
} from "../search/search.ts";
import type { Loaded } from "../content/loaded.ts";
import type { SearchRow } from "../search/row.ts";
import type { IrSearch } from "../../compiler/ir/program.ts";
import type { Type } from "../../compiler/schema/types.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { lex } from "../../grammar/lexer.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { nearest } from "../../grammar/nearest.ts";
import { visible } from "../../grammar/visible.ts";
import { tableCsv, tableJson, tableText, TextTable } from "../outputs/render/table.ts";
import { count, timeText } from "../outputs/render/text.ts";
import { tuningOf } from "../settings/tuning.ts";
import { SAVED_NAME, searchAsRule } from "../search/as_rule.ts";
import type { SavedSearch, Store, TimeRange } from "../store/mod.ts";
import { RANGE_OPTIONS, rangeOf } from "./range.ts";
import { withConfig } from "./config.ts";
import { CONTEXT_CONFIG, contextBeside, notConfigured } from "./known.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { LISTS, loadForRun, parseZone, RULES, SOURCETYPES } from "./shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "./stores.ts";

/** Rows that are given, unless told. */
const ROWS = 1000;
const MOST_ROWS = 1_000_000;
/** ms between two words of how far it is. */
const REFRESH = 100;

/** @param agent what `--config` may say besides */
export function searchCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "search",
    operands: "[QUERY]",
    summary: "Search what is stored, in SDL or with plain words.",
    details:
      "QUERY is `from DATASET where … | commands`, a condition alone, or words as one types them:\n" +
      '`user:root status>=500 "failed password" -debug`. Commands are those of rules; stats and dedup\n' +
      "need no window, and sort, limit, top and timechart are for searches alone. Events come newest\n" +
      "first, as they are found; Ctrl-C stops a search. --since counts back from the newest event where\n" +
      "nothing comes in live.",
    options: [
      ...RANGE_OPTIONS,
      {
        name: "tz",
        value: "ZONE",
        summary:
          "Zone by whose clock the buckets of timechart begin, as Europe/Zurich or +02:00 (default UTC)",
      },
      { name: "limit", value: "ROWS", summary: `Rows to print, at most (default ${ROWS})` },
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "ndjson", "csv"],
        summary: "Form of the rows; text on a terminal, else ndjson",
      },
      { name: "save", value: "NAME", summary: "Keep the search, and its --since, under a name" },
      { name: "saved", value: "NAME", summary: "The search that is kept under this name" },
      {
        name: "as-rule",
        value: "NAME",
        summary: "Print a kept search as a rule, where a stream can do all of it",
      },
      { name: "list", summary: "List the searches that are kept" },
      { name: "remove", value: "NAME", summary: "Keep a search no longer" },
      { name: "explain", summary: "Tell which part the database does, and search nothing" },
      ...STORE_OPTIONS,
      RULES,
      LISTS,
      SOURCETYPES,
      CONTEXT_CONFIG,
    ],
    examples: [
      { command: `${PROGRAM} search 'failed password' --since 1h`, does: "Lines with both words" },
      {
        command: `${PROGRAM} search 'action:failure src:203.0.113.0/24 | top 5 user'`,
        does: "Accounts that a network tried",
      },
      {
        command: `${PROGRAM} search 'from Authentication where action == "failure" | ` +
          "stats count() as n, dc(user) as users by src over tumbling 1h | where n > 5' --since 7d",
        does: "Sources by hour",
      },
      {
        command: `${PROGRAM} search 'failed password -invalid' --since 7d --save 'failed logins'`,
        does: "Search, and keep the search: --saved 'failed logins' runs it again",
      },
      {
        command: `${PROGRAM} search --as-rule 'failed logins' > mine.sdl`,
        does: "The kept search as a rule",
      },
    ],
    run: (given, io) => run(command, agent, given, io),
  };
  return command;
}

/** What is done with a search that has a name: none stands beside another. */
const NAMED = ["save", "saved", "as-rule", "remove"] as const;

async function run(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  const { args, settings } = await withConfig(command, given, io, agent);
  const named = NAMED.filter((name) => args.get(name) !== undefined);
  if (named.length > 1) {
    throw new UsageError(`Both --${named[0]} and --${named[1]} are given`, "Keep one of them");
  }
  const list = args.flag("list");
  const kept = named[0] !== undefined && named[0] !== "save" || list;
  if (args.operands.length !== (kept ? 0 : 1)) {
    throw new UsageError(
      args.operands.length === 0 ? "No search is given" : `Unexpected "${args.operands.at(-1)}"`,
      kept
        ? "The search is the one that is kept"
        : `Put the search between single quotes: ${PROGRAM} search 'user:root'`,
    );
  }
  const limit = args.int("limit", 1, MOST_ROWS) ?? ROWS;
  const tz = args.get("tz"), zone = tz === undefined ? undefined : parseZone(tz);
  const loaded = await loadForRun(args, io, { tuning: tuningOf(settings) });
  const place = await placeOf(args, io);
  const context = await contextBeside(settings, place, io);
  await io.keep("read", ...permissionsOf(place));
  const store = await storeAt(place, io);
  const language = {
    catalogue: loaded.sourcetypes.catalogue,
    tables: loaded.program.tables,
    files: declaringFiles(loaded.texts),
  };
  try {
    if (list) return listed(await store.savedSearches(), io);
    const removed = args.get("remove");
    if (removed !== undefined) {
      await savedAs(store, removed);
      await store.removeSearch(removed, WHO);
      io.err(`"${visible(removed)}" is kept no longer\n`);
      return EXIT.done;
    }
    const name = args.get("saved") ?? args.get("as-rule");
    const saved = name === undefined ? null : await savedAs(store, name);
    const text = saved?.query ?? args.operands[0];
    const { range, note } = await rangeOf(store, args, saved?.since ?? undefined);
    const { search, diagnostics } = compileSearch(text, language, spanFor(widthOf(range)), zone);
    told(diagnostics, text, io);
    if (search === null) throw new UsageError("The search has a mistake", "Correct it");
    const missing = notConfigured(namesIn(text));
    if (missing !== null) io.err(missing + "\n");
    if (args.get("as-rule") !== undefined) {
      const made = searchAsRule(search, saved!.name, text, language.catalogue);
      told(made.refusals, text, io);
      if (made.text === null) {
        throw new UsageError("A stream cannot do all of the search", "Change it, and save it anew");
      }
      io.out(made.text);
      return EXIT.done;
    }
    if (args.flag("explain")) {
      io.out(explainSearch(search, text));
      return EXIT.done;
    }
    const save = args.get("save");
    if (save !== undefined) await keep(store, save, text, args.get("since"), io);
    if (note !== null) io.err(note + "\n");
    await shown(store, search, { range, limit, loaded, args, io });
  } finally {
    context?.close();
    await store.close();
  }
  return EXIT.done;
}

/** Functions and tables that a search may name. */
const namesIn = (text: string): string[] =>
  lex(text, "").tokens.flatMap((t) => t.type === "name" ? [String(t.value)] : []);

function told(diagnostics: readonly Diagnostic[], text: string, io: Io): void {
  for (const d of diagnostics) io.err(renderText(d, text, { color: io.color }) + "\n");
}

/** Who keeps searches by this command, as the audit list says. */
const WHO = "cli";

/** A kept search by its name. Throws UsageError with the nearest one. */
async function savedAs(store: Store, name: string): Promise<SavedSearch> {
  const all = await store.savedSearches();
  const saved = all.find((s) => s.name === name);
  if (saved) return saved;
  const near = nearest(name, all.map((s) => s.name));
  throw new UsageError(
    `No search "${name}" is kept`,
    near ? `Did you mean "${near}"?` : "search --list says which there are",
  );
}

async function keep(
  store: Store,
  name: string,
  query: string,
  since: string | undefined,
  io: Io,
): Promise<void> {
  if (!SAVED_NAME.test(name)) {
    throw new UsageError(
      `"${name}" is no name for a search`,
      "Begin with a letter; up to 64 letters, digits, blanks, dots, - and _",
    );
  }
  // A time of its own would be of no use another day.
  const length = since !== undefined && /^\d+[smhdw]$/.test(since) ? since : null;
  await store.saveSearch({ name, query, since: length, description: "", who: WHO });
  io.err(`Kept as "${name}": search --saved '${name}'\n`);
}

function listed(all: readonly SavedSearch[], io: Io): number {
  for (const { name, query, since, who } of all) {
    const range = since === null ? "" : `  (--since ${since})`;
    io.out(`${name}  ${visible(query)}${range}  ${visible(who)}\n`);
  }
  io.err(`${count(all.length, "search", "searches")}\n`);
  return EXIT.done;
}

const widthOf = ({ from = 0, to = Date.now() }: TimeRange) => Math.max(0, to - from);

interface Asked {
  readonly range: TimeRange;
  readonly limit: number;
  readonly loaded: Loaded;
  readonly args: Args;
  readonly io: Io;
}

/** Rows are printed as they are found where their form allows it, and on a terminal it is told how far it is. */
async function shown(
  store: Store,
  search: IrSearch,
  { range, limit, loaded, args, io }: Asked,
): Promise<void> {
  const printer = new RowPrinter(search, args.get("format"), io);
  const live = io.errIsTerminal ? new LiveLine(io) : null;
  let reached: number | null = null;
  try {
    const result = await runSearch(store, search, {
      range,
      limit,
      signal: io.signal,
      sourcetypes: loaded.sourcetypes.catalogue.sourcetypes,
      rows(rows) {
        live?.clear();
        printer.found(rows);
      },
      progress(progress) {
        reached = progress.reached ?? reached;
        live?.show(progressText(progress));
      },
    });
    live?.clear();
    printer.end(result);
    for (const note of result.notes) io.err(`warning: ${visible(note)}\n`);
    const more = result.more ? `; there are more than ${limit}, see --limit` : "";
    // Whoever gave no range may not know that there is one.
    const none = result.rows.length === 0 && args.get("since") === undefined
      ? " in this range; --since looks further back"
      : "";
    io.err(`${count(result.rows.length, "row")}${more}${none}\n`);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    live?.clear();
    const at = reached === null ? "" : ` at ${timeText(reached)}`;
    io.err(`Stopped${at}: not all of the range was looked at\n`);
  }
}

const progressText = ({ reached, found }: SearchProgress) =>
  `Searching${reached === null ? "" : `, at ${timeText(reached)}`}: ${
    count(found, "row")
  } found; Ctrl-C stops it`;

/** One line of stderr that is written over. */
class LiveLine {
  #last = 0;
  #shown = false;

  constructor(readonly io: Io) {}

  show(text: string): void {
    if (performance.now() - this.#last < REFRESH) return;
    this.#last = performance.now();
    this.#shown = true;
    this.io.err(`\r\x1b[K${text.slice(0, Math.max(1, this.io.columns() - 1))}`);
  }

  clear(): void {
    if (this.#shown) this.io.err("\r\x1b[K");
    this.#shown = false;
  }
}

/** Of events, what tells most: the raw text has the rest. */
const EVENT_COLUMNS = ["_time", "host", "sourcetype", "_raw"];

/** Prints rows: NDJSON and events on a terminal as they come, the rest when all columns are known. */
class RowPrinter {
  readonly #format: string;
  readonly #times: ReadonlySet<string>;
  readonly #events: TextTable | null;

  constructor(search: IrSearch, format: string | undefined, readonly io: Io) {
    const { rowType } = search;
    this.#format = format ?? (io.outIsTerminal ? "text" : "ndjson");
    this.#times = new Set(["_time", ...Object.keys(rowType).filter((n) => isTime(rowType[n]))]);
    const table = this.#format === "text" && givesEvents(search);
    this.#events = table ? new TextTable(EVENT_COLUMNS, this.#times) : null;
  }

  found(rows: readonly SearchRow[]): void {
    if (this.#format === "ndjson") this.io.out(tableJson(rows, this.#times));
    else if (this.#events !== null) this.io.out(this.#events.add(rows));
  }

  end({ rows, columns }: SearchResult): void {
    const names = columns.map((c) => c.name);
    if (this.#format === "csv") this.io.out(tableCsv(names, rows, this.#times));
    else if (this.#format === "text" && this.#events === null && rows.length > 0) {
      this.io.out(tableText(names, rows, this.#times));
    }
  }
}

const isTime = (type: Type | undefined) => type === "timestamp";
