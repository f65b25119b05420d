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
  /(?: name| id| account| input)?(?:"?(\s{0,4}:\s{0,4}|=(?=\S)|\s{1,4}=\s{1,4})|\s{1,4}(?:is )?(?=["'`<[(\w])|(?=["'`<[]))/y;
const FOR = /(?<![\w-])(?:for|as|by)(?=\s)/gi;
const AFTER_FOR = /\s{1,4}(?:the )?(?:user )?/y;
const VALUE =
  /"([^"\n]{1,256})"|'([^'\n]{1,256})'|`([^`\n]{1,256})`|<([^<>\n]{1,256})>|\[([^[\]\n]{1,256})\]|\(([^()\n]{1,256})\)|([\w@+\\$][\w.@+\\$=~-]{0,255}|\w)/y;
const MAIL = /^[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@])/;
/** Words that need no mark before the name. */
const BARE = /^(?:user|username|account)$/i;
const MAX_TRIED = 24;

/** The account that a text names. `words`: the text without what a client may have written. */
export function accountOf(text: string, words: string): Account | null {
  const said = saidAccount(text, words);
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
    if (name && !(key && MAIL.test(text.slice(at, at + 256)))) continue;
    // "login bob" is no account, "user bob" is.
    if (!key && !BARE.test(m[0]) && !/["'`<[]/.test(text[at] ?? "")) continue;
    const found = valueAt(text, at, key);
    if (found !== null) return found;
  }
  return null;
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
  const value = (m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5] ?? m[6] ?? m[7].replace(/[.=~-]+$/, ""))
    .trim();
  if (!isName(value)) return null;
  // "user (Login failed)", "user <unknown>"
  if (!bare && m[1] === undefined && m[2] === undefined && isSaid(value)) return null;
  // "user bob: password mismatch" names bob.
  const goesOn = bare && key &&
    /^\s+[a-z]/.test(text.slice(VALUE.lastIndex, VALUE.lastIndex + 4)) &&
    /:\s+$/.test(text.slice(Math.max(0, at - 6), at));
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
