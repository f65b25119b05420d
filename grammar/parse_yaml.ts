/**
 * YAML texts → documents with their places. The library asks the environment twice for every token
 * (LOG_TOKENS, LOG_STREAM: its own debugging), which under Deno is a call of the runtime each and a
 * tenth of parsing two thousand rules: while it parses, the environment is an empty one.
 */
import process from "node:process";
import { type Document, parseAllDocuments, parseDocument } from "yaml";

const OPTIONS = { prettyErrors: false, uniqueKeys: true } as const;

/** The one document of a text; a second one is an error of the document. */
export const yamlDocument = (text: string): Document =>
  withoutEnvironment(() => parseDocument(text, OPTIONS));

/** All documents of a text. */
export function yamlDocuments(text: string): readonly Document[] {
  const parsed = withoutEnvironment(() => parseAllDocuments(text, OPTIONS));
  // A text without any gives an object that says so.
  return Array.isArray(parsed) ? parsed : [];
}

/** @param parse runs to its end before anything else does: nobody else sees the empty environment */
function withoutEnvironment<T>(parse: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return parse();
  } finally {
    process.env = env;
  }
}
