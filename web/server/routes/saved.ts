/** Searches that people keep, and rules of them. */
import { compileSearch, spanFor } from "../../../agent/search/compile.ts";
import { SAVED_NAME, searchAsRule } from "../../../agent/search/as_rule.ts";
import type { SavedSearch as Stored, Store } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { nearest } from "../../../grammar/nearest.ts";
import { ApiError } from "../http/error.ts";
import { pattern } from "../http/params.ts";
import { languageOf, mistakeIn } from "../route/search_language.ts";
import { route } from "../route/route.ts";
import { whoOf } from "../route/who.ts";
import {
  NewSavedSearch,
  type SavedSearch,
  SavedSearchAnswer,
  SavedSearches,
  SavedSearchRule,
} from "../types/mod.ts";

const byName = { name: pattern("Its name", SAVED_NAME.source, "Failed logins") };
/** Searches that are kept. */
const MOST = 1000;

export const savedRoutes = [
  route({
    path: "/api/searches",
    tag: "Events",
    summary: "Searches that people keep, by name",
    role: "read",
    answer: SavedSearches,
    async handle({ store }) {
      return { searches: (await store.savedSearches()).map(savedJson) };
    },
  }),
  route({
    method: "post",
    path: "/api/searches",
    tag: "Events",
    summary: "Keep a search under a name; one of the same name is replaced",
    role: "write",
    body: NewSavedSearch,
    answer: SavedSearchAnswer,
    refuses: { 409: `More than ${MOST} searches are kept` },
    async handle({ store, services, body, caller }) {
      const { name, query, since = null, description = "" } = body;
      const content = services.content();
      if (!content) throw new ApiError(503, "unavailable", "No sourcetypes are loaded");
      const compiled = compileSearch(query, languageOf(content), spanFor(86_400_000));
      if (compiled.search === null) throw mistakeIn(compiled, "query");
      const kept = await store.savedSearches();
      if (kept.length >= MOST && !kept.some((s) => s.name === name)) {
        throw new ApiError(
          409,
          "too_many_searches",
          `At most ${MOST} searches are kept; remove one`,
        );
      }
      const who = whoOf(caller, body.who);
      return {
        search: savedJson(await store.saveSearch({ name, query, since, description, who })),
      };
    },
  }),
  route({
    method: "delete",
    path: "/api/searches/:name",
    tag: "Events",
    summary: "Keep a search no longer",
    role: "write",
    ids: byName,
    answer: SavedSearches,
    async handle({ store, path, caller }) {
      const gone = await store.removeSearch(path.name, whoOf(caller, undefined));
      if (!gone) throw await unknown(store, path.name);
      return { searches: (await store.savedSearches()).map(savedJson) };
    },
  }),
  route({
    path: "/api/searches/:name/rule",
    tag: "Events",
    summary: "A kept search as a rule in SDL, where a stream can do all of it",
    role: "read",
    ids: byName,
    answer: SavedSearchRule,
    async handle({ store, services, path }) {
      const saved = (await store.savedSearches()).find((s) => s.name === path.name);
      if (!saved) throw await unknown(store, path.name);
      const content = services.content();
      if (!content) throw new ApiError(503, "unavailable", "No sourcetypes are loaded");
      const language = languageOf(content);
      const compiled = compileSearch(saved.query, language, spanFor(86_400_000));
      if (compiled.search === null) throw mistakeIn(compiled, "name");
      const made = searchAsRule(compiled.search, saved.name, saved.query, language.catalogue);
      if (made.text === null) {
        throw mistakeIn({ text: saved.query, diagnostics: made.refusals }, "name");
      }
      return { rule: made.text };
    },
  }),
];

function savedJson({ name, query, since, description, who, updated }: Stored): SavedSearch {
  return { name, query, since, description, who, updated: rfc3339(updated) };
}

async function unknown(store: Store, name: string): Promise<ApiError> {
  const near = nearest(name, (await store.savedSearches()).map((s) => s.name));
  const help = near ? `; did you mean "${near}"?` : "";
  return new ApiError(404, "not_found", `No search "${name}" is kept${help}`, "name");
}
