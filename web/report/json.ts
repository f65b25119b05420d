/** A report as JSON: times are RFC 3339, and what the API has too is as the API says it. */
import { rfc3339 } from "../../agent/outputs/render/text.ts";
import { alertJson, eventJson, healthJson, incidentJson, jobJson } from "../server/types/json.ts";
import { visibleJson } from "../../grammar/visible.ts";
import type { Report, ReportAlert } from "./gather.ts";
import { summary } from "./words.ts";

/** The whole text. */
export function reportJson(report: Report): string {
  const time = (ms: number | null) => ms === null ? null : rfc3339(ms);
  const alert = ({ alert, evidence }: ReportAlert) => ({
    ...alertJson(alert),
    evidence: evidence.map(eventJson),
  });
  const { stats } = report;
  return visibleJson(
    {
      generated: rfc3339(report.generated),
      place: report.place,
      scope: report.scope,
      from: time(report.from),
      to: time(report.to),
      // As all times here.
      summary: summary({ ...report, zone: "UTC" }),
      severities: report.severities,
      incidents: report.incidents.map(({ incident, timeline }) => ({
        ...incidentJson(incident),
        timeline: timeline.map(alert),
      })),
      alerts: report.alerts.map(alert),
      techniques: report.techniques,
      alerts_by_sourcetype: report.sourcetypes,
      events_by_sourcetype: stats.sourcetypes.map(({ sourcetype, events, parseErrors }) => ({
        sourcetype,
        events,
        parse_errors: parseErrors,
      })),
      health: report.health.map(healthJson),
      jobs: report.jobs.map((j) => jobJson(j, Date.now())),
      left_out: report.left_out,
    },
    2,
  ) + "\n";
}
