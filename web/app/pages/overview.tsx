/** The first page: what happened, how much of it, and how well it was read. */
import { useState } from "preact/hooks";
import type {
  AlertPage,
  Coverage,
  EventPage,
  Incident,
  IncidentPage,
  JobPage,
  Stats,
} from "../../server/types/mod.ts";
import { SeveritySpread } from "../charts/severities.tsx";
import { Heatmap } from "../charts/heatmap.tsx";
import { ErrorRate, LogVolume } from "../charts/volume.tsx";
import { useApi } from "../client/fetch.ts";
import { number, percent, short } from "../client/format.ts";
import { type Range, useRange } from "../client/range.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { AlertLines, IncidentLines } from "../parts/lines.tsx";
import { JobLines } from "../parts/jobs.tsx";
import { Panel } from "../parts/panel.tsx";
import { Time } from "../parts/words.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Loaded, NoData } from "../parts/states.tsx";

export default function Overview() {
  const range = useRange();
  const stats = useApi<Stats>(
    range.known ? hrefOf("/api/stats", range.params) : null,
    ["alert", "counters"],
  );
  return (
    <Page tools={<RangePicker range={range} />}>
      <Loaded from={stats} height={480}>
        {(s) => range.empty ? <NoData /> : <Panels stats={s} range={range} />}
      </Loaded>
    </Page>
  );
}

function Panels({ stats, range }: { stats: Stats; range: Range }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const coverage = useApi<Coverage>(hrefOf("/api/attack", range.params), ["alert"]);
  const jobs = useApi<JobPage>("/api/jobs", ["counters"]);
  const alerts = useApi<AlertPage>(hrefOf("/api/alerts", { ...range.params, limit: 7 }), ["alert"]);
  const newest = useApi<EventPage>("/api/events?limit=1&fields=_time", ["counters"]);
  const incidents = useApi<IncidentPage>(
    hrefOf("/api/incidents", { ...range.params, limit: 100 }),
    ["alert"],
  );
  return (
    <div class="stack">
      <Tiles
        stats={stats}
        range={range}
        incidents={incidents.data}
        jobs={jobs.data}
        newest={newest.data?.events[0]?._time ?? null}
      />
      <div class="grid">
        <LogVolume range={range} stats={stats} hidden={hidden} onHide={setHidden} span="s8" />
        <Panel title="Alerts by severity" span="s4">
          <SeveritySpread stats={stats} />
        </Panel>
        <Panel
          title="Recent alerts"
          span="s7"
          flush
          tools={<a href="/alerts">View all</a>}
        >
          <Loaded from={alerts}>
            {(page) =>
              page.alerts.length ? <AlertLines alerts={page.alerts} /> : (
                <Empty title="No alerts">
                  No rule matched in this time range. Choose a longer range, or see{" "}
                  <a href="/rules">the rules</a>.
                </Empty>
              )}
          </Loaded>
        </Panel>
        <div class="s5 stack">
          <Panel
            title="Incidents"
            flush
            tools={<a href="/incidents">View all</a>}
          >
            <Loaded from={incidents}>
              {(page) =>
                page.incidents.length
                  ? <IncidentLines incidents={bySeverity(page.incidents).slice(0, 4)} />
                  : (
                    <Empty title="No incidents">
                      Alerts of two or more rules on one entity form an incident.
                    </Empty>
                  )}
            </Loaded>
          </Panel>
          <ErrorRate range={range} stats={stats} />
        </div>
        <Panel
          title="ATT&CK techniques detected"
          span="s12"
          tools={<a href="/attack">Full matrix</a>}
        >
          <Loaded from={coverage} height={180}>{(c) => <Heatmap coverage={c} compact />}</Loaded>
        </Panel>
        <Panel title="Jobs" span="s12" flush tools={<a href="/sources">Sources and jobs</a>}>
          <Loaded from={jobs}>
            {(list) =>
              list.jobs.length
                ? <JobLines jobs={list.jobs.slice(0, 7)} />
                : <Empty title="No jobs">A job is one input of one run of the agent.</Empty>}
          </Loaded>
        </Panel>
      </div>
    </div>
  );
}

const RANK = ["critical", "high", "medium", "low", "informational"];

/** By severity, the newest first among equals. */
function bySeverity(incidents: readonly Incident[]): Incident[] {
  return [...incidents].sort((a, b) =>
    RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || (a.last < b.last ? 1 : -1)
  );
}

function Tiles(props: {
  stats: Stats;
  range: Range;
  incidents: IncidentPage | null;
  jobs: JobPage | null;
  newest: string | null;
}) {
  const { stats, range } = props;
  const rate = stats.events ? stats.parse_errors / stats.events : 0;
  const serious = stats.alerts_by_severity.critical + stats.alerts_by_severity.high;
  const worst = stats.alerts_by_severity.critical ? "critical" : "high";
  const incidents = props.incidents?.incidents ?? [];
  const running = props.jobs?.jobs.filter((j) => j.state === "running") ?? [];
  const view = range.name === null
    ? { from: range.params.from, to: range.params.to }
    : { range: range.name };
  const more = props.incidents?.next ? "+" : "";
  return (
    <div class="tiles">
      <a class="tile" href={hrefOf("/events", view)}>
        <span class="what">Events</span>
        <span class="value" title={number(stats.events)}>{short(stats.events)}</span>
        <span class="sub">
          {stats.sourcetypes.length} sourcetype{stats.sourcetypes.length === 1 ? "" : "s"}
        </span>
      </a>
      <a
        class={`tile ${serious ? `alarm sev-${worst}` : ""}`}
        href={hrefOf("/alerts", { ...view, severity: "critical,high" })}
      >
        <span class="what">Critical and high alerts</span>
        <span class="value">{number(serious)}</span>
        <span class="sub">of {number(stats.alerts)} alerts</span>
      </a>
      <a class="tile" href={hrefOf("/alerts", { ...view, status: "open" })}>
        <span class="what">Open alerts</span>
        <span class="value">{number(stats.alerts_by_status.open)}</span>
        <span class="sub">
          {number(stats.alerts_by_status.acknowledged)} acknowledged,{" "}
          {number(stats.alerts_by_status.closed)} closed
        </span>
      </a>
      <a
        class={`tile ${
          incidents.some((i) => i.severity === "critical") ? "alarm sev-critical" : ""
        }`}
        href={hrefOf("/incidents", view)}
      >
        <span class="what">Incidents</span>
        <span class="value">{number(incidents.length)}{more}</span>
        <span class="sub">
          {incidents.filter((i) => i.severity === "critical").length}
          {more} critical
        </span>
      </a>
      <a
        class={`tile ${rate > 0.05 ? "alarm" : ""}`}
        href={hrefOf("/events", { ...view, parse_error: "true" })}
      >
        <span class="what">Parse errors</span>
        <span class="value">{percent(rate)}</span>
        <span class="sub">
          {number(stats.parse_errors)} lines; {rate > 0.05 ? "over" : "under"} the 5 % limit
        </span>
      </a>
      <a class="tile" href="/sources">
        <span class="what">Latest event</span>
        <span class="value">
          {props.newest === null ? "–" : <Time at={props.newest} relative />}
        </span>
        <span class="sub">
          {running.length
            ? `${running.length} job${running.length === 1 ? "" : "s"} running, ${
              number(Math.round(running.reduce((n, j) => n + j.rate, 0)))
            } lines/s`
            : "no running jobs"}
        </span>
      </a>
    </div>
  );
}
