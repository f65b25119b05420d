/** What is typed into the search of events. */

/**
 * `src=10.0.0.1 user="j smith" status>=500 action!=success failed password`: fields, and the words
 * left for the raw text. An operator stays with its field's name, as the API's parameters have it.
 */
export function readSearch(text: string): { fields: Record<string, string>; words: string } {
  const fields: Record<string, string> = {};
  const words = text.replace(
    /(^|\s)([A-Za-z_][\w.]*[!<>]?)\s*=\s*(?:"([^"]*)"|(\S+))/g,
    (_all, before: string, name: string, quoted: string | undefined, bare: string | undefined) => {
      fields[name] = quoted ?? bare ?? "";
      return before;
    },
  );
  return { fields, words: words.replace(/\s+/g, " ").trim() };
}
