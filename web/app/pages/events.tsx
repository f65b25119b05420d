/** Events: search with everything in the address, a histogram that selects time, a drawer. */
import { useMemo, useState } from "preact/hooks";
import type { Event, EventPage, Timeseries } from "../../server/types/mod.ts";
import { selectRange } from "../charts/volume.tsx";
import { TimeChart } from "../charts/time_chart.tsx";
import { useApi, usePages } from "../client/fetch.ts";
import { duration, number, shown } from "../client/format.ts";
import { bucketFor, type Range, useRange } from "../client/range.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { EventDrawer } from "../parts/event_drawer.tsx";
import { Icon } from "../parts/icon.tsx";
import { Popover } from "../parts/overlay.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Failed, Loading, NoData } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Time } from "../parts/words.tsx";
import { SearchBar } from "./search_bar.tsx";

/** Parameters of the address that are not filters of events. */
const VIEW = new Set(["range", "from", "to", "cols", "event"]);
const DEFAULT_COLUMNS = "sourcetype,src,user,action";
const OFFERED = [
  "host",
  "sourcetype",
  "source",
  "src",
  "src_port",
  "dest",
  "dest_port",
  "user",
  "src_user",
  "action",
  "app",
  "signature",
  "status",
  "http_method",
  "url",
  "bytes_out",
  "severity",
  "datasets",
];

/** Tracks of fields whose values are longer or shorter than most. */
const WIDTHS: Readonly<Record<string, string>> = {
  sourcetype: "minmax(150px, 0.3fr)",
  src: "minmax(124px, 0.35fr)",
  dest: "minmax(124px, 0.35fr)",
  url: "minmax(160px, 0.8fr)",
  signature: "minmax(160px, 0.8fr)",
  status: "80px",
  dest_port: "80px",
  src_port: "80px",
};

/** The filters of the address, as the API takes them. */
export function filtersOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([name]) => !VIEW.has(name)));
}

export default function Events() {
  const { query } = usePlace();
  const range = useRange("24h");
  const filters = filtersOf(query);
  const columns = (query.get("cols") ?? DEFAULT_COLUMNS).split(",").filter(Boolean);
  const path = range.known
    ? hrefOf("/api/events", { ...range.params, ...filters, limit: 250 })
    : null;
  const pages = usePages<EventPage, Event>(path, (p) => p.events, (e) => e._id, ["counters"]);
  const open = query.get("event");
  const table = useMemo(() => columnsOf(columns), [columns.join()]);
  if (range.empty) {
    return (
      <Page>
        <NoData />
      </Page>
    );
  }
  return (
    <Page full tools={<RangePicker range={range} />}>
      <SearchBar filters={filters} />
      <Histogram range={range} filters={filters} ready={!pages.loading || pages.rows.length > 0} />
      <div class="row bulk">
        <span class="muted" aria-live="polite">
          {number(pages.rows.length)}
          {pages.more ? "+" : ""} events, newest first
        </span>
        <span class="row" style={{ marginLeft: "auto" }}>
          <ColumnPicker columns={columns} rows={pages.rows} />
          <Export range={range} filters={filters} />
        </span>
      </div>
      {pages.error
        ? <Failed error={pages.error} retry={pages.reload} />
        : pages.loading && pages.rows.length === 0
        ? <Loading height={320} />
        : (
          <Table
            label="Events"
            columns={table}
            rows={pages.rows}
            idOf={(e) => e._id}
            active={open}
            onOpen={(e) => setQuery({ event: e._id }, { replace: open !== null })}
            more={pages.more}
            onMore={pages.loadMore}
            empty={
              <Empty title="No events match">
                Remove a filter or choose a longer time range.
              </Empty>
            }
          />
        )}
      {open && <EventDrawer key={open} id={open} onClose={() => setQuery({ event: null })} />}
    </Page>
  );
}

function columnsOf(names: readonly string[]): Column<Event>[] {
  return [
    {
      id: "_time",
      title: "Time",
      width: "168px",
      class: "muted",
      cell: (e) => <Time at={e._time} />,
    },
    ...names.map((name): Column<Event> => ({
      id: name,
      title: name,
      width: WIDTHS[name] ?? "minmax(100px, 0.35fr)",
      cell: (e) => <bdi title={shown(e[name])}>{shown(e[name])}</bdi>,
    })),
    {
      id: "_raw",
      title: "Raw text",
      width: "minmax(320px, 2fr)",
      class: "raw-cell",
      cell: (e) => (
        <>
          {e.parse_error && <b class="bad flag">parse error</b>}
          <bdi>{e._raw.length > 400 ? e._raw.slice(0, 400) : e._raw}</bdi>
        </>
      ),
    },
  ];
}

