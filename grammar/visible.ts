/**
 * The one escape for text that came from logs, rules, file names or requests. Without imports, so that
 * the compiler, the agent, the server, the report and the browser's bundle share it.
 *
 * Escaped are all characters that act or that leave no mark of their own: controls (C0, DEL, C1), bidi
 * marks, embeddings, overrides and isolates, zero-width characters, joiners, tags, variation selectors
 * and fillers (Unicode's Default_Ignorable_Code_Point), line and paragraph separators, interlinear
 * annotations and lone surrogates. ZWJ, ZWNJ and variation selectors are among them although emoji and
 * some scripts use them: whoever compares two users on a screen has to see that they differ, and
 * "👩\u{200d}💻" is still read. Letters, combining accents, CJK, emoji and any spaces stay.
 */

/** JSON.stringify escapes C0 and lone surrogates itself; white space between its tokens has to stay. */
const IN_JSON = "\\x7f-\\x9f\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb";
const BUT_LINES = new RegExp(`[\\x00-\\x08\\x0b-\\x1f\\p{Cs}${IN_JSON}]`, "gu");
const JSON_ANY = new RegExp(`[${IN_JSON}]`, "gu");

/**
 * Source of a regex with the flag `u`: a character that has no place in what a person writes. Controls but
 * tabs and ends of lines, and what turns the order of text around; joiners stay, as emoji are made of them.
 */
export const NOT_WRITTEN =
  "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\p{Cs}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069\\ufff9-\\ufffb]";

/** The same of a character that has no place in a name: all that {@link visible} escapes. */
export const NOT_IN_NAME = `[\\x00-\\x1f\\p{Cs}${IN_JSON}]`;
const ANY = new RegExp(NOT_IN_NAME, "gu");

function escape(c: string): string {
  const n = c.codePointAt(0)!;
  return n < 256 ? `\\x${n.toString(16).padStart(2, "0")}` : `\\u{${n.toString(16)}}`;
}

/**
 * Text for people, on one line: `\x1b`, `\x0a`, `\u{202e}` in place of what acts or cannot be seen. A
 * backslash of the text stays one, as in Windows paths, so this is for reading; JSON is exact.
 */
export function visible(text: string): string {
  return text.replace(ANY, escape);
}

/** As {@link visible}, for places that show lines: tabs and line feeds stay. */
export function visibleLines(text: string): string {
  return text.replace(BUT_LINES, escape);
}

/** As {@link visible}, for every string in a value, names of properties too. */
export function visibleValue<T>(value: T): T {
  if (typeof value === "string") return visible(value) as T;
  if (Array.isArray(value)) return value.map(visibleValue) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, v]) => [visible(name), visibleValue(v)]),
  ) as T;
}

/** UTF-16 units as JSON writes them: a character beyond U+FFFF is two. */
function jsonEscape(c: string): string {
  let out = "";
  for (let i = 0; i < c.length; i++) {
    out += `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }
  return out;
}

/** What JSON.stringify gave, whole or one text a line, with the same values and nothing that acts. */
export function inertJson(json: string): string {
  return json.replace(JSON_ANY, jsonEscape);
}

/**
 * JSON whose values are exact and whose text is inert: what {@link visible} would escape is written as
 * `\u202e`. `indent` is JSON.stringify's. Throws TypeError for what JSON cannot hold.
 */
export function visibleJson(value: unknown, indent?: number): string {
  return inertJson(JSON.stringify(value, null, indent));
}
