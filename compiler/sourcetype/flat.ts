/** An event as one flat object: what `parse` prints. */
import type { Extraction, Value } from "../schema/types.ts";
import type { ParsedEvent } from "./compile/reader.ts";

/**
 * `_time` in RFC 3339 (UTC), `_raw`, host, source, sourcetype, datasets, then constants and captures
 * by their names, then the vendor's further fields; missing ones are left out. Timestamps of fields
 * stay epoch milliseconds.
 */
export function toFlat(
  event: ParsedEvent,
  extraction: Extraction,
  source: string,
): Record<string, Value> {
  const out: Record<string, Value> = {
    _time: new Date(event._time).toISOString(),
    _raw: event._raw,
  };
  if (event._time_from !== undefined) out._time_from = event._time_from;
  if (event.host !== undefined) out.host = event.host;
  out.source = source;
  out.sourcetype = extraction.sourcetype;
  if (extraction.datasets.length > 0) out.datasets = extraction.datasets;
  if (extraction.parseError) out.parse_error = true;
  for (const [name, value] of Object.entries(extraction.constants)) out[name] = value;
  for (const { name } of extraction.captures) {
    const value = event[name] as Value;
    if (value !== undefined) out[name] = value;
  }
  if (event.more) {
    for (const [name, value] of Object.entries(event.more)) {
      if (value !== undefined && !Object.hasOwn(out, name)) out[name] = value;
    }
  }
  return out;
}
