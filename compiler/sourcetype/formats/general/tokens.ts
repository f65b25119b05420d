/**
 * A message as words, and which parts of it a client may have written. Quoted text, URLs and paths are
 * masked: they never say what happened or who it was. Everything is linear in the text.
 */

export interface Token {
  /** In lower case. */
  readonly word: string;
  readonly from: number;
  readonly to: number;
  /** Number of the sentence that it stands in. */
  readonly sentence: number;
  /** A number stands right before it: "12 dropped". */
  readonly counted: boolean;
}

/** A part of the text that stands in quotes. */
export interface Quoted {
  readonly from: number;
  readonly to: number;
}

const QUOTES =
  /"(?:[^"\\\n]|\\.){0,4096}"|(?<![\w)\]}])'[^'\n]{0,1024}'(?!\w)|`[^`'\n]{0,256}'|`[^`\n]{0,1024}`/g;
/** Tokens that are an address of the web, a path, a file with a line, a class or a domain. */
const PLACES =
  /[A-Za-z][A-Za-z0-9+.-]{1,15}:\/\/[^\s"'<>|?]{1,4096}(?:\?[^\s"'<>]{0,4096})?|(?<![^\s"'([=,:>|-])\.{0,3}\/?[\w.@%~+-]*\/[^\s"'<>,;:()[\]|]*|(?<![\w.])[A-Za-z_][\w-]*(?:\.[A-Za-z_$][\w$-]*)+(?:\(\))?/g;

/** Where text stands in quotes, in order. */
export function quotedParts(text: string): Quoted[] {
  const out: Quoted[] = [];
  if (!/["'`]/.test(text)) return out;
  for (const m of text.matchAll(QUOTES)) out.push({ from: m.index, to: m.index + m[0].length });
  return out;
}

/** The text with quoted parts and places as blanks, every other character where it was. */
export function masked(text: string, quoted: readonly Quoted[]): string {
  let out = text;
  for (const q of quoted) out = blank(out, q.from, q.to);
  if (out.includes("/") || out.includes(".")) {
    out = out.replace(
      PLACES,
      (m) => /^(?:and|or|user|username|login|password|\/)+$/i.test(m) ? m : " ".repeat(m.length),
    );
    // A path that goes on behind a bracket may hold anything.
    const open = OPEN_PATH.exec(out === text ? text : masks(text, quoted));
    if (open !== null) out = blank(out, open.index, out.length);
  }
  return out;
}

const OPEN_PATH = /(?<=[\s:=])\/[\w./~%+-]*[\w/]\[/;

function masks(text: string, quoted: readonly Quoted[]): string {
  return quoted.reduce((t, q) => blank(t, q.from, q.to), text);
}

/** A key whose quoted text is the server's word on what happened. */
const SAYS =
  /\b(?:msg|message|reason|error|err|status|result|response|event|desc|description)\s?[=:]\s?$/i;

/** The masked text, with what the server says in quotes: `msg="535 Authentication failed"`. */
export function spoken(text: string, bare: string, quoted: readonly Quoted[]): string {
  for (const { from, to } of quoted) {
    if (!SAYS.test(text.slice(Math.max(0, from - 16), from))) continue;
    bare = bare.slice(0, from) + text.slice(from, to) + bare.slice(to);
  }
  return bare;
}

/** The text with blanks from one place to another. */
export function blank(text: string, from: number, to: number): string {
  return text.slice(0, from) + " ".repeat(to - from) + text.slice(to);
}

/** The masked text, but for quoted names of keys: `"user":"bob"` names an account. */
export function named(text: string, bare: string, quoted: readonly Quoted[]): string {
  for (const { from, to } of quoted) {
    if (to - from > 34 || !/^\s?:/.test(text.slice(to, to + 2))) continue;
    bare = bare.slice(0, from) + text.slice(from, to) + bare.slice(to);
  }
  return bare;
}

const WORDS =
  /[A-ZÀ-Þ]?[a-zß-öø-ÿ]+|[A-ZÀ-Þ]+(?![a-zß-öø-ÿ])|\d+[A-Za-z]+|(?<=^|\s)0(?=\s)|[.;!?](?=\s|$)|\n/g;
const MAX_TOKENS = 512;

/** The words of a text that was masked: `LoginFailed` is two, "log in" and "sign in" are one. */
export function tokensOf(text: string): Token[] {
  const out: Token[] = [];
  if (text.includes("nknown")) text = text.replace(MISSING, (m) => " ".repeat(m.length));
  let sentence = 0;
  for (const m of text.matchAll(WORDS)) {
    const unit = m[0].charCodeAt(0);
    if (unit === 10 || unit === 46 || unit === 59 || unit === 33 || unit === 63) {
      sentence++;
      continue;
    }
    if (out.length >= MAX_TOKENS) break;
    const word = m[0].toLowerCase();
    const two = COMPOUND.exec(word);
    if (two !== null) {
      const [first, second] = two[1] === undefined ? [two[3], two[4]] : [two[1], two[2]];
      const middle = m.index + first.length;
      out.push({ word: first, from: m.index, to: middle, sentence, counted: false });
      out.push({ word: second, from: middle, to: m.index + word.length, sentence, counted: false });
      continue;
    }
    const last = out[out.length - 1];
    const joined = last === undefined ? undefined : JOINED.get(`${last.word} ${word}`);
    if (joined !== undefined && m.index - last.to <= 1) {
      out[out.length - 1] = { ...last, word: joined, to: m.index + word.length };
    } else {
      const counted = COUNT.test(text.slice(Math.max(0, m.index - 2), m.index));
      out.push({ word, from: m.index, to: m.index + word.length, sentence, counted });
    }
  }
  return out;
}

/** A name that is not known: `host=<unknown>`, `unknown[192.0.2.1]`. */
const MISSING = /(?<=[=(])<?unknown>?(?=[\s,;)])|(?<!\w)unknown ?(?=[[(]\d)/gi;
const COUNT = /\d $/;

/** `badlogin`, `authfail`, `wrongpass`: a noun of authentication and a verb of refusal written as one. */
const COMPOUND = new RegExp(
  String
    .raw`^(?:(bad|invalid|wrong|failed|unknown|incorrect)(login|logon|password|passwd|user|auth)|(login|logon|auth|password|user)(fail|failed|failure|denied|rejected|unknown|invalid))$`,
);

/** Words that are one when they follow each other. */
const JOINED: ReadonlyMap<string, string> = new Map([
  ["log in", "login"],
  ["log on", "logon"],
  ["sign in", "signin"],
  ["sign on", "signin"],
  ["signing in", "signin"],
  ["logging in", "login"],
  ["logged in", "loggedin"],
  ["logged on", "loggedon"],
  ["signed in", "signedin"],
  ["pass word", "password"],
  ["user name", "username"],
  ["public key", "publickey"],
  ["o auth", "auth"],
  ["un authorized", "unauthorized"],
  ["non existent", "nonexistent"],
  ["not exist", "notexist"],
  ["brute force", "bruteforce"],
  ["rate limited", "throttled"],
  ["time out", "timeout"],
  ["e mail", "email"],
  ["keyboard interactive", "keyboardinteractive"],
  ["limit exceeded", "throttled"],
  ["limit reached", "throttled"],
  ["too many", "excessive"],
  ["can t", "cannot"],
  ["matching endpoint", "peer"],
  ["authorization header", "header"],
]);
