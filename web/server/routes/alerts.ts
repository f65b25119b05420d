/** Alerts, and what people say of them. */
import type {
  StatusEntry as Stored,
  Store,
  StoredAlert,
  StoredEvent,
} from "../../../agent/store/mod.ts";
import { selectionsHeld, sourceOf } from "../route/content.ts";
import { alertFilter, alertSelection, byId, missing, paging } from "../route/filters.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { alertJson, eventJson, incidentJson } from "../types/json.ts";
import { writeCursor } from "../http/time.ts";
import { route, type Services } from "../route/route.ts";
import type { Caller } from "../security/access.ts";
import {
  AlertAnswer,
  AlertDetail,
  AlertHistory,
  AlertPage,
  BulkAnswer,
  BulkStatusChange,
  StatusChange,
  type StatusEntry,
} from "../types/mod.ts";

/** Other alerts about the same entity in the answer for one alert. */
const OTHERS = 50;

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
    method: "post",
    path: "/api/alerts/status",
    tag: "Alerts",
    summary: "Set the status of several alerts, atomically",
    role: "write",
    body: BulkStatusChange,
    answer: BulkAnswer,
    async handle({ store, body, caller }) {
      const { ids, status, comment = null } = body;
      const who = whoOf(caller, body.who);
      const asked = [...new Set(ids)];
      const changed = await store.setAlertStatuses(asked, { status, comment, who });
      const there = new Set(changed.map((a) => a.id));
      return { changed: there.size, missing: asked.filter((id) => !there.has(id)) };
    },
  }),
  route({
    path: "/api/alerts/:id",
    tag: "Alerts",
    summary: "One alert: contributing events, rule, related alerts, incidents, status history",
    role: "read",
    ids: byId,
    answer: AlertDetail,
    async handle({ store, services, path }) {
      const alert = await store.alert(path.id);
      if (!alert) throw missing("alert", path.id);
      const entity = actorOf(alert);
      const [events, others, incidents, history] = await Promise.all([
        store.eventsById(alert.eventIds),
        entity === null ? null : store.alerts({ entity, limit: OTHERS + 1 }),
        entity === null
          ? null
          : store.incidents({ entity, from: alert.first, to: alert.last + 1, limit: OTHERS }),
        store.alertHistory(path.id),
      ]);
      return {
        alert: alertJson(alert),
        events: events.map(eventJson),
        rule: ruleOf(services, alert.rule, events[0]),
        others: (others?.items ?? []).filter((a) => a.id !== alert.id).slice(0, OTHERS)
          .map(alertJson),
        incidents: (incidents?.items ?? []).map(incidentJson),
        history: history.map(entryJson),
      };
    },
  }),
  route({
    method: "patch",
    path: "/api/alerts/:id",
    tag: "Alerts",
    summary: "Set the status of an alert, with a comment",
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
  route({
    path: "/api/alerts/:id/history",
    tag: "Alerts",
    summary: "Status history of an alert",
    role: "read",
    ids: byId,
    answer: AlertHistory,
    async handle({ store, path }) {
      if (!await store.alert(path.id)) throw missing("alert", path.id);
      return { history: await history(store, path.id) };
    },
  }),
];

/** A token says who it is; without one it is who they say they are. */
function whoOf(caller: Caller | null, said: string | undefined): string {
  return caller?.name ?? said ?? "api";
}

/** The value by which other alerts about the same actor are found; null without an entity. */
function actorOf({ entity }: StoredAlert): string | null {
  const value = entity.src ?? entity.user ?? entity.dest ?? Object.values(entity)[0];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

/** The rule as it is loaded now. @param event the first of the alert's, where it is stored */
function ruleOf(
  services: Services,
  name: string,
  event: StoredEvent | undefined,
): AlertDetail["rule"] {
  const content = services.content();
  const rule = content?.program.rules.find((r) => r.name === name);
  if (!content || !rule) return null;
  const selections = event === undefined ? null : selectionsHeld(content, rule, event);
  return {
    name: rule.name,
    title: rule.title,
    file: rule.file,
    plan_hash: rule.planHash,
    ...sourceOf(content, rule),
    ...(selections === null ? {} : { selections }),
  };
}

async function history(store: Store, id: string): Promise<StatusEntry[]> {
  return (await store.alertHistory(id)).map(entryJson);
}

function entryJson({ at, who, from, to, comment }: Stored): StatusEntry {
  return { at: rfc3339(at), who, from, to, comment };
}
