/**
 * Counts events while they are serialised: by five minutes for series, by hour for the values of some
 * fields. What comes out is added to `event_series` and `event_values` in the events' transaction.
 */
import type { Event } from "../event.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";

/** Widths of the buckets of `event_series` and of `event_values`, in seconds, narrow first. */
export const SERIES_WIDTHS = [300, 3600] as const;
export const VALUE_WIDTHS = [3600, 86_400] as const;

/** Fields whose most frequent values are kept, by hour and by day. */
export const VALUE_FIELDS = [
  "src",
  "dest",
  "user",
  "host",
  "app",
  "dest_port",
  "status",
  "http_method",
  "url",
  "signature",
  "source",
] as const;
export type ValueField = typeof VALUE_FIELDS[number];

/** Values of one field kept for one bucket by one transaction; the others are added up under `""`. */
export const VALUES_KEPT = 500;
/** Characters of a value that are kept: an index entry has a bounded size. */
export const VALUE_LENGTH = 200;
/** Different actions, or severities, that one transaction counts apart; further ones are `OTHER`. */
const LABELS_KEPT = 64;
export const LABEL_LENGTH = 64;
export const OTHER = "(other)";

/** What `event_series` gains. */
export interface SeriesCount {
  /** Seconds. */
  readonly width: number;
  /** Beginning, in seconds since the epoch. */
  readonly bucket: number;
  readonly sourcetype: string;
  readonly parseError: boolean;
  /** `""` when the events have none. */
  readonly action: string;
  readonly severity: string;
  events: number;
}

/** What `event_values` gains; `value` is `""` for all that were not kept apart. */
export interface ValueCount {
  readonly width: number;
  readonly bucket: number;
  readonly field: string;
  readonly value: string;
  readonly events: number;
}

interface Cell {
  events: number;
  /** By action and severity, when the extraction captures one of them. */
  readonly labels: Map<string, number> | null;
}

interface Hour {
  events: number;
  /** By value, for each field of `captured`. */
  readonly values: Map<string, number>[];
}

/** How the events of one extraction are counted. */
interface Shape {
  readonly action: string | null;
  readonly severity: string | null;
  readonly captured: readonly string[];
  /** Values that all its events have. */
  readonly fixed: readonly (readonly [string, string])[];
}

const shapes = new WeakMap<Extraction, Shape>();

function shapeOf(extraction: Extraction): Shape {
  let shape = shapes.get(extraction);
  if (shape) return shape;
  const names = new Set(extraction.captures.map((c) => c.name));
  const { constants, open } = extraction;
  const label = (name: string) =>
    constants[name] !== undefined
      ? String(constants[name]).slice(0, LABEL_LENGTH)
      : names.has(name) || open
      ? null
      : "";
  const fixed: [string, string][] = [];
  const captured: string[] = [];
  for (const field of VALUE_FIELDS) {
    if (field === "host" || field === "source") continue;
    if (constants[field] !== undefined) fixed.push([field, kept(String(constants[field]))]);
    else if (names.has(field) || open) captured.push(field);
  }
  shape = { action: label("action"), severity: label("severity"), captured, fixed };
  shapes.set(extraction, shape);
  return shape;
}

function kept(text: string): string {
  return text.length > VALUE_LENGTH ? text.slice(0, VALUE_LENGTH) : text;
}

function valueOf(event: Event, name: string): Value {
  const own = event[name] as Value;
  return own === undefined && event.more !== null ? event.more[name] : own;
}

