/** Ties a plan's code to what it acts on, each piece when it is first run. */
import type { Plan } from "./plan.ts";
import type { Detector, Values } from "./kind.ts";

/**
 * By extraction, what runs the rules on its events; null for events that no rule reads. An array that
 * changes: an extraction's first event puts its rules in.
 */
export function bindDetectors(plan: Plan, values: Values): (Detector | null)[] {
  const out: (Detector | null)[] = [];
  for (const x of plan.catalogue.extractions) {
    out[x.id] = !plan.isRead(x) ? null : (event, mode) => {
      const detector = out[x.id] = plan.kindOf(x).detector(values);
      return detector === null ? 0 : detector(event, mode);
    };
  }
  return out;
}

/** The functions behind a rule's inputs, made when they are first asked for. */
export function bindTail<T>(plan: Plan, rule: number, values: Values): () => T {
  let made: T | null = null;
  return () => made ??= plan.tailOf(rule).tie(values) as T;
}
