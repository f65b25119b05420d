/** Incidents: alerts of several rules about one entity. */
import { byId, missing, ordered, paging, range, severities } from "../route/filters.ts";
import { alertJson, incidentJson } from "../types/json.ts";
import { oneOf, text } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import { route } from "../route/route.ts";
import { IncidentDetail, IncidentPage, STATUSES } from "../types/mod.ts";

/** Alerts in the answer for one incident. */
const TIMELINE = 1000;

export const incidentRoutes = [
  route({
    path: "/api/incidents",
    tag: "Incidents",
    summary: "Incidents (alerts of several rules on one entity), newest first",
    role: "read",
    params: {
      ...range,
      ...paging,
      entity: text("Value of the entity, whatever its case", "203.0.113.9"),
      severity: severities,
      status: oneOf(
        "Status: open while one of its alerts is, else acknowledged while one is",
        STATUSES,
      ),
    },
    answer: IncidentPage,
    async handle({ store, query }) {
      const { severity, ...rest } = query;
      ordered(query.from, query.to);
      const page = await store.incidents({ limit: 100, ...rest, severities: severity });
      return { incidents: page.items.map(incidentJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/api/incidents/:id",
    tag: "Incidents",
    summary: `One incident with its alerts by time, at most ${TIMELINE}`,
    role: "read",
    ids: byId,
    answer: IncidentDetail,
    async handle({ store, path }) {
      const incident = await store.incident(path.id);
      if (!incident) throw missing("incident", path.id);
      const timeline = await store.timeline(path.id, TIMELINE);
      return { incident: incidentJson(incident), timeline: timeline.map((a) => alertJson(a)) };
    },
  }),
];
