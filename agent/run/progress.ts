/** The live line on a terminal, and the counts that it and the summary show. */
import { visible } from "../../grammar/visible.ts";
import type { DeliveryCounts } from "../outputs/delivery/delivery.ts";
import type { Shape } from "./shapes.ts";
import { count, elapsedText, percent, sizeText } from "../outputs/render/text.ts";

/** What a run counted. Every line is an event, of which some are parse errors, or is named in `dropped`. */
export interface Summary {
  lines: number;
  bytes: number;
  events: number;
  events_by_sourcetype: Record<string, number>;
  parse_errors: number;
  /** Events that are in a dataset, so that rules know what they mean. */
  understood: number;
  understood_by_sourcetype: Record<string, number>;
  /** Events of no dataset of which it is known what they are, such as the end of a session. */
  known: number;
  /** The commonest shapes of the lines of the others. */
  unread: Shape[];
  /** Events without a time that could be read, and those of a time in the future: both have that of their arrival. */
  untimed: number;
  future: number;
  /** Lines cut at the limit on length, and the bytes that were cut off. */
  truncated_lines: number;
  dropped_bytes: number;
  /** Of binary event logs: records that are lost, chunks in which something is wrong, and why. */
  unreadable_records: number;
  damaged_chunks: number;
  damage: Record<string, number>;
  /** Records that were sent and could not be taken in, by the reason. */
  dropped: Record<string, number>;
  late: number;
  /** Lines were in no order of time, and windows took them sorted. */
  sorted: boolean;
  /** Bytes that temporary files for a second reading took at most. */
  spool_peak_bytes: number;
  evicted: number;
  /** Rules that lost state to the limits, and what they count from here on may be too low. */
  degraded: string[];
  alerts: number;
  alerts_by_rule: Record<string, number>;
  /** Further matches that throttles held back. */
  suppressed: number;
  suppressed_by_rule: Record<string, number>;
  /** Matches that exceptions held back, by rule and by exception. */
  excepted: number;
  excepted_by_rule: Record<string, number>;
  excepted_by_exception: Record<string, number>;
  /** Alerts that silences kept from being delivered. */
  silenced: number;
  /** Rows that the store took, and those that it had already. */
  stored: number;
  already_stored: number;
  /** Events that `--store matched` or `none` left out. */
  not_stored: number;
  /** Failures of outputs, by name. */
  output_errors: Record<string, number>;
  /** What became of what was to be sent; null where nothing is sent anywhere. */
  deliveries: (DeliveryCounts & { waiting: number }) | null;
  /** Records that were there and were not taken, of inputs of Kafka that had some. */
  lag: Record<string, number>;
  inputs: number;
  failed_inputs: string[];
  interrupted: boolean;
  seconds: number;
  lines_per_second: number;
}

/** A summary with nothing in it. */
export function emptySummary(): Summary {
  return {
    lines: 0,
    bytes: 0,
    events: 0,
    events_by_sourcetype: {},
    parse_errors: 0,
    understood: 0,
    understood_by_sourcetype: {},
    known: 0,
    unread: [],
    untimed: 0,
    future: 0,
    truncated_lines: 0,
    dropped_bytes: 0,
    unreadable_records: 0,
    damaged_chunks: 0,
    damage: {},
    dropped: {},
    late: 0,
    sorted: false,
    spool_peak_bytes: 0,
    evicted: 0,
    degraded: [],
    alerts: 0,
    alerts_by_rule: {},
    suppressed: 0,
    suppressed_by_rule: {},
    excepted: 0,
    excepted_by_rule: {},
    excepted_by_exception: {},
    silenced: 0,
    stored: 0,
    already_stored: 0,
    not_stored: 0,
    output_errors: {},
    deliveries: null,
    lag: {},
    inputs: 0,
    failed_inputs: [],
    interrupted: false,
    seconds: 0,
    lines_per_second: 0,
  };
}

/**
 * Brings in what is known at the end of a run: inputs that could not be opened, and how long it took.
 * @param started when it began, of performance.now
 */
export function endSummary(summary: Summary, failed: readonly string[], started: number): void {
  summary.failed_inputs.unshift(...failed);
  summary.inputs += failed.length;
  summary.unread = summary.unread.slice(0, 3);
  summary.seconds = Math.round(performance.now() - started) / 1000;
  summary.lines_per_second = Math.round(summary.lines / Math.max(summary.seconds, 1e-3));
}

