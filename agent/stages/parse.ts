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
}

/** Turns batch after batch of one input's lines into events, in order. */
export interface LineParser {
  (batch: TextBatch): EventBatch;
  /** What it remembers of the batches so far. */
  snapshot(): ParserState;
}

/**
 * The parser of an input, whose sourcetype has to be set, going on with what an earlier one
 * remembered. An event that names no host gets the address that its line came from. Throws RangeError
 * for a sourcetype or zone that does not exist: check them before.
 */
export function parserOf(
  input: Input,
  options: ParseOptions,
  state: ParserState | null = null,
): LineParser {
  const parser: Parser = createParser(options.compiled, input.sourcetype ?? "syslog", options);
  if (state) parser.restore(state);
  let told = 0;
  const parse = (batch: TextBatch): EventBatch => {
    const parsed = parser(batch);
    if (batch.peers) nameHosts(parsed, batch.peers);
    const others = parser.others();
    for (; told < others.size; told++) options.onOther?.(input, [...others.keys()][told]);
    return parsed;
  };
  return Object.assign(parse, { snapshot: () => parser.snapshot() });
}

function nameHosts(batch: EventBatch, peers: readonly string[]): void {
  for (let i = 0; i < batch.events.length; i++) {
    const event = batch.events[i] as { host: string | undefined };
    if (event.host === undefined) event.host = peers[batch.lineOf(i)] || undefined;
  }
}
