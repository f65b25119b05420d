/** How alerts and logins go over time. */
import { useMemo } from "preact/hooks";
import type { Timeseries } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, duration, number } from "../client/format.ts";
import type { Range } from "../client/range.ts";
import { hrefOf } from "../client/router.ts";
import { seriesPath } from "../client/series.ts";
import { SEVERITIES } from "../client/severity.ts";
import { Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";
import { type Series, TimeChart } from "./time_chart.tsx";
import { selectRange } from "./volume.tsx";

/** Buckets of a chart at most. */
const MOST = { most: 48 };

/** The counts of a value, by bucket; zeros where there is no such series. */
const countsOf = (data: Timeseries, value: string): readonly number[] =>
  data.series.find((s) => s.value === value)?.counts ?? data.times.map(() => 0);

/** Alerts by severity over time. */
export function AlertTrend({ range, span }: { range: Range; span?: string }) {
  const data = useApi<Timeseries>(seriesPath(range, { by: "alert_severity" }, MOST), ["alert"]);
  const interval = data.data ? `alerts in ${duration(data.data.interval * 1000)}` : "";
  return (
    <Panel title="Alerts over time" span={span} tools={<span class="muted">{interval}</span>}>
      <Loaded from={data} height={224}>{(t) => <Trend data={t} />}</Loaded>
    </Panel>
  );
}

function Trend({ data }: { data: Timeseries }) {
  const times = useMemo(() => data.times.map((t) => Date.parse(t)), [data]);
  const series = useMemo<Series[]>(
    () => SEVERITIES.map((s) => ({ label: s, color: s, values: countsOf(data, s) })).reverse(),
    [data],
  );
  const total = data.series.reduce((n, s) => n + s.total, 0);
  if (total === 0) return <Empty title="No alerts">No rule matched in this time range.</Empty>;
  return (
    <TimeChart
      label={`Alerts over time: ${
        SEVERITIES.map((s) => `${s} ${countsOf(data, s).reduce((n, c) => n + c, 0)}`).join(", ")
      }`}
      times={times}
      interval={data.interval * 1000}
      series={series}
      kind="bars"
      height={224}
      onSelect={selectRange}
    />
  );
}

/** Failed against successful logins. */
export function Logins({ range, span }: { range: Range; span?: string }) {
  const path = seriesPath(range, { by: "action", dataset: "Authentication" }, MOST);
  const data = useApi<Timeseries>(path, ["counters"]);
  const view = range.name === null ? range.params : { range: range.name };
  const href = (action: string) =>
    hrefOf("/events", { ...view, dataset: "Authentication", action });
  const total = (action: string) => data.data?.series.find((s) => s.value === action)?.total ?? 0;
  return (
    <Panel
      title="Logins"
      span={span}
      tools={data.data?.since && (
        <span class="muted">
          since <Time at={data.data.since} />
        </span>
      )}
    >
      <Loaded from={data} height={190}>{(t) => <LoginBars data={t} />}</Loaded>
      <div class="legend">
        {LOGINS.map(({ action, says, color }) => (
          <a key={action} class="chip" href={href(action)}>
            <i class="dot" style={{ background: `var(--${color})` }} />
            {says}
            <span class="muted">{number(total(action))}</span>
          </a>
        ))}
      </div>
    </Panel>
  );
}

const LOGINS = [
  { action: "failure", says: "Failed", color: "c2" },
  { action: "success", says: "Successful", color: "c3" },
] as const;

function LoginBars({ data }: { data: Timeseries }) {
  const times = useMemo(() => data.times.map((t) => Date.parse(t)), [data]);
  const series = useMemo<Series[]>(
    () => LOGINS.map((l) => ({ label: l.says, color: l.color, values: countsOf(data, l.action) })),
    [data],
  );
  const totals = series.map((s) => s.values.reduce<number>((n, v) => n + (v ?? 0), 0));
  if (totals.every((n) => n === 0)) {
    return <Empty title="No logins">Nobody logged in or tried.</Empty>;
  }
  return (
    <TimeChart
      label={`Logins over time: ${LOGINS.map((l, i) => `${count(totals[i], l.says)}`).join(", ")}`}
      times={times}
      interval={data.interval * 1000}
      series={series}
      kind="bars"
      height={150}
      onSelect={selectRange}
    />
  );
}
