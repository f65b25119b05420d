/** Alerts and incidents as short lists. */
import type { Alert, Incident } from "../../server/types/mod.ts";
import { count } from "../client/format.ts";
import { Clock, Entity, SeverityBadge, StatusBadge } from "./words.tsx";

/** `brief` puts the message into one line. */
export function AlertLines({ alerts, brief }: { alerts: readonly Alert[]; brief?: boolean }) {
  return (
    <ul class="lines">
      {alerts.map((a, i) => (
        <li key={a.id}>
          <div class="row">
            <SeverityBadge severity={a.severity} />
            <a class="strong" href={`/alerts/${a.id}`}>{a.title}</a>
            {a.status !== "open" && <StatusBadge status={a.status} />}
            <span class="muted nowrap end">
              <Clock at={a.time} before={alerts[i - 1]?.time} />
            </span>
          </div>
          <p class={brief ? "muted clip" : "muted some"} title={a.message.slice(0, 2000)}>
            {a.message}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** `brief` puts what happened into one line. */
export function IncidentLines({ incidents, brief }: {
  incidents: readonly Incident[];
  brief?: boolean;
}) {
  return (
    <ul class="lines">
      {incidents.map((i, at) => (
        <li key={i.id} class={i.status === "closed" ? "quiet" : ""}>
          <div class="row">
            <SeverityBadge severity={i.severity} />
            <a class="strong" href={`/incidents/${i.id}`}>
              <Entity entity={i.entity} />
            </a>
            {i.status !== "open" && <StatusBadge status={i.status} />}
            <span class="muted nowrap end">
              <Clock at={i.first} before={incidents[at - 1]?.first} />
            </span>
          </div>
          <p class={brief ? "clip" : "some"} title={i.headline.message.slice(0, 2000)}>
            <bdi>{i.headline.message}</bdi>
          </p>
          <p class="muted">
            {count(i.alerts, "alert")}
            {i.tactics.length > 0 && `: ${i.tactics.join(" → ")}`}
          </p>
        </li>
      ))}
    </ul>
  );
}
