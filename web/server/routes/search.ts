/** Searches in SDL over what is stored. */
import { type CompiledSearch, compileSearch, spanFor } from "../../../agent/search/compile.ts";
import { anchorOf } from "../../../agent/search/range.ts";
import { runSearch, type SearchOptions, type SearchResult } from "../../../agent/search/search.ts";
import type { SearchRow } from "../../../agent/search/row.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import type { Store } from "../../../agent/store/mod.ts";
import type { IrSearch } from "../../../compiler/ir/program.ts";
import { visibleJson } from "../../../grammar/visible.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { ApiError } from "../http/error.ts";
import { failed } from "../route/failed.ts";
import { integer, text as textParam } from "../http/params.ts";
import { readTime } from "../http/time.ts";
import { languageOf, mistakeIn } from "../route/search_language.ts";
import { zoneParam } from "../route/zoned.ts";
import { route, type RouteContext } from "../route/route.ts";
import { SearchAnswer } from "../types/mod.ts";
import { text } from "../types/schema.ts";

/** Rows of an answer, and how long one may take. */
const ROWS = 500, MOST = 10_000, PATIENCE = 20_000;
/** How long one may take whose rows are taken as they come, and between two words of how far it is. */
const STREAM_PATIENCE = 3_600_000, PROGRESS = 200;
/** What is searched when no beginning is given, ms. */
const LAST_DAY = 86_400_000;

const params = {
  q: textParam("The search", "user:root status>=500", 8192),
  from: textParam(
    'Events since this time, or the last day: a time, or an offset as "-7d"',
    "-7d",
  ),
  to: textParam("Events before this time", "-1h"),
  tz: zoneParam("Zone by whose clock the buckets of `timechart` begin; UTC when left out"),
  limit: integer(`Rows at most; ${ROWS} when left out`, 1, MOST),
};

const LANGUAGE = "`from DATASET where … | commands`, a condition alone, or words: " +
  '`user:root status>=500 "failed password" -debug | top 5 src`. Lengths of time count back from ' +
  "now, or from the newest event where nothing comes in live.";

/** A search that reads, and its range. */
async function prepared(
  { store, services, query, now }: RouteContext<typeof params>,
): Promise<{ compiled: ReadySearch; head: Head; options: Omit<SearchOptions, "signal"> }> {
  const content = services.content();
  if (!content) throw new ApiError(503, "unavailable", "No sourcetypes are loaded");
  const anchor = await anchorOf(store, now);
  const at = (name: "from" | "to", text: string | undefined, other: number): number => {
    if (text === undefined) return other;
    const time = readTime(text, anchor.time);
    if (time !== undefined) return time;
    const said = `"${name}" is "${text}": give a time such as 2026-03-29T00:02:15Z, or -7d`;
    throw new ApiError(400, "bad_parameter", said, name);
  };
  const range = {
    from: at("from", query.from, anchor.time - LAST_DAY),
    to: at("to", query.to, anchor.time + 1),
  };
  const { q = "", tz } = query;
  const compiled = compileSearch(q, languageOf(content), spanFor(range.to - range.from), tz);
  const { search } = compiled;
  if (search === null) throw mistakeIn(compiled, "q");
  return {
    compiled: { ...compiled, search },
    head: {
      from: new Date(range.from).toISOString(),
      to: new Date(range.to).toISOString(),
      counted_from: anchor.stored ? new Date(anchor.time).toISOString() : null,
    },
    options: {
      range,
      limit: query.limit ?? ROWS,
      sourcetypes: content.sourcetypes.catalogue.sourcetypes,
    },
  };
}

type ReadySearch = CompiledSearch & { readonly search: IrSearch };
type Head = Pick<SearchAnswer, "from" | "to" | "counted_from">;

