/** Lines whose sender says of each what it is, as the headers of Kafka's records do. */
import type { ParserState } from "../../compiler/sourcetype/mod.ts";
import type { EventBatch } from "../event.ts";
import type { TextBatch } from "./lines.ts";

/** What is remembered of an input between batches: of lines whose sender names a sourcetype, by that. */
export interface InputParserState extends ParserState {
  readonly named?: Readonly<Record<string, ParserState>>;
}

/** Whether there is a sourcetype of a name. */
export type Known = (sourcetype: string) => boolean;

/** Indices of lines by the known sourcetype that each names; those without one under "". */
export function linesBySourcetype(
  names: readonly string[],
  known: Known,
): ReadonlyMap<string, readonly number[]> {
  const out = new Map<string, number[]>();
  // Lines that stand together mostly name the same.
  let last: string | null = null;
  let group: number[] = [];
  for (let i = 0; i < names.length; i++) {
    if (names[i] !== last) {
      last = names[i];
      const of = known(last) ? last : "";
      group = out.get(of) ?? [];
      out.set(of, group);
    }
    group.push(i);
  }
  return out;
}

/** Some lines of a batch as one of their own, without what is known of each beside its text. */
export function selected(batch: TextBatch, at: readonly number[]): TextBatch {
  const { input, lines, arrival, truncated, end, encoding } = batch;
  return {
    input,
    lines: at.map((i) => lines[i]),
    arrival,
    offset: (k) => batch.offset(at[k]),
    truncated: truncated && at.flatMap((i, k) => truncated.includes(i) ? [k] : []),
    end,
    encoding,
  };
}

/** Events of some of a batch's lines, and which lines those are. */
export interface Part {
  readonly events: EventBatch;
  readonly at: readonly number[];
}

/** The events of all parts in the order of their lines. */
export function merged(batch: TextBatch, parts: readonly Part[]): EventBatch {
  const places = parts.flatMap(({ events, at }, part) =>
    events.events.map((_, i) => ({ line: at[events.lineOf(i)], part, i }))
  ).sort((a, b) => a.line - b.line || a.i - b.i);
  const dropped = new Map<string, number>();
  for (const { events } of parts) {
    for (const [what, n] of events.dropped ?? []) dropped.set(what, (dropped.get(what) ?? 0) + n);
  }
  return {
    lines: batch,
    events: places.map(({ part, i }) => parts[part].events.events[i]),
    extractionIds: Uint16Array.from(
      places,
      ({ part, i }) => parts[part].events.extractionIds[i],
    ),
    extractions: parts[0].events.extractions,
    lineOf: (i) => places[i].line,
    ...dropped.size === 0 ? {} : { dropped },
  };
}
