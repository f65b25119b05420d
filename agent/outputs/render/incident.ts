/** Incidents as the block of text that ends a run on a terminal. */
import type { Severity } from "../../../compiler/ir/program.ts";
import { visible } from "../../../grammar/visible.ts";
import { COLOR } from "./alert.ts";
import { count, elapsedText, timeText } from "./text.ts";

/** What is shown of an incident. */
interface Shown {
  readonly entity: { readonly field: string; readonly value: string };
  readonly severity: Severity;
  readonly first: number;
  readonly last: number;
  readonly tactics: readonly string[];
  readonly timeline: readonly {
    readonly rule: string;
    readonly time: number;
    readonly message: string;
  }[];
}

/** Steps shown of one incident, and incidents shown. */
const STEPS = 12, INCIDENTS = 20;

/** Empty when there is none. The gravest come last, next to the prompt. */
export function incidentsText(incidents: readonly Shown[], options: { color: boolean }): string {
  if (incidents.length === 0) return "";
  const order = Object.keys(COLOR);
  const sorted = [...incidents].sort((a, b) =>
    order.indexOf(a.severity) - order.indexOf(b.severity) || a.first - b.first
  );
  const hidden = sorted.length - INCIDENTS;
  const shown = sorted.slice(-INCIDENTS);
  const lines = [
    "",
    count(incidents.length, "incident") +
    (hidden > 0 ? `, the ${INCIDENTS} gravest shown` : ""),
  ];
  for (const { entity, severity, first, last, tactics, timeline } of shown) {
    const name = severity === "informational" ? "INFO" : severity.toUpperCase();
    const parts = [
      options.color ? `${COLOR[severity]}${name}\x1b[0m` : name,
      `${visible(entity.field)}=${visible(entity.value)}`,
      `${count(timeline.length, "alert")} over ${elapsedText(last - first)}`,
      ...(tactics.length ? [tactics.join(" → ")] : []),
    ];
    lines.push("", parts.join("  "));
    for (const { time, rule, message } of timeline.slice(0, STEPS)) {
      lines.push(`  ${timeText(time)}  ${rule}  ${visible(message)}`);
    }
    if (timeline.length > STEPS) lines.push(`  and ${timeline.length - STEPS} more`);
  }
  return lines.join("\n") + "\n";
}
