/** A record of unknown make (JSON, key=value): what its keys mean by the words in their names. */
import { addressOf, hostOf } from "../address/address.ts";
import type { Keyed } from "../json/json.ts";
import { isAccountWord, isName } from "./account.ts";
import { wordRole } from "./context.ts";
import { endOf } from "./roles.ts";
import { sayingOf } from "./text.ts";
import { tokensOf } from "./tokens.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import * as words from "./words.ts";

/** What the keys of a record mean; each value as text. */
export interface Meaning {
  time?: string;
  src?: string;
  srcPort?: string;
  dest?: string;
  destPort?: string;
  user?: string;
  outcome: Outcome;
  method?: string;
  url?: string;
  status?: string;
  agent?: string;
  site?: string;
  message?: string;
  level?: string;
  program?: string;
  host?: string;
  unclear: boolean;
  /** Both ends of a connection, its protocol, and that it was let through or nothing of what became of it. */
  flow: boolean;
  transport?: string;
  /** Noun of authentication in the kind of event that it says it is. */
  login: boolean;
}

const MAX_LOOKED_AT = 128;
const TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ["tcp", "tcp"],
  ["6", "tcp"],
  ["udp", "udp"],
  ["17", "udp"],
]);
/** Day and time under keys of their own. */
const DAY = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$/;
const CLOCK = /^\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?$/;
const plain = (key: string) => key.toLowerCase().replace(/[^a-z0-9@]/g, "");
const lastOf = (key: string) => key.slice(key.lastIndexOf(".") + 1);

const METHODS = new Set(["method", "httpmethod", "requestmethod", "verb"]);
const URLS = new Set([
  "url",
  "uri",
  "requesturi",
  "requesturl",
  "requestpath",
  "path",
  "urlpath",
  "uripath",
  "httpurl",
  "target",
  "endpoint",
]);
const STATUSES = new Set([
  "status",
  "statuscode",
  "httpstatus",
  "responsecode",
  "responsestatus",
  "httpstatuscode",
  "httpcode",
  "code",
  "downstreamstatus",
  "responsestatuscode",
]);
const AGENTS = new Set([
  "useragent",
  "httpuseragent",
  "ua",
  "agent",
  "useragentoriginal",
  "requestuseragent",
]);
const SITES = new Set([
  "site",
  "vhost",
  "authority",
  "domain",
  "servername",
  "httphost",
  "requesthost",
]);
const MESSAGES = new Set(["message", "msg", "log", "text", "description", "event"]);
const LEVELS = new Set(["level", "severity", "lvl", "levelname", "loglevel"]);
const PROGRAMS = new Set([
  "program",
  "app",
  "application",
  "service",
  "logger",
  "process",
  "component",
  "module",
]);
const HOSTS = new Set([
  "host",
  "hostname",
  "hostnames",
  "computer",
  "computername",
  "node",
  "device",
]);
/** Whose word it is: a header anyone can send is nobody's. */
const HEADER = /header|forwarded|xff/i;

/** Order among the keys that name a client: the closer to the client, the better. */
const CLIENT_ORDER = ["client", "src", "source", "remote", "peer", "ip"];