/** The summary as the few lines that end a run. */
export function summaryText(s: Summary, stored: boolean): string {
  const lines = [
    `${count(s.lines, "line")} in ${elapsedText(s.seconds * 1000)} (${
      count(s.lines_per_second)
    } lines/s), ` +
    `${count(s.events, "event")}, ${count(s.parse_errors, "parse error")}` +
    (s.events ? ` (${percent(s.parse_errors, s.events)})` : ""),
  ];
  const types = Object.entries(s.events_by_sourcetype).sort((a, b) => b[1] - a[1]);
  if (types.length) lines.push(`Events: ${types.map(([t, n]) => `${t} ${count(n)}`).join(", ")}`);
  lines.push(...understoodText(s), ...timesText(s));
  const rules = Object.entries(s.alerts_by_rule).sort((a, b) => b[1] - a[1]);
  lines.push(
    `Alerts: ${count(s.alerts)}` +
      (rules.length ? ` (${rules.map(([r, n]) => `${r} ${count(n)}`).join(", ")})` : "") +
      (s.suppressed
        ? `; ${count(s.suppressed, "further match", "further matches")} held back by throttles`
        : ""),
  );
  const exceptions = Object.entries(s.excepted_by_exception).sort((a, b) => b[1] - a[1]);
  if (s.silenced) lines.push(`Silenced: ${count(s.silenced, "alert")} not delivered`);
  if (s.excepted) {
    lines.push(
      `Excepted: ${count(s.excepted, "match", "matches")} (${
        exceptions.map(([id, n]) => `${id} ${count(n)}`).join(", ")
      })`,
    );
  }
  if (stored) {
    lines.push(
      `Stored: ${count(s.stored, "event")}` +
        (s.already_stored ? `, ${count(s.already_stored)} were there already` : "") +
        (s.not_stored ? `; not stored: ${count(s.not_stored)}` : ""),
    );
  }
  if (s.deliveries) lines.push(...deliveriesText(s.deliveries));
  for (const [name, n] of Object.entries(s.output_errors)) {
    lines.push(`Output ${name}: failed ${count(n, "time")}`);
  }
  if (s.truncated_lines) {
    lines.push(
      `Cut: ${count(s.truncated_lines, "line")} over the limit on length, ` +
        `${count(s.dropped_bytes, "byte")} dropped; raise it with --max-line`,
    );
  }
  const reasons = Object.entries(s.damage);
  if (reasons.length) {
    lines.push(
      `Damaged: ${count(s.damaged_chunks, "chunk")} of event logs, ` +
        `${count(s.unreadable_records, "record")} lost (${
          reasons.map(([r, n]) => `${r} ${count(n)}`).join(", ")
        })`,
    );
  }
  for (const [why, n] of Object.entries(s.dropped)) {
    lines.push(`Dropped: ${count(n, "record")}: ${why}`);
  }
  const behind = Object.entries(s.lag).sort((a, b) => b[1] - a[1]);
  if (behind.length > 0) {
    const all = behind.reduce((sum, [, records]) => sum + records, 0);
    lines.push(
      `Lag: ${count(all, "record")} of Kafka not read (${
        behind.slice(0, 5).map(([name, records]) => `${name} ${count(records)}`).join(", ")
      }${behind.length > 5 ? ", …" : ""})`,
    );
  }
  if (s.sorted) {
    lines.push(
      "Sorted: lines were in no order of time and were sorted for windows" +
        (s.spool_peak_bytes
          ? `, with up to ${sizeText(s.spool_peak_bytes)} of temporary files`
          : ""),
    );
  } else if (s.spool_peak_bytes) {
    lines.push(`Temporary files: up to ${sizeText(s.spool_peak_bytes)}, should lines need sorting`);
  }
  if (s.late) {
    lines.push(
      `Late: ${count(s.late, "row")} behind the watermark or without a readable time; windows ` +
        "took those that they still covered, the rest was judged by itself (see --lateness)",
    );
  }
  if (s.evicted) {
    lines.push(
      `Evicted: ${count(s.evicted, "key")} from full windows; degraded: ${s.degraded.join(", ")}`,
    );
  }
  return lines.map((l) => visible(l) + "\n").join("");
}

