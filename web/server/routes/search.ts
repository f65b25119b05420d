/** Searches in SDL over what is stored. */
import {
  compileSearch,
  declaringFiles,
  QUERY_NAME,
  type SearchLanguage,
  spanFor,
} from "../../../agent/search/compile.ts";
import { anchorOf } from "../../../agent/search/range.ts";
import { runSearch, type SearchResult } from "../../../agent/search/search.ts";
import { placeOf } from "../../../compiler/check/diagnostics.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { ApiError } from "../http/error.ts";
import { integer, text as textParam } from "../http/params.ts";
import { readTime } from "../http/time.ts";
import type { Content } from "../route/content.ts";
import { route } from "../route/route.ts";
import { SearchAnswer } from "../types/mod.ts";

/** Rows of an answer, and how long one may take. */
const ROWS = 500, MOST = 10_000, PATIENCE = 20_000;
/** What is searched when no beginning is given, ms. */
const LAST_DAY = 86_400_000;

const languages = new WeakMap<Content, SearchLanguage>();

/** What searches may name; worked out once for what is loaded. */
function languageOf(content: Content): SearchLanguage {
  let known = languages.get(content);
  if (known === undefined) {
    known = {
      catalogue: content.sourcetypes.catalogue,
      tables: content.program.tables,
      files: declaringFiles(content.texts),
    };
    languages.set(content, known);
  }
  return known;
}

export const searchRoutes = [
  route({
    path: "/api/search",
    tag: "Events",
    summary: "A search in SDL, or in words, over stored events",
    description: "`from DATASET where … | commands`, a condition alone, or words: " +
      '`user:root status>=500 "failed password" -debug | top 5 src`. Lengths of time count back from ' +
      "now, or from the newest event where nothing comes in live. A search that takes over 20 s stops, " +
      "and `notes` says how far it came.",
    role: "read",
    params: {
      q: textParam("The search", "user:root status>=500", 8192),
      from: textParam(
        'Events since this time, or the last day: a time, or an offset as "-7d"',
        "-7d",
      ),
      to: textParam("Events before this time", "-1h"),
      limit: integer(`Rows at most; ${ROWS} when left out`, 1, MOST),
    },
    answer: SearchAnswer,
    async handle({ store, services, query, now, request }) {
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
      const { q = "" } = query;
      const compiled = compileSearch(q, languageOf(content), spanFor(range.to - range.from));
      if (compiled.search === null) throw mistakeIn(compiled);
      const result = await runSearch(store, compiled.search, {
        range,
        limit: query.limit ?? ROWS,
        signal: request.signal,
        deadline: performance.now() + PATIENCE,
        sourcetypes: content.sourcetypes.catalogue.sourcetypes,
      });
      return {
        from: new Date(range.from).toISOString(),
        to: new Date(range.to).toISOString(),
        counted_from: anchor.stored ? new Date(anchor.time).toISOString() : null,
        ...shown(result, compiled.diagnostics),
      };
    },
  }),
];

/** The first mistake, with its place. */
function mistakeIn({ text, diagnostics }: ReturnType<typeof compileSearch>): ApiError {
  const first = diagnostics.find((d) => d.level === "error");
  if (first === undefined) return new ApiError(400, "bad_search", "The search does not read", "q");
  const { line, column } = placeOf(first.span, first.file === QUERY_NAME ? text : "");
  const help = first.help === undefined ? "" : `. ${first.help}`;
  return new ApiError(400, "bad_search", `${line}:${column}: ${first.message}${help}`, "q");
}

/** @param diagnostics what the search compiled with: warnings, which stand in front of the notes */
function shown(
  { columns, rows, events, more, notes }: SearchResult,
  diagnostics: readonly Diagnostic[],
) {
  const times = ["_time", ...columns.filter((c) => c.type === "timestamp").map((c) => c.name)];
  return {
    columns: columns.map(({ name, type }) => ({
      name,
      type: type === null ? null : typeof type === "object" ? `list<${type.list}>` : type,
    })),
    rows: rows.map((row) => {
      const out: Record<string, string | number | boolean | readonly string[]> = {};
      for (const [name, value] of Object.entries(row)) {
        if (value !== undefined) out[name] = value;
      }
      for (const name of times) {
        const time = out[name];
        if (typeof time === "number" && Math.abs(time) < 8.64e15) {
          out[name] = new Date(time).toISOString();
        }
      }
      return out;
    }),
    events,
    more,
    notes: [...diagnostics.map((d) => `${d.message}. ${d.help ?? ""}`.trimEnd()), ...notes],
    found: rows.length,
  };
}
