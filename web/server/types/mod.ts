/**
 * What the API takes and gives: each name is a schema and, as a type, the shape of its JSON. Times
 * are RFC 3339 in UTC, names are in snake case, what is not known is null.
 */
export * from "./shared.ts";
export * from "./events.ts";
export * from "./alerts.ts";
export * from "./backtest.ts";
export * from "./details.ts";
export * from "./entities.ts";
export * from "./risk.ts";
export * from "./rules.ts";
export * from "./saved.ts";
export * from "./search.ts";
export * from "./sourcetypes.ts";
export * from "./system.ts";
export * from "./inputs.ts";
export * from "./deliveries.ts";
export * from "./triage.ts";
