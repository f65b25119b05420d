/** What a run counts: lines, events and alerts into its summary, and where each input stands. */
import type { Engine } from "../engine/engine.ts";
import type { EventBatch } from "../event.ts";
import type { InputState } from "./inputs.ts";
import type { Summary } from "./progress.ts";
import type { LineCounters, TextBatch } from "../stages/lines.ts";

/** Counts a batch that was taken. */
export function account(open: InputState, batch: EventBatch, summary: Summary): void {
  const { events, extractionIds, extractions } = batch;
  let errors = 0;
  const counts = new Map<number, number>();
  for (let i = 0; i < extractionIds.length; i++) {
    counts.set(extractionIds[i], (counts.get(extractionIds[i]) ?? 0) + 1);
  }
  for (const [kind, n] of counts) {
    const { sourcetype, parseError } = extractions[kind];
    summary.events_by_sourcetype[sourcetype] = (summary.events_by_sourcetype[sourcetype] ?? 0) + n;
    if (parseError) errors += n;
  }
  for (let i = 0; i < events.length; i++) {
    const { _time, _time_from } = events[i];
    if (_time > open.time && (_time_from === undefined || _time_from === "previous")) {
      open.time = _time;
    }
  }
  const read = batch.lines.lines.length;
  const text = batch.lines as TextBatch;
  open.offset = text.end;
  open.encoding = text.encoding;
  open.lines += read;
  open.events += events.length;
  open.parseErrors += errors;
  summary.lines += read;
  summary.events += events.length;
  summary.parse_errors += errors;
}

export function addCounters(summary: Summary, counters: LineCounters): void {
  summary.bytes += counters.bytes;
  summary.truncated_lines += counters.truncated;
  summary.dropped_bytes += counters.droppedBytes;
  summary.unreadable_records += counters.unreadable;
  summary.damaged_chunks += counters.damagedChunks;
  for (const [reason, n] of Object.entries(counters.damage)) {
    summary.damage[reason] = (summary.damage[reason] ?? 0) + n;
  }
}

/** Brings the summary's counts of alerts up to date. */
export function countAlerts(engine: Engine, summary: Summary): void {
  const counters = engine.counters();
  const hits = Object.entries(counters.hits).filter(([, n]) => n > 0);
  summary.alerts_by_rule = Object.fromEntries(hits);
  summary.alerts = hits.reduce((sum, [, n]) => sum + n, 0);
  summary.late = counters.late;
  summary.evicted = counters.evicted;
  summary.degraded = [...counters.degraded];
}
