/** Alerts, and what people say of them. */
import {
  type AlertEdit as StoredEdit,
  silenceOf,
  type StatusEntry as Stored,
  type Store,
  type StoredAlert,
  type StoredEvent,
} from "../../../agent/store/mod.ts";
import { selectionsHeld, sourceOf } from "../route/content.ts";
import { alertFilter, alertSelection, byId, missing, paging } from "../route/filters.ts";
import { incidentOf } from "../route/tactics.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { alertJson, eventJson } from "../types/json.ts";
import { writeCursor } from "../http/time.ts";
import { ApiError } from "../http/error.ts";
import { oneOf } from "../http/params.ts";
import { ALERT_FILTERS, OF_ALERTS } from "../route/conditions.ts";
import { alertPage } from "../route/searched.ts";
import { ALERT_COLUMNS, EXPORT_MEDIA, exportedAlerts, FORMATS } from "./export.ts";
import { text as textSchema } from "../types/schema.ts";
import { whoOf } from "../route/who.ts";
import { route, type Services } from "../route/route.ts";
import type { Caller } from "../security/access.ts";
import {
  AlertAnswer,
  AlertDetail,
  AlertEdit,
  AlertHistory,
  AlertPage,
  BulkAlertEdit,
  BulkAnswer,
  type StatusEntry,
} from "../types/mod.ts";

/** Other alerts about the same entity in the answer for one alert. */
const OTHERS = 50;

export const alertRoutes = [
  route({
    path: "/api/alerts",
    tag: "Alerts",
    summary: "Alerts, newest first",
    description: ALERT_FILTERS,
    role: "read",
    filters: OF_ALERTS,
    params: { ...alertSelection, ...paging },
    answer: AlertPage,
    async handle({ store, query, conditions, now }) {
      const { limit = 100, cursor } = query;
      const [page, silences] = await Promise.all([
        alertPage(store, { ...alertFilter(query), cursor }, conditions, limit),
        store.silences({ active: true, now }),
      ]);
      return {
        alerts: page.items.map((a) => alertJson(a, silenceOf(silences, a, now))),
        next: writeCursor(page.next),
      };
    },
  }),
  route({
    path: "/api/alerts/export",
    tag: "Alerts",
    summary: "Export of all matching alerts, newest first",
    description: `${ALERT_FILTERS} The columns of CSV are ${ALERT_COLUMNS.join(", ")}.`,
    role: "read",
    filters: OF_ALERTS,
    params: { ...alertSelection, format: oneOf("NDJSON when left out", FORMATS) },
    answer: textSchema(),
    media: EXPORT_MEDIA,
    handle({ store, query, conditions, now }) {
      const { format = "ndjson", ...rest } = query;
      return exportedAlerts({ store, filter: alertFilter(rest), conditions, format, now });
    },
  }),
  route({
    method: "post",
    path: "/api/alerts/status",
    tag: "Alerts",
    summary: "Set status, verdict or assignee of several alerts, atomically",
    role: "write",
    body: BulkAlertEdit,
    answer: BulkAnswer,
    async handle({ store, body, caller }) {
      const asked = [...new Set(body.ids)];
      const changed = await store.editAlerts(asked, editOf(body, caller));
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
    async handle({ store, services, path, now }) {
      const alert = await store.alert(path.id);
      if (!alert) throw missing("alert", path.id);
      const entity = actorOf(alert);
      const [events, others, incidents, history, silences] = await Promise.all([
        store.eventsById(alert.eventIds),
        entity === null ? null : store.alerts({ entity, limit: OTHERS + 1 }),
        entity === null
          ? null
          : store.incidents({ entity, from: alert.first, to: alert.last + 1, limit: OTHERS }),
        store.alertHistory(path.id),
        store.silences({ active: true, now }),
      ]);
      return {
        alert: alertJson(alert, silenceOf(silences, alert, now)),
        events: events.map(eventJson),
        rule: ruleOf(services, alert.rule, events[0]),
        others: (others?.items ?? []).filter((a) => a.id !== alert.id).slice(0, OTHERS)
          .map((a) => alertJson(a)),
        incidents: (incidents?.items ?? []).map((i) => incidentOf(services.content(), i)),
        history: history.map(entryJson),
      };
    },
  }),
  route({
    method: "patch",
    path: "/api/alerts/:id",
    tag: "Alerts",
    summary: "Set status, verdict or assignee of an alert, or only comment on it",
    role: "write",
    ids: byId,
    body: AlertEdit,
    answer: AlertAnswer,
    async handle({ store, path, body, caller, now }) {
      const [alert] = await store.editAlerts([path.id], editOf(body, caller));
      if (!alert) throw missing("alert", path.id);
      const silences = await store.silences({ active: true, now });
      return { alert: alertJson(alert, silenceOf(silences, alert, now)) };
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

/** @throws {ApiError} for a body that says nothing */
function editOf(body: AlertEdit, caller: Caller | null): StoredEdit {
  const { status, verdict, assignee, comment = null } = body;
  if (status === undefined && verdict === undefined && assignee === undefined && !comment) {
    const message = 'Give "status", "verdict", "assignee" or "comment"';
    throw new ApiError(400, "nothing_to_change", message);
  }
  return { status, verdict, assignee, comment, who: whoOf(caller, body.who) };
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

function entryJson({ at, who, from, to, comment, verdict, assignee }: Stored): StatusEntry {
  return {
    at: rfc3339(at),
    who,
    from,
    to,
    comment,
    ...(verdict === null ? {} : { verdict: verdict === "none" ? null : verdict }),
    ...(assignee === null ? {} : { assignee: assignee === "" ? null : assignee }),
  };
}
