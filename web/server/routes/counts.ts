/** What is counted over events and alerts. */
import {
  asked,
  SERIES_FIELDS,
  type SeriesRequest,
  type Store,
  VALUE_FIELDS,
} from "../../../agent/store/mod.ts";
import { DATASETS, FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import { eventFilter, eventParams, ordered, range } from "../route/filters.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { OF_EVENTS } from "../route/conditions.ts";
import { searchedSeries, searchedTop } from "../route/counted.ts";
import { ApiError } from "../http/error.ts";
import { fieldName, flag, integer, oneOf } from "../http/params.ts";
import { duration } from "../http/time.ts";
import { zone as zoneOf } from "../../../compiler/sourcetype/clock/zone.ts";
import { zonedSeries, zoneParam } from "../route/zoned.ts";
import { route } from "../route/route.ts";
import { Cim, Stats, Timeseries, Top } from "../types/mod.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
/** Buckets that a series is given when nobody says how wide they are. */
const BUCKETS = 100;
const WIDTHS = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR]
  .concat([12 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY]);
/** Counts are kept by five minutes; less is read from the events themselves. */
const KEPT = 5 * MINUTE, SCANNED = 2 * HOUR;
/** Fields that part alerts; the others part events. */
const OF_ALERTS: readonly string[] = ["rule", "alert_severity", "alert_status"];

