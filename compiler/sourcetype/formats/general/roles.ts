/**
 * Addresses of a text with what they are in it, by the words around them. No role is invented, and where
 * a client's text leaves two answers there is none.
 */
import { addressOf, hostOf } from "../address/address.ts";
import { blank, named, type Quoted } from "./tokens.ts";
import * as words from "./words.ts";

export interface Endpoints {
  src?: string;
  srcPort?: string;
  dest?: string;
  destPort?: string;
  /** Two could be the client, and nothing tells which. */
  unclear: boolean;
}

type Role = "client" | "server" | "other";

interface Found {
  readonly address: string;
  readonly port?: string;
  readonly from: number;
  readonly to: number;
  readonly role: Role;
  /** 3: a word says it is a client's; 2: a word says that it is one; 1: by its place; 0: it only stands there. */
  readonly rank: number;
  readonly quoted: boolean;
  /** Its role's word belongs to it alone. */
  readonly bound: boolean;
}

const V4 = String.raw`(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}`;
const V6 = String
  .raw`[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,15})?`;
const ADDRESS = new RegExp(
  String
    .raw`(?<![\w.:-])(?:(${V4})(?:[.:#](\d{1,5})(?![\w.]))?|\[(${V4}|${V6})\]:(\d{1,5})\b|(?<!:)(${V6})(?!\w|:\w))(?!\.?[\w-])`,
  "gi",
);
const MAX_FOUND = 32;
const BEFORE = 96;

/** Ends of messages that name the client. */
export function endpointsOf(
  text: string,
  quoted: readonly Quoted[],
  trusted: number,
  certain: boolean,
): Endpoints {
  const found = addressesOf(text, quoted);
  const out: Endpoints = { unclear: false };
  if (found.length === 0) return byName(text, quoted, out);
  choose(found, trusted, certain, out);
  const client = found.find((f) => f.address === out.src);
  if (client !== undefined) out.srcPort = client.port ?? portAfter(text, client.to);
  // Who was come to is of no use where a client may have written it.
  const servers = found.filter((f) => f.role === "server" && f.rank === 3 && f.to <= trusted);
  if (client !== undefined && servers.length === 1 && servers[0].address !== client.address) {
    out.dest = servers[0].address;
    out.destPort = servers[0].port;
  }
  return out;
}

function choose(found: readonly Found[], trusted: number, certain: boolean, out: Endpoints): void {
  const clients = found.filter((f) => f.role !== "server" && !(f.quoted && f.rank === 0));
  const said = clients.filter((f) => f.rank >= 2 && !f.quoted);
  // What the server says before any text of a client's is its own word.
  const first = said.filter((f) => f.rank === 3 && f.to <= trusted);
  if (first.length > 0 && trusted < Infinity) {
    if (one(first)) out.src = first[0].address;
    else out.unclear = true;
    return;
  }
  const outside = clients.filter((f) => !f.quoted && f.rank > 0);
  const inside = clients.filter((f) => f.quoted);
  const plain = found.filter((f) => f.rank === 0 && f.role !== "server" && !f.quoted);
  const best = outside.length > 0 ? outside : certain && one(plain) ? plain : [];
  if (best.length === 0) {
    out.unclear = inside.length > 0 && certain;
    return;
  }
  const last = best[best.length - 1];
  const others = [...outside, ...plain];
  // "x from 192.0.2.9 to" may be a name, and the address behind it the client's.
  const served = found.some((f) =>
    f.role === "server" && f.rank === 3 && !f.bound && f.address !== last.address &&
    last.from > trusted && f.from > last.to
  );
  if (
    !one(others) || inside.some((f) => f.from > last.to && f.address !== last.address) || served
  ) {
    out.unclear = true;
  } else out.src = last.address;
}

function one(found: readonly Found[]): boolean {
  return found.length > 0 && found.every((f) => f.address === found[0].address);
}

