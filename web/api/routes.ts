/** What the API has, by theme: the server and the OpenAPI document are both made from it. */
import type { Route } from "./route.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { countRoutes } from "./routes/counts.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { incidentRoutes } from "./routes/incidents.ts";

export const ROUTES: readonly Route[] = [
  ...eventRoutes,
  ...alertRoutes,
  ...incidentRoutes,
  ...countRoutes,
  ...healthRoutes,
];
