/**
 * What a line is that the input's own sourcetype says little of: a line of another format in a file that
 * mixes them, a format that stands in another's message (JSON after a syslog header), or a line that
 * stands in a key of a record (container logs, the journal's JSON).
 */
import type { Value } from "../../schema/types.ts";
import { allLayouts, type Layout, type SourcetypeLayouts } from "./catalogue.ts";
import type { Env, Family, ParsedEvent, Reader } from "./reader.ts";
import { isDocker, type Marked, Pieces } from "./pieces.ts";
import type { Recogniser } from "../classify/recogniser.ts";

/** Why a line is looked at again; 0 for most patterns, which have understood it. */
const REST = 1, ERROR = 2, INNER = 3;
/** A bit beside these: the general reading is asked where no sourcetype knows more. */
const GENERAL = 4;
const WHY = 3;
/** The sourcetype of what the general reading has read. */
const GENERAL_READING = "general";

/** Lines within lines are followed this far. */
const MAX_DEPTH = 3;
/** As many lines in a row that are of another sourcetype: the next ones are tried with it first. */
const TURN = 64;
/** Longest text whose format is looked for, in UTF-16 units. */
const MAX_LOOKED_AT = 32_768;

export interface OthersOptions {
  /** Lines may be of any sourcetype; otherwise only what stands in keys is read again. */
  readonly mixed: boolean;
  readonly recogniser: Recogniser;
  /** The same without the sourcetypes of one family, by the name of what they all extend. */
  without(root: string): Recogniser;
  rootOf(sourcetype: string): string;
  readonly layouts: ReadonlyMap<string, SourcetypeLayouts>;
  /** See {@link Compiled.unsure}. */
  readonly unsure: Uint8Array;
  /** By extraction id. */
  layoutOf(id: number): Layout;
  /** A sourcetype with its relatives. */
  family(sourcetype: string): Family;
}

/**
 * By extraction id: why its events would be looked at again, if lines may be of any sourcetype and
 * there is a general reading. Plain data, so that no layout is needed to know it.
 */
export function unsureOf(layouts: Iterable<SourcetypeLayouts>): Uint8Array {
  const out: number[] = [];
  for (const { extraction, pattern } of [...layouts].flatMap(allLayouts)) {
    out[extraction.id] = pattern === null ? ERROR | GENERAL : (pattern.general ? GENERAL : 0) |
      (pattern.inner.length === 0 ? 0 : pattern.read !== null ? INNER : REST);
  }
  return Uint8Array.from(out);
}

/** The same where lines may be of the input's family only, or where there is no general reading. */
function weakOf(unsure: Uint8Array, mixed: boolean, general: boolean): Uint8Array {
  return unsure.map((bits) => {
    const why = bits & WHY;
    if (!mixed && why === ERROR) return 0;
    return (mixed || why !== REST ? why : 0) | (general ? bits & GENERAL : 0);
  });
}

export class FallbackParser {
  /** By extraction id: why its events are looked at again. */
  readonly weak: Uint8Array;
  /** Lines read by a sourcetype that is not of the input's family. */
  readonly seen = new Map<string, number>();
  readonly pieces = new Pieces();
  readonly #readers = new Map<string, Reader>();
  /** By extraction id, those that were asked for. */
  readonly #layouts: (Layout | undefined)[] = [];
  readonly #without = new Map<string, Recogniser>();
  readonly #roots = new Map<string, string>();
  #home = "";
  #first = "";
  #depth = 0;
  #streak = 0;
  #last = "";

  constructor(
    readonly options: OthersOptions,
    readonly env: Env,
    readonly make: (family: Family) => Reader,
  ) {
    this.weak = weakOf(options.unsure, options.mixed, options.layouts.has(GENERAL_READING));
  }

  begin(sourcetype: string, reader: Reader): void {
    this.#home = this.#first = sourcetype;
    this.#readers.set(sourcetype, reader);
  }

  /** The reader that lines are tried with first. */
  first(): Reader {
    this.env.leave = false;
    return this.#reader(this.#first);
  }

  get firstName(): string {
    return this.#first;
  }

  /** Tries lines with this sourcetype first from now on; one that is gone is passed over. */
  goOnWith(sourcetype: string): void {
    this.#streak = 0;
    if (this.options.layouts.has(sourcetype)) this.#first = sourcetype;
  }

