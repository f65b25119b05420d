/** One incident: what happened in a sentence, when, tactic by tactic with evidence, and who. */
import { useMemo, useState } from "preact/hooks";
import { PROGRAM } from "../client/program.ts";
import type { Alert, Event, Incident, IncidentDetail, Status } from "../../server/types/mod.ts";
import { type Lane, Lanes } from "../charts/lanes.tsx";
import { useApi } from "../client/fetch.ts";
import { useKey } from "../client/use_key.ts";
import { count, duration, number } from "../client/format.ts";
import { IncidentLines } from "../parts/lines.tsx";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Loaded } from "../parts/states.tsx";
import { StatusDialog } from "../parts/status_dialog.tsx";
import { Clock, eventsHref, SeverityBadge, StatusBadge, TechniqueLink } from "../parts/words.tsx";
import { Named, type NamedValue, Steps } from "./incident_steps.tsx";

export default function IncidentPage({ value: id }: { value: string }) {
  const detail = useApi<IncidentDetail>(`/api/incidents/${encodeURIComponent(id)}`, ["alert"]);
  const incident = detail.data?.incident;
  const [asking, setAsking] = useState<Status | null>(null);
  useKey("e", () => incident && setAsking(incident.status === "closed" ? "open" : "closed"));
  return (
    <Page
      title={incident ? titleOf(incident) : "Incident"}
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

/** What an incident is about. Only some fields say who acted; others say where it happened. */
export function subjectOf({ entity }: Pick<Incident, "entity">) {
  const [[field, value] = ["", ""]] = Object.entries(entity);
  return { field, value, how: HOW[field] ?? `with ${field}` };
}

const HOW: Readonly<Record<string, string>> = {
  src: "from",
  user: "by",
  src_user: "by",
  dest: "on",
  host: "on",
  dvc: "on",
  ppid: "by process",
  process_id: "by process",
  parent_process_id: "by process",
};

/** Its subject as a head: a number alone would say nothing. */
function titleOf(incident: Incident): string {
  const { value, how } = subjectOf(incident);
  return how === "by process" ? `Process ${value}` : value;
}

function Story({ detail }: { detail: IncidentDetail }) {
  const { incident, timeline, tactics, evidence } = detail;
  const lanes = useMemo(() => lanesOf(timeline, tactics), [detail]);
  const steps = useMemo(() => stepsOf(lanes), [lanes]);
  const times = useMemo(() => evidence.map((e) => Date.parse(e._time)), [detail]);
  return (
    <div class="story">
      <div class="stack">
        <Summary incident={incident} />
        <Panel title="When" tools={<span class="muted">time at which each alert fired</span>}>
          <Lanes lanes={lanes} evidence={times} />
        </Panel>
        <Panel
          title={incident.alerts > timeline.length
            ? `What happened: the first ${number(timeline.length)} of ${
              number(incident.alerts)
            } alerts`
            : "What happened"}
        >
          <Steps steps={steps} evidence={evidence} />
        </Panel>
      </div>
      <div class="stack">
        <Who incident={incident} timeline={timeline} evidence={evidence} />
        <Panel title="Related incidents" flush={detail.related.length > 0}>
          {detail.related.length > 0
            ? <IncidentLines incidents={detail.related} />
            : <p class="muted">None names the same accounts, addresses or hosts that day.</p>}
        </Panel>
        <Panel title="ATT&CK techniques">
          <ul class="tight">
            {techniquesOf(timeline).map((t) => (
              <li key={t.id}>
                <TechniqueLink id={t.id} name={t.name} />
              </li>
            ))}
          </ul>
        </Panel>
        <p class="muted">
          As a report: <code>{PROGRAM} report --incident {incident.id}</code>
        </p>
      </div>
    </div>
  );
}

/** What an alert of no tactic stands under in the lanes. */
const OTHER = "Other";

/**
 * Tactics in the order in which they were first seen; each alert once, under the first of its own.
 * What has none, as the sum of points has, comes last.
 */
function lanesOf(
  timeline: readonly Alert[],
  tactics: IncidentDetail["tactics"],
): Lane[] {
  const lanes = new Map<string, Alert[]>();
  for (const alert of inOrder(timeline)) {
    const [name = OTHER] = tactics[alert.rule] ?? [];
    const lane = lanes.get(name);
    if (lane) lane.push(alert);
    else lanes.set(name, [alert]);
  }
  const all = [...lanes].map(([name, alerts]) => ({ name, alerts }));
  return [...all.filter((l) => l.name !== OTHER), ...all.filter((l) => l.name === OTHER)];
}

/** Alerts of one tactic further apart than this are two steps, ms. */
const PAUSE = 1_800_000;

/**
 * Bursts of each tactic, in the order in which they began: an attacker comes back to a tactic. What
 * has no tactic is told in the step during which it came.
 */
function stepsOf(lanes: readonly Lane[]): Lane[] {
  const steps: { name: string; alerts: Alert[] }[] = [];
  const loose: Alert[] = [];
  for (const { name, alerts } of lanes) {
    let last = -Infinity;
    for (const alert of alerts) {
      if (name === OTHER && lanes.length > 1) {
        loose.push(alert);
        continue;
      }
      const at = Date.parse(alert.time);
      if (at - last > PAUSE) steps.push({ name, alerts: [] });
      steps.at(-1)!.alerts.push(alert);
      last = at;
    }
  }
  steps.sort((a, b) => Date.parse(a.alerts[0].time) - Date.parse(b.alerts[0].time));
  for (const alert of loose) {
    const step = steps.findLast((s) => s.alerts[0].time <= alert.time) ?? steps[0];
    step.alerts.push(alert);
  }
  return steps;
}

/** By the time at which they fired; of one moment, what began last first, since it fired on itself. */
function inOrder(timeline: readonly Alert[]): Alert[] {
  return [...timeline].sort((a, b) =>
    Date.parse(a.time) - Date.parse(b.time) || Date.parse(b.first) - Date.parse(a.first)
  );
}

function Summary({ incident }: { incident: Incident }) {
  const { headline } = incident;
  const { how, value } = subjectOf(incident);
  const span = Date.parse(incident.last) - Date.parse(incident.first);
  return (
    <section class={`headline sev-${incident.severity}`} aria-label="Summary">
      <div class="row">
        <SeverityBadge severity={incident.severity} solid />
        <StatusBadge status={incident.status} />
        <span class="muted">
          <Clock at={incident.first} /> to <Clock at={incident.last} before={incident.first} />
        </span>
      </div>
      <p class="lead">
        <a href={`/alerts/${headline.alert}`} title={headline.message}>
          <bdi>{headline.message}</bdi>
        </a>
      </p>
      <p class="muted">
        {count(incident.alerts, "alert")} of {count(incident.rules.length, "rule")} {how}{" "}
        <strong class="mono">
          <bdi>{value}</bdi>
        </strong>{" "}
        {span >= 1000 && `within ${duration(span)}`}
      </p>
    </section>
  );
}

const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ["Addresses", ["src"]],
  ["Accounts", ["user", "src_user", "member"]],
  ["Hosts", ["dest", "host", "dvc"]],
];

/** The accounts, addresses and hosts that its alerts and their events name, those of most alerts first. */
function Who({ incident, timeline, evidence }: {
  incident: Incident;
  timeline: readonly Alert[];
  evidence: readonly Event[];
}) {
  const { field, value } = subjectOf(incident);
  const groups = GROUPS.map(([title, names]) =>
    [title, valuesOf(timeline, evidence, names)] as const
  );
  const events = timeline.reduce((n, a) => n + a.count, 0);
  const range = { from: incident.first, to: after(incident.last) };
  return (
    <Panel
      title="Who and where"
      tools={<a href={eventsHref(field, value, range)}>View events</a>}
    >
      <Facts
        items={[
          ...groups.filter(([, values]) => values.length > 0).map(([title, values]) =>
            [title, <Named key={title} values={values} own={value} />] as const
          ),
          !groups.some(([, values]) => values.some((v) => v.value === value)) &&
          [field, <bdi key="v" class="mono">{value}</bdi>],
          ["Evidence", `${count(incident.alerts, "alert")}, ${count(events, "event")}`],
        ]}
      />
    </Panel>
  );
}

/** What alerts name, and after it what only their events do, without a count of alerts. */
function valuesOf(
  timeline: readonly Alert[],
  evidence: readonly Event[],
  names: readonly string[],
): NamedValue[] {
  const found = new Map<string, { name: string; value: string; alerts: number }>();
  const add = (of: readonly Readonly<Record<string, unknown>>[], alerts: number) => {
    const own = new Set<string>();
    for (const name of names) {
      for (const value of of.map((o) => o[name])) {
        if (typeof value !== "string" || value === "" || own.has(value)) continue;
        own.add(value);
        const known = found.get(value) ?? { name, value, alerts: 0 };
        known.alerts += alerts;
        found.set(value, known);
      }
    }
  };
  for (const { entity, fields } of timeline) add([entity, fields], 1);
  for (const event of evidence) add([event], 0);
  return [...found.values()].sort((a, b) => b.alerts - a.alerts);
}

function techniquesOf(timeline: readonly Alert[]) {
  const found = new Map(timeline.flatMap((a) => a.mitre).map((t) => [t.id, t]));
  return [...found.values()].sort((a, b) => a.id < b.id ? -1 : 1);
}

const after = (at: string) => new Date(Date.parse(at) + 60_000).toISOString();