function addressesOf(text: string, quoted: readonly Quoted[]): Found[] {
  const out: Found[] = [];
  // A word in quotes says nothing of what stands behind them.
  const outside = named(text, quoted.reduce((t, q) => blank(t, q.from, q.to), text), quoted);
  ADDRESS.lastIndex = 0;
  for (let m = ADDRESS.exec(text); m !== null && out.length < MAX_FOUND; m = ADDRESS.exec(text)) {
    const written = m[1] ?? m[3] ?? m[5].replace(/(?<!:):$/, "");
    const address = addressOf(written);
    if (address === undefined) continue;
    const from = m.index;
    const to = from + m[0].length;
    const wide = /^\/(\d{1,3})\b/.exec(text.slice(to, to + 5));
    if (wide !== null && wide[1] !== "32" && wide[1] !== "128") continue;
    // The second of a list that a proxy wrote is no peer.
    if (listed(text, from)) continue;
    const whole = quoted.find((q) => from >= q.from && to <= q.to);
    const alone = whole === undefined || text.slice(whole.from + 1, from).trim() === "" &&
        /^[\s.]*$/.test(text.slice(to, whole.to - 1));
    const port = m[2] ?? m[4];
    const before = out[out.length - 1];
    const around = alone ? outside : text;
    const [start, end] = alone && whole !== undefined ? [whole.from, whole.to] : [from, to];
    const { role, rank } = before !== undefined && /^, ?$/.test(text.slice(before.to, from))
      ? before
      : roleOf(around, start, end);
    const bound = isBound(text, from, to);
    out.push({ address, port, from, to, role, rank, quoted: !alone, bound });
  }
  // An address that nobody has counts only where no other stands.
  const real = out.filter((f) => !nobodys(f.address));
  return real.length > 0 ? real : out;
}

/** Whether the word that says what it is cannot be the end of a text before it: `dst=192.0.2.1`, `[to 192.0.2.1]`. */
function isBound(text: string, from: number, to: number): boolean {
  return text.charCodeAt(from - 1) === 61 ||
    /[[(][\w-]{1,32}[ :=]{1,2}$/.test(text.slice(Math.max(0, from - 40), from)) &&
      /^(?::\d{1,5})?[\])]/.test(text.slice(to, to + 8));
}

/** An address that no client has. */
function nobodys(address: string): boolean {
  return address === "0.0.0.0" || address === "::" || address.startsWith("255.255");
}

