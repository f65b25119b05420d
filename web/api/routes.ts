/** What the API has, by theme: the server and the OpenAPI document are both made from it. */
import type { Route } from "./route.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { attackRoutes } from "./routes/attack.ts";
import { countRoutes } from "./routes/counts.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { incidentRoutes } from "./routes/incidents.ts";
import { ingestRoutes } from "./routes/ingest.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { sessionRoutes } from "./routes/session.ts";
import { sourcetypeRoutes } from "./routes/sourcetypes.ts";
import { streamRoutes } from "./routes/stream.ts";

export const ROUTES: readonly Route[] = [
  ...eventRoutes,
  ...alertRoutes,
  ...incidentRoutes,
  ...countRoutes,
  ...ruleRoutes,
  ...attackRoutes,
  ...sourcetypeRoutes,
  ...ingestRoutes,
  ...streamRoutes,
  ...healthRoutes,
  ...sessionRoutes,
];
