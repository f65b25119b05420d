/**
 * Samples as an attacker would have them. Each field of a sourcetype's samples that a client can write
 * is given a copy of what else stands in the line, with another's address in place of the true one. What
 * the server itself wrote (addresses, the verdict) must come out as before.
 */
import type { Value } from "../../schema/types.ts";
import { type Compiled, createParser } from "../compile/compiled.ts";
import type { Parser } from "../compile/parser.ts";
import type { Sourcetype } from "../read/model.ts";
import { toFlat } from "../flat.ts";
import { unescapedPair, type Writing, writingOf } from "./writing.ts";

/** The one whom an attacker would have blamed. */
export const VICTIM = "192.0.2.9";

/** What a server says of its own knowledge; a client must not move it. */
const TRUSTED = ["src", "dest", "dest_ip", "dvc", "host", "action", "src_port"];
const ADDRESSES = ["src", "dest", "dest_ip", "dvc", "host"];

type Flat = Record<string, Value>;

export interface Wrong {
  readonly field: string;
  readonly pattern: string;
  readonly line: string;
  readonly hostile: string;
  /** What came out otherwise: `src 203.0.113.9 → 192.0.2.9`. */
  readonly what: string;
  /** Another is blamed or acquitted; otherwise a value is missing. */
  readonly false: boolean;
}

export interface Tried {
  /** Hostile lines read. */
  readonly lines: number;
  /** Field and pattern of each place that was attacked. */
  readonly places: ReadonlySet<string>;
  readonly wrong: readonly Wrong[];
}

const MODIFIED = Date.UTC(2026, 6, 1) - 1;

