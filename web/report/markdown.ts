/** A report as Markdown, for tickets and wikis. */
import { count, elapsedText, percent, timeText } from "../../agent/outputs/render/text.ts";
import { visibleValue } from "../../grammar/visible.ts";
import { SEVERITIES } from "../../compiler/ir/program.ts";
import type { Report, ReportAlert } from "./gather.ts";
import { some, summary, unseen } from "./words.ts";

/** The whole text. What logs say stands in code or escaped, so that it is no markup. */
export function reportMarkdown(given: Report): string {
  const report = visibleValue(given);
  const out: string[] = [];
  const title = report.scope === "incident"
    ? `Incident report: ${md(report.incidents[0].incident.entity.value)}`
    : "Security report";
  out.push(
    `# ${title}`,
    `Made by Picket on ${timeText(report.generated)} from ${md(report.place)}`,
  );
  out.push("## Summary", ...summary(report).map(md));
  out.push(
    table(
      ["Severity", "Alerts"],
      [...SEVERITIES].reverse().map((s) => [s, String(report.severities[s])]),
    ),
  );
  if (report.incidents.length) out.push("## Incidents");
  for (const { incident, timeline } of report.incidents) {
    out.push(
      `### ${incident.severity}: ${md(incident.entity.field)} ${md(incident.entity.value)}`,
      `${some(incident.alerts, "alert")} from ${timeText(incident.first)} to ${
        timeText(incident.last)
      } ` +
        `(${elapsedText(incident.last - incident.first)}), now ${incident.status}`,
    );
    if (incident.tactics.length) out.push(incident.tactics.map(md).join(" → "));
    out.push(...alerts(timeline), `Incident ${incident.id}`);
  }
  if (report.alerts.length) out.push("## Alerts outside of incidents", ...alerts(report.alerts));
  if (report.sourcetypes.length) {
    out.push(
      "## Alerts by kind of log",
      table(
        ["Sourcetype", "Alerts"],
        report.sourcetypes.map((s) => [md(s.sourcetype), String(s.alerts)]),
      ),
    );
  }
  if (report.techniques.length) {
    out.push(
      "## ATT&CK techniques",
      table(
        ["Technique", "Tactics", "Rules", "Alerts"],
        report.techniques.map((t) => [
          `[${t.id} ${md(t.name)}](${t.url})`,
          md(t.tactics.join(", ")),
          md(t.rules.join(", ")),
          String(t.alerts),
        ]),
      ),
    );
  }
  out.push(
    "## What was read",
    table(
      ["Sourcetype", "Events", "Could not be read"],
      report.stats.sourcetypes.map((s) => [
        md(s.sourcetype),
        count(s.events),
        `${count(s.parseErrors)} (${percent(s.parseErrors, s.events)})`,
      ]),
    ),
  );
  const missed = unseen(report);
  out.push(
    "## What was not seen",
    missed.length === 0
      ? "Every line that came was read, in order, and no window was cut."
      : missed.map((m) => `- ${md(m)}`).join("\n"),
  );
  return out.join("\n\n") + "\n";
}

function alerts(list: readonly ReportAlert[]): string[] {
  return list.flatMap(({ alert, evidence }) => [
    `- **${timeText(alert.time)}** ${alert.severity}: **${md(alert.title)}** (${md(alert.rule)}): ${
      md(alert.message)
    }` +
    (alert.mitre.length ? ` ${alert.mitre.map((m) => m.id).join(", ")}` : ""),
    ...(evidence.length ? [fenced(evidence.map((e) => `${e.source}: ${e.raw}`))] : []),
  ]);
}

/** Lines as a block of code within a list item; the fence is longer than any run of backticks in them. */
function fenced(lines: readonly string[]): string {
  const text = lines.join("\n");
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = "`".repeat(longest + 1);
  return [fence + "text", ...text.split("\n"), fence].map((l) => `  ${l}`).join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

/** Text without a meaning in Markdown or HTML. */
const md = (text: string): string =>
  text.replace(
    /[\\`*_{}[\]<>()#+!|~&]/g,
    (c) => c === "<" ? "&lt;" : c === ">" ? "&gt;" : c === "&" ? "&amp;" : `\\${c}`,
  )
    .replace(/[\r\n]+/g, " ");
