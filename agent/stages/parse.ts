/** The stage that turns lines into events, by the parser of their input's sourcetype. */
import {
  type Compiled,
  createParser,
  type Parser,
  type ParserOptions,
  type ParserState,
} from "../../compiler/sourcetype/mod.ts";
import type { EventBatch, Input } from "../event.ts";
import type { TextBatch } from "./lines.ts";

export interface ParseOptions extends ParserOptions {
  readonly compiled: Compiled;
  /** Lines may be of other sourcetypes than the input's: it was recognised, not named by the user. */
  readonly mixed?: boolean;
  /** Called once for each further sourcetype that lines of an input have been read as. */
  readonly onOther?: (input: Input, sourcetype: string) => void;
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
   * sourcetype has to be set. An event that names no host gets the address that its line came from.
   * Throws RangeError for a sourcetype or zone that does not exist: check them before.
   */
  parse(batch: TextBatch, state: ParserState | null): { events: EventBatch; state: ParserState } {
    const { input } = batch;
    const shared = this.of(input.sourcetype ?? "syslog");
    if (shared.input !== input || shared.state !== state) {
      shared.parser.restore(state ?? firstState(this.options, input));
      shared.input = input;
    }
    const events = shared.parser(batch);
    if (batch.peers) nameHosts(events, batch.peers);
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

function nameHosts(batch: EventBatch, peers: readonly string[]): void {
  for (let i = 0; i < batch.events.length; i++) {
    const event = batch.events[i] as { host: string | undefined };
    if (event.host === undefined) event.host = peers[batch.lineOf(i)] || undefined;
  }
}
