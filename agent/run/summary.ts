/** Adds to a run's summary: lines, events and alerts. */
import type { Counters } from "../engine/engine.ts";
import type { LineCounters } from "../stages/lines.ts";
import type { BatchCounts } from "./input_state.ts";
import type { Summary } from "./progress.ts";

export function addBatch(summary: Summary, counts: BatchCounts): void {
  const { events_by_sourcetype } = summary;
  for (const [sourcetype, n] of counts.sourcetypes) {
    events_by_sourcetype[sourcetype] = (events_by_sourcetype[sourcetype] ?? 0) + n;
  }
  for (const [sourcetype, n] of counts.understood) {
    const by = summary.understood_by_sourcetype;
    by[sourcetype] = (by[sourcetype] ?? 0) + n;
    summary.understood += n;
  }
  for (const [why, n] of counts.dropped ?? []) {
    summary.dropped[why] = (summary.dropped[why] ?? 0) + n;
  }
  summary.known += counts.known;
  summary.lines += counts.lines;
  summary.events += counts.events;
  summary.parse_errors += counts.parseErrors;
  summary.untimed += counts.untimed;
  summary.future += counts.future;
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
export function countAlerts(counters: Counters, summary: Summary): void {
  const hits = Object.entries(counters.hits).filter(([, n]) => n > 0);
  summary.alerts_by_rule = Object.fromEntries(hits);
  summary.alerts = hits.reduce((sum, [, n]) => sum + n, 0);
  const suppressed = Object.entries(counters.suppressed).filter(([, n]) => n > 0);
  summary.suppressed_by_rule = Object.fromEntries(suppressed);
  summary.suppressed = suppressed.reduce((sum, [, n]) => sum + n, 0);
  summary.excepted_by_rule = positive(counters.excepted.byRule);
  summary.excepted_by_exception = positive(counters.excepted.byException);
  summary.excepted = Object.values(summary.excepted_by_rule).reduce((sum, n) => sum + n, 0);
  summary.late = counters.late;
  summary.evicted = counters.evicted;
  summary.degraded = [...counters.degraded];
}

const positive = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