const LIST = /\[[0-9a-fA-F.:]{2,45}, ?(?:[0-9a-fA-F.:]{2,45}, ?){0,4}$/;

function listed(text: string, from: number): boolean {
  return text.charCodeAt(from - 1) === 32 && text.charCodeAt(from - 2) === 44 &&
    LIST.test(text.slice(Math.max(0, from - BEFORE), from));
}

/** What stands right before an address: two words, what is between them, and marks. */
interface Context {
  readonly first: string;
  readonly between: string;
  readonly second: string;
  readonly marks: string;
}

const MARKS = /["'`]?[\s:=]*(?:->|=>|→)?[\s"'`([{<@/#:=|>-]*$/;
const LAST_WORD = /(?:@?0x[0-9a-f]+|[\w@#][\w.-]*)$/;

function contextOf(text: string): Context {
  const marks = MARKS.exec(text)?.[0] ?? "";
  const before = text.slice(0, text.length - marks.length);
  const second = LAST_WORD.exec(before)?.[0] ?? "";
  const rest = before.slice(0, before.length - second.length);
  const between = /[^\w]{0,6}$/.exec(rest)![0];
  const first = LAST_WORD.exec(rest.slice(0, rest.length - between.length))?.[0] ?? "";
  return { first, between, second, marks };
}

/** What stands between the two ends of a connection; the last as tcpdump writes it. */
const ARROW = /->|=>|→|^ > $/;

/** Marks that may stand between two words of one phrase: "IP address", "client @0x7f (". */
const JOINS = /^[\s:=("'[@/]{0,3}$/;

function roleOf(text: string, from: number, to: number): { role: Role; rank: number } {
  const { first, between, second, marks } = contextOf(text.slice(Math.max(0, from - BEFORE), from));
  if (ARROW.test(marks)) return { role: "server", rank: 3 };
  // "1.2.3.4:55 -> 10.0.0.1:22"
  const arrow = /^(?::\d{1,5})?[\])]?(?::\d{1,5})?(?: ?(?:->|=>|→)| > )/.test(
    text.slice(to, to + 16),
  );
  const own = marks.includes("|") || marks.includes("- ") ? null : wordRole(second);
  if (own === "client" || own === "server") return { role: own, rank: 3 };
  if (arrow) return { role: "client", rank: 3 };
  const before = JOINS.test(between) ? wordRole(first) : null;
  const sure = before === "client" || before === "server";
  if (own === "address") return sure ? { role: before, rank: 3 } : { role: "other", rank: 2 };
  // A host's name, a number or a mark of memory stands between the word and the address.
  if (
    before !== null && !marks.includes("|") && (/[\d.@#]/.test(second) || /[[(]/.test(marks)) &&
    second !== "" && (!between.includes(":") || /^[@#]?0x/.test(second))
  ) {
    return sure ? { role: before, rank: 3 } : { role: "other", rank: 2 };
  }
  return byPlace(text, from, to, marks);
}

/** An address that no word says anything of: in brackets, at the beginning, or between bars. */
function byPlace(
  text: string,
  from: number,
  to: number,
  marks: string,
): { role: Role; rank: number } {
  const open = marks.trimStart().slice(-1);
  const close = text.slice(to).trimStart()[0] ?? "";
  if (
    (open === "[" || open === "(" || open === "<") && /^[\])>:,\s]/.test(text.slice(to, to + 1))
  ) return { role: "other", rank: 1 };
  if (/^[\s[(<"|,;-]*$/.test(text.slice(0, from))) return { role: "other", rank: 1 };
  if (
    /[|;]\s*$/.test(text.slice(Math.max(0, from - 8), from)) &&
    (close === "|" || close === ";" || close === "")
  ) {
    return { role: "other", rank: 1 };
  }
  return { role: "other", rank: 0 };
}

/** What a word or the name of a key says of the address after it. */
export function wordRole(name: string): "client" | "server" | "address" | null {
  if (name === "") return null;
  const lower = name.toLowerCase();
  if (words.CLIENT.has(lower)) return "client";
  if (words.SERVER.has(lower)) return "server";
  let address = words.ADDRESS.has(lower);
  let client = false;
  if (/[_A-Z-]/.test(name)) {
    const parts = name.split(/[_-]|(?<=[a-z])(?=[A-Z])/);
    for (const part of parts) {
      const p = part.toLowerCase();
      if (words.SERVER.has(p) && (p !== "on" && p !== "to" || part === parts[parts.length - 1])) {
        return "server";
      }
      if (words.CLIENT.has(p)) client = true;
      if (words.ADDRESS.has(p)) address = true;
    }
  }
  return client ? "client" : address ? "address" : null;
}

function portAfter(text: string, at: number): string | undefined {
  return /^[\])"']{0,2}(?::|[ ,]{1,2}(?:remote[_ ]?|src[_ ]?|source[_ ]?)?port[ :=]{1,2})(\d{1,5})\b/i
    .exec(text.slice(at, at + 40))?.[1];
}

const NAME =
  /(?:\bfrom|\brhost|\bclient|\bremote|\bhost)[ =:]{1,2}[[("'<]?([A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){1,8})(?![\w@/(])/gi;

/** Where there is no address, the client's name, after a word that says so. */
function byName(text: string, quoted: readonly Quoted[], out: Endpoints): Endpoints {
  const names = new Set<string>();
  for (const m of text.matchAll(NAME)) {
    const inside = quoted.some((q) => m.index > q.from && m.index + m[0].length < q.to);
    const name = inside ? undefined : hostOf(m[1].replace(/\.$/, ""));
    if (name !== undefined && /\.[A-Za-z]{2,24}$/.test(name)) names.add(name);
    if (names.size > 1) break;
  }
  if (names.size === 1) [out.src] = names;
  else if (names.size > 1) out.unclear = true;
  return out;
}
