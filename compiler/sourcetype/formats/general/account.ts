/** Whose account a text speaks of, by the words before it. A value is never punctuation or a word of a sentence. */
import { addressOf } from "../address/address.ts";
import * as words from "./words.ts";

export interface Account {
  /** The name; `login`: the text speaks of a login, so "for bob" names one where no word says so. */
  of(login: boolean): string | undefined;
  /** Where the first text begins that could be an account: what follows may be the client's. */
  readonly from: number;
  /** Where such texts stand. */
  readonly parts: readonly Value[];
}

interface Value {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** A word that an account may stand after, and what joins them. */
const KEY = /(?<![\w-])[A-Za-z][\w.-]{2,24}/g;
const JOIN =
  /(?: name| id| account| input)?(?:"?(\s{0,4}:\s{0,4}|=(?=\S)|\s{1,4}=\s{1,4}|\|(?=[^[\]|]{1,256}\]))|\s{1,4}(?:is )?(?=["'`<[(\w])|(?=["'`<[]))/y;
const FOR = /(?<![\w-])(?:for|as|by)(?=\s)/gi;
const AFTER_FOR =
  /\s{1,4}(?:the )?(?:(?:user|principal|customer|member|identity|mailbox|login|account|username|email) (?=[\w"'`<[@])|(?:admin|administrator|operator) (?=["'`]))?/y;
/** Before an account's word: it is any account, and what follows is no name. */
const ANY = /(?:^|\s)(?:an?|your|any|no|their|my|our|every|each|this)\s$/i;
/** What came of it, and whose it was: "Login incorrect: [bob/x]". */
const VERDICT =
  /(?:\b(?:OK|incorrect|failed|failure|denied|rejected|accepted|succeeded|invalid user))(?: \([^()]{0,256}\))?: \[([\w.@+\\$-]{1,64})(?=[\]/])/i;
const VALUE =
  /"([^"\n]{1,256})"|'([^'\n]{1,256})'|`([^`\n]{1,256})`|<([^<>\n]{1,256})>|\[([^[\]\n]{1,256})\]|\(([^()\n]{1,256})\)|(@[\w.=-]{1,128}:[\w.-]{1,128}|[\w@+\\$][\w.@+\\$=~-]{0,255}|\w)/y;
const MAIL = /^[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@])/;
/** Words that need no mark before the name. */
const BARE = /^(?:user|username|account)$/i;
const MAX_TRIED = 24;

/** The account that a text names. `words`: the text without what a client may have written. */
export function accountOf(text: string, words: string): Account | null {
  const said = saidAccount(text, words) ?? verdictAccount(text, words) ?? subject(text);
  const meant = meantAccount(text, words);
  const parts = [said, meant].filter((p) => p !== null);
  if (parts.length === 0) return null;
  return {
    of: (login) => said?.name ?? (login ? meant?.name : undefined),
    from: Math.min(...parts.map((p) => p.from)),
    parts,
  };
}

