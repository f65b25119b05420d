/** Events. */
import { byId, eventFilter, eventParams, fields, missing, paging } from "../filters.ts";
import { alertJson, eventJson } from "../json.ts";
import { writeCursor } from "../params.ts";
import { route } from "../route.ts";
import { type Event, EventDetail, EventPage } from "../types.ts";

export const eventRoutes = [
  route({
    path: "/api/events",
    tag: "Events",
    summary: "Events, newest first",
    role: "read",
    params: { ...eventParams, ...paging, fields },
    answer: EventPage,
    async handle({ store, query }) {
      const { limit = 100, cursor } = query;
      const page = await store.events({ ...eventFilter(query), limit, cursor });
      const events = page.items.map(eventJson);
      return {
        events: query.fields ? events.map((e) => chosen(e, query.fields!)) : events,
        next: writeCursor(page.next),
      };
    },
  }),
  route({
    path: "/api/events/:id",
    tag: "Events",
    summary: "One event, with the alerts that name it",
    role: "read",
    ids: byId,
    answer: EventDetail,
    async handle({ store, path }) {
      const event = await store.event(path.id);
      if (!event) throw missing("event", path.id);
      const alerts = await store.alertsOfEvent(path.id);
      return { event: eventJson(event), alerts: alerts.map(alertJson), cim: [], reasoning: [] };
    },
  }),
];

/** Those of the event's fields that are asked for, and its id. */
export function chosen(event: Event, names: readonly string[]): Event {
  return Object.fromEntries(
    ["_id", ...names].filter((n) => Object.hasOwn(event, n)).map((n) => [n, event[n]]),
  ) as Event;
}
