/**
 * Text of logs, for the place that it is put into. Each function gives text that a receiver shows as it
 * stands: nothing in it ends the place, calls somebody, formats or becomes a link. Hidden characters are
 * written out (grammar/visible.ts) everywhere but in JSON, where they are escaped and exact.
 */
import { visible, visibleLines } from "../../../grammar/visible.ts";

/** The first `most` UTF-16 units of a text, marked when it is cut, never half a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const half = end > 0 && /[\ud800-\udbff]/.test(text[end - 1]);
  return `${text.slice(0, half ? end - 1 : end)}…`;
}

/** For one component of a URL's path or query (RFC 3986). */
export function urlText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    // A path segment of dots alone, `%2E` too, is taken out of a URL by whoever reads it.
    .replace(/^\.{1,2}$/, (dots) => "%252E".repeat(dots.length));
}

/** For the value of an HTTP or mail header: printable ASCII on one line. */
export function headerText(text: string): string {
  return visible(text).replaceAll(
    /[^\x20-\x7e]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  ).trim();
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML, in text and in quoted attributes. */
export function htmlText(text: string): string {
  return plainText(text).replaceAll(/[&<>"']/g, (c) => HTML[c]);
}

/**
 * For people who read plain text, on one line or several: what mail programs and phones make links of
 * by themselves (`http://`, `www.`, `mailto:`) is broken as analysts do it: `http[://]`, `www[.]`.
 */
export function plainText(text: string): string {
  return uncalled(unlinked(visibleLines(text)));
}

function unlinked(text: string): string {
  return text.replaceAll("://", "[://]")
    .replaceAll(/\b(www)\./gi, "$1[.]")
    .replaceAll(/\b(mailto|tel|sms|data|javascript):/gi, "$1[:]");
}

/** Names that chats take for everybody, or for somebody when a program posts them. */
const MENTION = /@(?=\s*(?:here|channel|everyone|all|group|team)(?![\p{L}\p{N}]))/giu;

/** Without calls of everybody: the at sign before such a name is the full-width one. */
const uncalled = (text: string) => text.replaceAll(MENTION, "＠");

/** For a place of a chat that reads no marks, as Slack's `plain_text` and Teams' `TextRun`: one line. */
export function chatText(text: string): string {
  return uncalled(unlinked(visible(text)));
}

/**
 * For Slack's mrkdwn. `<!channel>`, `<@U…>` and `<https://…|text>` are text. Formatting characters have
 * no escape there: where they would format, look-alikes stand for them.
 */
export function slackText(text: string): string {
  return chatText(text)
    .replaceAll(/[&<>]/g, (c) => HTML[c])
    .replaceAll(/[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (c) => LOOKALIKE[c])
    .replaceAll(/:(?=[\w+'-]+:)/g, LOOKALIKE[":"]);
}

const LOOKALIKE: Readonly<Record<string, string>> = {
  "*": "∗",
  "_": "＿",
  "~": "∼",
  "`": "ˋ",
  ":": "∶",
};

/** A code span of Slack's mrkdwn: exact but for the backtick, and nothing in it is formatted. */
export function slackCode(text: string): string {
  const inner = uncalled(visible(text)).replaceAll(/[&<>]/g, (c) => HTML[c])
    .replaceAll("`", "ˋ").trim();
  return inner === "" ? "–" : `\`${inner}\``;
}

/** For Markdown (CommonMark and what chats make of it), outside of code: every mark is escaped. */
export function markdownText(text: string): string {
  return chatText(text)
    .replaceAll(/[!-/:-@[-`{-~]/g, (c) => `\\${c}`);
}

/** A code span of CommonMark: its fence is longer than any run of backticks in the text. */
export function markdownCode(text: string): string {
  const inner = uncalled(visible(text)).trim();
  if (inner === "") return "–";
  const runs = inner.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((r) => r.length)) + 1);
  const pad = inner.startsWith("`") || inner.endsWith("`") ? " " : "";
  return fence + pad + inner + pad + fence;
}

/** For a header field of CEF: `\` and `|` escaped, on one line. */
export function cefHeader(text: string): string {
  return visible(text.replaceAll(/[\r\n]+/g, " ")).replaceAll(/[\\|]/g, (c) => `\\${c}`);
}

/** For a value of CEF's extension: `\` and `=` escaped, line ends as `\n`. */
export function cefValue(text: string): string {
  return text.split(/\r\n|\r|\n/)
    .map((line) => visible(line).replaceAll(/[\\=]/g, (c) => `\\${c}`)).join("\\n");
}

/** For a parameter of syslog's structured data (RFC 5424 6.3.3), without its quotes. */
export function syslogParameter(text: string): string {
  return visible(text).replaceAll(/["\\\]]/g, (c) => `\\${c}`);
}

/** For a header field of syslog (RFC 5424 6): printable ASCII without spaces, `-` when there is none. */
export function syslogName(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, "_").slice(0, most) || "-";
}
