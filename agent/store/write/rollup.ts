/**
 * Counts events while they are serialised: by five minutes for series, by hour for the values of some
 * fields. What comes out is added to `event_series` and `event_values` in the events' transaction.
 */
import { assemble, property } from "../../../compiler/codegen/mod.ts";
import type { Event } from "../../event.ts";
import type { Extraction, Value } from "../../../compiler/schema/types.ts";
import { LABEL_LENGTH, VALUE_FIELDS, VALUE_LENGTH, type ValueField } from "../types/counts.ts";
import type { Buckets, Count } from "./capped_counts.ts";
import { ValueCounts } from "./value_counts.ts";

/** What a transaction counted of one stretch. */
export interface Counted {
  /** Hours since the epoch that events were in. */
  readonly hours: readonly number[];
  /** By sourcetype, whether its events did not parse, and datasets, see `seriesHeading`: labels in five minutes. */
  readonly series: ReadonlyMap<string, Buckets>;
  /** For each of VALUE_FIELDS: values by hour. */
  readonly values: readonly Buckets[];
}

/** The heading of a row of `event_series`. @param datasets with commas */
export function seriesHeading(sourcetype: string, parseError: boolean, datasets: string): string {
  return `${parseError ? 1 : 0}${sourcetype}\0${datasets}`;
}

/** What a heading stands for. */
export function ofHeading(heading: string) {
  const [sourcetype, datasets] = heading.slice(1).split("\0");
  return { sourcetype, parseError: heading[0] === "1", datasets };
}

interface Cell {
  events: number;
  /** By action and severity, when the extraction captures one of them. */
  readonly labels: Map<string, number> | null;
}

interface Hour {
  /** For each of VALUE_FIELDS. */
  readonly values: readonly ValueCounts[];
  /** Events of each extraction that fixes some. */
  readonly fixed: Map<Extraction, Count>;
}

const HOST = VALUE_FIELDS.indexOf("host"), SOURCE = VALUE_FIELDS.indexOf("source");

/** How the events of one extraction are counted. */
interface Shape {
  readonly action: string | null;
  readonly severity: string | null;
  /** Counts the values of an event's fields, each by its place in VALUE_FIELDS. */
  readonly take: (event: Event, values: readonly ValueCounts[]) => void;
  /** Values that all its events have. */
  readonly fixed: readonly (readonly [number, string])[];
}

/** Where a tally counts the events of one extraction now. */
interface Place {
  readonly shape: Shape;
  bucket: number;
  cell: Cell;
  hour: number;
  fixed: Count;
}

const shapes = new WeakMap<Extraction, Shape>();

function shapeOf(extraction: Extraction): Shape {
  let shape = shapes.get(extraction);
  if (shape) return shape;
  const names = new Set(extraction.captures.map((c) => c.name));
  const { constants, open } = extraction;
  const label = (name: string) =>
    constants[name] !== undefined
      ? kept(String(constants[name]), LABEL_LENGTH)
      : names.has(name) || open
      ? null
      : "";
  const fixed: [number, string][] = [];
  const captured: [number, ValueField][] = [];
  for (const [i, field] of VALUE_FIELDS.entries()) {
    if (i === HOST || i === SOURCE) continue;
    if (constants[field] !== undefined) fixed.push([i, kept(String(constants[field]))]);
    else if (names.has(field) || open) captured.push([i, field]);
  }
  shape = { action: label("action"), severity: label("severity"), take: takeOf(captured), fixed };
  shapes.set(extraction, shape);
  return shape;
}

/** The beginning of a text, in whole characters, as the database counts them. */
function kept(text: string, length = VALUE_LENGTH): string {
  return text.length > length ? [...text.slice(0, 2 * length)].slice(0, length).join("") : text;
}

function valueOf(event: Event, name: string): Value {
  const own = event[name] as Value;
  return own === undefined && event.more !== null ? event.more[name] : own;
}

/**
 * One function is generated per extraction: fields are read by their names, not by a variable. Lists,
 * empty texts and what is missing are not counted. Its code holds VALUE_FIELDS and numbers only.
 */
function takeOf(captured: readonly (readonly [number, ValueField])[]): Shape["take"] {
  const body = captured.map(([i, name]) => `
    if ((v = ${property("e", name)}) === undefined && e.more !== null) v = ${
    property("e.more", name)
  };
    if (typeof v === "string") { if (v !== "") values[${i}].add(kept(v), 1); }
    else if (typeof v === "number" || typeof v === "boolean") values[${i}].add(String(v), 1);`);
  return assemble({ kept }, `return (e, values) => { let v; ${body.join("")} };`);
}

