/**
 * Texts of keys and values: key=value pairs, audit records, CEF and LEEF extensions, JSON objects.
 * Everything here reads text that attackers wrote: each reader is linear in its length, bounded in
 * keys and depth, and keys never reach a prototype.
 */
import type { Type, Value } from "../../schema/types.ts";
import { markAmbiguous } from "./json/ambiguous.ts";
import { addressOf, hostOf } from "./address/address.ts";
import { tableReader } from "./csv.ts";
import { readGeneral } from "./general/mod.ts";
import { flattenJson, jsonObject, type Keyed, MAX_KEYS } from "./json/json.ts";
import { readWindows } from "./winevent/mod.ts";

export { type Keyed, MAX_DEPTH, MAX_KEYS } from "./json/json.ts";

/** How the group `keyed` is written; the README of the sourcetypes says what each reads. */
export const KEYED_FORMATS = [
  "pairs",
  "packet",
  "audit",
  "cef",
  "leef",
  "json",
  "csv",
  "windows",
  "general",
] as const;
export type KeyedFormat = typeof KEYED_FORMATS[number];

// An instance has ordinary, fast properties and no name that it did not get itself.
const Bag = function () {} as unknown as new () => Keyed;
Bag.prototype = Object.create(null);

/** Reads one text; null when it is not of the format. Values have their key's type where that is known. */
export type KeyedReader = (text: string) => Keyed | null;

export function keyedReader(format: KeyedFormat, typeOf: (key: string) => Type): KeyedReader {
  const types = new Map<string, Type>();
  const typed = (key: string, text: string): Value => {
    let type = types.get(key);
    if (type === undefined) {
      type = typeOf(key);
      // Keys are the sender's: their types are not remembered without end.
      if (types.size < 4096) types.set(key, type);
    }
    // What should be an address and is none is missing; other text stays as it came.
    if (type === "host") return hostOf(text);
    return type === "ip" ? addressOf(text) : convertText(type, text) ?? text;
  };
  switch (format) {
    case "pairs":
      return (text) => readPairs(text, new Filling(typed, true));
    case "packet":
      return (text) => readPairs(text, new Filling(typed));
    case "audit":
      return (text) => readAudit(text, typed);
    case "cef":
      return (text) => readCef(text, typed);
    case "leef":
      return (text) => readLeef(text, typed);
    case "json":
      return (text) => readJson(text, typed);
    case "csv":
      return tableReader((names, values) => {
        const out = new Filling(typed);
        for (let i = 0; i < names.length && i < values.length; i++) {
          out.put(names[i], values[i].trim());
        }
        return out.bag;
      });
    case "windows":
      return readWindows;
    case "general":
      return (text) => readGeneral(text, (t) => readPairs(t, new Filling((_, v) => v, true)));
  }
}

type Typed = (key: string, text: string) => Value;

class Filling {
  readonly bag = new Bag();
  #keys = 0;
  #dropped = 0;
  /** What each key was given, where `once`. */
  readonly #texts: Map<string, string> | null;

  /**
   * `once`: a key that comes again with another value has none, since one of them may be a client's, in a
   * quoted text that was not escaped; `keys_ambiguous` counts such keys. Otherwise the first value stays.
   */
  constructor(readonly typed: Typed, once = false) {
    this.#texts = once ? new Map() : null;
  }

  /** An empty value is missing. */
  put(key: string, text: string): void {
    if (text === "") return;
    const texts = this.#texts;
    if (texts !== null) {
      const before = texts.get(key);
      if (before !== undefined) {
        if (before !== text && this.bag[key] !== undefined) markAmbiguous(this.bag, key);
        return;
      }
      if (texts.size < MAX_KEYS) texts.set(key, text);
    } else if (this.bag[key] !== undefined) return;
    if (this.#room()) this.bag[key] = this.typed(key, text);
  }

  list(key: string, values: readonly string[]): void {
    if (this.bag[key] === undefined && this.#room()) this.bag[key] = values;
  }

  #room(): boolean {
    if (this.#keys < MAX_KEYS) {
      this.#keys++;
      return true;
    }
    this.bag.keys_dropped = ++this.#dropped;
    return false;
  }
}

const PAIR =
  /([^\s="]*[^\s=",])(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*)?))?(?=\s|$|,)[,\s]*|\S+\s*/gy;

