/** Incidents: alerts of several rules about one entity. */
import { byId, missing, ordered, paging, range, severities } from "../route/filters.ts";
import type { StoredAlert } from "../../../agent/store/mod.ts";
import { relatedIncidents } from "../route/related.ts";
import { incidentOf, tacticsByRule } from "../route/tactics.ts";
import { alertJson, eventJson } from "../types/json.ts";
import { oneOf, text } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import { route } from "../route/route.ts";
import { EXPORT_MEDIA, exportedIncidents, FORMATS, INCIDENT_COLUMNS } from "./export.ts";
import { text as textSchema } from "../types/schema.ts";
import { IncidentDetail, IncidentPage, STATUSES } from "../types/mod.ts";

/** Alerts in the answer for one incident, and those of them that come with events. */
const TIMELINE = 1000, SHOWN = 200;

const selection = {
  ...range,
  entity: text("Value of the entity, whatever its case", "203.0.113.9"),
  severity: severities,
  status: oneOf(
    "Status: open while one of its alerts is, else acknowledged while one is",
    STATUSES,
  ),
};

export const incidentRoutes = [
  route({
    path: "/api/incidents",
    tag: "Incidents",
    summary: "Incidents (alerts of several rules on one entity), newest first",
    role: "read",
    params: { ...selection, ...paging },
    answer: IncidentPage,
    async handle({ store, services, query }) {
      const { severity, ...rest } = query;
      ordered(query.from, query.to);
      const page = await store.incidents({ limit: 100, ...rest, severities: severity });
      const content = services.content();
      return {
        incidents: page.items.map((i) => incidentOf(content, i)),
        next: writeCursor(page.next),
      };
    },
  }),
  route({
    path: "/api/incidents/export",
    tag: "Incidents",
    summary: "Export of all matching incidents, newest first",
    description: `The columns of CSV are ${INCIDENT_COLUMNS.join(", ")}.`,
    role: "read",
    params: { ...selection, format: oneOf("NDJSON when left out", FORMATS) },
    answer: textSchema(),
    media: EXPORT_MEDIA,
    handle({ store, services, query }) {
      const { format = "ndjson", severity, ...rest } = query;
      ordered(query.from, query.to);
      return exportedIncidents(
        store,
        services.content(),
        { ...rest, severities: severity },
        format,
      );
    },
  }),
  route({
    path: "/api/incidents/:id",
    tag: "Incidents",
    summary: `One incident: its alerts by time, at most ${TIMELINE}, evidence, related incidents`,
    role: "read",
    ids: byId,
    answer: IncidentDetail,
    async handle({ store, services, path }) {
      const incident = await store.incident(path.id);
      if (!incident) throw missing("incident", path.id);
      const timeline = await store.timeline(path.id, TIMELINE);
      const content = services.content();
      const [evidence, related] = await Promise.all([
        store.eventsById([...new Set(timeline.slice(0, SHOWN).flatMap(firstAndLast))]),
        relatedIncidents(store, incident, timeline),
      ]);
      return {
        incident: incidentOf(content, incident),
        timeline: timeline.map((a) => alertJson(a)),
        tactics: tacticsByRule(content, timeline),
        evidence: evidence.map(eventJson),
        related: related.map((i) => incidentOf(content, i)),
      };
    },
  }),
];

/** Ids of the first and the last event that an alert names. */
const firstAndLast = ({ eventIds }: StoredAlert): string[] =>
  eventIds.length < 2 ? [...eventIds] : [eventIds[0], eventIds.at(-1)!];
