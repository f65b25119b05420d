/** Severities in their order. */
import type { Severity } from "../../server/types/mod.ts";

/** The worst first. */
export const SEVERITIES: readonly Severity[] = [
  "critical",
  "high",
  "medium",
  "low",
  "informational",
];

/** Greater for worse. */
export const rankOf = (severity: Severity): number =>
  SEVERITIES.length - SEVERITIES.indexOf(severity);