export const searchRoutes = [
  route({
    path: "/api/search",
    tag: "Events",
    summary: "A search in SDL, or in words, over stored events",
    description: LANGUAGE +
      " A search that takes over 20 s stops, and `notes` says how far it came: " +
      "see /api/search/stream.",
    role: "read",
    params,
    answer: SearchAnswer,
    async handle(context) {
      const { store, request } = context;
      const { compiled, head, options } = await prepared(context);
      const result = await runSearch(store, compiled.search, {
        ...options,
        signal: request.signal,
        deadline: performance.now() + PATIENCE,
      });
      return { ...head, ...shown(result, compiled.search, compiled.diagnostics) };
    },
  }),
  route({
    path: "/api/search/stream",
    tag: "Events",
    summary: "A search whose rows come as they are found, with how far it is",
    description: LANGUAGE +
      " Each line is an object with one member: `head` has the range, `rows` " +
      "are further rows, `progress` says up to which event time all was `read` (null: none yet) and how many " +
      "rows were `found`, and the last is `done`, with all of /api/search but its rows, or `error`. " +
      "Close the connection to stop it.",
    role: "read",
    params,
    answer: text(),
    media: { "application/x-ndjson": "One object a line" },
    async handle(context) {
      const { store, request } = context;
      const { compiled, head, options } = await prepared(context);
      const lines = streamed(store, compiled, options, request.signal);
      return new Response(request.method === "HEAD" ? null : ndjson(head, lines), {
        headers: { "Content-Type": "application/x-ndjson", "X-Accel-Buffering": "no" },
      });
    },
  }),
];

/** Starts a search when its first line is taken, and stops it with the last reader. */
function streamed(
  store: Store,
  { search, diagnostics }: ReadySearch,
  options: Omit<SearchOptions, "signal">,
  client: AbortSignal,
): { start(line: (value: unknown) => void): Promise<void>; stop(): void } {
  const stop = new AbortController();
  const times = timesOf(search);
  return {
    stop: () => stop.abort(),
    async start(line) {
      let told = performance.now();
      try {
        const result = await runSearch(store, search, {
          ...options,
          signal: AbortSignal.any([client, stop.signal]),
          deadline: performance.now() + STREAM_PATIENCE,
          rows: (rows) => line({ rows: rows.map((row) => rowJson(row, times)) }),
          progress({ reached, found }) {
            if (performance.now() - told < PROGRESS) return;
            told = performance.now();
            line({ progress: { read: reached === null ? null : rfc3339(reached), found } });
          },
        });
        const { rows: _, ...rest } = shown(result, search, diagnostics);
        line({ done: rest });
      } catch (error) {
        if (stop.signal.aborted || client.aborted) return;
        const { code, message } = failed(error);
        line({ error: { code, message } });
      }
    },
  };
}

/** An object a line. What is found faster than it is taken waits here, which the limit on rows bounds. */
function ndjson(head: Head, lines: ReturnType<typeof streamed>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      let open = true;
      const line = (value: unknown) => {
        if (open) controller.enqueue(encoder.encode(visibleJson(value) + "\n"));
      };
      line({ head });
      lines.start(line).finally(() => {
        open = false;
        try {
          controller.close();
        } catch {
          // Nobody reads it any more.
        }
      });
    },
    cancel: () => lines.stop(),
  });
}

/** Columns whose numbers are times. */
const timesOf = ({ rowType }: IrSearch): ReadonlySet<string> =>
  new Set(["_time", ...Object.keys(rowType).filter((name) => rowType[name] === "timestamp")]);

function rowJson(row: SearchRow, times: ReadonlySet<string>) {
  const out: Record<string, string | number | boolean | readonly string[]> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const time = times.has(name) && typeof value === "number" && Math.abs(value) < 8.64e15;
    out[name] = time ? new Date(value).toISOString() : value;
  }
  return out;
}

/** @param diagnostics what the search compiled with: warnings, which stand in front of the notes */
function shown(
  { columns, rows, events, more, notes }: SearchResult,
  search: IrSearch,
  diagnostics: readonly Diagnostic[],
) {
  const times = timesOf(search);
  return {
    columns: columns.map(({ name, type }) => ({
      name,
      type: type === null ? null : typeof type === "object" ? `list<${type.list}>` : type,
    })),
    rows: rows.map((row) => rowJson(row, times)),
    events,
    more,
    notes: [...diagnostics.map((d) => `${d.message}. ${d.help ?? ""}`.trimEnd()), ...notes],
    found: rows.length,
  };
}
