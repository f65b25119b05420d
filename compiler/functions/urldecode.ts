import type { FunctionSpec } from "./spec.ts";

/** Attackers encode twice to pass a filter that decodes once; three rounds reach every real case. */
const MAX_ROUNDS = 3;
const ESCAPES = /%u[0-9a-fA-F]{4}|(?:%[0-9a-fA-F]{2})+/g;

/** The function `urldecode`. */
export const urldecode: FunctionSpec = {
  name: "urldecode",
  summary:
    "The text with %XX read as UTF-8 and + as a space, also where it was encoded twice; what does not read stays as it is",
  group: "string",
  params: [{ name: "text", type: "text" }],
  returns: "string",
  examples: [
    { call: 'urldecode("%2e%2e%2fetc")', gives: "../etc" },
    { call: 'urldecode("union+select")', gives: "union select" },
    { call: 'urldecode("%252e%252e%252f")', gives: "../" },
    { call: 'urldecode("%c0%ae%c0%af")', gives: "./" },
    { call: 'urldecode("%u002e%u002e")', gives: ".." },
    { call: 'urldecode("100%")', gives: "100%" },
    { call: 'urldecode("%e4%bd%a0")', gives: "你" },
  ],
  run: (s) => {
    let text = String(s);
    if (text.indexOf("%") < 0) return text.indexOf("+") < 0 ? text : text.replaceAll("+", " ");
    text = text.replaceAll("+", " ");
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next = decodeOnce(text);
      if (next === text) break;
      text = next;
    }
    return text;
  },
};

function decodeOnce(text: string): string {
  return text.replace(ESCAPES, (run) => {
    if (run[1] === "u") return String.fromCharCode(parseInt(run.slice(2), 16));
    const bytes: number[] = [];
    for (let i = 1; i < run.length; i += 3) bytes.push(parseInt(run.slice(i, i + 2), 16));
    return utf8(bytes);
  });
}

/**
 * Reads UTF-8 as lenient web servers do: an overlong form (%c0%ae) gives the character that it
 * hides, and a byte that begins nothing is read as Latin-1.
 */
function utf8(bytes: readonly number[]): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i];
    const more = b >= 0xf0 && b < 0xf8
      ? 3
      : b >= 0xe0 && b < 0xf0
      ? 2
      : b >= 0xc0 && b < 0xe0
      ? 1
      : 0;
    let code = more === 0 ? b : b & (0x3f >> more);
    let whole = i + more < bytes.length;
    for (let k = 1; k <= more && whole; k++) {
      if ((bytes[i + k] & 0xc0) !== 0x80) whole = false;
      else code = code * 64 + (bytes[i + k] & 0x3f);
    }
    if (more > 0 && whole && code <= 0x10ffff) {
      out += String.fromCodePoint(code);
      i += more;
    } else {
      out += String.fromCharCode(b);
    }
  }
  return out;
}
