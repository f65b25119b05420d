/** Runs a generated parser over the batches of one input. */
import { assemble } from "../../codegen/mod.ts";
import type { Catalogue, Value } from "../../schema/types.ts";
import { Clock } from "../clock/clock.ts";
import { countAmbiguous, isAmbiguous } from "../formats/json/ambiguous.ts";
import { addressOf, hostOf } from "../formats/address/address.ts";
import { isTable, type TableReader } from "../formats/csv.ts";
import { generate } from "./generate.ts";
import { convertValue } from "../formats/keyed.ts";
import { FallbackParser, type OthersOptions } from "./fallback.ts";
import { behindProxies } from "./proxies.ts";
import { lazily, LAZY } from "./lazy.ts";
import type { Env, Family, Lines, Parsed, ParsedEvent, Reader } from "./reader.ts";
import { SYSLOG_SEVERITIES } from "../read/severities.ts";
import { type Zone, zone } from "../clock/zone.ts";

export interface ParserOptions {
  /** Zone of times without one: an IANA name or an offset; UTC unless told. */
  readonly tz?: string;
  /** Year of the first line's time when it has none; otherwise taken from the input's date. */
  readonly year?: number;
  /** How far past arrival and modification a time may be before it is held to be wrong; a day, in ms. */
  readonly future?: number;
  /** Whether an address is a proxy's that is trusted: only its word on the client counts. None unless told. */
  readonly trustedProxies?: (address: string) => boolean;
}

/** What a parser remembers between batches; goes into checkpoints. Plain JSON. */
export interface ParserState {
  /** Arrival of the input's first batch of this run; not of an earlier one, whose input had another date. */
  readonly since?: number;
  readonly last: number | null;
  /** Host, process id and fields of the lines before, newest last. */
  readonly recent: readonly (readonly [string, number, Readonly<Record<string, Value>>])[];
  /** The sourcetype that lines are tried with first, where it is no longer the one they began with. */
  readonly first?: string;
  /** Zone of times without one; that of the options when it is missing. */
  readonly zone?: string;
  /** Lines are in no order of time: nothing is concluded from the line before. */
  readonly unordered?: boolean;
  /** What is held of lines in pieces, by stream. */
  readonly pieces?: readonly (readonly [string, string | null])[];
  /** Columns of a table, and what separates them, from its latest line of names. */
  readonly columns?: { readonly names: readonly string[]; readonly separator: string };
}

/** Parses batch after batch of one input, in order. */
export interface Parser {
  <L extends Lines>(batch: L): Parsed<L>;
  snapshot(): ParserState;
  restore(state: ParserState): void;
  /** Whether a time without a zone was read since the last restore. */
  zoneless(): boolean;
  /** Lines read as other sourcetypes than the input's and its relatives, counted. */
  others(): ReadonlyMap<string, number>;
}

/** How many lines back a line of the same process is looked for. */
const REACH = 512;
const DAY = 86_400_000;

export const FACILITIES =
  ("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp " +
    "audit alert clock local0 local1 local2 local3 local4 local5 local6 local7").split(" ");
/**
 * The parser of one input. With `others` it also reads lines that stand in keys of others, and where
 * they are `mixed`, lines of any sourcetype. Throws RangeError for a zone that does not exist: check
 * it with `zone` first.
 */
