/** The stage that turns lines into events, by the parser of their input's sourcetype. */
import {
  type Compiled,
  createParser,
  type Parser,
  type ParserOptions,
  type ParserState,
} from "../../compiler/sourcetype/mod.ts";
import type { Event, EventBatch, Input } from "../event.ts";
import type { TextBatch } from "./lines.ts";
import { type InputParserState, linesBySourcetype, merged, selected } from "./named_lines.ts";

export interface ParseOptions extends ParserOptions {
  readonly compiled: Compiled;
  /** Lines may be of other sourcetypes than the input's: it was recognised, not named by the user. */
  readonly mixed?: boolean;
  /** Called once for each further sourcetype that lines of an input have been read as. */
  readonly onOther?: (input: Input, sourcetype: string) => void;
  /** Networks of `trustedProxies`, for a parser in another thread. */
  readonly proxies?: readonly string[];
  /** The zone of an input's times that name none; `tz` when it gives nothing. */
  readonly zoneOf?: (input: Input) => string | undefined;
  /** Called once for each input in which a time without a zone was read. */
  readonly onZone?: (input: Input, zone: string) => void;
}

interface Shared {
  readonly parser: Parser;
  /** The input that it read last. */
  input: Input | null;
  /** What it remembered after the last batch of that input. */
  state: ParserState | null;
  /** Lines of other sourcetypes that it has read. */
  readonly others: Map<string, number>;
}

const NOTHING: ParserState = { last: null, recent: [] };

/** What the parser of an input begins with: its zone stays with it over checkpoints. */
export function firstState(options: ParseOptions, input: Input): ParserState {
  const zone = options.zoneOf?.(input) ?? options.tz;
  return zone === undefined ? NOTHING : { ...NOTHING, zone };
}

/**
 * The parsers of all inputs: one for each sourcetype, since a parser is compiled code of a megabyte,
 * and inputs may be thousands. What each input's lines have left to remember is handed in and out.
 */
export class Parsers {
  private readonly shared = new Map<string, Shared>();
  private readonly told = new Map<Input, Set<string>>();
  private readonly zoned = new WeakSet<Input>();

  constructor(private readonly options: ParseOptions) {}

  /**
   * The events of one input's next batch, and what is remembered for the batch after it. The input's
   * sourcetype has to be set, unless every line names a known one. An event that names no host gets
   * the address that its line came from. Throws RangeError for a sourcetype or zone that does not
   * exist: check them before.
   */
  parse(
    batch: TextBatch,
    state: InputParserState | null,
  ): { events: EventBatch; state: InputParserState } {
    const read: { events: EventBatch; state: InputParserState } = batch.sourcetypes
      ? this.named(batch, batch.sourcetypes, state)
      : this.read(batch, batch.input.sourcetype ?? "syslog", state);
    const named = read.state.named ?? state?.named;
    if (batch.peers) nameHosts(read.events, batch.peers);
    if (batch.times) nameTimes(read.events, batch.times, batch.arrival);
    return { events: read.events, state: named ? { ...read.state, named } : read.state };
  }

  /** Lines of which each may name its sourcetype: a parser for each of these, with a memory of its own. */
  private named(
    batch: TextBatch,
    names: readonly string[],
    state: InputParserState | null,
  ): { events: EventBatch; state: InputParserState } {
    const { layouts } = this.options.compiled;
    const groups = linesBySourcetype(names, (name) => layouts.has(name));
    const states: Record<string, ParserState> = { ...state?.named };
    let own: InputParserState | null = state;
    const parts = [...groups].map(([name, at]) => {
      const lines = groups.size === 1 ? batch : selected(batch, at);
      const before = name === "" ? own : states[name] ?? null;
      const read = this.read(lines, name || (batch.input.sourcetype ?? "syslog"), before);
      if (name === "") own = read.state;
      else states[name] = read.state;
      return { events: read.events, at };
    });
    return {
      events: parts.length === 1 ? parts[0].events : merged(batch, parts),
      state: { ...own ?? firstState(this.options, batch.input), named: states },
    };
  }

  private read(
    batch: TextBatch,
    sourcetype: string,
    state: ParserState | null,
  ): { events: EventBatch; state: ParserState } {
    const { input } = batch;
    const shared = this.of(sourcetype);
    if (shared.input !== input || shared.state !== state) {
      shared.parser.restore(state ?? firstState(this.options, input));
      shared.input = input;
    }
    const events = withoutDropped(shared.parser(batch));
    this.tell(input, shared);
    const after = shared.parser.snapshot();
    if (this.options.onZone && shared.parser.zoneless() && !this.zoned.has(input)) {
      this.zoned.add(input);
      this.options.onZone(input, after.zone ?? "UTC");
    }
    shared.state = after;
    return { events, state: after };
  }

  private of(sourcetype: string): Shared {
    let shared = this.shared.get(sourcetype);
    if (!shared) {
      const parser = createParser(this.options.compiled, sourcetype, this.options);
      shared = { parser, input: null, state: null, others: new Map() };
      this.shared.set(sourcetype, shared);
    }
    return shared;
  }

  private tell(input: Input, { parser, others }: Shared): void {
    for (const [sourcetype, lines] of parser.others()) {
      if (others.get(sourcetype) === lines) continue;
      others.set(sourcetype, lines);
      const told = this.told.get(input) ?? new Set();
      this.told.set(input, told);
      if (told.has(sourcetype)) continue;
      told.add(sourcetype);
      this.options.onOther?.(input, sourcetype);
    }
  }
}

/** A batch without the lines that a sourcetype drops: comments, names of columns. */
function withoutDropped(batch: EventBatch): EventBatch {
  const { events, extractionIds, extractions } = batch;
  const n = extractionIds.length;
  let first = 0;
  while (first < n && extractions[extractionIds[first]].drop === undefined) first++;
  if (first === n) return batch;
  const dropped = new Map<string, number>();
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    const { drop } = extractions[extractionIds[i]];
    if (drop === undefined) kept.push(i);
    else dropped.set(drop, (dropped.get(drop) ?? 0) + 1);
  }
  return {
    ...batch,
    events: kept.map((i) => events[i]),
    extractionIds: Uint16Array.from(kept, (i) => extractionIds[i]),
    lineOf: (i) => batch.lineOf(kept[i]),
    dropped,
  };
}

/** ms that a carrier's clock may be ahead of this machine's. */
const AHEAD = 60_000;

/** Events whose lines say no time get the one at which they were sent. */
function nameTimes(batch: EventBatch, times: Float64Array, arrival: number): void {
  for (let i = 0; i < batch.events.length; i++) {
    const event = batch.events[i] as { _time: number; _time_from: Event["_time_from"] };
    if (event._time_from === undefined || event._time_from === "clamped") continue;
    const time = times[batch.lineOf(i)];
    if (!(time > 0 && time <= arrival + AHEAD)) continue;
    event._time = time;
    event._time_from = "record";
  }
}

function nameHosts(batch: EventBatch, peers: readonly string[]): void {
  for (let i = 0; i < batch.events.length; i++) {
    const event = batch.events[i] as { host: string | undefined };
    if (event.host === undefined) event.host = peers[batch.lineOf(i)] || undefined;
  }
}
