/**
 * The general reading: what a line of any make says, by the ways in which all services speak. It is asked
 * only for what no sourcetype understands. Time, level, program; key=value and JSON; addresses with
 * their role; account; outcome of a login; a request of HTTP.
 */
import { flattenJson, jsonObject, type Keyed, MAX_KEYS } from "../json/json.ts";
import { addressOf } from "../address/address.ts";
import { accountOf } from "./account.ts";
import { headOf } from "./head.ts";
import { begunBySuccess } from "./outcome.ts";
import { isNobody, meaningOf } from "./record.ts";
import { sayingOf } from "./text.ts";

/** What an event of the general reading is by: the key that chooses its pattern. */
export type Verdict =
  | "login_failed"
  | "login_failed_unclear"
  | "login"
  | "login_unclear"
  | "web_request"
  | "blocked"
  | "traffic"
  | "client"
  | "message";

/** Colours of a terminal, raw or as a container wrote them. */
const ANSI = /(?:\p{Cc}|\\x1b|\\u001b|\\033|#033)\[[0-9;]{0,12}m/gu;
/** An element of XML that is nothing but attributes: `<entry time="…" from="…"/>`. */
const ELEMENT =
  /^\s*<[A-Za-z][\w:.-]{0,63}((?: {1,4}[A-Za-z_][\w:.-]{0,63}="[^"<]{0,4096}"){3,64}) ?\/?>\s*$/;
/** Where an element of structured data begins. */
const STRUCTURED = /\[[\w.@-]{1,64} (?=[A-Za-z_][\w.-]{0,63}=")/;
/** Lists nested deeper stay lists. */
const MAX_SINGLE = 4;
const PAIRS = /(?:^|[\s,;|])[A-Za-z_@][\w.@-]{0,63}=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)/g;

/**
 * Reads a line, or a message that stood behind a header; `pairs` reads text of key=value. Null when
 * neither a time nor any meaning is found.
 */
export function readGeneral(raw: string, pairs: (text: string) => Keyed | null): Keyed | null {
  const text = raw.includes("[") ? raw.replace(ANSI, "") : raw;
  const object = objectIn(text);
  if (object !== null) return object;
  const element = ELEMENT.exec(text);
  if (element !== null) {
    const record = pairs(element[1]);
    if (record !== null) return ofRecord(record, undefined, "");
  }
  const quoted = colonPairs(text);
  if (quoted !== null) return ofRecord(quoted, undefined, "");
  const head = headOf(text);
  // Structured data of syslog stands in brackets, behind what a relay and the device write.
  const data = text.endsWith('"]') ? STRUCTURED.exec(text.slice(head.at))?.index ?? 0 : 0;
  const found = firstPair(text.slice(head.at + data));
  const first = found < 0 ? -1 : found + data;
  // Pairs that a client's name may go on with are read as text.
  if (first >= 0 && !namesSomebody(text.slice(head.at, head.at + first))) {
    const end = text.endsWith('"]') ? -1 : text.length;
    const record = pairs(text.slice(head.at + first, end));
    if (record !== null) {
      const lead = text.slice(head.at, head.at + first);
      const read = ofRecord(record, head.time, lead);
      // An address alone before it is the device's, and of no use as the client's in text.
      const device = read.dest !== undefined && addressOf(lead.trim()) !== undefined;
      if (read.meaning !== "message" || device) return read;
    }
  }
  return ofText(text, head);
}

/** A JSON object that is all there is behind the head, but for a name and an empty list. */
function objectIn(text: string): Keyed | null {
  const start = text.indexOf("{");
  const end = text.lastIndexOf("}") + 1;
  if (start < 0 || end <= start || !/^[\s[\]]{0,16}$/.test(text.slice(end, end + 17))) return null;
  const head = headOf(text.slice(0, start));
  // A sentence before the object is read with it, as text.
  if (!/^(?:[\w.:@-]{1,64})?[\s:=|-]{0,16}$/.test(text.slice(head.at, start))) return null;
  const object = jsonObject(text.slice(start, end));
  return object === null ? null : ofRecord(flat(single(object)), head.time);
}

/** Lists of one object as that object: `"events":[{"name":"login_failure"}]`. */
function single(object: Record<string, unknown>, depth = 1): Record<string, unknown> {
  let out = object;
  for (const key of Object.keys(object)) {
    let value = object[key];
    if (Array.isArray(value) && value.length === 1) value = value[0];
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    const inner = depth < MAX_SINGLE ? single(value as Record<string, unknown>, depth + 1) : value;
    if (inner === object[key]) continue;
    if (out === object) out = { ...object };
    out[key] = inner;
  }
  return out;
}

const Bag = function () {} as unknown as new () => Keyed;
Bag.prototype = Object.create(null);

const COLON_PAIR = /([A-Za-z_]\w{0,63})::?"([^"]{0,4096})"(?:; ?|\]?\s*$)/y;

/** `[action:"Drop"; src:"203.0.113.9"; …]`, as Check Point writes; null for any other text. */
function colonPairs(text: string): Keyed | null {
  const out = new Bag();
  COLON_PAIR.lastIndex = text.startsWith("[") ? 1 : 0;
  let end = 0;
  let keys = 0;
  for (let m = COLON_PAIR.exec(text); m !== null; m = COLON_PAIR.exec(text)) {
    end = COLON_PAIR.lastIndex;
    if (out[m[1]] === undefined && m[2] !== "" && keys++ < MAX_KEYS) out[m[1]] = m[2];
  }
  return keys >= 3 && (end === text.length || text.slice(end) === "]") ? out : null;
}

/** Where the first of at least three pairs begins, if the text is little else; -1 otherwise. */
function firstPair(text: string): number {
  let count = 0;
  let length = 0;
  let first = -1;
  for (const m of text.matchAll(PAIRS)) {
    if (first < 0) first = m.index + (/^[\s,;|]/.test(m[0]) ? 1 : 0);
    count++;
    length += m[0].length;
    if (count > 64) break;
  }
  return count >= 3 && length * 10 >= Math.min(text.length, 4096) * 8 ? first : -1;
}

/** "bad password for bob ", "refused 'bob ": what comes after may be the rest of a name. */
function namesSomebody(lead: string): boolean {
  return lead.length > 0 &&
    (/^[^'"`]*(['"`])(?:(?!\1).)*$/s.test(lead) || accountOf(lead, lead) !== null);
}

function flat(object: Record<string, unknown>): Keyed {
  const out = new Bag();
  let keys = 0;
  flattenJson(object, {
    put(name, text) {
      if (out[name] === undefined && text !== "" && keys++ < MAX_KEYS) out[name] = text;
    },
    list(name, texts) {
      if (out[name] === undefined && keys++ < MAX_KEYS) out[name] = texts;
    },
  });
  return out;
}

/** Keys of a record that are fields of the event under their own names. */
const TAKEN = ["user", "src", "dest", "host", "app", "reason", "url", "site", "status"];

function ofRecord(record: Keyed, time: string | undefined, lead?: string): Keyed {
  const m = meaningOf(record, lead);
  const out = record;
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) out[name] = value;
  };
  // "-" says that there is none.
  for (const name of TAKEN) if (out[name] === "-") out[name] = undefined;
  put("time", m.time ?? time);
  put("src", m.src);
  put("src_port", m.srcPort);
  put("dest", m.dest);
  put("dest_port", m.destPort);
  put("user", m.user);
  // The record's own key of that name: nobody.
  if (m.user === undefined && isNobody(out.user)) out.user = undefined;
  put("http_method", m.method);
  put("url", m.url);
  put("status", m.status);
  put("http_user_agent", m.agent);
  put("site", m.site);
  put("message", m.message);
  put("level", m.level);
  put("app", m.program);
  put("host", m.host);
  put("transport", m.transport);
  const web = m.url !== undefined && (m.method !== undefined || m.status !== undefined);
  const outcome = lead !== undefined && begunBySuccess(lead) ? "success" : m.outcome;
  out.meaning = verdictOf(outcome, m, web, m.status);
  if (out.meaning === "client" && m.flow) out.meaning = "traffic";
  return out;
}

function ofText(text: string, head: ReturnType<typeof headOf>): Keyed | null {
  const said = sayingOf(text.slice(head.at));
  const web = said.request !== null &&
    (said.request.status !== undefined || said.src !== undefined);
  const verdict = verdictOf(said.outcome, said, web, said.request?.status);
  if (head.time === undefined && verdict === "message") return null;
  const out = new Bag();
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") out[name] = value;
  };
  put("time", head.time);
  put("host", head.host);
  put("app", head.program);
  put("process_id", head.pid);
  put("level", head.level);
  put("logger", head.logger);
  put("src", said.src);
  put("src_port", said.srcPort);
  put("dest", said.dest);
  put("dest_port", said.destPort);
  put("user", said.user);
  if (said.request !== null) {
    put("http_method", said.request.method);
    put("url", said.request.url);
    put("status", said.request.status);
    put("http_user_agent", said.request.agent);
  }
  put("message", text.slice(head.at));
  out.meaning = verdict;
  return out;
}

function verdictOf(
  outcome: string | null,
  who: { src?: string; user?: string; unclear: boolean },
  web: boolean,
  status: string | undefined,
): Verdict {
  // Nobody can be said to have failed where no source is named.
  const known = who.src !== undefined || who.unclear;
  if (outcome === "failure" && known) {
    return who.src === undefined ? "login_failed_unclear" : "login_failed";
  }
  if (outcome === "success" && (known || who.user !== undefined)) {
    return who.src === undefined && who.unclear ? "login_unclear" : "login";
  }
  // What a proxy kept out has no status of its own.
  const blocked = outcome === "blocked" && who.src !== undefined;
  if (web && !(blocked && status === undefined)) return "web_request";
  if (blocked) return "blocked";
  return who.src !== undefined ? "client" : "message";
}