/** Counts of one transaction, of one stretch of an input. */
export class Rollup {
  private readonly cells = new Map<number, Map<Extraction, Cell>>();
  private readonly hours = new Map<number, Hour>();
  private readonly places = new Map<Extraction, Place>();
  private now: Hour = { values: [], fixed: new Map() };
  private hour = NaN;

  /** @param time ms, as it is stored */
  add(event: Event, extraction: Extraction, time: number, source: string): void {
    const bucket = Math.floor(time / 300_000);
    let place = this.places.get(extraction);
    if (place === undefined || place.bucket !== bucket) place = this.placeOf(extraction, bucket);
    else if (place.hour !== this.hour) this.turnTo(place.hour);
    const { shape, cell } = place;
    cell.events++;
    if (cell.labels !== null) {
      const key = label("action", shape.action, event) + "\0" +
        label("severity", shape.severity, event);
      cell.labels.set(key, (cell.labels.get(key) ?? 0) + 1);
    }
    place.fixed.events++;
    const { values } = this.now;
    shape.take(event, values);
    if (event.host) values[HOST].add(kept(event.host), 1);
    if (source) values[SOURCE].add(kept(source), 1);
  }

  counts(): Counted {
    return { hours: [...this.hours.keys()], series: this.series(), values: this.values() };
  }

  private placeOf(extraction: Extraction, bucket: number): Place {
    const hour = Math.floor(bucket / 12);
    this.turnTo(hour);
    const shape = shapeOf(extraction);
    const cells = at(this.cells, bucket);
    let cell = cells.get(extraction);
    if (cell === undefined) {
      const plain = shape.action !== null && shape.severity !== null;
      cells.set(extraction, cell = { events: 0, labels: plain ? null : new Map() });
    }
    let fixed = this.now.fixed.get(extraction);
    if (fixed === undefined) this.now.fixed.set(extraction, fixed = { events: 0 });
    const place = { shape, bucket, cell, hour, fixed };
    this.places.set(extraction, place);
    return place;
  }

  private turnTo(hour: number): void {
    if (hour === this.hour) return;
    this.hour = hour;
    let now = this.hours.get(hour);
    if (now === undefined) {
      this.hours.set(
        hour,
        now = { values: VALUE_FIELDS.map(() => new ValueCounts()), fixed: new Map() },
      );
    }
    this.now = now;
  }

  private series(): Map<string, Buckets> {
    const out = new Map<string, Map<number, Map<string, Count>>>();
    for (const [bucket, cells] of this.cells) {
      for (const [extraction, cell] of cells) {
        const { action, severity } = shapeOf(extraction);
        const parts = cell.labels ?? new Map([[`${action}\0${severity}`, cell.events]]);
        const { sourcetype, parseError, datasets } = extraction;
        const heading = seriesHeading(sourcetype, parseError, datasets.join());
        let buckets = out.get(heading);
        if (buckets === undefined) out.set(heading, buckets = new Map());
        const counts = at(buckets, bucket * 300);
        for (const [labels, events] of parts) {
          const count = counts.get(labels);
          if (count) count.events += events;
          else counts.set(labels, { events });
        }
      }
    }
    return out;
  }

  private values(): Buckets[] {
    for (const { values, fixed } of this.hours.values()) {
      for (const [extraction, count] of fixed) {
        for (const [i, value] of shapeOf(extraction).fixed) values[i].add(value, count.events);
        // Added once, however often it is asked.
        count.events = 0;
      }
    }
    return VALUE_FIELDS.map((_, i) =>
      new Map([...this.hours].map(([hour, { values }]) => [hour * 3600, values[i].counts]))
    );
  }
}

/** What a line says of itself has a bounded length. */
function label(name: "action" | "severity", fixed: string | null, event: Event): string {
  if (fixed !== null) return fixed;
  const value = valueOf(event, name);
  if (value === undefined || typeof value === "object") return "";
  return kept(String(value), LABEL_LENGTH).replaceAll("\0", "\ufffd");
}

function at<V extends Map<unknown, unknown>>(maps: Map<number, V>, key: number): V {
  let found = maps.get(key);
  if (found === undefined) maps.set(key, found = new Map() as V);
  return found;
}