/** `key=value key="a \"quoted\" value" flag`; a key alone is true. Null when there is no pair. */
function readPairs(text: string, out: Filling): Keyed | null {
  let pairs = 0;
  PAIR.lastIndex = skipBlanks(text, 0);
  for (let m = PAIR.exec(text); m !== null && m[0] !== ""; m = PAIR.exec(text)) {
    if (m[1] === undefined) continue;
    if (m[2] !== undefined) out.put(m[1], unescaped(m[2]));
    else if (m[3] !== undefined) out.put(m[1], m[3].endsWith(",") ? m[3].slice(0, -1) : m[3]);
    else if (!m[0].includes("=")) {
      out.put(m[1], "true");
      continue;
    }
    pairs++;
  }
  return pairs === 0 ? null : out.bag;
}

const AUDIT_PAIR = /([\w.-]+)=(?:"([^"]*)"|([^\s"'\p{Cc},]*))/guy;
/** What a user can write: the kernel gives it in hexadecimal when it holds a quote or a blank. */
const ENCODED =
  /^(?:acct|exe|comm|cwd|name|proctitle|cmd|dir|path|key|vm|data|a\d+|file|grp|new-\w+)$/;

/**
 * `key=value key="value" msg='op=login acct="root" res=failed'`, the inner pairs beside the outer
 * ones. `?` and `(null)` are missing. Values in hexadecimal are decoded.
 */
function readAudit(text: string, typed: Typed): Keyed | null {
  const out = new Filling(typed);
  let at = 0;
  let pairs = 0;
  while (at < text.length) {
    AUDIT_PAIR.lastIndex = at;
    const m = AUDIT_PAIR.exec(text);
    if (m === null) {
      // A word, a quote of `msg='…'` or a separator: go past it.
      at++;
      while (at < text.length && isWord(text.charCodeAt(at - 1)) && isWord(text.charCodeAt(at))) {
        at++;
      }
      continue;
    }
    at = AUDIT_PAIR.lastIndex;
    pairs++;
    const [, key, quoted, plain] = m;
    if (quoted !== undefined) {
      if (quoted !== "?") out.put(key, quoted);
    } else if (plain !== "?" && plain !== "(null)") {
      out.put(key, ENCODED.test(key) ? decodedHex(plain) : plain);
    }
  }
  if (out.bag.argc !== undefined) {
    // The arguments of a program as one line, as other records have it.
    const args: Value[] = [];
    for (let i = 0; out.bag[`a${i}`] !== undefined; i++) args.push(out.bag[`a${i}`]);
    if (args.length > 0) out.put("argv", args.join(" "));
  }
  return pairs === 0 ? null : out.bag;
}

function isWord(unit: number): boolean {
  return unit >= 48 && unit <= 57 || unit >= 65 && unit <= 90 || unit >= 97 && unit <= 122 ||
    unit === 95 || unit === 45 || unit === 46;
}

const UTF8 = new TextDecoder();

function decodedHex(text: string): string {
  if (text.length < 4 || text.length % 2 !== 0 || !/^[0-9A-F]+$/.test(text)) return text;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  // The parts of a command line are separated by NUL.
  return UTF8.decode(bytes).replace(/\0+$/, "").replaceAll("\0", " ");
}

const CEF_KEY = /(?:^|[ \t])([A-Za-z_][\w.\-[\]]*)=/g;

/** The parts of a CEF header after its version, in which `\|` and `\\` stand for themselves. */
const CEF_HEADER =
  /^\d{1,3}\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|/s;
