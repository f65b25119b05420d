/**
 * What the API takes and gives: each name is a schema and, as a type, the shape of its JSON. Times
 * are RFC 3339 in UTC, names are in snake case, what is not known is null.
 */
export * from "./types/shared.ts";
export * from "./types/events.ts";
export * from "./types/alerts.ts";
export * from "./types/details.ts";
export * from "./types/rules.ts";
export * from "./types/sourcetypes.ts";
export * from "./types/system.ts";