  find(
    raw: string,
    text: string,
    at: number,
    outer: ParsedEvent,
    kind: number,
  ): ParsedEvent | null {
    const weak = this.weak[kind];
    const why = weak & WHY;
    if (weak === 0 || this.#depth >= MAX_DEPTH) return null;
    let looked = text;
    let from = at;
    const layout = this.#layout(kind);
    if (why === INNER) {
      const inner = innerText(layout.pattern!.inner, outer);
      if (inner === null) return null;
      looked = inner;
      from = 0;
      if (this.#depth === 0 && isDocker(outer.more)) {
        const { log, stream } = outer.more as { log: string; stream: string };
        const whole = this.pieces.whole(stream, inner, log.endsWith("\n"), outer as Marked);
        if (whole === null) return null;
        looked = whole;
      }
    } else if (why === ERROR) {
      if (this.#depth > 0) return null;
      looked = raw;
      from = 0;
    } else if (outer.partial === "P" || outer.partial === "F") {
      const last = outer.partial === "F";
      const whole = this.pieces.whole(String(outer.stream), text.slice(at), last, outer as Marked);
      if (whole === null) return null;
      looked = whole;
      from = 0;
    }
    if (looked.length > MAX_LOOKED_AT) return null;
    this.#depth++;
    try {
      const found = why === 0 ? null : this.#find(raw, looked, from, outer, layout, why);
      if (found !== null || (weak & GENERAL) === 0) return found;
      // What leaves two answers leaves them for the general reading, too.
      if (outer.more?.keys_ambiguous !== undefined) return null;
      // Of a line that a pattern has cut up, the message.
      const { message } = outer;
      if (why === 0 && layout.pattern?.read === null && typeof message === "string") {
        return this.#general(raw, message, 0, outer, why);
      }
      return this.#general(raw, looked, from, outer, why);
    } finally {
      this.#depth--;
    }
  }

  /** What the general reading makes of a text; null when it understands no more than is known already. */
  #general(
    raw: string,
    text: string,
    at: number,
    outer: ParsedEvent,
    why: number,
  ): ParsedEvent | null {
    const { env } = this;
    const whole = why === ERROR;
    // A program's own words do not make it another program, nor blame whom that one would; what stands in
    // a key is a line with a header of its own.
    if (!whole && why !== INNER && ANOTHERS.test(text.slice(at, at + 128))) return null;
    const event = this.#readBy(GENERAL_READING, raw, text, at, whole ? null : outer);
    const { pattern, extraction } = this.#layout(env.kind);
    if (pattern === null) return null;
    if (whole) return event;
    if (extraction.datasets.length === 0 && (event.src === undefined || outer.src !== undefined)) {
      return null;
    }
    keepOuter(event, outer, REST);
    keepRead(event, outer);
    const filled = event as Record<string, Value>;
    for (const name of KEPT) filled[name] ??= outer[name] as Value;
    filled.app ??= outer.process_name as Value;
    if (outer._time_from === undefined) {
      // The header's time; one in the message may be of anything.
      Object.assign(filled, { _time: outer._time, _time_from: undefined });
    }
    // What a sourcetype has read is surer than what words say.
    if (outer.src !== undefined) filled.src = outer.src as Value;
    return event;
  }

  #find(
    raw: string,
    text: string,
    at: number,
    outer: ParsedEvent,
    layout: Layout,
    why: number,
  ): ParsedEvent | null {
    // A program's own words do not make it another program: what stands in a message of syslog is
    // never read as syslog.
    const recogniser = why === REST
      ? this.#withoutFamilyOf(layout.sourcetype.name)
      : this.options.recogniser;
    for (const { sourcetype, weight } of recogniser.fits(text, at)) {
      if (why === ERROR && sourcetype === this.#first) continue;
      const event = this.#read(sourcetype, raw, text, at, outer, why);
      if (event === null) continue;
      // What hardly tells a format, and understands nothing of it either, tells less than the header.
      if (why === REST && weight < 1 && (this.weak[this.env.kind] & WHY) === REST) continue;
      if (why === ERROR) this.#turn(sourcetype);
      if (this.#rootOf(sourcetype) !== this.#rootOf(this.#home)) {
        this.seen.set(sourcetype, (this.seen.get(sourcetype) ?? 0) + 1);
      }
      return event;
    }
    // What the input was recognised as may read lines that its rules of recognition do not tell.
    if (why === ERROR && this.#first !== this.#home) {
      return this.#read(this.#home, raw, text, at, outer, why);
    }
    return null;
  }

  #read(
    sourcetype: string,
    raw: string,
    text: string,
    at: number,
    outer: ParsedEvent,
    why: number,
  ): ParsedEvent | null {
    const { env } = this;
    const whole = why === ERROR;
    let event = this.#readBy(sourcetype, raw, text, at, whole ? null : outer);
    let { kind } = env;
    if (this.#layout(kind).pattern === null) return null;
    if (this.weak[kind] !== 0) {
      const deeper = this.find(raw, env.text, env.at, event, kind);
      if (deeper !== null) {
        event = deeper;
        kind = env.kind;
      }
    }
    env.kind = kind;
    if (!whole) keepOuter(event, outer, why);
    return event;
  }

  /** @param outer what stands around the text: its time and host are the text's; null for a whole line */
  #readBy(
    sourcetype: string,
    raw: string,
    text: string,
    at: number,
    outer: ParsedEvent | null,
  ): ParsedEvent {
    const reader = this.#reader(sourcetype);
    return outer === null
      ? reader.read(raw, text, at, NaN, undefined, undefined)
      : reader.read(raw, text, at, outer._time, outer.host, outer._time_from);
  }