export function makeParser(
  family: Family,
  catalogue: Catalogue,
  options: ParserOptions,
  others: OthersOptions,
): Parser {
  const named = zones();
  const clock = new Clock(named(options.tz ?? "UTC"), options.year ?? null);
  let ownZone: string | undefined;
  const recalled = new Set<string>();
  let before: ParserState["recent"] = [];
  let first = NaN;
  const env: Env = {
    arrival: 0,
    events: [],
    facilities: FACILITIES,
    severities: SYSLOG_SEVERITIES,
    address: addressOf,
    hostName: hostOf,
    answer(keys, field, names, value, two) {
      if (two) countAmbiguous(keys);
      if (!two && !isAmbiguous(keys, names)) return value;
      // A key of the field's own name would be read in its place.
      keys[field] = undefined;
      return undefined;
    },
    missing: (values, v) => v !== undefined && values.includes(v) ? undefined : v,
    // Looked up when a line needs it, which is seldom: to note every line would cost all of them.
    recall(host, by, wanted, field) {
      if (wanted === undefined) return undefined;
      const from = env.events.length - 1;
      const to = Math.max(0, from - REACH);
      for (let i = from; i >= to; i--) {
        const e = env.events[i];
        if (e && e[by] === wanted && e.host === host && e[field] !== undefined) {
          return e[field] as Value;
        }
      }
      const reach = REACH - env.events.length;
      for (let i = before.length - 1; i >= Math.max(0, before.length - reach); i--) {
        const [h, p, fields] = before[i];
        const value = by === "process_id" ? p : fields[by];
        if (value === wanted && h === (host ?? "") && fields[field] !== undefined) {
          return fields[field];
        }
      }
      return undefined;
    },
    other: (raw, text, at, event, kind) => rest.find(raw, text, at, event, kind),
    kind: 0,
    at: 0,
    text: "",
    leave: false,
  };

  /** Of the input's own sourcetype. */
  let table: TableReader | null = null;
  function reader({ own, members }: Family): Reader {
    const generated = generate(own, members);
    const X: { prototype: object }[] = [];
    const values = {
      R: generated.regexes,
      M: generated.maps,
      X,
      K: generated.readers,
      W: rest.weak,
      Z: LAZY,
      lazily,
      convert: convertValue,
      clock,
      env,
    };
    const made = assemble<Reader>({ $: values }, generated.code);
    generated.classes.forEach((layout, i) => {
      Object.assign(X[i].prototype, layout.extraction.constants);
      for (const field of layout.pattern?.recall ?? []) recalled.add(field);
      if (layout.pattern?.recallBy) recalled.add(layout.pattern.recallBy);
    });
    if (own === family.own) table = generated.readers.find(isTable) ?? null;
    return made;
  }
  const rest = new FallbackParser(others, env, reader);
  const home = family.own.sourcetype.name;
  const own = reader(family);
  rest.begin(home, own);

  function parse<L extends Lines>(batch: L): Parsed<L> {
    if (first !== first) first = batch.arrival;
    const { modified } = batch.input;
    clock.begin(
      modified + Math.max(0, batch.arrival - first),
      Math.max(batch.arrival, modified) + (options.future ?? DAY),
    );
    env.arrival = batch.arrival;
    const events: ParsedEvent[] = [];
    env.events = events;
    const kinds = new Uint16Array(batch.lines.length);
    // A sourcetype that the user gave may be one that knows nothing of records.
    if (batch.keys !== undefined && own.records) {
      own.records(batch.lines, batch.keys, events, kinds);
    } else {
      const { lines } = batch;
      for (let i = 0; i < lines.length;) i = rest.first().batch(lines, events, kinds, i);
    }
    for (const i of batch.truncated ?? []) {
      const event = events[i] as { more: Record<string, Value> | null };
      event.more = { ...event.more, line_truncated: true };
    }
    if (options.trustedProxies !== undefined) {
      behindProxies(events, kinds, catalogue.extractions, options.trustedProxies);
    }
    if (recalled.size > 0) remember(events);
    return {
      lines: batch,
      events,
      extractionIds: kinds,
      extractions: catalogue.extractions,
      lineOf: (i) => i,
    };
  }

  /** Keeps what a later batch may ask for of the last lines, as copies: a part of a line would hold all of its batch. */
  function remember(events: readonly ParsedEvent[]): void {
    const tail = events.slice(-REACH).map((e): ParserState["recent"][number] => {
      const fields: Record<string, Value> = {};
      for (const f of recalled) {
        const value = e[f] as Value;
        if (value !== undefined) fields[f] = typeof value === "string" ? copied(value) : value;
      }
      return [
        e.host === undefined ? "" : copied(e.host),
        (e.process_id as number | undefined) ?? -1,
        fields,
      ];
    });
    before = tail.length >= REACH ? tail : [...before, ...tail].slice(-REACH);
  }

  return Object.assign(parse, {
    snapshot: (): ParserState => ({
      last: clock.last === clock.last ? clock.last : null,
      recent: before,
      ...(first === first ? { since: first } : {}),
      ...(rest.firstName === home ? {} : { first: rest.firstName }),
      ...(ownZone === undefined ? {} : { zone: ownZone }),
      ...(clock.ordered ? {} : { unordered: true }),
      ...(rest.pieces.snapshot().length > 0 ? { pieces: rest.pieces.snapshot() } : {}),
      ...(table?.columns ? { columns: { names: table.columns, separator: table.separator } } : {}),
    }),
    restore(state: ParserState) {
      clock.last = state.last ?? NaN;
      ownZone = state.zone;
      clock.zone = named(ownZone ?? options.tz ?? "UTC");
      clock.ordered = state.unordered !== true;
      clock.zoneless = false;
      before = state.recent;
      first = state.since ?? NaN;
      rest.goOnWith(state.first ?? home);
      rest.pieces.restore(state.pieces ?? []);
      if (table) {
        table.columns = state.columns?.names ?? null;
        table.separator = state.columns?.separator ?? ",";
      }
    },
    zoneless: () => clock.zoneless,
    others: () => rest.seen,
  });
}

/** Zones by name, each made once. */
function zones(): (name: string) => Zone {
  const made = new Map<string, Zone>();
  return (name) => {
    let found = made.get(name);
    if (found === undefined) {
      const other = zone(name);
      if (!other) throw new RangeError(`There is no time zone "${name}"`);
      made.set(name, found = other);
    }
    return found;
  };
}

function copied(text: string): string {
  return [text.slice(0, 1), text.slice(1)].join("");
}
