/** How Picket itself is. */
import { hexId, integer, oneOf, text } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import { ordered, paging, range } from "../route/filters.ts";
import { healthJson, jobJson } from "../types/json.ts";
import { ApiError } from "../http/error.ts";
import { metrics } from "./metrics.ts";
import { route } from "../route/route.ts";
import * as schema from "../types/schema.ts";
import { Health, HealthPage, JOB_STATES, JobPage, Ready } from "../types/mod.ts";

export const healthRoutes = [
  route({
    path: "/health",
    also: ["/api/health"],
    tag: "Health",
    summary: "Liveness: 200 while the server runs; the store is not queried",
    role: null,
    answer: Health,
    handle: ({ store, services }) => ({
      status: "ok" as const,
      version: services.version,
      store: store.kind,
    }),
  }),
  route({
    path: "/ready",
    also: ["/api/ready"],
    tag: "Health",
    summary: "Readiness: 200 when the store answers, else 503",
    role: null,
    answer: Ready,
    async handle({ store, services }) {
      await store.ready().catch(() => {
        throw new ApiError(503, "not_ready", "The store does not answer");
      });
      return { ready: true, ingest: services.ingest !== null };
    },
  }),
  route({
    path: "/metrics",
    also: ["/api/metrics"],
    tag: "Health",
    summary: "Metrics in the Prometheus text format",
    role: "read",
    answer: schema.text(),
    media: { "text/plain": "Prometheus' text form, version 0.0.4" },
    async handle({ store, services, now }) {
      return new Response(await metrics(store, services, now), {
        headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
      });
    },
  }),
  route({
    path: "/api/health-events",
    tag: "Health",
    summary:
      "Health events, newest first: data loss, late rows, clocks that are off, evicted rule state",
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
    summary: "Jobs (one input of one run), newest first: lines, events, rate, state",
    description:
      "A job that is `running` and was not updated for a minute is silent, or was killed.",
    role: "read",
    params: {
      ...paging,
      limit: integer("Rows in a page; 100 when left out", 1, 1000),
      state: oneOf("State", JOB_STATES),
      run: hexId("Only the inputs of this run"),
    },
    answer: JobPage,
    async handle({ store, query, now }) {
      const page = await store.jobs({ limit: 100, ...query });
      return { jobs: page.items.map((j) => jobJson(j, now)), next: writeCursor(page.next) };
    },
  }),
];