function saidAccount(text: string, words: string): Value | null {
  let tried = 0;
  let number: Value | null = null;
  for (const m of words.matchAll(KEY)) {
    const end = m.index + m[0].length;
    // A "name" may be anything's, but an address of mail is an account's.
    const name = /^name$/i.test(m[0]);
    if (!name && !isAccountWord(m[0])) continue;
    if (++tried > MAX_TRIED) break;
    JOIN.lastIndex = end;
    const join = JOIN.exec(text);
    if (join === null) continue;
    const at = JOIN.lastIndex;
    const key = join[1] !== undefined;
    if (!key && ANY.test(words.slice(Math.max(0, m.index - 8), m.index))) continue;
    if (name && !(key && MAIL.test(text.slice(at, at + 256)))) continue;
    // "login bob" is no account, "user bob" is.
    if (!key && !BARE.test(m[0]) && !/["'`<[]/.test(text[at] ?? "")) continue;
    const found = valueAt(text, at, key);
    if (found === null) continue;
    // A name that stands behind it says more: `userId=4d5, …, username=bob`.
    if (key && /(?:user|account)_?id$/i.test(m[0])) number ??= found;
    else return found;
  }
  return number;
}

/** Who did it, where a sentence begins with a name: "admin failed to log in", "Steve[/192.0.2.1] logged in". */
const SUBJECT =
  /(?:^|[\]:] )(["'`]?)([\w.@+-]{2,64})\1(?:\[[^[\]]{0,64}\])? (?:has )?(?:failed to (?:log ?in|sign ?in|log ?on|authenticate)|(?:successfully )?(?:logged|signed) (?:in|on))\b/i;
const NOBODYS =
  /^(?:client|server|peer|host|someone|somebody|anyone|nobody|player|attacker|node|agent|worker|device|service|bot|guest user|attempt|request|visitor|process|driver|plugin|module|they|he|she|it|you|we)$/i;

function subject(text: string): Value | null {
  const m = SUBJECT.exec(text);
  if (m === null || NOBODYS.test(m[2]) || words.NO_ACCOUNT.has(m[2].toLowerCase())) return null;
  const from = text.indexOf(m[2], m.index);
  return isName(m[2]) ? { name: m[2], from, to: from + m[2].length } : null;
}

function verdictAccount(text: string, words: string): Value | null {
  const m = VERDICT.exec(text);
  // Not where the verdict stands in quotes.
  if (m === null || words.slice(m.index, m.index + 2) !== m[0].slice(0, 2)) return null;
  const to = m.index + m[0].length;
  const name = text.slice(to - m[1].length, to);
  return isName(name) && !isSaid(name) ? { name, from: to - name.length, to } : null;
}

function meantAccount(text: string, words: string): Value | null {
  let tried = 0;
  for (const m of words.matchAll(FOR)) {
    if (++tried > MAX_TRIED) break;
    AFTER_FOR.lastIndex = m.index + m[0].length;
    if (AFTER_FOR.exec(text) === null) continue;
    const found = valueAt(text, AFTER_FOR.lastIndex, false);
    if (found === null || /^\d+$/.test(found.name)) continue;
    // "for mail.example.com [192.0.2.7]" is a host.
    if (
      /^[\w-]+\.[\w.-]+$|^\(/.test(found.name) &&
      /^\s{0,2}[([]{1,2}[\da-f.:]{3,45}[\])]/i.test(text.slice(found.to, found.to + 52))
    ) {
      continue;
    }
    return found;
  }
  return null;
}

/** `user`, `userName`, `user_name`, `target.user`: the last part, or the whole without marks, is an account's word. */
export function isAccountWord(name: string): boolean {
  const lower = name.toLowerCase().replace(/[_-]/g, "");
  if (words.ACCOUNT.has(lower)) return true;
  const parts = name.split(/[_.-]|(?<=[a-z])(?=[A-Z])/).map((p) => p.toLowerCase());
  const last = parts[parts.length - 1];
  if (last === "user" || last === "username" || last === "login" && parts.length > 1) return true;
  return last === "name" && parts.length > 1 && words.ACCOUNT.has(parts[parts.length - 2]);
}

function valueAt(text: string, at: number, key: boolean): Value | null {
  VALUE.lastIndex = at;
  const m = VALUE.exec(text);
  if (m === null) return null;
  const bare = m[7] !== undefined;
  const whole = (m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5] ?? m[6] ?? m[7].replace(/[.=~-]+$/, ""))
    .trim();
  const value = withoutAddress(whole);
  if (!isName(value) || key && words.NOBODY.has(value.toLowerCase())) return null;
  // "user (Login failed)", "user <unknown>"
  if (!bare && m[1] === undefined && m[2] === undefined && isSaid(value)) return null;
  // "user bob: password mismatch" names bob.
  const goesOn = bare && key &&
    /^\s+[a-z]/.test(text.slice(VALUE.lastIndex, VALUE.lastIndex + 4)) &&
    /:\s+$/.test(text.slice(Math.max(0, at - 6), at));
  // "imap-login: Login: user=<bob>": a key of its own.
  if (
    bare && key && isSaid(value) && /^:\s/.test(text.slice(VALUE.lastIndex, VALUE.lastIndex + 2))
  ) {
    return null;
  }
  // "Login: Enter a valid address" is a sentence.
  if (goesOn && AMBIGUOUS.test(text.slice(Math.max(0, at - 16), at)) && /^[A-Z]/.test(value)) {
    return null;
  }
  if (bare && (!key || goesOn || /^(?:null|undefined|none)$/i.test(value))) {
    if (words.NO_ACCOUNT.has(value.toLowerCase())) return null;
    // A word before "=" or ":" is a key of its own.
    if (
      !key && /^\s*[=(]/.test(text.slice(VALUE.lastIndex, VALUE.lastIndex + 2)) &&
      /^=/.test(text.slice(VALUE.lastIndex))
    ) return null;
  }
  return { name: value, from: at, to: VALUE.lastIndex };
}

/** `root@192.0.2.1` is root, from there or there. */
function withoutAddress(name: string): string {
  const at = name.lastIndexOf("@");
  return at > 0 && addressOf(name.slice(at + 1)) !== undefined ? name.slice(0, at) : name;
}

const AMBIGUOUS = /\b(?:login|logon|e?mail|account):\s+$/i;

/** Whether a text is nothing but words of authentication and refusal. */
function isSaid(text: string): boolean {
  return text.split(/[\s_-]+/).every((w) => {
    const word = w.toLowerCase();
    return words.NO_ACCOUNT.has(word) || words.REFUSAL.has(word) || words.AUTHENTICATION.has(word);
  });
}

/** Whether a text can be an account's name: it has a letter or a digit, and is no address. */
export function isName(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text) && addressOf(text) === undefined && text.length <= 256;
}
