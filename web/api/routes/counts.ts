/** What is counted over events and alerts. */
import { DATASETS, FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import { ordered, range } from "../filters.ts";
import { iso } from "../json.ts";
import { route } from "../route.ts";
import { Cim, Stats } from "../types.ts";

export const countRoutes = [
  route({
    path: "/api/stats",
    tag: "Counts",
    summary: "Counts of events and alerts; events are counted by whole hours",
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
        first: s.first === null ? null : iso(s.first),
        last: s.last === null ? null : iso(s.last),
        sourcetypes: s.sourcetypes.map((t) => ({
          sourcetype: t.sourcetype,
          events: t.events,
          parse_errors: t.parseErrors,
        })),
        alerts_by_severity: s.alertsBySeverity,
        alerts_by_status: s.alertsByStatus,
        alerts_by_rule: s.alertsByRule,
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
