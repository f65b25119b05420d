/** Whether an alert is silenced. */
import type { Alert } from "../../event.ts";
import type { StoredSilence } from "./triage_types.ts";

/** The part of an alert that silences look at. */
export type SilencedAlert = Pick<Alert, "rule" | "entity" | "fields">;

/**
 * The silence that holds for an alert at a time, of several the one that ends last; null when none does.
 * @param now epoch ms: silences go by the clock, since it is people whom they spare
 */
export function silenceOf(
  silences: readonly StoredSilence[],
  alert: SilencedAlert,
  now: number,
): StoredSilence | null {
  let found: StoredSilence | null = null;
  for (const s of silences) {
    const holds = s.ended === null && now < s.ends && matches(s, alert);
    if (holds && (found === null || s.ends > found.ends)) found = s;
  }
  return found;
}

function matches({ rule, fields }: StoredSilence, alert: SilencedAlert): boolean {
  if (rule !== null && rule !== alert.rule) return false;
  return Object.entries(fields).every(([name, wanted]) => {
    const value = Object.hasOwn(alert.entity, name)
      ? alert.entity[name]
      : Object.hasOwn(alert.fields, name)
      ? alert.fields[name]
      : undefined;
    // As SDL compares text: its case says nothing.
    return value !== undefined && String(value).toLowerCase() === wanted.toLowerCase();
  });
}
