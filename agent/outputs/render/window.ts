/** The window that an alert's numbers were counted over. */
import type { RuleWindow } from "../../../compiler/ir/metadata.ts";
import type { Alert } from "../../event.ts";
import { elapsedText, timeText, type TimeWriter } from "./text.ts";

/** Epoch ms, and the length of the rule's window in ms. */
export interface AlertWindow {
  readonly kind: RuleWindow["kind"];
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

/**
 * A sliding window ends with the newest row that was counted; a tumbling one and silence where the
 * rule fired; a session and a sequence reach from their first row to their last. Null for rules of
 * single events.
 */
export function alertWindow(
  { metadata, time, first, last }: Pick<Alert, "metadata" | "time" | "first" | "last">,
): AlertWindow | null {
  const { window } = metadata;
  if (window === undefined) return null;
  const { kind, ms } = window;
  switch (kind) {
    case "sliding":
      return { kind, from: last - ms, to: last, ms };
    case "tumbling":
    case "absent":
      return { kind, from: time - ms, to: time, ms };
    default:
      return { kind, from: first, to: last, ms };
  }
}

/** `5 min, 2026-03-29 00:02:15Z to 2026-03-29 00:07:15Z`; null for rules of single events. */
export function windowText(
  alert: Parameters<typeof alertWindow>[0],
  at: TimeWriter = timeText,
): string | null {
  const window = alertWindow(alert);
  if (window === null) return null;
  const own = window.kind === "session" || window.kind === "sequence" || window.kind === "together";
  const length = elapsedText(own ? window.to - window.from : window.ms);
  return `${length}, ${at(window.from)} to ${at(window.to)}`;
}
