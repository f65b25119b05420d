/** What searches may name, and what is wrong in one. */
import { declaringFiles, QUERY_NAME, type SearchLanguage } from "../../../agent/search/compile.ts";
import { placeOf } from "../../../compiler/check/diagnostics.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { ApiError } from "../http/error.ts";
import type { Content } from "./content.ts";

const languages = new WeakMap<Content, SearchLanguage>();

/** What searches may name; worked out once for what is loaded. */
export function languageOf(content: Content): SearchLanguage {
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

/** The first mistake, with its place. */
export function mistakeIn(
  { text, diagnostics }: { readonly text: string; readonly diagnostics: readonly Diagnostic[] },
  field: string,
): ApiError {
  const first = diagnostics.find((d) => d.level === "error");
  if (first === undefined) {
    return new ApiError(400, "bad_search", "The search does not read", field);
  }
  const { line, column } = placeOf(first.span, first.file === QUERY_NAME ? text : "");
  const help = first.help === undefined ? "" : `. ${first.help}`;
  return new ApiError(400, "bad_search", `${line}:${column}: ${first.message}${help}`, field);
}
