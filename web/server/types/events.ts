/** Events, and what is counted over them. */
import {
  about,
  anyOf,
  count,
  flag,
  hexId,
  type Infer,
  list,
  map,
  moment,
  named,
  nullable,
  number,
  object,
  oneOf,
  type Schema,
  text,
} from "./schema.ts";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { Next, STATUSES, Value } from "./shared.ts";

const REQUIREMENTS = ["required", "conditional", "optional"] as const;

/** One flat object: what the agent says of it, then CIM and vendor fields by their names. */
export type Event = {
  readonly _id: string;
  readonly _time: string;
  readonly _ingested: string;
  readonly _raw: string;
  readonly host?: string;
  readonly source: string;
  readonly sourcetype: string;
  readonly datasets: readonly string[];
  readonly parse_error?: boolean;
  readonly parse_error_reason?: string;
  readonly [field: string]: Value | undefined;
};
export const Event: Schema<Event> = named(
  "Event",
  object(
    {
      _id: hexId,
      _time: moment,
      _ingested: moment,
      _raw: text(),
      source: text(),
      sourcetype: text(),
      datasets: list(text()),
    },
    { host: text(), parse_error: flag, parse_error_reason: text() },
    Value,
  ),
) as Schema<Event>;

/** The fields of an event that `fields` asked for, beside its id. */
export const ChosenEvent: Schema<Partial<Event> & { readonly _id: string }> = named(
  "ChosenEvent",
  object({ _id: hexId }, {}, Value),
) as Schema<Partial<Event> & { readonly _id: string }>;

export const EventPage = named(
  "EventPage",
  object({ events: list(anyOf(Event, ChosenEvent)) as Schema<readonly Event[]>, next: Next }),
);
export type EventPage = Infer<typeof EventPage>;

/** What the CIM asks of one of an event's datasets, and what of it is there. */
export const DatasetCheck = named(
  "DatasetCheck",
  object({
    name: text(),
    tags: list(text()),
    complete: about("No required field is missing and no value is unexpected", flag),
    fields: about(
      "The dataset's own fields: those of a parent stand with the parent",
      list(object({
        name: text(),
        requirement: oneOf(REQUIREMENTS),
        status: oneOf(["present", "missing", "unexpected"]),
      }, { value: Value, prescribed: list(text()) })),
    ),
  }),
);
export type DatasetCheck = Infer<typeof DatasetCheck>;

/** Why a rule takes an event or not, as text of several lines. */
export const Reasoning = named(
  "Reasoning",
  object({
    rule: text(),
    title: text(),
    passes: about("Whether every condition on this event alone holds", flag),
    text: text(),
  }),
);
export type Reasoning = Infer<typeof Reasoning>;

/** A number for each of the names. */
const counts = <T extends string>(names: readonly T[]) =>
  object(Object.fromEntries(names.map((n) => [n, count])) as Record<T, Schema<number>>);

export const Stats = named(
  "Stats",
  object({
    events: count,
    parse_errors: count,
    alerts: count,
    first: about("Of events, to the hour; null without events", nullable(moment)),
    last: nullable(moment),
    newest: about("Time of the newest event of all, whatever the range", nullable(moment)),
    sourcetypes: list(object({ sourcetype: text(), events: count, parse_errors: count })),
    alerts_by_severity: counts(SEVERITIES),
    open_by_severity: about("Of the open alerts alone", counts(SEVERITIES)),
    alerts_by_status: counts(STATUSES),
    alerts_by_rule: list(object({ rule: text(), alerts: count })),
  }),
);
export type Stats = Infer<typeof Stats>;

/** Counts over time: `series[k].counts[i]` is of the bucket that begins at `times[i]`. */
export const Timeseries = named(
  "Timeseries",
  object({
    of: oneOf(["events", "alerts"]),
    by: about("Field that splits the series; null for a single one", nullable(text())),
    interval: about("Seconds of a bucket", number({ minimum: 0 })),
    times: about("Beginnings of the buckets, without gaps", list(moment)),
    since: about(
      "Filters without src, dest, user or host, or with one that is frequent and another, are held " +
        "against the newest 10,000 events of the range, a text against 5000: what is before this was " +
        "not looked at. Null when all was",
      nullable(moment),
    ),
    exact: about(
      "False when there may be more: of very many values in an hour some are not counted apart",
      flag,
    ),
    series: about(
      "Largest first",
      list(object({
        value: about(
          "Empty for those without the field; null for all, or for the rest",
          nullable(text()),
        ),
        total: count,
        counts: about("One for each of `times`", list(count)),
      })),
    ),
  }),
);
export type Timeseries = Infer<typeof Timeseries>;

export const Top = named(
  "Top",
  object({
    field: text(),
    values: about("Most frequent first", list(object({ value: text(), count }))),
    others: about("Events with the field that none of `values` counts", count),
    exact: about("False when counts may be too low", flag),
    from: about("Start of the counted range; null without events", nullable(moment)),
    to: nullable(moment),
  }),
);
export type Top = Infer<typeof Top>;

/** The CIM as pickers need it. */
export const Cim = named(
  "Cim",
  object({
    datasets: list(object({
      name: text(),
      parent: nullable(text()),
      tags: list(text()),
      fields: list(object({
        name: text(),
        type: text(),
        requirement: oneOf(REQUIREMENTS),
        values: about("Prescribed values; empty when any will do", list(text())),
      })),
    })),
    types: about("The type of each field by its name alone", map(text())),
  }),
);
export type Cim = Infer<typeof Cim>;
