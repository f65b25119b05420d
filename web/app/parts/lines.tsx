/** Alerts and incidents as short lists. */
import type { Alert, Incident } from "../../server/types/mod.ts";
import { count } from "../client/format.ts";
import { Entity, SeverityBadge, StatusBadge, Time } from "./words.tsx";

/** `narrow` puts all of an alert into one column. */
export function AlertLines({ alerts, narrow }: { alerts: readonly Alert[]; narrow?: boolean }) {
  if (narrow) {
    return (
      <ul class="lines">
        {alerts.map((a) => (
          <li key={a.id}>
            <div class="row">
              <SeverityBadge severity={a.severity} />
              <a href={`/alerts/${a.id}`}>{a.title}</a>
              <span class="muted nowrap">
                <Time at={a.time} />
              </span>
              {a.status !== "open" && <StatusBadge status={a.status} />}
            </div>
            <p class="muted">{a.message}</p>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Alerts">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Time</th>
            <th scope="col">Alert</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((a) => (
            <tr key={a.id}>
              <td>
                <SeverityBadge severity={a.severity} />
              </td>
              <td class="nowrap muted">
                <Time at={a.time} />
              </td>
              <td>
                <a href={`/alerts/${a.id}`}>{a.title}</a>
                <div class="muted">{a.message}</div>
              </td>
              <td>
                <StatusBadge status={a.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function IncidentLines({ incidents }: { incidents: readonly Incident[] }) {
  return (
    <table class="plain">
      <tbody>
        {incidents.map((i) => (
          <tr key={i.id}>
            <td>
              <div class="row">
                <SeverityBadge severity={i.severity} solid />
                <a href={`/incidents/${i.id}`}>
                  <Entity entity={i.entity} />
                </a>
              </div>
              <div class="muted">
                {count(i.alerts, "alert")} of {count(i.rules.length, "rule")} over{" "}
                {count(i.tactics.length, "tactic")}, <Time at={i.first} />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
