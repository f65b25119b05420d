/** One incident: its entity, severity, tactics and timeline. */
import { useMemo, useState } from "preact/hooks";
import type { Alert, Incident, IncidentDetail, Severity, Status } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, duration, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Lanes } from "../charts/lanes.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Loaded } from "../parts/states.tsx";
import { StatusDialog } from "../parts/status_dialog.tsx";
import { Chain, Timeline, useSources } from "./incident_course.tsx";
import { FieldLink, SeverityBadge, StatusBadge, TechniqueLink, Time } from "../parts/words.tsx";

export default function IncidentPage({ value: id }: { value: string }) {
  const detail = useApi<IncidentDetail>(`/api/incidents/${encodeURIComponent(id)}`, ["alert"]);
  const incident = detail.data?.incident;
  const actor = incident ? Object.values(incident.entity)[0] : null;
  const [asking, setAsking] = useState<Status | null>(null);
  return (
    <Page
      title={actor ? `Incident: ${actor}` : "Incident"}
      crumb={{ title: "Incidents", href: "/incidents" }}
      tools={incident && (
        <>
          {incident.status === "open" && (
            <button
              type="button"
              class="button"
              onClick={() => setAsking("acknowledged")}
            >
              Acknowledge all
            </button>
          )}
          <button
            type="button"
            class="button primary"
            onClick={() => setAsking(incident.status === "closed" ? "open" : "closed")}
          >
            {incident.status === "closed" ? "Reopen all" : "Close all"}
          </button>
        </>
      )}
    >
      <Loaded from={detail} height={420}>{(d) => <Story detail={d} />}</Loaded>
      {asking && detail.data && (
        <StatusDialog
          alerts={detail.data.timeline}
          status={asking}
          onClose={() => setAsking(null)}
          onDone={() => {
            setAsking(null);
            detail.reload();
          }}
        />
      )}
    </Page>
  );
}

function Story({ detail }: { detail: IncidentDetail }) {
  const { incident } = detail;
  // The API sorts by firing time; the timeline is by first event.
  const timeline = useMemo(
    () => [...detail.timeline].sort((a, b) => Date.parse(a.first) - Date.parse(b.first)),
    [detail],
  );
  const sourceOf = useSources(timeline);
  return (
    <div class="grid">
      <Summary incident={incident} timeline={timeline} />
      <Who incident={incident} timeline={timeline} />
      <Panel title="ATT&CK tactics" span="s12">
        <Chain timeline={timeline} />
      </Panel>
      <Lanes timeline={timeline} sourceOf={sourceOf} />
      <Panel
        title={`Timeline${
          incident.alerts > timeline.length
            ? `, the first ${number(timeline.length)} of ${number(incident.alerts)} alerts`
            : ""
        }`}
        span="s12"
      >
        <Timeline timeline={timeline} sourceOf={sourceOf} />
      </Panel>
    </div>
  );
}

const RANK: readonly Severity[] = ["informational", "low", "medium", "high", "critical"];

/** The story in sentences, from the alerts alone. */
function Summary({ incident, timeline }: { incident: Incident; timeline: readonly Alert[] }) {
  const span = Date.parse(incident.last) - Date.parse(incident.first);
  const actor = Object.values(incident.entity)[0];
  // By severity; the later first among equals, since an attack escalates.
  const worst = [...timeline].sort((a, b) =>
    RANK.indexOf(b.severity) - RANK.indexOf(a.severity) || (a.time < b.time ? 1 : -1)
  );
  const said = new Set<string>();
  const told = worst.filter((a) => !said.has(a.rule) && said.add(a.rule)).slice(0, 3);
  return (
    <Panel
      title={
        <span class="row">
          <SeverityBadge severity={incident.severity} solid />
          <StatusBadge status={incident.status} />
        </span>
      }
      span="s8"
    >
      <p class="lead">
        Within {duration(span)}, <strong class="mono">{actor}</strong> triggered{" "}
        {count(incident.rules.length, "rule")} over {count(incident.tactics.length, "tactic")}{" "}
        of ATT&CK.
      </p>
      <h3>Initial alert</h3>
      <Told alerts={timeline.slice(0, 1)} />
      <h3>Highest severity</h3>
      <Told alerts={told} />
      <h3>Latest alert</h3>
      <Told alerts={timeline.slice(-1)} />
      <p class="muted">
        Export as a report: <code>deno run report --incident {incident.id}</code>
      </p>
    </Panel>
  );
}

function Told({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <ul class="worst">
      {alerts.map((a) => (
        <li key={a.id}>
          <SeverityBadge severity={a.severity} />
          <span>
            <a href={`/alerts/${a.id}`}>{a.message}</a>{" "}
            <span class="muted">
              <Time at={a.time} />
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The other values that its alerts name: accounts, hosts. */
function Who({ incident, timeline }: { incident: Incident; timeline: readonly Alert[] }) {
  const [field, value] = Object.entries(incident.entity)[0];
  const seen = new Map<string, Set<string>>();
  for (const { entity, fields } of timeline) {
    for (const source of [entity, fields]) {
      for (const name of ["src", "user", "dest", "src_user", "member", "app"]) {
        const v = source[name];
        if (typeof v !== "string" || v === "" || v === value) continue;
        seen.set(name, (seen.get(name) ?? new Set()).add(v));
      }
    }
  }
  const events = timeline.reduce((n, a) => n + a.count, 0);
  return (
    <Panel
      title="Entity"
      span="s4"
      tools={
        <a
          href={hrefOf("/events", {
            [field]: value,
            from: incident.first,
            to: after(incident.last),
          })}
        >
          View events
        </a>
      }
    >
      <Facts
        items={[
          [field, <FieldLink key="v" name={field} value={value} />],
          ["First seen", <Time key="f" at={incident.first} />],
          ["Last seen", <Time key="l" at={incident.last} />],
          ["Evidence", `${count(incident.alerts, "alert")}, ${count(events, "event")}`],
          ...[...seen].map(([name, values]) =>
            [
              name,
              <span key={name}>
                {[...values].slice(0, 12).map((v, i) => (
                  <span key={v}>
                    {i > 0 && ", "}
                    <FieldLink name={name} value={v} />
                  </span>
                ))}
                {values.size > 12 && ` and ${values.size - 12} more`}
              </span>,
            ] as const
          ),
          [
            "Techniques",
            <span key="t">
              {incident.techniques.map((t, i) => (
                <span key={t}>
                  {i > 0 && ", "}
                  <TechniqueLink id={t} />
                </span>
              ))}
            </span>,
          ],
        ]}
      />
    </Panel>
  );
}

const after = (at: string) => new Date(Date.parse(at) + 60_000).toISOString();