function Histogram(props: {
  range: Range;
  filters: Record<string, string>;
  /** Whether the rows are there: they are asked for first. */
  ready: boolean;
}) {
  const { range: { from, to }, filters } = props;
  const known = from !== null && to !== null;
  // Counts are kept by five minutes; for less, events are read, of two hours at most.
  const interval = known ? bucketFor(from, to, to - from <= 7_200_000 ? 10 : 300) : 300;
  // Counts are kept by these fields, so one of them alone is counted whole.
  const [[name, value] = [], ...others] = Object.entries(filters);
  const by = others.length === 0 && (name === "sourcetype" || name === "parse_error") ? name : null;
  const path = !known || !props.ready ? null : hrefOf("/api/timeseries", {
    ...(by ? { by, limit: 100 } : filters),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    interval: `${interval}s`,
  });
  const data = useApi<Timeseries>(path, ["counters"]);
  const found = data.data?.series.filter((s) => by === null || s.value === value);
  const times = useMemo(() => data.data?.times.map((t) => Date.parse(t)) ?? [], [data.data]);
  const series = useMemo(
    () => found?.map((s) => ({ label: "events", color: "c1", values: s.counts })) ?? [],
    [data.data, value],
  );
  const total = found?.reduce((n, s) => n + s.total, 0) ?? 0;
  const since = data.data?.since;
  if (data.error) return <p class="notice error" role="alert">{data.error.message}</p>;
  return (
    <section class="panel histogram" aria-label="Events over time">
      <header>
        <h2>
          {data.data ? `${data.data.exact ? "" : "At least "}${number(total)} events` : "Events"}
        </h2>
        {since && (
          <span class="muted">
            of the newest events, since <Time at={since} />
          </span>
        )}
        <span class="tools muted">in {duration(interval * 1000)}; drag to select a time</span>
      </header>
      <div class="body">
        {data.data
          ? (
            <TimeChart
              label={`Histogram of ${number(total)} events over time`}
              times={times}
              interval={interval * 1000}
              series={series}
              kind="bars"
              height={96}
              onSelect={selectRange}
            />
          )
          : <Loading height={96} />}
      </div>
    </section>
  );
}

function ColumnPicker({ columns, rows }: {
  columns: readonly string[];
  rows: readonly Event[];
}) {
  const known = useMemo(() => {
    const names = new Set<string>(OFFERED);
    for (const row of rows.slice(0, 200)) {
      for (const name of Object.keys(row)) if (!name.startsWith("_")) names.add(name);
    }
    return [...columns, ...[...names].filter((n) => !columns.includes(n)).sort()];
  }, [rows, columns.join()]);
  const [find, setFind] = useState("");
  const toggle = (name: string) =>
    setQuery({
      cols: (columns.includes(name) ? columns.filter((c) => c !== name) : [...columns, name]).join(
        ",",
      ) || "none",
    }, { replace: true });
  return (
    <Popover
      label="Columns"
      button={
        <>
          <Icon name="columns" />
          Columns
        </>
      }
    >
      {() => (
        <div class="stack">
          <input
            class="input"
            type="search"
            placeholder="Find a field"
            aria-label="Find a field"
            value={find}
            onInput={(e) => setFind(e.currentTarget.value)}
          />
          <div class="options tall">
            {known.filter((n) => n.includes(find)).map((name) => (
              <label key={name} class="check">
                <input
                  type="checkbox"
                  checked={columns.includes(name)}
                  onChange={() => toggle(name)}
                />
                {name}
              </label>
            ))}
          </div>
        </div>
      )}
    </Popover>
  );
}

function Export({ range, filters }: { range: Range; filters: Record<string, string> }) {
  const href = (format: string) =>
    hrefOf("/api/events/export", { ...range.params, ...filters, format });
  return (
    <Popover
      label="Export"
      button={
        <>
          <Icon name="download" />
          Export
        </>
      }
    >
      {(close) => (
        <div class="stack">
          <p class="muted">All matching events, not only the loaded ones.</p>
          {(["ndjson", "csv"] as const).map((format) => (
            <a
              key={format}
              class="button"
              href={href(format)}
              download={`events.${format}`}
              onClick={close}
            >
              {format === "csv" ? "CSV for a spreadsheet" : "NDJSON, one event a line"}
            </a>
          ))}
        </div>
      )}
    </Popover>
  );
}
