/** Windows recordings through the stages, as the pipeline runs them, for the tests beside this. */
import { ContentReader } from "../../agent/stages/content.ts";
import { newLineCounters } from "../../agent/stages/lines.ts";
import type { EventBatch } from "../../agent/event.ts";
import {
  type Compiled,
  createParser,
  type ParsedEvent,
  type Parser,
  recognise,
  toFlat,
} from "../../compiler/sourcetype/mod.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";
import { InputHandle } from "../../agent/input.ts";

export interface Parsed {
  readonly batches: EventBatch[];
  readonly events: { readonly event: ParsedEvent; readonly extraction: Extraction }[];
  readonly flat: Record<string, Value>[];
  readonly counters: ReturnType<typeof newLineCounters>;
  readonly parseErrors: number;
}

/**
 * Reads `bytes` as a file of this name, in pieces of `piece` bytes, recognised by its first records.
 * `parsers` keeps parsers for further calls: making one takes longer than a small file.
 */
export function parseBytes(
  compiled: Compiled,
  name: string,
  bytes: Uint8Array,
  piece = 256 * 1024,
  parsers = new Map<string, Parser>(),
): Parsed {
  const input = new InputHandle({
    name,
    modified: Date.UTC(2030, 0, 1),
  });
  const counters = newLineCounters();
  const reader = new ContentReader(input, { counters });
  const batches: EventBatch[] = [];
  const take = (lines: ReturnType<ContentReader["push"]>) => {
    if (lines === null) return;
    const sourcetype = input.sourcetype ?? recognise(lines.lines, compiled).sourcetype ?? "syslog";
    input.recognised(sourcetype);
    let parser = parsers.get(sourcetype);
    if (!parser) parsers.set(sourcetype, parser = createParser(compiled, sourcetype));
    batches.push(parser(lines) as EventBatch);
  };
  for (let at = 0; at < bytes.length; at += piece) {
    take(reader.push(bytes.subarray(at, at + piece), Date.UTC(2030, 0, 1)));
  }
  take(reader.end());
  const events = batches.flatMap((b) =>
    b.events.map((event, i) => ({ event, extraction: b.extractions[b.extractionIds[i]] }))
  );
  return {
    batches,
    events,
    flat: events.map(({ event, extraction }) => toFlat(event, extraction, name)),
    counters,
    parseErrors: events.filter((e) => e.extraction.parseError).length,
  };
}

/** Files below a folder that end in `ending`, sorted. */
export function* filesBelow(folder: URL, ending: string): Generator<URL> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const url = new URL(encodeURIComponent(entry.name) + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* filesBelow(url, ending);
    else if (entry.name.endsWith(ending)) yield url;
  }
}