  /** Counts lines in a row of one other sourcetype. */
  #turn(sourcetype: string): void {
    this.#streak = sourcetype === this.#last ? this.#streak + 1 : 1;
    this.#last = sourcetype;
    if (this.#streak < TURN || this.#depth > 1) return;
    this.#streak = 0;
    this.#first = sourcetype;
    this.env.leave = true;
  }

  #layout(kind: number): Layout {
    return this.#layouts[kind] ??= this.options.layoutOf(kind);
  }

  #reader(sourcetype: string): Reader {
    let reader = this.#readers.get(sourcetype);
    if (!reader) {
      reader = this.make(this.options.family(sourcetype));
      this.#readers.set(sourcetype, reader);
    }
    return reader;
  }

  #withoutFamilyOf(sourcetype: string): Recogniser {
    const root = this.#rootOf(sourcetype);
    let recogniser = this.#without.get(root);
    if (!recogniser) this.#without.set(root, recogniser = this.options.without(root));
    return recogniser;
  }

  #rootOf(sourcetype: string): string {
    let root = this.#roots.get(sourcetype);
    if (root === undefined) this.#roots.set(sourcetype, root = this.options.rootOf(sourcetype));
    return root;
  }
}

/** The text that the first template gives whose keys are all there; null when none does. */
function innerText(templates: readonly string[], event: ParsedEvent): string | null {
  const { more } = event;
  for (const template of templates) {
    let whole = true;
    const text = template.replace(/\{([^{}]+)\}/g, (_, key: string) => {
      const value = more?.[key];
      if (typeof value !== "string" && typeof value !== "number") whole = false;
      return String(value);
    });
    if (whole) return text.endsWith("\n") ? text.slice(0, -1) : text;
  }
  return null;
}

/** What the outer line says beside the inner one: the header's fields, the record's keys. */
function keepOuter(event: ParsedEvent, outer: ParsedEvent, why: number): void {
  let more: Record<string, Value> | null = null;
  const keep = (name: string, value: Value) => {
    if (value === undefined || event[name] !== undefined) return;
    (more ??= {})[name] = value;
  };
  if (why === REST) {
    for (const name of HEADER_FIELDS) keep(name, outer[name] as Value);
  }
  for (const [name, value] of Object.entries(outer.more ?? {})) keep(name, value);
  if (more !== null) {
    (event as { more: Record<string, Value> | null }).more = Object.assign(more, event.more);
  }
}

/** The header of a program within a message, `sshd[911]: `, but for levels: `NOTICE[77]: `. */
const ANOTHERS =
  /(?:^|\s)(?!(?:SECURITY|NOTICE|WARNING|ERROR|INFO|DEBUG|VERBOSE)\[)[A-Za-z][\w./-]{0,32}\[\d{1,10}\]: /;
/** What the general reading takes from the line that it looks at. */
const KEPT = ["level", "logger", "app", "process_id", "dest"];

/** Fields that a sourcetype had read of a line before the general reading knew what it means. */
function keepRead(event: ParsedEvent, outer: ParsedEvent): void {
  const more: Record<string, Value> = {};
  for (const [name, value] of Object.entries(outer)) {
    if (name === "more" || name === "message" || name.startsWith("_") || value === undefined) {
      continue;
    }
    if (event[name] === undefined && event.more?.[name] === undefined) more[name] = value as Value;
  }
  (event as { more: Record<string, Value> | null }).more = Object.assign(event.more ?? {}, more);
}

/** Of a header that stands before a line of another sourcetype. */
const HEADER_FIELDS = ["process_name", "process_id", "facility", "message_id", "structured_data"];
