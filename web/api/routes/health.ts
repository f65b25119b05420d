/** How Picket itself is. */
import { ordered, paging, range } from "../filters.ts";
import { healthJson, jobJson } from "../json.ts";
import { integer, text, writeCursor } from "../params.ts";
import { route } from "../route.ts";
import { Health, HealthPage, JobList } from "../types.ts";

export const healthRoutes = [
  route({
    path: "/health",
    also: ["/api/health"],
    tag: "Health",
    summary: "Whether the API answers; it does not ask the store",
    role: null,
    answer: Health,
    handle: ({ store, services }) => ({
      status: "ok" as const,
      version: services.version,
      store: store.kind,
    }),
  }),
  route({
    path: "/api/health-events",
    tag: "Health",
    summary: "What the operator should know, newest first: gaps, evicted state, changed plans",
    role: "read",
    params: {
      ...range,
      ...paging,
      kind: text("Kind of event", "gap"),
      subject: text("The rule or input that it is about", "stdin"),
    },
    answer: HealthPage,
    async handle({ store, query }) {
      ordered(query.from, query.to);
      const page = await store.health({ limit: 100, ...query });
      return { events: page.items.map(healthJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/api/jobs",
    tag: "Health",
    summary: "Inputs of runs, newest first: lines, events, rate, state",
    role: "read",
    params: { limit: integer("How many; 100 when left out", 1, 1000) },
    answer: JobList,
    async handle({ store, query }) {
      const { items } = await store.jobs({ limit: query.limit ?? 100 });
      return { jobs: items.map(jobJson) };
    },
  }),
];
