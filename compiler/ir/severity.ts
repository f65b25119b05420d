/** How grave a finding is. */
export type Severity = "informational" | "low" | "medium" | "high" | "critical";
/** From the least to the gravest. */
export const SEVERITIES: readonly Severity[] = [
  "informational",
  "low",
  "medium",
  "high",
  "critical",
];
