/** Events, one by one, in pages, and all of them as a stream. */
import { DATASETS } from "../../../compiler/schema/cim.ts";
import { datasetCheck } from "../../../compiler/sourcetype/mod.ts";
import type { StoredEvent } from "../../../agent/store/mod.ts";
import { reasoning } from "../route/content.ts";
import { EXPORT_COLUMNS, exported, FORMATS } from "./export.ts";
import { byId, eventFilter, eventParams, fields, missing, paging } from "../route/filters.ts";
import { alertJson, chosen, eventJson } from "../types/json.ts";
import { FILTERS, OF_EVENTS } from "../route/conditions.ts";
import { searchedEvents, searchedPage } from "../route/searched.ts";
import { integer, oneOf } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import { route } from "../route/route.ts";
import { EventDetail, EventPage } from "../types/mod.ts";
import { text } from "../types/schema.ts";

export const eventRoutes = [
  route({
    path: "/api/events",
    tag: "Events",
    summary: "Events, newest first",
    description: "Every field of the CIM is a filter; `where` filters by vendor fields. " + FILTERS,
    role: "read",
    filters: OF_EVENTS,
    params: { ...eventParams, ...paging, fields },
    answer: EventPage,
    async handle({ store, query, conditions, request }) {
      const { limit = 100, cursor, fields } = query;
      const filter = eventFilter(query);
      const page = conditions.length === 0
        ? await store.events({ ...filter, limit, cursor })
        : await searchedPage(store, { filter, conditions }, { limit, cursor }, request.signal);
      const events = page.items.map(eventJson);
      return {
        events: fields ? events.map((e) => chosen(e, fields)) : events,
        next: writeCursor(page.next),
      };
    },
  }),
  route({
    path: "/api/events/export",
    tag: "Events",
    summary: "Export of all matching events, newest first",
    description:
      "NDJSON has one event a line. CSV has a header; without `fields` its columns are " +
      `${EXPORT_COLUMNS.join(", ")}. A cell of text that a spreadsheet would take for a formula ` +
      "begins with an apostrophe.",
    role: "read",
    filters: OF_EVENTS,
    params: {
      ...eventParams,
      fields,
      format: oneOf("NDJSON when left out", FORMATS),
      limit: integer("Events at most; all when left out", 1, 100_000_000),
    },
    answer: text(),
    media: {
      "application/x-ndjson": "One event a line",
      "text/csv": "A line of names, then one event a record",
    },
    handle({ store, query, conditions, request }) {
      const { format = "ndjson", fields, limit } = query;
      const filter = eventFilter(query);
      const pages = conditions.length === 0
        ? store.exportEvents({ ...filter, limit })
        : searchedEvents(store, { filter, conditions }, limit ?? Infinity, request.signal);
      return exported(pages, format, fields);
    },
  }),
  route({
    path: "/api/events/:id",
    tag: "Events",
    summary: "One event: related alerts, CIM validation, rule evaluation",
    role: "read",
    ids: byId,
    answer: EventDetail,
    async handle({ store, services, path }) {
      const event = await store.event(path.id);
      if (!event) throw missing("event", path.id);
      const alerts = await store.alertsOfEvent(path.id);
      const content = services.content();
      return {
        event: eventJson(event),
        alerts: alerts.map((a) => alertJson(a)),
        cim: cimOf(event),
        reasoning: content ? reasoning(content, event) : [],
      };
    },
  }),
];

function cimOf(event: StoredEvent): EventDetail["cim"] {
  const values = new Map(Object.entries(event.fields));
  if (event.host !== null) values.set("host", event.host);
  return event.datasets.filter((d) => DATASETS.has(d)).map((d) => datasetCheck(d, values));
}
