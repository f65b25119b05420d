/** What became of a login, by its words: a noun of authentication and a verb of refusal are both needed. */
import type { Token } from "./tokens.ts";
import * as words from "./words.ts";

export type Outcome = "failure" | "success" | "blocked" | null;

/** How far a noun and its verb may stand apart, in words. */
const REACH = 7;

/**
 * The outcome that the words of a message state. Failure before success, both before a block.
 * @param named an account is named, so that what follows may be its client's text
 */
export function outcomeOf(tokens: readonly Token[], named = false): Outcome {
  let success = false;
  let blocked = false;
  for (let i = 0; i < tokens.length; i++) {
    const { word } = tokens[i];
    if (refuses(tokens, i)) {
      if (aimed(tokens, i)) continue;
      if (near(tokens, i, words.AUTHENTICATION, reachOf(word))) {
        return !named && broken(tokens) ? null : "failure";
      }
      if (words.UNKNOWN_TO.has(word) && near(tokens, i, words.PRINCIPAL, 2)) return "failure";
    } else if (words.AFTER_NOT.has(word) && negated(tokens, i)) {
      if (BY_ITSELF.has(word)) return "failure";
      if (near(tokens, i, words.AUTHENTICATION, 4) || near(tokens, i, words.PRINCIPAL, 4)) {
        return "failure";
      }
    } else if (words.CAME_IN.has(word)) {
      if (negated(tokens, i)) return "failure";
      success = true;
    } else if (words.SUCCESS.has(word) && !negated(tokens, i)) {
      if (near(tokens, i, words.AUTHENTICATION, 6)) success = true;
    }
    // "tried to login but they do not have the permission"
    if (
      word === "but" && words.AUTHENTICATION.has(tokens[i - 1]?.word ?? "") && refused(tokens, i)
    ) {
      return "failure";
    }
    if (
      words.BLOCK.has(word) && !negated(tokens, i) && !counts(tokens, i) &&
      near(tokens, i, words.NETWORK, 4)
    ) {
      blocked = true;
    }
  }
  return success ? "success" : blocked ? "blocked" : null;
}

const LABEL = /^(?:[\w.-]{1,32}: )?\[?([A-Za-z]{2,24})[-_]([A-Za-z]{2,24})(?:\]|:|\s|$)/;

/**
 * Whether a message begins with a label that says that somebody came in, "[LOGON-ACCEPT] …" or
 * "AUTH_OK: …": that decides, whatever reasons follow ("password expired, changed").
 */
export function begunBySuccess(text: string): boolean {
  const m = LABEL.exec(text);
  if (m === null) return false;
  const [first, second] = [m[1].toLowerCase(), m[2].toLowerCase()];
  // RADIUS
  if (first === "access") return second === "accept";
  const says = (noun: string, verb: string) =>
    words.AUTHENTICATION.has(noun) && (words.SUCCESS.has(verb) || words.SUCCESS_LABEL.has(verb));
  return says(first, second) || says(second, first);
}

/** How far a word of refusal may stand from its noun. */
function reachOf(word: string): number {
  return words.ERROR.has(word) ? 1 : words.REFUSAL_NEAR.has(word) ? 3 : REACH;
}

function refuses(tokens: readonly Token[], i: number): boolean {
  const { word } = tokens[i];
  if (words.ERROR.has(word)) return !negated(tokens, i);
  if (!words.REFUSAL.has(word) && !words.REFUSAL_NEAR.has(word)) return false;
  // "no failed logins", "failed: 0"
  return !(negated(tokens, i) && word !== "cannot") && tokens[i + 1]?.word !== "0";
}

/** Whether the word before it, or the one before that ("does not seem valid"), turns it around. */
function negated(tokens: readonly Token[], i: number): boolean {
  for (let j = i - 1; j >= Math.max(0, i - 3); j--) {
    if (tokens[j].sentence !== tokens[i].sentence) return false;
    // "0 failed logins"; a number of bytes before a message turns nothing around.
    if (words.NEGATION.has(tokens[j].word) && (tokens[j].word !== "0" || j === i - 1)) return true;
  }
  return false;
}

/** Whether the rest of a sentence denies something. */
function refused(tokens: readonly Token[], i: number): boolean {
  for (let j = i + 1; j < Math.min(tokens.length, i + 6); j++) {
    if (tokens[j].sentence !== tokens[i].sentence) return false;
    if (words.NEGATION.has(tokens[j].word) || words.REFUSAL.has(tokens[j].word)) return true;
  }
  return false;
}

/** "5120 blocked addresses", "dropped 12 stale messages": it speaks of many, or of other things. */
function counts(tokens: readonly Token[], i: number): boolean {
  const next = tokens[i + 1];
  if (next === undefined || next.sentence !== tokens[i].sentence) return false;
  const network = words.NETWORK.has(next.word);
  return tokens[i].counted ? network : next.counted && !network && next.word !== "from" &&
    next.from - tokens[i].to < 7;
}

/** "failed to open the password file", "unable to read": what failed is another thing than a login. */
function aimed(tokens: readonly Token[], i: number): boolean {
  const to = tokens[i + 1];
  const verb = to?.word === "to"
    ? tokens[i + 2]
    : CAN.has(tokens[i].word)
    ? tokens[i + 1]
    : undefined;
  if (verb === undefined || verb.sentence !== tokens[i].sentence) return false;
  return !words.TO_COME_IN.has(verb.word) && verb.word !== "be";
}

/** "failed: Connection lost to authentication server", and no more: nobody was refused. */
function broken(tokens: readonly Token[]): boolean {
  if (!words.BACKEND.has(tokens[tokens.length - 1].word)) return false;
  const end = tokens.slice(-6);
  const lost = end.findIndex((t) => words.BROKEN.has(t.word));
  return lost > 0 && end.slice(0, lost).some((t) => words.REFUSAL.has(t.word));
}

/** "not authenticated" needs no other noun. */
const BY_ITSELF: ReadonlySet<string> = new Set(["authenticated", "authenticate"]);

const CAN: ReadonlySet<string> = new Set(["cannot"]);

function near(
  tokens: readonly Token[],
  i: number,
  nouns: ReadonlySet<string>,
  reach: number,
): boolean {
  const { sentence } = tokens[i];
  for (let j = Math.max(0, i - reach); j <= Math.min(tokens.length - 1, i + reach); j++) {
    if (j === i || tokens[j].sentence !== sentence || !nouns.has(tokens[j].word)) continue;
    // "password policy", "login page": a noun of something else.
    const next = tokens[j + 1];
    if (next === undefined || !words.TOPIC.has(next.word) || next.from > tokens[j].to + 1) {
      return true;
    }
  }
  return false;
}