export const countRoutes = [
  route({
    path: "/api/stats",
    tag: "Counts",
    summary: "Event and alert counts; events by whole hours",
    role: "read",
    params: range,
    answer: Stats,
    async handle({ store, query }) {
      ordered(query.from, query.to);
      const s = await store.stats(query);
      return {
        events: s.events,
        parse_errors: s.parseErrors,
        alerts: s.alerts,
        first: isoOrNull(s.first),
        last: isoOrNull(s.last),
        newest: isoOrNull(s.newest),
        sourcetypes: s.sourcetypes.map((t) => ({
          sourcetype: t.sourcetype,
          events: t.events,
          parse_errors: t.parseErrors,
        })),
        alerts_by_severity: s.alertsBySeverity,
        open_by_severity: s.openBySeverity,
        alerts_by_status: s.alertsByStatus,
        alerts_by_rule: s.alertsByRule,
      };
    },
  }),
  route({
    path: "/api/timeseries",
    tag: "Counts",
    summary: "Time series of events or alerts, optionally by a field",
    description:
      "Buckets begin at multiples of their width, days at midnight, UTC or of `tz`. Less than five " +
      "minutes is counted over the events themselves, for two hours at most; so is what filters " +
      "take, see `since`, but for sourcetype, dataset, parse_error, action and severity.",
    role: "read",
    filters: OF_EVENTS,
    params: {
      ...eventParams,
      of: oneOf("What is counted; events when left out", ["events", "alerts"]),
      by: oneOf("What parts the series; alert_… and rule part alerts", SERIES_FIELDS),
      interval: duration(`Width of a bucket; left out: of some ${BUCKETS} buckets`, "1h"),
      tz: zoneParam("Zone by whose clock buckets begin; UTC when left out"),
      limit: integer("Series kept apart; 20 when left out", 1, 100),
    },
    answer: Timeseries,
    async handle({ store, query, conditions, now, request }) {
      const { of: counted, by, interval, tz = "UTC", limit = 20, ...selection } = query;
      const { from: _from, to: _to, ...filter } = eventFilter(selection);
      const filtered = asked(filter).length + conditions.length > 0;
      const of = counted ?? (by && OF_ALERTS.includes(by) ? "alerts" : "events");
      if (by && OF_ALERTS.includes(by) !== (of === "alerts")) {
        throw new ApiError(400, "invalid_parameter", `"by" ${by} does not part ${of}`, "by");
      }
      if (filtered && of === "alerts") {
        throw new ApiError(
          400,
          "invalid_parameter",
          "Filters take events; count alerts whole",
          "of",
        );
      }
      const within = await bounds(store, query, now);
      const width = within.to - within.from;
      const bucketMs = interval ??
        WIDTHS.find((w) => width / w <= BUCKETS) ?? WIDTHS.at(-1)!;
      if (bucketMs % KEPT !== 0 && width > SCANNED && !filtered) {
        throw new ApiError(
          400,
          "invalid_parameter",
          "Give a multiple of 5m, or a range of two hours at most",
          "interval",
        );
      }
      const asking = { ...within, bucketMs, of, by, limit, ...(filtered ? { filter } : {}) };
      const count = async (asking: SeriesRequest & { from: number; to: number }) =>
        conditions.length === 0
          ? await store.timeseries(asking)
          : await store.countedSeries({ ...asking, where: conditions }) ??
            await searchedSeries(store, { filter, conditions }, asking, request.signal);
      const found = await zonedSeries(count, asking, zoneOf(tz)!);
      return {
        of,
        by: by ?? null,
        interval: found.bucketMs / 1000,
        times: found.times.map(rfc3339),
        since: isoOrNull(found.since),
        exact: found.exact,
        series: found.series,
      };
    },
  }),
  route({
    path: "/api/top",
    tag: "Counts",
    summary: "Top values of a field among matching events",
    role: "read",
    filters: OF_EVENTS,
    params: {
      field: fieldName("The field, of the CIM or a vendor's own", "src"),
      ...eventParams,
      limit: integer("How many; 10 when left out", 1, 1000),
      unseen: flag("Only values that no event before `from` has, to the hour; without filters"),
    },
    answer: Top,
    async handle({ store, query, conditions, request }) {
      const { field, limit = 10, unseen = false, ...rest } = query;
      if (field === undefined) {
        throw new ApiError(400, "missing_parameter", 'Give "field", as in field=src', "field");
      }
      const { from, to, ...filter } = eventFilter(rest);
      const filtered = asked(filter).length > 0;
      if (unseen) {
        if (from === undefined || filtered || conditions.length > 0 || !isCounted(field)) {
          throw new ApiError(
            400,
            "invalid_parameter",
            `Values not seen before are those of ${
              VALUE_FIELDS.join(", ")
            }, from a time on, without filters`,
            "unseen",
          );
        }
      }
      const asking = { from, to, field, limit, unseen, ...(filtered ? { filter } : {}) };
      const found = conditions.length === 0 ? await store.top(asking) : await searchedTop(
        store,
        { filter: { ...filter, from, to }, conditions },
        asking,
        request.signal,
      );
      return {
        field,
        values: found.values.map((v) => ({ value: v.value, count: v.events })),
        others: found.others,
        exact: found.exact,
        from: isoOrNull(found.from),
        to: isoOrNull(found.to),
      };
    },
  }),
  route({
    path: "/api/cim",
    tag: "Counts",
    summary: "The Common Information Model: datasets and their fields",
    role: "read",
    answer: Cim,
    handle: () => CIM,
  }),
];

const isCounted = (field: string) => (VALUE_FIELDS as readonly string[]).includes(field);

const isoOrNull = (ms: number | null) => ms === null ? null : rfc3339(ms);

/** The range with both its ends: those of what is stored, and now, where it has none. */
async function bounds(
  store: Store,
  { from, to }: { readonly from?: number; readonly to?: number },
  now: number,
): Promise<{ from: number; to: number }> {
  ordered(from, to);
  if (from !== undefined && to !== undefined) return { from, to };
  const stored = await store.stats();
  const first = from ?? Math.min(stored.first ?? now, to ?? now);
  return { from: first, to: to ?? Math.max(from === undefined ? stored.last ?? now : now, first) };
}

const CIM: Cim = {
  datasets: [...DATASETS.values()].map((d) => ({
    name: d.name,
    parent: d.parent,
    tags: d.tags,
    fields: [...d.fields.values()].map(({ name, type, requirement, values }) => ({
      name,
      type,
      requirement,
      values,
    })),
  })),
  types: Object.fromEntries(FIELD_TYPES),
};
