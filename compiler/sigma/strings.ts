/** Sigma's strings: text with wildcards, and what modifiers make of it. */

/** Any run of characters, and any one character. */
export const ANY = 1, ONE = 2;

/** What a pipeline puts a value in the place of. */
export interface Placeholder {
  readonly placeholder: string;
}

export type Part = string | typeof ANY | typeof ONE | Placeholder;

/** Text and wildcards in turn; no two texts and no two `ANY` beside each other, no empty text. */
export type Parts = readonly Part[];

export const isPlaceholder = (p: Part): p is Placeholder => typeof p === "object";

const PLACEHOLDER = /%([\w.-]+)%/;

/** The name of the first placeholder in a text; null without one. */
export const placeholderIn = (text: string): string | null => PLACEHOLDER.exec(text)?.[1] ?? null;

/** A text as {@link parseString} reads it, `%name%` as placeholders. */
export function parsePlaced(source: string): Parts {
  // The pieces at odd places are names.
  const pieces = source.split(PLACEHOLDER);
  return joined(
    ...pieces.map((p, i): Parts => i % 2 === 0 ? parseString(p) : [{ placeholder: p }]),
  );
}

/**
 * Reads wildcards and escapes: `*` and `?` stand for any text and any character, `\*`, `\?` and `\\`
 * for the character itself, and a backslash before anything else for a backslash.
 */
export function parseString(source: string): Parts {
  const out: Part[] = [];
  let text = "";
  for (let i = 0; i < source.length; i++) {
    const c = source[i], next = source[i + 1];
    if (c === "\\" && (next === "*" || next === "?" || next === "\\")) {
      text += next;
      i++;
    } else if (c === "*" || c === "?") {
      out.push(text, c === "*" ? ANY : ONE);
      text = "";
    } else text += c;
  }
  out.push(text);
  return tidy(out);
}

/** One run of text or wildcards after the other. */
export function joined(...parts: readonly Parts[]): Parts {
  return tidy(parts.flat());
}

function tidy(parts: readonly Part[]): Parts {
  const out: Part[] = [];
  for (const p of parts) {
    const last = out.at(-1);
    if (p === "" || (p === ANY && last === ANY)) continue;
    if (typeof p === "string" && typeof last === "string") out[out.length - 1] = last + p;
    else out.push(p);
  }
  return out;
}

/** The text, or null where there are wildcards in it. */
export function plainText(parts: Parts): string | null {
  if (parts.length === 0) return "";
  return parts.length === 1 && typeof parts[0] === "string" ? parts[0] : null;
}

/**
 * As a pattern of `like`.
 * @param escapes a backslash stands before each `*`, `?` and `\` that is meant as itself
 */
export function patternText(parts: Parts, escapes = true): string {
  return parts.map((p) =>
    p === ANY
      ? "*"
      : p === ONE
      ? "?"
      : isPlaceholder(p)
      ? `%${p.placeholder}%`
      : escapes
      ? p.replace(/[\\*?]/g, "\\$&")
      : p
  ).join("");
}

/** What `windash` puts in the place of a dash: hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = ["-", "/", "\u2013", "\u2014", "\u2015"];
/** Where a parameter begins: a dash or slash that no word character precedes and one follows. */
const DASH = /(?<!\w)[-/](?=\w)/g;

/** Every writing of a text's dashes, or null where there would be more than `limit`. */
export function windash(parts: Parts, limit: number): Parts[] | null {
  let out: Parts[] = [[]];
  for (const p of parts) {
    if (typeof p !== "string") {
      out = out.map((o) => joined(o, [p]));
      continue;
    }
    let from = 0;
    for (const { index } of p.matchAll(DASH)) {
      if (out.length * DASHES.length > limit) return null;
      const before = p.slice(from, index);
      out = out.flatMap((o) => DASHES.map((d) => joined(o, [before + d])));
      from = index + 1;
    }
    out = out.map((o) => joined(o, [p.slice(from)]));
  }
  return out;
}

export type Utf16 = "le" | "be" | "bom";

/** UTF-16 of a text, one character a byte. */
export function utf16(text: string, form: Utf16): string {
  let out = form === "bom" ? "\u00ff\u00fe" : "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const low = String.fromCharCode(unit & 0xff), high = String.fromCharCode(unit >> 8);
    out += form === "be" ? high + low : low + high;
  }
  return out;
}

/** UTF-8 of a text, one character a byte. */
export function utf8(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) out += String.fromCharCode(byte);
  return out;
}

/** Base64 of bytes. @param bytes one character a byte */
export const base64 = (bytes: string): string => btoa(bytes);

/**
 * The part of the Base64 of any text around `bytes` that hangs on them alone, for each of the three
 * places where they may begin in a group of three.
 */
export function base64Offsets(bytes: string): string[] {
  const starts = [0, 2, 3], ends = [0, 3, 2];
  return [0, 1, 2].map((shift) => {
    const whole = btoa(" ".repeat(shift) + bytes);
    return whole.slice(starts[shift], whole.length - ends[(bytes.length + shift) % 3]);
  });
}