/** @param lead of pairs, what stands before the first key: "REJECT: ", "Failed login: " */
export function meaningOf(record: Keyed, lead?: string): Meaning {
  const out: Meaning = { outcome: null, unclear: false, login: false, flow: false };
  let best = Infinity;
  const events: string[] = lead === undefined || lead === "" ? [] : [lead];
  // Before a record that names an end itself, an address is the device's: "<time> 192.0.2.1 sip=…".
  const device = lead === undefined ? undefined : addressOf(lead.trim());
  let verdict: "failure" | "success" | "blocked" | "allowed" | undefined;
  let looked = 0;
  let timeRank = Infinity;
  let number: string | undefined;
  let day: string | undefined;
  for (const key of Object.keys(record)) {
    if (++looked > MAX_LOOKED_AT) break;
    const value = record[key];
    const text = Array.isArray(value)
      ? value.length === 1 ? String(value[0]) : undefined
      : value === undefined || value === null
      ? undefined
      : String(value);
    if (text === undefined || text === "") continue;
    const name = plain(lastOf(key));
    const full = plain(key);
    const when = Math.min(rank(words.TIME_KEYS, name), rank(words.TIME_KEYS, full));
    if (when < timeRank) [timeRank, out.time] = [when, text];
    if (name === "date" && DAY.test(text)) day = text;
    if (HEADER.test(key)) {
      if (AGENTS.has(name)) out.agent ??= text;
      continue;
    }
    const address = addressKey(key, text);
    if (address !== null) {
      // Behind a name in pairs it may be the name that goes on.
      const loose = lead !== undefined && (out.user ?? number) !== undefined;
      if (address.server) {
        if (out.dest === undefined && !loose) {
          out.dest = address.address;
          out.destPort ??= address.port;
        }
      } else if (address.order < best && !(loose && out.src !== undefined)) {
        best = address.order;
        out.src = address.address;
        out.srcPort = address.port;
      }
      continue;
    }
    const ends = text.includes("|") ? bothEnds(text) : null;
    if (ends !== null && out.src === undefined) {
      [out.src, out.srcPort, out.dest] = [ends.client, ends.clientPort, ends.server];
      continue;
    }
    if (/^(?:ip)?proto(?:col)?(?:name)?$|^transport$/.test(name)) {
      const transport = TRANSPORTS.get(text.toLowerCase().split("/")[0]);
      if (transport !== undefined) out.transport ??= transport;
    }
    if (/port$/.test(name)) {
      const role = wordRole(lastOf(key).replace(/_?[pP]ort$/, ""));
      if (role === "client") out.srcPort ??= text;
      else if (role === "server") out.destPort ??= text;
    } else if (METHODS.has(name) || METHODS.has(full)) out.method ??= text;
    else if (
      (URLS.has(name) || URLS.has(full) || name.endsWith("path")) &&
      (/ur[il]/.test(name) || /^(?:\/|https?:)/.test(text))
    ) out.url ??= text;
    else if (STATUSES.has(name) && /^[1-5]\d\d$/.test(text)) out.status ??= text;
    else if (AGENTS.has(name) || AGENTS.has(full)) out.agent ??= text;
    else if (SITES.has(name)) out.site ??= text;
    else if (isAccountWord(lastOf(key)) && isSomebody(text)) {
      // A name beside the number says more: `userId`, `username`.
      if (/^(?:user|account)id$/.test(name)) number ??= /^(?:0|-1)$/.test(text) ? undefined : text;
      else out.user ??= text;
    } else if (
      name === "name" && /(?:^|[._])(?:user|account|actor|principal)\.?name$/i.test(key) &&
      isSomebody(text)
    ) {
      out.user ??= text;
    } else if (LEVELS.has(name)) out.level ??= text;
    else if (HOSTS.has(name)) out.host ??= text;
    if (PROGRAMS.has(name)) out.program ??= text;
    if (words.OUTCOME_KEYS.has(name)) {
      const said = words.OUTCOMES.get(text.toLowerCase());
      if (said !== undefined) {
        if (AUTH_KEY.test(name)) out.login = true;
        if (verdict === undefined || said === "failure" || said === "blocked") verdict = said;
        continue;
      }
    }
    if (MESSAGES.has(name) && name !== "event") out.message ??= text;
    // A reply as servers of mail and FTP give it says what happened, whatever its key's name.
    const said = isEventKey(key, name) || /^5\d\d[ -]/.test(text);
    if (said && text.length < 8192) events.push(text);
  }
  out.user ??= number;
  if (device !== undefined && (out.src ?? out.dest) !== undefined) {
    events.shift();
    out.host = device;
  }
  if (day !== undefined && out.time !== undefined && CLOCK.test(out.time)) {
    out.time = `${day} ${out.time}`;
  }
  decide(out, events, verdict);
  out.flow = out.outcome === null && out.src !== undefined && out.dest !== undefined &&
    out.destPort !== undefined && out.transport !== undefined &&
    (verdict === undefined || verdict === "allowed");
  return out;
}

/** Whether a value is one of the words that stand for nobody: "N/A". */
export function isNobody(value: unknown): boolean {
  return typeof value === "string" && words.NOBODY.has(value.toLowerCase());
}

/** A name, and none of the words that stand for nobody. */
function isSomebody(text: string): boolean {
  return isName(text) && !words.NOBODY.has(text.toLowerCase());
}