const CEF_NAMES = [
  "vendor",
  "product",
  "product_version",
  "signature_id",
  "signature",
  "vendor_severity",
] as const;

/**
 * `0|vendor|product|version|id|name|severity|src=192.0.2.1 msg=Text with blanks, \= and \\`: a value ends
 * where the next key begins. The header may be missing.
 */
function readCef(text: string, typed: Typed): Keyed {
  const out = new Filling(typed);
  const header = CEF_HEADER.exec(text);
  if (header !== null) {
    CEF_NAMES.forEach((name, i) => out.put(name, unescaped(header[i + 1]).trim()));
    text = text.slice(header[0].length);
  }
  let key: string | null = null;
  let from = 0;
  CEF_KEY.lastIndex = 0;
  for (let m = CEF_KEY.exec(text);; m = CEF_KEY.exec(text)) {
    if (key !== null) out.put(key, unescaped(text.slice(from, m ? m.index : text.length).trim()));
    if (m === null) break;
    key = m[1];
    from = CEF_KEY.lastIndex;
    // A blank that ends this key's empty value begins the next key.
    if (text.charCodeAt(from) !== 32) continue;
    CEF_KEY.lastIndex = from;
  }
  labelled(out);
  return out.bag;
}

/** `cs1Label=Rule cs1=42` is also `Rule=42`, where nothing else has that name. */
function labelled(out: Filling): void {
  for (const name of Object.keys(out.bag)) {
    if (!name.endsWith("Label")) continue;
    const value = out.bag[name.slice(0, -5)];
    const label = out.bag[name];
    if (typeof label !== "string" || value === undefined || value === null) continue;
    const plain = label.trim().replace(/[^\w.-]+/g, "_");
    if (plain !== "" && typeof value !== "object") out.put(plain, String(value));
  }
}

/** LEEF 1.0 separates by tabs; 2.0 says its separator first: `^|src=192.0.2.1^dst=…`, `x09|…`. */
function readLeef(text: string, typed: Typed): Keyed {
  const out = new Filling(typed);
  const said = /^(?:(?:0x|x)([0-9A-Fa-f]{1,4})|([^\w=]|))\|/.exec(text);
  const mark = said?.[1] ? String.fromCharCode(parseInt(said[1], 16)) : said?.[2] || "\t";
  for (const part of text.slice(said?.[0].length ?? 0).split(mark)) {
    const equals = part.indexOf("=");
    if (equals > 0) out.put(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return out.bag;
}

/** A JSON object; inner objects' keys after a dot. Null for anything else. */
function readJson(text: string, typed: Typed): Keyed | null {
  const value = jsonObject(text);
  if (value === null) return null;
  const out = new Filling(typed);
  flattenJson(value, out);
  return out.bag;
}

function skipBlanks(text: string, at: number): number {
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9) at++;
  return at;
}

function unescaped(text: string): string {
  return text.indexOf("\\") < 0
    ? text
    : text.replace(/\\(.)/gs, (_, c: string) =>
      c === "n" ? "\n" : c === "r" ? "\r" : c === "t" ? "\t" : c);
}

/** A value as `type` has it; undefined when it does not read as that. */
export function convertText(type: Type, text: string): Value {
  switch (type) {
    case "int":
    case "float":
    case "bytes":
    case "duration": {
      const n = text.trim() === "" ? NaN : +text;
      return Number.isFinite(n) ? n : undefined;
    }
    case "bool":
      return /^(?:true|1|yes)$/i.test(text)
        ? true
        : /^(?:false|0|no)$/i.test(text)
        ? false
        : undefined;
    default:
      return text;
  }
}

/** A key's value as a field of `type` has it: lists give their only value, or all, with commas. */
export function convertValue(type: Type, value: Value): Value {
  if (value === undefined) return undefined;
  if (typeof type === "object") return Array.isArray(value) ? value : [String(value)];
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return text === "" ? undefined : convertText(type, text);
}
