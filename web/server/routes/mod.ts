/** What the API has, by theme: the server and the OpenAPI document are both made from it. */
import type { Route } from "../route/route.ts";
import { alertRoutes } from "./alerts.ts";
import { attackRoutes } from "./attack.ts";
import { countRoutes } from "./counts.ts";
import { eventRoutes } from "./events.ts";
import { healthRoutes } from "./health.ts";
import { incidentRoutes } from "./incidents.ts";
import { ingestRoutes } from "./ingest.ts";
import { ruleRoutes } from "./rules.ts";
import { sessionRoutes } from "./session.ts";
import { sourcetypeRoutes } from "./sourcetypes.ts";
import { streamRoutes } from "./stream.ts";

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
