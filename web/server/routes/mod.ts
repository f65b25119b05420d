/** What the API has, by theme: a theme more is a file and a line. `../table.ts` puts them in order. */
export { alertRoutes } from "./alerts.ts";
export { attackRoutes } from "./attack.ts";
export { countRoutes } from "./counts.ts";
export { deliveryRoutes } from "./deliveries.ts";
export { eventRoutes } from "./events.ts";
export { healthRoutes } from "./health.ts";
export { incidentRoutes } from "./incidents.ts";
export { ingestRoutes } from "./ingest.ts";
export { ruleRoutes } from "./rules.ts";
export { searchRoutes } from "./search.ts";
export { sessionRoutes } from "./session.ts";
export { sourcetypeRoutes } from "./sourcetypes.ts";
export { streamRoutes } from "./stream.ts";
export { triageRoutes } from "./triage.ts";
