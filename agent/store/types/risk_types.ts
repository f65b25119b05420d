/** Alerts as scores of risk are made of them. Times are epoch ms. */
import type { Severity } from "../../../compiler/ir/program.ts";

export interface RiskRequest {
  /** Not in it. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

export interface RiskAlert {
  readonly id: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  /** What the rule gave it, before a priority raised it: what counts. */
  readonly given: Severity;
  readonly time: number;
  readonly entity: Readonly<Record<string, unknown>>;
  /** Points that it adds to each of its entities; over 0. */
  readonly risk: number;
  /** The first tactic that its rule names. */
  readonly tactic: string | null;
  /** Its event, or its entity, names where it came from. */
  readonly hasSource: boolean;
  /** That source, null where there is none. */
  readonly src: string | null;
}

export interface RiskAlerts {
  readonly alerts: readonly RiskAlert[];
  readonly more: boolean;
}
