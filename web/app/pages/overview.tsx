/** The first page: what happened, how much of it, and how well it was read. */
import { useState } from "preact/hooks";
import type {
  AlertPage,
  Coverage,
  Incident,
  IncidentPage,
  InputHealth,
  Stats,
} from "../../server/types/mod.ts";
import { SeveritySpread } from "../charts/severities.tsx";
import { Heatmap } from "../charts/heatmap.tsx";
import { NewEntities, TopSources } from "../charts/tops.tsx";
import { AlertTrend, Logins } from "../charts/trends.tsx";
import { ErrorRate, LogVolume } from "../charts/volume.tsx";
import { change, rangeBefore } from "../client/before.ts";
import { useApi } from "../client/fetch.ts";
import { count, number, percent, short } from "../client/format.ts";
import { type Range, useRange } from "../client/range.ts";
import { hrefOf } from "../client/router.ts";
import { rankOf } from "../client/severity.ts";
import { Page } from "../parts/page.tsx";
import { AlertLines, IncidentLines } from "../parts/lines.tsx";
import { InputLines } from "../parts/inputs.tsx";
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

/** What is open first, then how it goes, then what it was found in. */
function Panels({ stats, range }: { stats: Stats; range: Range }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const coverage = useApi<Coverage>(hrefOf("/api/attack", range.params), ["alert"]);
  const inputs = useApi<InputHealth>("/api/inputs", ["counters"]);
  const alerts = useApi<AlertPage>(
    "/api/alerts?status=open&limit=8",
    ["alert"],
  );
  const incidents = useApi<IncidentPage>(
    hrefOf("/api/incidents", { ...range.params, limit: 500 }),
    ["alert"],
  );
  // Those of other days, too: an incident is open until somebody closes it.
  const open = useApi<IncidentPage>("/api/incidents?status=open&limit=100", ["alert"]);
  const before = useBefore(range);
  return (
    <div class="stack">
      <Tiles
        stats={stats}
        range={range}
        before={before}
        incidents={incidents.data}
        inputs={inputs.data}
      />
      <div class="grid">
        <Panel
          title={open.data?.incidents.length ? "Open incidents" : "Incidents"}
          span="s7"
          flush
          tools={<a href="/incidents?status=open">View all</a>}
        >
          <Loaded from={open}>
            {(page) => (
              <WorstIncidents
                incidents={[...page.incidents, ...incidents.data?.incidents ?? []]}
              />
            )}
          </Loaded>
        </Panel>
        <Panel
          title="Newest open alerts"
          span="s5"
          flush
          tools={<a href="/alerts?status=open">View all</a>}
        >
          <Loaded from={alerts} height={220}>
            {(page) =>
              page.alerts.length
                ? <AlertLines alerts={page.alerts.slice(0, 8)} brief />
                : stats.alerts > 0
                ? (
                  <Empty title="Nothing open">
                    All alerts are looked at or closed.
                  </Empty>
                )
                : (
                  <Empty title="No alerts">
                    No rule matched in this time range. Choose a longer range, or see{" "}
                    <a href="/rules">the rules</a>.
                  </Empty>
                )}
          </Loaded>
        </Panel>
        <AlertTrend range={range} span="s8" />
        <Panel title="Alerts by severity" span="s4">
          <SeveritySpread stats={stats} before={before} />
        </Panel>
        <LogVolume range={range} stats={stats} hidden={hidden} onHide={setHidden} span="s8" />
        <Logins range={range} span="s4" />
        <TopSources range={range} span="s4" />
        <NewEntities range={range} stats={stats} span="s4" />
        <ErrorRate range={range} stats={stats} span="s4" />
        <Panel
          title="ATT&CK techniques detected"
          span="s12"
          tools={<a href="/attack">Full matrix</a>}
        >
          <Loaded from={coverage} height={180}>{(c) => <Heatmap coverage={c} compact />}</Loaded>
        </Panel>
        <Panel title="Sources" span="s12" flush tools={<a href="/system">Health</a>}>
          <Loaded from={inputs}>{(i) => <InputLines inputs={i.inputs} most={8} />}</Loaded>
        </Panel>
      </div>
    </div>
  );
}

