/** Log volume by sourcetype, and the share of lines that no pattern took. */
import { useMemo } from "preact/hooks";
import type { Stats, Timeseries } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { duration, number, percent } from "../client/format.ts";
import type { Range } from "../client/range.ts";
import { hrefOf, setQuery } from "../client/router.ts";
import { intervalOf, seriesPath } from "../client/series.ts";
import { Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { colorsOf, OTHERS_COLOR } from "./colors.ts";
import { type Series, TimeChart } from "./time_chart.tsx";

/** Selects a range of the page, by the address. */
export function selectRange(from: number, to: number): void {
  setQuery({
    range: null,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
}

export function LogVolume(props: {
  range: Range;
  stats: Stats;
  hidden: ReadonlySet<string>;
  onHide(hidden: ReadonlySet<string>): void;
  span?: string;
}) {
  const { range, stats, hidden, onHide } = props;
  const { from, to } = range;
  const interval = from !== null && to !== null ? intervalOf({ from, to }) : 300;
  const series = useApi<Timeseries>(seriesPath(range, { by: "sourcetype" }), ["counters"]);
  const colors = colorsOf(stats.sourcetypes.map((s) => s.sourcetype));
  const toggle = (name: string) => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    onHide(next);
  };
  return (
    <Panel
      title="Log volume"
      span={props.span}
      tools={
        <span class="muted">events in {duration(interval * 1000)}; drag to select a time</span>
      }
    >
      <Loaded from={series} height={190}>
        {(t) => <Volume data={t} colors={colors} hidden={hidden} />}
      </Loaded>
      <div class="legend" role="group" aria-label="Sourcetypes">
        {stats.sourcetypes.map((s) => (
          <button
            key={s.sourcetype}
            type="button"
            class="chip"
            aria-pressed={!hidden.has(s.sourcetype)}
            onClick={() => toggle(s.sourcetype)}
          >
            <i class="dot" style={{ background: `var(--${colors.get(s.sourcetype)})` }} />
            {s.sourcetype}
            <span class="muted">{number(s.events)}</span>
          </button>
        ))}
      </div>
    </Panel>
  );
}

function Volume({ data, colors, hidden }: {
  data: Timeseries;
  colors: ReadonlyMap<string, string>;
  hidden: ReadonlySet<string>;
}) {
  const times = useMemo(() => data.times.map((t) => Date.parse(t)), [data]);
  const series = useMemo<Series[]>(
    () =>
      data.series.filter((s) => !hidden.has(s.value ?? "")).map((s) => ({
        label: s.value ?? "others",
        color: colors.get(s.value ?? "") ?? OTHERS_COLOR,
        values: s.counts,
      })),
    [data, hidden],
  );
  const total = data.series.reduce((n, s) => n + s.total, 0);
  if (total === 0) return <Empty title="No events">Choose another time range.</Empty>;
  return (
    <TimeChart
      label={`Log volume over time: ${number(total)} events of ${
        data.series.map((s) => `${s.value} ${number(s.total)}`).join(", ")
      }`}
      times={times}
      interval={data.interval * 1000}
      series={series}
      kind="bars"
      height={190}
      onSelect={selectRange}
    />
  );
}

/** The limit that a set of sourcetypes has to keep. */
export const ERROR_LIMIT = 0.05;

export function ErrorRate({ range, stats, span }: { range: Range; stats: Stats; span?: string }) {
  // Errors are few: wider buckets make a rate that means something.
  const path = seriesPath(range, { by: "parse_error" }, { least: 900 });
  const data = useApi<Timeseries>(path, ["counters"]);
  const rate = stats.events ? stats.parse_errors / stats.events : 0;
  return (
    <Panel
      title="Parse error rate"
      span={span}
      tools={
        <span class={rate > ERROR_LIMIT ? "bad" : "muted"}>
          {percent(rate)} over all; the limit is 5 %
        </span>
      }
    >
      <Loaded from={data} height={150}>{(t) => <Rate data={t} />}</Loaded>
      <div class="legend">
        {stats.sourcetypes.filter((s) => s.parse_errors > 0).map((s) => (
          <a
            key={s.sourcetype}
            class="chip"
            href={hrefOf("/events", {
              ...(range.name === null ? range.params : { range: range.name }),
              sourcetype: s.sourcetype,
              parse_error: "true",
            })}
          >
            {s.sourcetype}
            <span class={s.parse_errors / s.events > ERROR_LIMIT ? "bad" : "muted"}>
              {percent(s.parse_errors / s.events)}
            </span>
          </a>
        ))}
      </div>
    </Panel>
  );
}

function Rate({ data }: { data: Timeseries }) {
  const times = useMemo(() => data.times.map((t) => Date.parse(t)), [data]);
  const series = useMemo<Series[]>(() => {
    const bad = data.series.find((s) => s.value === "true")?.counts;
    const good = data.series.find((s) => s.value === "false")?.counts;
    return [{
      label: "parse errors",
      color: "c2",
      values: times.map((_, i) => {
        const all = (bad?.[i] ?? 0) + (good?.[i] ?? 0);
        return all ? (bad?.[i] ?? 0) / all : null;
      }),
    }];
  }, [data]);
  const worst = Math.max(0, ...series[0].values.map((v) => v ?? 0));
  return (
    <TimeChart
      label={`Parse error rate over time; at most ${percent(worst)} in a bucket, limit 5 %`}
      times={times}
      interval={data.interval * 1000}
      series={series}
      kind="bars"
      height={150}
      format={percent}
      limit={{ at: ERROR_LIMIT, label: "5 % limit" }}
      onSelect={selectRange}
    />
  );
}
