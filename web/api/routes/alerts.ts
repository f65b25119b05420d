/** Alerts, and what people say of them. */
import { alertFilter, alertSelection, byId, missing, paging } from "../filters.ts";
import { alertJson, eventJson } from "../json.ts";
import { writeCursor } from "../params.ts";
import { type Caller, route } from "../route.ts";
import { AlertAnswer, AlertDetail, AlertPage, StatusChange } from "../types.ts";

export const alertRoutes = [
  route({
    path: "/api/alerts",
    tag: "Alerts",
    summary: "Alerts, newest first",
    role: "read",
    params: { ...alertSelection, ...paging },
    answer: AlertPage,
    async handle({ store, query }) {
      const { limit = 100, cursor } = query;
      const page = await store.alerts({ ...alertFilter(query), limit, cursor });
      return { alerts: page.items.map(alertJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/api/alerts/:id",
    tag: "Alerts",
    summary: "One alert: its events, its rule, what else is known of its entity, its history",
    role: "read",
    ids: byId,
    answer: AlertDetail,
    async handle({ store, path }) {
      const alert = await store.alert(path.id);
      if (!alert) throw missing("alert", path.id);
      const events = await store.eventsById(alert.eventIds);
      return {
        alert: alertJson(alert),
        events: events.map(eventJson),
        rule: null,
        others: [],
        incidents: [],
        history: [],
      };
    },
  }),
  route({
    method: "patch",
    path: "/api/alerts/:id",
    tag: "Alerts",
    summary: "Gives an alert a status: what a person says of it stays",
    role: "write",
    ids: byId,
    body: StatusChange,
    answer: AlertAnswer,
    async handle({ store, path, body, caller }) {
      const { status, comment = null } = body;
      const who = whoOf(caller, body.who);
      const alert = await store.setAlertStatus(path.id, { status, comment, who });
      if (!alert) throw missing("alert", path.id);
      return { alert: alertJson(alert) };
    },
  }),
];

/** A token says who it is; without one it is who they say they are. */
export function whoOf(caller: Caller | null, said: string | undefined): string {
  return caller?.name ?? said ?? "api";
}