/** Text of a value that is counted; null for lists and for what is missing. */
function textOf(value: Value): string | null {
  if (typeof value === "string") return value === "" ? null : kept(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** What a transaction adds to the tables of counts. */
export interface Counts {
  /** Days since the epoch of the events' times. */
  readonly days: readonly number[];
  readonly series: readonly SeriesCount[];
  readonly values: readonly ValueCount[];
}

/** Counts of one transaction. */
export class Tally {
  private readonly cells = new Map<number, Map<Extraction, Cell>>();
  private readonly hours = new Map<number, Map<Extraction, Hour>>();
  private readonly hosts = new Map<number, Map<string, number>>();
  private readonly sources = new Map<number, Map<string, number>>();
  private readonly labelled = { action: new Set<string>(), severity: new Set<string>() };
  private bucket = NaN;
  private hour = NaN;
  private bucketCells!: Map<Extraction, Cell>;
  private hourCells!: Map<Extraction, Hour>;
  private hourHosts!: Map<string, number>;
  private hourSources!: Map<string, number>;

  /** @param time ms, as it is stored */
  add(event: Event, extraction: Extraction, time: number, source: string): void {
    const bucket = Math.floor(time / 300_000);
    if (bucket !== this.bucket) this.turnTo(bucket);
    const shape = shapeOf(extraction);
    let cell = this.bucketCells.get(extraction);
    if (cell === undefined) {
      const plain = shape.action !== null && shape.severity !== null;
      this.bucketCells.set(extraction, cell = { events: 0, labels: plain ? null : new Map() });
    }
    cell.events++;
    if (cell.labels !== null) {
      const key = this.label("action", shape.action, event) + "\0" +
        this.label("severity", shape.severity, event);
      cell.labels.set(key, (cell.labels.get(key) ?? 0) + 1);
    }
    let hour = this.hourCells.get(extraction);
    if (hour === undefined) {
      this.hourCells.set(
        extraction,
        hour = { events: 0, values: shape.captured.map(() => new Map()) },
      );
    }
    hour.events++;
    for (let i = 0; i < shape.captured.length; i++) {
      const text = textOf(valueOf(event, shape.captured[i]));
      if (text !== null) bump(hour.values[i], text, 1);
    }
    if (event.host) bump(this.hourHosts, kept(event.host), 1);
    if (source) bump(this.hourSources, kept(source), 1);
  }

  counts(): Counts {
    const days = new Set([...this.hours.keys()].map((hour) => Math.floor(hour / 24)));
    return { days: [...days], series: this.series(), values: this.values() };
  }

  private turnTo(bucket: number): void {
    this.bucket = bucket;
    this.bucketCells = at(this.cells, bucket);
    const hour = Math.floor(bucket / 12);
    if (hour === this.hour) return;
    this.hour = hour;
    this.hourCells = at(this.hours, hour);
    this.hourHosts = at(this.hosts, hour);
    this.hourSources = at(this.sources, hour);
  }

  /** What a line says of itself is bounded: no line can make more rows of counts than this. */
  private label(name: "action" | "severity", fixed: string | null, event: Event): string {
    if (fixed !== null) return fixed;
    const value = valueOf(event, name);
    if (value === undefined || typeof value === "object") return "";
    const text = String(value).slice(0, LABEL_LENGTH).replaceAll("\0", "\ufffd");
    const known = this.labelled[name];
    if (known.has(text)) return text;
    if (known.size >= LABELS_KEPT) return OTHER;
    known.add([...text].join(""));
    return text;
  }

  private series(): SeriesCount[] {
    const sums = new Map<string, SeriesCount>();
    for (const [bucket, cells] of this.cells) {
      for (const [extraction, cell] of cells) {
        const { action, severity } = shapeOf(extraction);
        const parts = cell.labels ?? new Map([[`${action}\0${severity}`, cell.events]]);
        for (const [labels, events] of parts) {
          for (const width of SERIES_WIDTHS) {
            const begin = Math.floor(bucket * 300 / width) * width;
            const { sourcetype, parseError } = extraction;
            const key = `${width} ${begin} ${parseError} ${labels} ${sourcetype}`;
            const sum = sums.get(key);
            if (sum) sum.events += events;
            else {
              const [action, severity] = labels.split("\0");
              sums.set(key, {
                width,
                bucket: begin,
                sourcetype,
                parseError,
                action,
                severity,
                events,
              });
            }
          }
        }
      }
    }
    return [...sums.values()];
  }

  private values(): ValueCount[] {
    const out: ValueCount[] = [];
    for (const field of VALUE_FIELDS) {
      const hours = new Map<number, Map<string, number>>();
      const add = (hour: number, values: ReadonlyMap<string, number>) => {
        const sums = at(hours, hour);
        for (const [value, n] of values) bump(sums, value, n);
      };
      if (field === "host" || field === "source") {
        for (const [hour, values] of field === "host" ? this.hosts : this.sources) {
          add(hour, values);
        }
      } else {
        for (const [hour, cells] of this.hours) {
          for (const [extraction, cell] of cells) {
            const { captured, fixed } = shapeOf(extraction);
            for (const [name, value] of fixed) {
              if (name === field) bump(at(hours, hour), value, cell.events);
            }
            const index = captured.indexOf(field);
            if (index >= 0) add(hour, cell.values[index]);
          }
        }
      }
      const days = new Map<number, Map<string, number>>();
      for (const [hour, values] of hours) {
        const sums = at(days, Math.floor(hour / 24));
        for (const [value, n] of values) bump(sums, value, n);
      }
      for (const [width, buckets] of [[3600, hours], [86_400, days]] as const) {
        for (const [bucket, values] of buckets) {
          for (const [value, events] of mostFrequent(values)) {
            out.push({ width, bucket: bucket * width, field, value, events });
          }
        }
      }
    }
    return out;
  }
}

function mostFrequent(values: Map<string, number>): [string, number][] {
  const all = [...values];
  if (all.length <= VALUES_KEPT) return all;
  all.sort((a, b) => b[1] - a[1]);
  const rest = all.slice(VALUES_KEPT).reduce((sum, [, n]) => sum + n, 0);
  return [...all.slice(0, VALUES_KEPT), ["", rest]];
}

function at<V extends Map<unknown, unknown>>(maps: Map<number, V>, key: number): V {
  let found = maps.get(key);
  if (found === undefined) maps.set(key, found = new Map() as V);
  return found;
}

function bump(sums: Map<string, number>, key: string, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by);
}