/** Reads every adversarial sample of a sourcetype. */
export function attack(compiled: Compiled, sourcetype: Sourcetype): Tried {
  const parser = createParser(compiled, sourcetype.name);
  const sentences = sentencesOf(compiled);
  const read = (line: string) => readAlone(parser, line, sentences);
  const wrong: Wrong[] = [];
  const places = new Set<string>();
  let lines = 0;
  for (const { line } of sourcetype.samples) {
    const before = read(line);
    if (before.flat.parse_error === true) continue;
    for (const place of placesOf(line, before, sourcetype.name, read)) {
      places.add(`${before.pattern}.${place.field}`);
      const { from } = place;
      const quoted = line[from - 1] === '"';
      // Of a value of pairs that stands without quotes the whole is written anew.
      const rest = line[from - 1] === "=" ? /^[^\s"',;:|)\]]*/.exec(line.slice(place.to))![0] : "";
      const to = place.to + rest.length;
      for (const text of textsFor(line, place, before.flat, sourcetype)) {
        const hostile = line.slice(0, from) + place.writing(text + rest, quoted) + line.slice(to);
        lines++;
        const after = read(hostile);
        const what = difference(before, after, place);
        if (what === null) continue;
        wrong.push({
          field: place.field,
          pattern: before.pattern,
          line,
          hostile,
          what: `${what.text} (${after.pattern})`,
          false: what.false,
        });
      }
    }
  }
  return { lines, places, wrong };
}

interface Read {
  readonly flat: Flat;
  readonly pattern: string;
  /** Its message is a sentence of a program of which nothing is known. */
  readonly sentence: boolean;
}

/**
 * Ids of the extractions whose message is all that they have: nothing but the words of such a program tells
 * who speaks in it. What a client can do with a name in it the samples of the general reading show.
 */
function sentencesOf(compiled: Compiled): ReadonlySet<number> {
  const out = new Set<number>();
  for (const l of compiled.layouts.values()) {
    for (const layout of [...l.general, ...l.programs.flatMap((p) => p.layouts)]) {
      if (layout.pattern!.general) out.add(layout.extraction.id);
    }
  }
  return out;
}

/** Nothing of the lines before is recalled, and no time is taken from them. */
function readAlone(parser: Parser, line: string, sentences: ReadonlySet<number>): Read {
  parser.restore({ last: null, recent: [] });
  const parsed = parser({ input: { modified: MODIFIED }, lines: [line], arrival: MODIFIED });
  const extraction = parsed.extractions[parsed.extractionIds[0]];
  return {
    flat: toFlat(parsed.events[0], extraction, ""),
    pattern: extraction.pattern,
    sentence: sentences.has(extraction.id),
  };
}

interface Place {
  readonly field: string;
  readonly value: string;
  readonly writing: Writing;
  readonly from: number;
  readonly to: number;
}

/** Where the line holds the text of a field that a client writes: another word there comes out in it. */
function placesOf(
  line: string,
  { flat, pattern, sentence }: Read,
  sourcetype: string,
  read: (line: string) => Read,
): Place[] {
  const out: Place[] = [];
  for (const [field, value] of Object.entries(flat)) {
    if (typeof value !== "string" || value === "" || sentence && field === "message") continue;
    const writing = writingOf(sourcetype, pattern, field, line);
    if (writing === null) continue;
    const written = line.includes(value) ? value : JSON.stringify(value).slice(1, -1);
    for (let from = line.indexOf(written); from >= 0; from = line.indexOf(written, from + 1)) {
      const to = from + written.length;
      const marked = read(line.slice(0, from) + "zqxmark" + line.slice(to)).flat;
      if (marked[field] !== "zqxmark" || out.some((p) => p.from === from && p.to === to)) continue;
      out.push({ field, value, writing, from, to });
    }
  }
  return out;
}

const MAX_CUTS = 14;
/** Keys by which servers name who asked, and themselves. */
const KEYS = (
  "src srcip src_ip remip ip client_ip remote_addr dst dstip host devname hostname " +
  "IpAddress SourceAddress WorkstationName Workstation Computer ComputerName"
).split(" ");

/** Texts for one place: the line's own ends and beginnings, and other messages, about the victim. */
function* textsFor(line: string, place: Place, flat: Flat, of: Sourcetype): Generator<string> {
  const poison = (text: string) => poisoned(text, flat);
  const own = place.value;
  const after = poison(line.slice(place.to));
  const before = poison(line.slice(0, place.from));
  for (const cut of cuts(after)) yield own + after.slice(0, cut);
  for (const cut of cuts(before)) {
    yield before.slice(cut) + own;
    // Closes what the field stands in, says all again, and opens it anew.
    yield own + after + " " + before.slice(cut) + own;
  }
  yield "x from 192.0.2.9 port 22 ssh2";
  yield "x' from=192.0.2.9";
  yield `" 200 5 "-" "-" 192.0.2.9`;
  yield `x" src=192.0.2.9 srcip=192.0.2.9 rhost=192.0.2.9 z="`;
  for (const key of KEYS) {
    // The field's own word stays; the quote that its server writes behind it closes `z`.
    yield `${own}" ${key}=192.0.2.9 z="`;
    yield `${own}" ${key}="192.0.2.9" action=success ${key}=192.0.2.9 "`;
  }
  yield `x> rip=192.0.2.9, lip=10.0.0.1`;
  yield `x[192.0.2.9]: x (192.0.2.9) <192.0.2.9>`;
  yield `","src":"192.0.2.9","source.ip":"192.0.2.9","z":"`;
  let others = 0;
  for (const s of of.samples) {
    if (s.line === line || others++ === 24) continue;
    const message = poisonedAny(s.line);
    for (const cut of cuts(message).slice(0, 8)) yield own + " " + message.slice(cut);
  }
}

/** Ends of words, at most MAX_CUTS of them spread over the text, and the whole. */
function cuts(text: string): number[] {
  const all: number[] = [];
  for (const m of text.matchAll(/[\s,:;"'>\])]+/g)) all.push(m.index + m[0].length);
  all.push(text.length);
  const step = Math.max(1, all.length / MAX_CUTS);
  const out = new Set<number>([0]);
  for (let i = 0; i < all.length; i += step) out.add(all[Math.floor(i)]);
  out.add(text.length);
  return [...out].sort((a, b) => a - b);
}

/** Every address that the line's event has becomes the victim's. */
function poisoned(text: string, flat: Flat): string {
  for (const field of ADDRESSES) {
    const value = flat[field];
    if (typeof value === "string" && /^[0-9A-Fa-f.:]{3,}$/.test(value)) {
      text = text.replaceAll(value, VICTIM);
    }
  }
  return text;
}

function poisonedAny(text: string): string {
  return text.replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9A-Fa-f]{1,4}::[0-9A-Fa-f:.]+/g, VICTIM);
}

/**
 * What a client's text changed of what the server knew; null when nothing. Who it was may be missing where
 * the line leaves two answers, but then the event must say so, and be what it was otherwise.
 */
function difference(
  before: Read,
  after: Read,
  { value: own, writing }: Place,
): { readonly text: string; readonly false: boolean } | null {
  // Of quotes that nobody escapes: a key that the server does not write looks like one that it does.
  const unescaped = writing === unescapedPair;
  for (const field of ADDRESSES) {
    const was = before.flat[field];
    const is = after.flat[field];
    if (was === undefined && unescaped) continue;
    if (typeof is === "string" && is.includes(VICTIM) && was !== own) {
      return { text: `${field} ${was} → ${is}`, false: true };
    }
  }
  const unclear = isUnclear(after);
  for (const field of TRUSTED) {
    const was = before.flat[field];
    const is = after.flat[field];
    if (was === is || was === own || was === undefined && unescaped) continue;
    if (is !== undefined) return { text: `${field} ${was} → ${is}`, false: true };
    if (!unclear || field === "action" && after.flat.keys_ambiguous === undefined) {
      return { text: `${field} ${was} is missing`, false: false };
    }
  }
  return null;
}

/** The line leaves open which of two texts is the server's, and the event has neither. */
function isUnclear({ flat, pattern }: Read): boolean {
  return pattern.endsWith("_unclear") || flat.keys_ambiguous !== undefined ||
    PAM_TWICE.has(pattern) && flat.src === undefined;
}

/** PAM's line with names around the address: the third alternative of `pamtail`. */
const PAM_TWICE: ReadonlySet<string> = new Set([
  "login_pam_beside",
  "pam_failure",
  "pam_failure_old",
  "password_change_failed",
  "su_pam_failure",
  "su_pam_old",
  "sudo_pam_failure",
  "uw_pam_beside",
]);
