/** Runs the samples that sourcetypes carry: the line through the parser, against what it says it gives. */
import { nearest } from "../../grammar/nearest.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Extraction, Value } from "../schema/types.ts";
import type { ParsedEvent } from "./compile/reader.ts";
import { type Compiled, createParser } from "./compile/compiled.ts";
import { toFlat } from "./flat.ts";
import { CODES } from "./read/codes.ts";

export interface SampleResult {
  readonly sourcetype: string;
  readonly file: string;
  readonly line: string;
  readonly passed: boolean;
  /** What differs, at the sample's place in its file; empty when it passed. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Where a line names no year it is taken from here: the end of 2026-06-30, UTC. */
const MODIFIED = Date.UTC(2026, 6, 1) - 1;

/**
 * Every sample of the sourcetypes. `expect` names fields of the flat event, and `pattern`; a null
 * says that the field is missing. Fields that it does not name may be anything.
 * @param only tells of which files
 */
export function checkSamples(
  compiled: Compiled,
  only: (file: string) => boolean = () => true,
): SampleResult[] {
  const out: SampleResult[] = [];
  for (const s of compiled.sourcetypes) {
    if (s.samples.length === 0 || !only(s.file)) continue;
    // Whoever writes one takes a line of today: no time of a sample is too late.
    const parse = createParser(compiled, s.name, { future: Infinity });
    for (const sample of s.samples) {
      // Each is read as if it were the first line of its input.
      parse.restore({ last: null, recent: [] });
      const parsed = parse({
        input: { modified: MODIFIED },
        lines: [sample.line],
        arrival: MODIFIED,
      });
      const extraction = parsed.extractions[parsed.extractionIds[0]];
      const flat: Record<string, Value> = toFlat(parsed.events[0], extraction, "");
      const given: Record<string, unknown> = { ...flat, pattern: extraction.pattern };
      const diagnostics: Diagnostic[] = [];
      for (const [field, wanted] of sample.expect) {
        const got = given[field];
        if (same(wanted, got)) continue;
        diagnostics.push({
          code: CODES.sample,
          level: "error",
          file: s.file,
          span: sample.span,
          message: `The sample gives ${field} ${show(got)}, not ${show(wanted)}`,
          help: helpOn(field, got === undefined ? Object.keys(given) : null, {
            event: parsed.events[0],
            extraction,
          }),
        });
      }
      out.push({
        sourcetype: s.name,
        file: s.file,
        line: sample.line,
        passed: diagnostics.length === 0,
        diagnostics,
      });
    }
  }
  return out;
}

/** What to look at where a field of a sample differs. @param present the event's fields, where it lacks this one */
function helpOn(field: string, present: readonly string[] | null, { event, extraction }: {
  readonly event: ParsedEvent;
  readonly extraction: Extraction;
}): string {
  const { pattern, sourcetype } = extraction;
  const readBy = pattern === "parse_error"
    ? `No pattern of ${sourcetype} takes the line: parse --explain says how far each came`
    : `It is read by the pattern "${pattern}" of ${sourcetype}`;
  const near = present && nearest(field, present);
  if (near) return `Did you mean "${near}"? ${readBy}`;
  if (field !== "_time" || event._time_from !== "arrival") return readBy;
  return `${readBy}, which reads no time of it: give the group "time" and, in "time:", its format`;
}

function same(wanted: unknown, got: unknown): boolean {
  if (wanted === null) return got === undefined;
  if (Array.isArray(wanted) && Array.isArray(got)) {
    return wanted.length === got.length && wanted.every((v, i) => v === got[i]);
  }
  return wanted === got;
}

function show(value: unknown): string {
  return value === undefined || value === null ? "missing" : JSON.stringify(value);
}
