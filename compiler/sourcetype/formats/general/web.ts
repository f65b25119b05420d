/** A request of HTTP in a text of no format that is known: method, target, status. */

import type { Quoted } from "./tokens.ts";

export interface Request {
  readonly method: string | undefined;
  readonly url: string;
  readonly status: string | undefined;
  readonly agent: string | undefined;
  /** Where it begins: from here on a client may have written. */
  readonly from: number;
  readonly to: number;
}

const METHOD =
  "GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|REPORT|SEARCH";
const REQUEST = new RegExp(
  String
    .raw`(?<![\w/-])["'\`]?(${METHOD})["'\`]?(?: {1,6}|:|\t)(?:https? [\w.:-]{1,255} |[\w.:-]{1,255}\t)?["'\`]?((?:/|https?://|\*(?= ))[^\s"'\`]{0,8192})["'\`]?(?: HTTP/\d(?:\.\d)?)?["'\`]?`,
  "g",
);
const AFTER = /^[\s|,:;([-]{1,4}(?:status(?:_code)?[=: ]{1,2})?([1-5]\d\d)(?![\w.])/i;
const BEFORE =
  /(?:^|[\s|[(=-])([1-5]\d\d)(?: [1-5]\d\d)?(?: - |\s*\|[^|]{0,40}\|[^|]{0,60}\| *|\] *| )$/;
const KEYED =
  /\b(?:status|status_code|code|response|returned|responded|answered)(?: with)?[=: ]{1,2}"?([1-5]\d\d)\b/i;

/** A product with its version in quotes. */
const AGENT_KEY = /\buser[-_ ]?agent[:=] ?"?([^\]"]{1,1024})/i;
const AGENT = /(?:"| - )([A-Za-z][\w.-]{1,32}\/\d[^"\\]{0,1024})(?:"|$)/;

/** All that stands in one pair of quotes, whatever a client put into its target. */
const WHOLE = new RegExp(String.raw`^"(${METHOD}) +(.*?)(?: HTTP\/\d(?:\.\d)?)?"$`, "s");

/** The first request that the text holds. */
export function requestOf(text: string, quoted: readonly Quoted[]): Request | null {
  for (const q of quoted) {
    const m = WHOLE.exec(text.slice(q.from, q.to));
    if (m !== null) return requestAt(text, q.from, q.to, m[1], m[2]);
  }
  REQUEST.lastIndex = 0;
  const m = REQUEST.exec(text);
  if (m !== null) return requestAt(text, m.index, m.index + m[0].length, m[1], m[2]);
  const answered = ANSWERED.exec(text);
  if (answered === null) return null;
  const [whole, url, status] = answered;
  const from = answered.index;
  return { method: undefined, url, status, agent: undefined, from, to: from + whole.length };
}

/** A target with its status, where no method is said: `/api/login: 403`. */
const ANSWERED = /(?<=^|\s)(\/[^\s"'`:]{1,2048}):? ([1-5]\d\d)(?=\s)/;

function requestAt(text: string, from: number, end: number, method: string, url: string): Request {
  const status = AFTER.exec(text.slice(end, end + 48))?.[1] ??
    BEFORE.exec(text.slice(Math.max(0, from - 128), from))?.[1] ??
    KEYED.exec(text.slice(Math.max(0, from - 256), from))?.[1] ??
    // Not across a quote that a client could have closed.
    KEYED.exec(text.slice(end, end + 64).split('"')[0])?.[1];
  const agent = AGENT.exec(text.slice(end))?.[1] ?? AGENT_KEY.exec(text)?.[1];
  return { method, url, status, agent, from, to: end };
}
