/** What a sentence says: outcome, client, account, request. */
import { type Account, accountOf, isName } from "./account.ts";
import { columnsOf, flowOf } from "./flow.ts";
import { begunBySuccess, type Outcome, outcomeOf } from "./outcome.ts";
import { type Endpoints, endpointsOf } from "./roles.ts";
import { blank, masked, named, type Quoted, quotedParts, spoken, tokensOf } from "./tokens.ts";
import { type Request, requestOf } from "./web.ts";
import * as words from "./words.ts";

export interface Said extends Endpoints {
  outcome: Outcome;
  user?: string;
  request: Request | null;
}

/** Longest text that is looked at, in UTF-16 units. */
const MAX_TEXT = 8192;

export function sayingOf(whole: string): Said {
  const text = whole.length > MAX_TEXT ? whole.slice(0, MAX_TEXT) : whole;
  const flow = columnsOf(text) ?? (text.includes('"') ? null : flowOf(text));
  if (flow !== null) {
    const { blocked, ...ends } = flow;
    return { ...ends, outcome: blocked ? "blocked" : null, request: null, unclear: false };
  }
  const quoted = quotedParts(text);
  const request = requestOf(text, quoted);
  // A request's own words are its client's.
  const rest = request === null ? text : blank(text, request.from, request.to);
  const bare = masked(rest, quoted);
  const account = accountOf(rest, named(rest, bare, quoted));
  const tokens = tokensOf(withoutAccount(spoken(rest, bare, quoted), account));
  const outcome = NO_LOGIN.test(text)
    ? null
    : begunBySuccess(text)
    ? "success"
    : outcomeOf(tokens, account !== null);
  const login = outcome === "failure" || outcome === "success";
  const trusted = trustedEnd(text, quoted, account, request);
  const certain = login || request !== null ? "yes" : outcome === "blocked" ? "word" : "no";
  const ends = endpointsOf(rest, quoted, trusted, certain);
  const user = account?.of(login) ?? (login ? nameBeside(rest, ends.src, quoted) : undefined);
  return { ...ends, outcome, user, request };
}

/**
 * What is no login by itself: PAM's word on one to sshd, which says the same in a line of its own, and one
 * of nobody: "unknown user ''".
 */
const NO_LOGIN = /^pam_\w+\(sshd:auth\): |\b(?:unknown|invalid) user (?:''|""|<>)/i;

/** A name that stands right before the client's address (`bob@192.0.2.1`), or behind it as in an access line. */
function nameBeside(text: string, src: string | undefined, quoted: readonly Quoted[]) {
  const at = src === undefined ? -1 : text.indexOf(src);
  if (at < 0 || quoted.some((q) => at >= q.from && at < q.to)) return undefined;
  const before =
    /(?<![^\s([:/])(?:([\w.+-]{1,64})@|([\w.+-]{1,64}@[\w.-]{1,128})[:/])\[?(?:::ffff:)?$/i
      .exec(text.slice(Math.max(0, at - 256), at));
  const name = before?.[1] ?? before?.[2] ??
    /^(?::\d{1,5})? (?:- ){1,2}([\w@.+\\-]{1,64}) /.exec(text.slice(at + src!.length))?.[1];
  return name !== undefined && isName(name) && !words.NO_ACCOUNT.has(name.toLowerCase())
    ? name
    : undefined;
}

/** How far the server speaks alone: to the first text that a client may have written. */
function trustedEnd(
  text: string,
  quoted: readonly Quoted[],
  account: Account | null,
  request: Request | null,
): number {
  const quote = quoted.find((q) => !isServers(text, q))?.from;
  return Math.min(account?.from ?? Infinity, request?.from ?? Infinity, quote ?? Infinity);
}

/** The name of an account says nothing of what became of it. */
function withoutAccount(bare: string, account: Account | null): string {
  for (const { from, to } of account?.parts ?? []) bare = blank(bare, from, to);
  return bare;
}

const TIME =
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?$/;

/** A quoted text that is nothing but an address or a time, or the name of a key, is the server's own. */
function isServers(text: string, { from, to }: Quoted): boolean {
  if (/^["']\s*:/.test(text.slice(to - 1, to + 4))) return true;
  if (TIME.test(text.slice(from + 1, to - 1))) return true;
  return /^.[[\s]*(?:::ffff:)?[\d.:a-fA-F]{2,45}\]?(?::\d{1,5})?.$/.test(text.slice(from, to));
}
