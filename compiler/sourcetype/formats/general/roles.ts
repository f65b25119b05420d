/**
 * Addresses of a text with what they are in it, by the words around them. No role is invented, and where
 * a client's text leaves two answers there is none.
 */
import { addressOf, hostOf } from "../address/address.ts";
import { BEFORE, contextOf, type Role, roleOf } from "./context.ts";
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
  /** Only a word that stands before an address of any kind says that it is one: "for 192.0.2.1". */
  readonly weak: boolean;
  /** It is who keeps something out: "192.0.2.7 rejected a vote". */
  readonly acts: boolean;
}

/** What a text says beside its addresses: a login or a request, that something was kept out, or neither. */
export type Certain = "yes" | "word" | "no";

const V4 = String.raw`(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}`;
const V6 = String
  .raw`[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,15})?`;
const ADDRESS = new RegExp(
  String
    .raw`(?<![\w.-])(?:(?<!::|\d:)(${V4})(?:[.:#](\d{1,5})(?![\w.]))?|(?<!:)\[(${V4}|${V6})\]:(\d{1,5})\b|(?<!:)(${V6})(?!\w|:\w))(?!\.?[\w-])`,
  "gi",
);
/** What some write before an address: `IPV4/UDP/192.0.2.1/5060`, `[ipv4:192.0.2.1:44890]`, `[AF_INET]192.0.2.1:55340`. */
const FAMILY =
  /\[AF_INET6?\](?=\[?[\da-f]*[.:])|(?<![\w/.:])(?:ipv[46]|inet6?|tcp[46]?|udp[46]?|tls|wss?)(?:[/:](?:tcp|udp|tls|wss?|sctp))?[/:](?=\[?[\da-f]{0,4}[.:])/gi;
const MAX_FOUND = 32;

const WHOLE_END = /^\[?([^[\]/]{2,45})\]?(?:[/:](\d{1,5}))?$/;
/** SonicWall writes the interface, and a name, behind the port if there is one: `192.0.2.1:40022:X1`. */
const V4_FIRST = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{0,5}):[A-Za-z][\w-]{0,15}(?::[\w.-]{0,64})?$/;

/** The last group of an address of IPv6 is none. */
const PORT = /(?:\]|\.\d{1,3}|^[^:]{1,64})[/:](\d{1,5})$/;

/** An address with what some write around it (`IPV4/UDP/192.0.2.1/5060`) as address and port. */
export function endOf(text: string): { address: string; port?: string } | undefined {
  const first = V4_FIRST.exec(text);
  if (first !== null) text = first[2] === "" ? first[1] : `${first[1]}:${first[2]}`;
  const m = WHOLE_END.exec(text.replace(FAMILY, ""));
  const address = addressOf(text) ?? (m === null ? undefined : addressOf(m[1]));
  return address === undefined ? undefined : { address, port: PORT.exec(text)?.[1] };
}

/** Ends of messages that name the client. */
export function endpointsOf(
  text: string,
  quoted: readonly Quoted[],
  trusted: number,
  certain: Certain,
): Endpoints {
  const found = addressesOf(text.replace(FAMILY, (m) => " ".repeat(m.length)), quoted);
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

function choose(found: readonly Found[], trusted: number, sure: Certain, out: Endpoints): void {
  const certain = sure !== "no";
  const clients = found.filter((f) =>
    f.role !== "server" && !(f.quoted && f.rank === 0) && !(f.weak && sure !== "yes")
  );
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
  const plain = found.filter((f) =>
    f.rank === 0 && f.role !== "server" && !f.quoted && !(f.acts && sure === "word")
  );
  const best = outside.length > 0 ? outside : certain && one(plain) ? plain : [];
  if (best.length === 0) {
    out.unclear = (inside.length > 0 || plain.length > 0) && certain;
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
    const wide = /^\/(\d{1,3})(?![\w.])/.exec(text.slice(to, to + 5));
    if (wide !== null && wide[1] !== "32" && wide[1] !== "128") continue;
    // The second of a list that a proxy wrote is no peer.
    if (listed(text, from) || saidByClient(text, from, to)) continue;
    const whole = quoted.find((q) => from >= q.from && to <= q.to);
    const alone = whole === undefined || text.slice(whole.from + 1, from).trim() === "" &&
        /^[\s.]*$/.test(text.slice(to, whole.to - 1));
    const port = m[2] ?? m[4] ?? /^\/(\d{4,5})\b/.exec(text.slice(to, to + 6))?.[1];
    const before = out[out.length - 1];
    const around = alone ? outside : text;
    const [start, end] = alone && whole !== undefined ? [whole.from, whole.to] : [from, to];
    const { role, rank } = before !== undefined && /^, ?$/.test(text.slice(before.to, from))
      ? before
      : roleOf(around, start, end);
    const bound = isBound(text, from, to);
    const weak = rank === 2 && port === undefined && isWeak(around, start) &&
      !/^ port \d/.test(text.slice(to, to + 7));
    const acts = ACTS.test(text.slice(to, to + 32));
    out.push({ address, port, from, to, role, rank, quoted: !alone, bound, weak, acts });
  }
  pairUp(text, out);
  // An address that nobody has, or that an account is at, counts only where no other stands.
  const real = out.filter((f) => !nobodys(f.address) && !ofAccount(text, f.from));
  return real.length > 0 ? real : out;
}

const ACTS =
  /^ (?:has )?(?:rejected|refused|denied|dropped|blocked|rejects|refuses|denies|drops|blocks) (?!(?:by|for|from|due|because|on|at|after|as|in|to|with|until|since|via)\b)[a-z]/;

function isWeak(text: string, from: number): boolean {
  const { first, second } = contextOf(text.slice(Math.max(0, from - BEFORE), from));
  return words.ADDRESS_WEAK.has(second.toLowerCase()) ||
    words.ADDRESS_WEAK.has(first.toLowerCase()) && !words.ADDRESS.has(second.toLowerCase());
}

/** Both ends of a connection, each with its port and nothing between them: `192.0.2.1:44740 10.0.0.1:80`. */
function pairUp(text: string, found: Found[]): void {
  for (let i = 1; i < found.length; i++) {
    const [a, b] = [found[i - 1], found[i]];
    if (a.port === undefined || b.port === undefined || a.role !== "other" || b.role !== "other") {
      continue;
    }
    if (!/^ \(?$/.test(text.slice(a.to, b.from))) continue;
    found[i - 1] = { ...a, role: "client", rank: 3 };
    found[i] = { ...b, role: "server", rank: 3 };
    return;
  }
}

/** `sip:301@192.0.2.1`, `[1001@192.0.2.1]`: where an account says it is. */
function ofAccount(text: string, from: number): boolean {
  return text.charCodeAt(from - 1) === 64 ||
    /sips?:$/i.test(text.slice(Math.max(0, from - 5), from));
}

/** A greeting or a header, which anyone can send: `EHLO 192.0.2.1`, `X-Real-IP: 192.0.2.1`, `([192.0.2.1]) [203.0.113.9]`. */
function saidByClient(text: string, from: number, to: number): boolean {
  const { second, marks } = contextOf(text.slice(Math.max(0, from - BEFORE), from));
  if (words.CLAIMED.has(second.toLowerCase()) || /^x-/i.test(second)) return true;
  if (/^host$/i.test(second) && marks.includes('"')) return true;
  return text.slice(from - 2, from) === "([" &&
    /^(?::\d{1,5})?\]\) \[[\da-f.:]/i.test(text.slice(to, to + 16));
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