/** Each once, those that are open first. */
function WorstIncidents({ incidents }: { incidents: readonly Incident[] }) {
  if (incidents.length === 0) {
    return (
      <Empty title="No incidents">
        Alerts of two or more rules on one entity form an incident.
      </Empty>
    );
  }
  const each = new Map(incidents.map((i) => [i.id, i]));
  return <IncidentLines incidents={bySeverity([...each.values()]).slice(0, 6)} brief />;
}

/** Those that are not closed first; by severity, the newest first among equals. */
function bySeverity(incidents: readonly Incident[]): Incident[] {
  return [...incidents].sort((a, b) =>
    Number(a.status === "closed") - Number(b.status === "closed") ||
    rankOf(b.severity) - rankOf(a.severity) || (a.last < b.last ? 1 : -1)
  );
}

/** The same of the time of equal length before; null while it is not known, and over all time. */
function useBefore(range: Range): Stats | null {
  const before = rangeBefore(range);
  const path = before && hrefOf("/api/stats", {
    from: new Date(before.from).toISOString(),
    to: new Date(before.to).toISOString(),
  });
  return useApi<Stats>(path).data;
}

function Tiles(props: {
  stats: Stats;
  range: Range;
  before: Stats | null;
  incidents: IncidentPage | null;
  inputs: InputHealth | null;
}) {
  const { stats, range, before } = props;
  // What is open from other days is no less open.
  const all = useApi<Stats>("/api/stats", ["alert", "counters"]).data;
  const inAll = (open: number, of: (stats: Stats) => number) =>
    all === null || of(all) === open ? "" : `; ${number(of(all))} open in all`;
  const rate = stats.events ? stats.parse_errors / stats.events : 0;
  // What somebody has looked at and closed, or looks at now, is no reason for an alarm.
  const seriousOf = ({ open_by_severity: open }: Stats) => open.critical + open.high;
  const serious = seriousOf(stats);
  const worst = stats.open_by_severity.critical ? "critical" : "high";
  const incidents = (props.incidents?.incidents ?? []).filter((i) => i.status === "open");
  const running = props.inputs?.inputs.filter((i) => i.state === "running") ?? [];
  const silent = running.filter((i) => i.silent).length;
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
          {count(stats.sourcetypes.length, "sourcetype")}
          {before && `, ${short(before.events)} before`}
          {before && change(stats.events, before.events) &&
            ` (${change(stats.events, before.events)})`}
        </span>
      </a>
      <a
        class={`tile ${serious ? `alarm sev-${worst}` : ""}`}
        href={hrefOf("/alerts", { ...view, severity: "critical,high", status: "open" })}
      >
        <span class="what">Open critical and high alerts</span>
        <span class="value">{number(serious)}</span>
        <span class="sub">
          of {number(stats.alerts_by_severity.critical + stats.alerts_by_severity.high)}
          {inAll(serious, seriousOf)}
        </span>
      </a>
      <a class="tile" href={hrefOf("/alerts", { ...view, status: "open" })}>
        <span class="what">Open alerts</span>
        <span class="value">{number(stats.alerts_by_status.open)}</span>
        <span class="sub">
          {before ? `${number(before.alerts)} before` : `of ${number(stats.alerts)}`}
          {inAll(stats.alerts_by_status.open, (s) => s.alerts_by_status.open)}
        </span>
      </a>
      <a
        class={`tile ${
          incidents.some((i) => i.severity === "critical") ? "alarm sev-critical" : ""
        }`}
        href={hrefOf("/incidents", { ...view, status: "open" })}
      >
        <span class="what">Open incidents</span>
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
          {stats.newest === null ? "–" : <Time at={stats.newest} relative />}
        </span>
        <span class="sub">
          {running.length
            ? `${count(running.length, "input")}, ${
              number(Math.round(running.reduce((n, i) => n + i.rate, 0)))
            } lines/s${silent > 0 ? `, ${number(silent)} silent` : ""}`
            : props.inputs === null
            ? ""
            : "no running inputs"}
        </span>
      </a>
    </div>
  );
}