/** What became of what was to be sent, and what is left of it. */
function deliveriesText(d: NonNullable<Summary["deliveries"]>): string[] {
  const parts = [
    `${count(d.delivered)} sent`,
    ...(d.throttled ? [`${count(d.throttled)} held back by sinks' throttles`] : []),
    ...(d.silenced ? [`${count(d.silenced)} silenced`] : []),
    ...(d.waiting ? [`${count(d.waiting)} wait for \`deliver\` or the next run`] : []),
    ...(d.dead ? [`${count(d.dead)} given up; \`sinks retry NAME\` sends them again`] : []),
    ...(d.dropped ? [`${count(d.dropped)} dropped, since memory was full`] : []),
    ...(d.lost ? [`${count(d.lost)} lost: without a store nothing waits for the next run`] : []),
  ];
  const lines = [`Deliveries: ${parts.join(", ")}`];
  if (d.past) {
    lines.push(
      `Not sent: ${count(d.past, "alert")} of events more than an hour old ` +
        "(--deliver-past sends them)",
    );
  }
  return lines;
}

/** How many events mean something, and what the others look like: no parse errors says nothing of that. */
function understoodText(s: Summary): string[] {
  if (s.events === 0) return [];
  const out = [
    `Understood: ${count(s.understood)} of ${count(s.events, "event")} ` +
    `${s.understood === 1 ? "means" : "mean"} something (in a dataset)`,
  ];
  if (s.known > 0) {
    out[0] += `, ${count(s.known)} more ${s.known === 1 ? "is" : "are"} known to be of none`;
  }
  const less = Object.entries(s.events_by_sourcetype)
    .map(([type, n]) => ({ type, n, of: s.understood_by_sourcetype[type] ?? 0 }))
    .filter(({ n, of }) => of < n).sort((a, b) => (b.n - b.of) - (a.n - a.of)).slice(0, 5);
  if (less.length > 0 && Object.keys(s.events_by_sourcetype).length > 1) {
    out[0] += `; ${
      less.map(({ type, n, of }) => `${type} ${count(of)} of ${count(n)}`).join(", ")
    }`;
  }
  for (const { shape, lines, sourcetype } of s.unread) {
    out.push(`  ${count(lines)} × ${sourcetype}: ${shape.slice(0, 120)}`);
  }
  if (s.unread.length > 0 && (s.understood + s.known) * 2 < s.events) {
    out.push(
      "  No rule over a dataset sees these: parse --unread prints them, and sourcetypes/README.md " +
        "says how to write a sourcetype",
    );
  }
  return out;
}

/** Windows go by event time: what has none of its own is told. */
function timesText({ events, untimed, future }: Summary): string[] {
  const out: string[] = [];
  const of = count(events, "event");
  if (untimed > 0) {
    out.push(
      `Times: none could be read of ${
        count(untimed)
      } of ${of}, which got that of their arrival; a ` +
        "sourcetype gives it in a group named time (sourcetypes/README.md)",
    );
  }
  if (future > 0) {
    out.push(
      `Times: ${count(future)} of ${of} ${
        future === 1 ? "says" : "say"
      } one in the future and got that of the arrival; see ` +
        "--tz, --year and the clocks of the hosts",
    );
  }
  return out;
}

/** Draws the live line, at most some times a second, and takes it away before other text. */
export class Progress {
  private shown = false;
  private last = 0;
  constructor(
    private readonly write: (text: string) => void,
    private readonly enabled: boolean,
    private readonly columns: () => number,
  ) {}

  /** `recount` brings the counts up to date; it is called only when they are about to be shown. */
  draw(s: Summary, started: number, recount: () => void): void {
    if (!this.enabled) return;
    const now = performance.now();
    if (now - this.last < 200) return;
    this.last = now;
    recount();
    const seconds = (now - started) / 1000;
    const text = `${count(s.lines, "line")}  ${count(Math.round(s.lines / seconds))} lines/s  ` +
      `${count(s.parse_errors, "parse error")}  ${count(s.alerts, "alert")}`;
    this.write(`\r\x1b[2K${text.slice(0, this.columns() - 1)}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.write("\r\x1b[2K");
    this.shown = false;
  }
}
