/** The stage that turns lines into events, by the parser of their input's sourcetype. */
import {
  type Compiled,
  createParser,
  type Parser,
  type ParserOptions,
} from "../../compiler/sourcetype/mod.ts";
import type { EventBatch, Input, LineBatch } from "../event.ts";

export interface ParseCounters {
  events: number;
  parseErrors: number;
  /** Events whose line had no time that reads. */
  withoutTime: number;
  /** Events whose time lay too far ahead. */
  clamped: number;
}

export interface ParseOptions extends ParserOptions {
  readonly compiled: Compiled;
  readonly counters?: ParseCounters;
  /** Lines may be of other sourcetypes than the input's: it was recognised, not named by the user. */
  readonly mixed?: boolean;
  /** Called when lines of an input have been read as a further sourcetype, with their number so far. */
  readonly onOther?: (input: Input, sourcetype: string, lines: number) => void;
  /** Called with each input's parser before its first batch: to restore and to snapshot what it remembers. */
  readonly onParser?: (input: Input, parser: Parser) => void;
}

export function newParseCounters(): ParseCounters {
  return { events: 0, parseErrors: 0, withoutTime: 0, clamped: 0 };
}

/**
 * Batches of lines in, the same batches with their events out. `input.sourcetype` has to be set.
 * Errors the stream with RangeError for a sourcetype or zone that does not exist: check them before.
 */
export function parse(options: ParseOptions): TransformStream<LineBatch, EventBatch> {
  const parsers = new Map<Input, Parser>();
  const told = new Map<Input, Set<string>>();
  const tell = (input: Input, others: ReadonlyMap<string, number>) => {
    const known = told.get(input) ?? new Set();
    told.set(input, known);
    if (known.size === others.size) return;
    for (const [sourcetype, lines] of others) {
      if (known.has(sourcetype)) continue;
      known.add(sourcetype);
      options.onOther?.(input, sourcetype, lines);
    }
  };
  return new TransformStream<LineBatch, EventBatch>({
    transform(batch, controller) {
      let parser = parsers.get(batch.input);
      if (!parser) {
        parser = createParser(options.compiled, batch.input.sourcetype ?? "syslog", options);
        parsers.set(batch.input, parser);
        options.onParser?.(batch.input, parser);
      }
      const parsed = parser(batch);
      if (options.counters) count(options.counters, parsed);
      tell(batch.input, parser.others());
      controller.enqueue(parsed);
    },
  });
}

function count(counters: ParseCounters, batch: EventBatch): void {
  counters.events += batch.events.length;
  for (let i = 0; i < batch.events.length; i++) {
    if (batch.extractions[batch.kinds[i]].parseError) counters.parseErrors++;
    const from = batch.events[i]._time_from;
    if (from === undefined) continue;
    if (from === "clamped") counters.clamped++;
    else counters.withoutTime++;
  }
}