function decide(out: Meaning, events: readonly string[], verdict: string | undefined): void {
  for (const text of events) {
    const said = /\s/.test(text) ? sayingOf(text) : null;
    const outcome = said?.outcome ?? outcomeOf(tokensOf(text));
    if (outcome !== null && (out.outcome === null || outcome === "failure")) out.outcome = outcome;
    if (said !== null) {
      out.user ??= said.user;
      // A sentence that holds the request, beside keys for the status and the client.
      if (said.request !== null && out.url === undefined) {
        out.method ??= said.request.method;
        out.url = said.request.url;
        out.status ??= said.request.status;
      }
      if (out.src === undefined) {
        out.src = said.src;
        out.srcPort ??= said.srcPort;
        out.unclear ||= said.unclear;
      }
    }
    const tokens = tokensOf(text);
    if (tokens.some((t) => words.AUTHENTICATION.has(t.word))) {
      out.login = true;
      // "ssh_login_failed" is what rules know sshd by, wherever it ran.
      if (tokens.some((t) => t.word === "ssh" || t.word === "sshd")) out.program ??= "sshd";
    }
    // Between two ends no other noun is needed: "DROP: SRC=… DST=…".
    if (out.outcome === null && out.src !== undefined && out.dest !== undefined) {
      if (tokens.some((t) => words.BLOCK.has(t.word))) out.outcome = "blocked";
    }
  }
  if (verdict === undefined || out.outcome === "failure") return;
  // Who did what from where with an outcome is a login, unless it says that it is something else.
  const person = events.length === 0 && out.src !== undefined && out.user !== undefined &&
    out.url === undefined;
  if (out.login || person) {
    out.outcome = verdict === "failure" || verdict === "blocked" ? "failure" : "success";
  } else if (out.outcome === null && verdict === "blocked") out.outcome = "blocked";
}

/** `event`, `SecurityEvent`, `login_result`: its text says what happened. */
function isEventKey(key: string, name: string): boolean {
  if (words.EVENT_KEYS.has(name)) return true;
  const last = /(?:^|[a-z_.-])([A-Z]?[a-z]+)$/.exec(key)?.[1].toLowerCase();
  return last !== undefined && last !== "name" && words.EVENT_KEYS.has(last);
}

/** Both ends in one value, `TCP|192.0.2.1|25|203.0.113.9|4299`: who came used no port of a service. */
function bothEnds(text: string): { client: string; clientPort: string; server: string } | null {
  const m = /^(?:tcp|udp|tls)\|([^|]{2,45})\|(\d{1,5})\|([^|]{2,45})\|(\d{1,5})$/i.exec(text);
  if (m === null) return null;
  const [a, b] = [addressOf(m[1]), addressOf(m[3])];
  if (a === undefined || b === undefined || (+m[2] < 1024) === (+m[4] < 1024)) return null;
  return +m[2] < 1024
    ? { client: b, clientPort: m[4], server: a }
    : { client: a, clientPort: m[2], server: b };
}

/** A method of authentication in the name of the outcome: `auth_success`. */
const AUTH_KEY = /^auth/i;

function rank(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  return at < 0 ? Infinity : at;
}

/** A value that is an address, or a host's name under the name of an address, with its key's role. */
function addressKey(
  key: string,
  text: string,
): { address: string; port?: string; server: boolean; order: number } | null {
  if (text.length > 64) return null;
  const end = endOf(text);
  const role = roleOfKey(key);
  if (role === null || end?.address === "0.0.0.0" || end?.address === "::") return null;
  if (end === undefined) {
    const name = role === "client" && /ip|addr|host/i.test(key) ? hostOf(text) : undefined;
    return name === undefined || !/\.[A-Za-z]{2,24}$/.test(name)
      ? null
      : { address: name, server: false, order: 50 };
  }
  const lower = key.toLowerCase();
  const order = CLIENT_ORDER.findIndex((w) => lower.includes(w));
  return {
    ...end,
    server: role === "server",
    order: role === "client" ? (order < 0 ? 10 : order) : 20,
  };
}

function roleOfKey(key: string): "client" | "server" | "address" | null {
  const parts = key.split(".");
  const last = parts[parts.length - 1];
  // In text it is the protocol.
  if (/^sip$/i.test(last)) return "client";
  const own = wordRole(last);
  if (own === "server" || own === "client") return own;
  const before = parts.length > 1 ? wordRole(parts[parts.length - 2]) : null;
  if (before === "server" || before === "client") return own === null ? null : before;
  // A host by itself is the one that writes.
  return own === "address" && !/^host(?:name)?$/i.test(last) ? own : null;
}
