/** Sentences and formats that all forms of a report share. */
import { contextFacts, riskText } from "../../agent/outputs/render/context.ts";
import {
  count,
  elapsedText,
  percent,
  timesIn,
  type TimeWriter,
} from "../../agent/outputs/render/text.ts";
import { windowText } from "../../agent/outputs/render/window.ts";
import { SEVERITIES } from "../../compiler/ir/program.ts";
import type { Report } from "./gather.ts";

/** `3 alerts`, `1 alert`, `no alerts`. */
export function some(n: number, one: string, many = one + "s"): string {
  return n === 0 ? `no ${many}` : count(n, one, many);
}

/**
 * What is known of the values that an alert names, and what the author of its rule says of it, one
 * sentence each; licences ask for the author's name.
 */
export function ruleNotes(alert: Report["alerts"][number]["alert"], at: TimeWriter): string[] {
  const { metadata: m, context } = alert;
  const by = [m.author, m.license].filter((t) => t !== undefined && t !== "");
  const window = windowText(alert, at), risk = riskText(m.risk, context);
  return [
    ...m.description ? [m.description] : [],
    ...risk === null ? [] : [`Risk: ${risk}`],
    ...window === null ? [] : [`Counted over ${window}`],
    ...m.also?.map((a) => `Also found: ${a.title}: ${a.message}`) ?? [],
    ...contextFacts(context, at).map(({ name, value }) => `${name}: ${value}`),
    ...m.cve?.length ? [`Vulnerabilities: ${m.cve.join(", ")}`] : [],
    ...m.falsepositives?.length ? [`Known false positives: ${m.falsepositives.join("; ")}`] : [],
    ...by.length ? [`Rule by ${by.join(", ")}`] : [],
    ...m.references?.length ? [`References: ${m.references.join(" ")}`] : [],
  ];
}

/** The executive summary: two to five sentences. */
export function summary(report: Report): string[] {
  const { incidents, alerts, stats, severities } = report;
  const at = timesIn(report.zone);
  const n = incidents.reduce((sum, i) => sum + i.timeline.length, 0) + alerts.length;
  const out: string[] = [];
  if (report.scope === "incident") {
    const { incident } = incidents[0];
    out.push(
      `This report covers one incident of ${incident.severity} severity: ${incident.entity.field} ` +
        `${incident.entity.value}, from ${at(incident.first)} to ${at(incident.last)}.`,
    );
  } else {
    out.push(
      `${some(stats.events, "event")} of ${some(stats.sourcetypes.length, "sourcetype")} ` +
        `${stats.events === 1 ? "was" : "were"} analysed` +
        (report.from !== null && report.to !== null
          ? `, from ${at(report.from)} to ${at(report.to)}.`
          : "."),
    );
  }
  if (n === 0) {
    out.push("No rule fired.");
  } else {
    const parts = [...SEVERITIES].reverse().filter((s) => severities[s] > 0)
      .map((s) => `${severities[s]} ${s}`);
    out.push(
      `The rules raised ${some(n, "alert")} (${parts.join(", ")})` +
        (report.scope === "incident"
          ? "."
          : `, ${some(n - alerts.length, "of them", "of them")} in ${
            some(incidents.length, "incident")
          }.`),
    );
  }
  if (incidents.length > 0) {
    const { incident } = incidents[0];
    if (report.scope !== "incident") {
      out.push(
        `The incident of the highest severity is ${incident.severity}: ${incident.entity.field} ${incident.entity.value}, ` +
          `${some(incident.alerts, "alert")} of ${some(incident.rules.length, "rule")} within ` +
          `${elapsedText(incident.last - incident.first)}.`,
      );
    }
    if (incident.tactics.length > 0) out.push(`ATT&CK tactics: ${incident.tactics.join(", ")}.`);
  }
  const unread = stats.parseErrors;
  if (unread > 0 && stats.events > 0) {
    out.push(
      `${some(unread, "line")} (${
        percent(unread, stats.events)
      }) were parse errors: rules that need their fields did not see them.`,
    );
  }
  return out;
}

/** Gaps in coverage, one sentence each; empty without any. */
export function unseen(report: Report): string[] {
  const out: string[] = [];
  const at = timesIn(report.zone);
  for (const { sourcetype, events, parseErrors } of report.stats.sourcetypes) {
    if (parseErrors > 0) {
      out.push(
        `${sourcetype}: ${some(parseErrors, "line")} of ${count(events)} are parse errors (${
          percent(parseErrors, events)
        })`,
      );
    }
  }
  for (const h of report.health) out.push(`${at(h.time)}: ${h.message}`);
  for (const job of report.jobs) {
    if (job.state === "failed") {
      out.push(`${job.source}: input failed: ${job.error ?? "no reason given"}`);
    }
    if (job.state === "stopped") {
      out.push(`${job.source}: input stopped after ${some(job.lines, "line")}`);
    }
  }
  return [...out, ...report.left_out.map((what) => `Not included: ${what}`)];
}
