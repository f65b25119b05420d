/**
 * What all events of one parser pattern share is stored once, as its kind: sourcetype, datasets and
 * the fields that the pattern fixes. Rows then hold only what differs. Ids are digests of what they
 * stand for, so that rows can be serialised before the database is asked anything.
 */
import { createHash } from "node:crypto";
import type { Extraction } from "../../../compiler/schema/types.ts";

export interface Kind {
  /** A positive bigint, in decimal. */
  readonly id: string;
  readonly sourcetype: string;
  readonly pattern: string;
  readonly datasets: readonly string[];
  readonly bad: boolean;
  /** Why no pattern took the line; null when it did, or when each line has a reason of its own. */
  readonly parseError: string | null;
  readonly constants: Readonly<Record<string, string | number | boolean>>;
  /**
   * Fields without a column, when a row's `extra` is an array: a number whose bit i says whether the
   * row has field i, and the values of those. None when rows name what they have.
   */
  readonly fields: readonly string[];
}

/** Fields that have a column of their own, with the kind of their type, in the order of the rows. */
export const FIELDS = [
  ["src", "address"],
  ["dest", "address"],
  ["dest_port", "int4"],
  ["user", "text"],
  ["action", "text"],
  ["app", "text"],
  ["status", "text"],
  ["url", "text"],
  ["http_method", "text"],
  ["bytes_out", "int8"],
] as const;

/** Fields that have a column of their own; the others are in `extra`. */
export const FIELD_COLUMNS: readonly string[] = FIELDS.map(([name]) => name);

/** Constants that are stored elsewhere. */
export const APART = new Set(["_raw", "_time", "host", "parse_error_reason"]);

/** Fields that the bits of a positive integer tell. */
const MOST = 31;

/** Captures without a column, in their order. */
export function extraFields({ captures, constants }: Extraction): string[] {
  const taken = new Set([...APART, ...FIELD_COLUMNS, ...Object.keys(constants)]);
  return [...new Set(captures.map((c) => c.name))].filter((name) => !taken.has(name));
}

const kinds = new WeakMap<Extraction, Kind>();

export function kindOf(extraction: Extraction): Kind {
  let kind = kinds.get(extraction);
  if (kind) return kind;
  const { sourcetype, pattern, datasets, constants, captures, parseError } = extraction;
  const own = captures.some((c) => c.name === "parse_error_reason");
  const fixed = constants.parse_error_reason;
  const extra = extraFields(extraction);
  const content = {
    sourcetype,
    pattern,
    datasets,
    bad: parseError,
    parseError: !parseError
      ? null
      : typeof fixed === "string"
      ? fixed
      : own
      ? null
      : `No pattern of ${sourcetype} matches`,
    constants: Object.fromEntries(Object.entries(constants).filter(([name]) => !APART.has(name))),
    fields: extra.length <= MOST && !extraction.open ? extra : [],
  };
  kind = { id: digestNumber(JSON.stringify(content)), ...content };
  kinds.set(extraction, kind);
  return kind;
}

const sources = new Map<string, string>();

/** The number that stands for an input's name. */
export function sourceId(name: string): string {
  let id = sources.get(name);
  if (id === undefined) {
    if (sources.size >= 10_000) sources.clear();
    sources.set(name, id = digestNumber(name));
  }
  return id;
}

/** 62 bits of a text's SHA-256. */
function digestNumber(text: string): string {
  return (createHash("sha256").update(text).digest().readBigUInt64BE() >> 2n).toString();
}

/** Kinds and sources that rows refer to. */
export interface Named {
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Names by id. */
  readonly sources: ReadonlyMap<string, string>;
}
