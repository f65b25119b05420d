/** Events: search with everything in the address, a histogram that selects time, a drawer. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AlertPage, Counters, Event, EventPage, Timeseries } from "../../server/types/mod.ts";
import { selectRange } from "../charts/volume.tsx";
import { TimeChart } from "../charts/time_chart.tsx";
import { change, rangeBefore } from "../client/before.ts";
import { wordsOf } from "../client/entity.ts";
import { useApi, usePages } from "../client/fetch.ts";
import { onLive } from "../client/live.ts";
import { gist } from "../client/gist.ts";
import { count, duration, listed, number, shown } from "../client/format.ts";
import { type Range, useRange } from "../client/range.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { intervalOf, seriesPath } from "../client/series.ts";
import { Page } from "../parts/page.tsx";
import { FieldList } from "../parts/field_list.tsx";
import { EventDrawer } from "../parts/event_drawer.tsx";
import { Icon } from "../parts/icon.tsx";
import { Popover } from "../parts/overlay.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Failed, Loading, NoData } from "../parts/states.tsx";
import { Views } from "../parts/views.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Value } from "../parts/value_menu.tsx";
import { useSort } from "../parts/table_sort.ts";
import { Clock } from "../parts/words.tsx";
import { SearchBar } from "./search_bar.tsx";

/** Parameters of the address that are not filters of events. */
const VIEW = new Set(["range", "from", "to", "cols", "event", "sort"]);
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
  const key = `${range.key} ${JSON.stringify(filters)}`;
  const [asked, askAgain] = useState(0);
  const moving = range.known
    ? hrefOf("/api/events", { ...range.params, ...filters, limit: 250 })
    : null;
  const path = useHeld(filters.q ? `${key} ${asked}` : null, moving);
  // A text is looked for in the events themselves: that goes back as far as the user goes, and begins
  // again only when the user asks for it.
  const pages = usePages<EventPage, Event>(
    path,
    (p) => p.events,
    (e) => e._id,
    filters.q ? [] : ["counters"],
    key,
  );
  const open = query.get("event");
  const [fields, setFields] = useState(() => localStorage.getItem("field-list") !== "off");
  const table = useMemo(() => columnsOf(columns), [columns.join()]);
  const { rows, sort, onSort } = useSort(pages.rows, table);
  if (range.empty) {
    return (
      <Page>
        <NoData />
      </Page>
    );
  }
  return (
    <Page
      full
      tools={
        <>
          <Views page="events" />
          <RangePicker range={range} />
        </>
      }
    >
      <SearchBar filters={filters} />
      <Histogram range={range} filters={filters} ready={!pages.loading || pages.rows.length > 0} />
      <div class="row bulk">
        <span class="muted" aria-live="polite">
          {listed(pages, "event")}
          {sort
            ? `, sorted by ${sort.by}`
            : pages.rows.length > 1 && !pages.more && ", newest first"}
        </span>
        {filters.q && <Newer key={JSON.stringify(filters)} onShow={() => askAgain((n) => n + 1)} />}
        <span class="row" style={{ marginLeft: "auto" }}>
          <button
            type="button"
            class="button wide-only"
            aria-pressed={fields}
            onClick={() => {
              localStorage.setItem("field-list", fields ? "off" : "on");
              setFields(!fields);
            }}
          >
            <Icon name="sources" />
            Fields
          </button>
          <ColumnPicker columns={columns} rows={pages.rows} />
          <Export range={range} filters={filters} />
        </span>
      </div>
      <div class={`events-body${fields ? " with-fields" : ""}`}>
        {fields && <FieldList range={range} filters={filters} />}
        {pages.error
          ? <Failed error={pages.error} retry={pages.reload} />
          : pages.loading && pages.rows.length === 0
          ? <Loading height={320} />
          : (
            <Table
              label="Events"
              columns={table}
              rows={rows}
              card={CARD}
              sort={sort}
              onSort={onSort}
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
      </div>
      {open && (
        <EventDrawer
          key={open}
          id={open}
          onClose={() => setQuery({ event: null })}
          onOpen={(id) => setQuery({ event: id }, { replace: true })}
        />
      )}
    </Page>
  );
}

/** The value that was there first for a key; what comes, without one. */
function useHeld(key: string | null, value: string | null): string | null {
  const held = useRef<{ key: string; value: string | null } | null>(null);
  if (key === null) {
    held.current = null;
    return value;
  }
  if (held.current?.key !== key || held.current.value === null) held.current = { key, value };
  return held.current.value;
}

/** Says that events came since the search began, which does not begin again by itself. */
function Newer({ onShow }: { onShow(): void }) {
  const [came, setCame] = useState(false);
  const before = useRef<number | null>(null);
  useEffect(() =>
    onLive((topic, data) => {
      if (topic !== "counters" || data === null) return;
      const { events } = data as Counters;
      // The first counters tell what there was when the search began.
      before.current ??= events;
      if (events > before.current) setCame(true);
    }), []);
  if (!came) return null;
  return (
    <button
      type="button"
      class="button small"
      onClick={() => {
        setCame(false);
        before.current = null;
        onShow();
      }}
    >
      Look for newer events
    </button>
  );
}

function columnsOf(names: readonly string[]): Column<Event>[] {
  return [
    {
      id: "_time",
      title: "Time",
      width: "128px",
      class: "muted",
      sort: (e) => e._time,
      cell: (e, before) => <Clock at={e._time} before={before?._time} />,
    },
    ...names.map((name): Column<Event> => ({
      id: name,
      title: name,
      width: WIDTHS[name] ?? "minmax(100px, 0.35fr)",
      sort: (e) => sortKey(e[name]),
      cell: (e) => <Value name={name} value={e[name]} />,
    })),
    {
      id: "_raw",
      title: "Event",
      width: "minmax(320px, 2fr)",
      class: "raw-cell",
      cell: (e) => (
        <>
          {e.parse_error && <b class="bad flag">parse error</b>}
          <bdi title={e._raw.slice(0, 2000)}>{gist(e).slice(0, 400)}</bdi>
        </>
      ),
    },
  ];
}

/** Numbers by their size, all else by its text; what is missing comes first. */
function sortKey(value: unknown): string {
  if (typeof value !== "number") return shown(value).toLowerCase();
  return `${value < 0 ? "-" : "0"}${value.toFixed(6).padStart(26, "0")}`;
}

/** An event on a phone. */
const CARD = {
  height: 84,
  show: (e: Event, before?: Event | null) => (
    <>
      <span class="row">
        <Clock at={e._time} before={before?._time} />
        <span class="muted end">{e.sourcetype}</span>
      </span>
      <span class="second mono">
        <bdi>{gist(e).slice(0, 240)}</bdi>
      </span>
    </>
  ),
};

/** Alerts that are marked at most. */
const MARKS = 500;

function Histogram(props: {
  range: Range;
  filters: Record<string, string>;
  /** Whether the rows are there: they are asked for first. */
  ready: boolean;
}) {
  const { range: { from, to, params }, filters } = props;
  const known = from !== null && to !== null;
  // Counts are kept by five minutes; for less, events are read, of two hours at most.
  const options = { least: known && to - from <= 7_200_000 ? 10 : 300 };
  const interval = known ? intervalOf({ from, to }, options) : 300;
  // Counts are kept by these fields, so one of them alone is counted whole.
  const [[name, value] = [], ...others] = Object.entries(filters);
  const by = others.length === 0 && (name === "sourcetype" || name === "parse_error") ? name : null;
  const path = props.ready
    ? seriesPath({ from, to }, by ? { by, limit: 100 } : filters, options)
    : null;
  const data = useApi<Timeseries>(path, ["counters"]);
  const found = data.data?.series.filter((s) => by === null || s.value === value);
  const times = useMemo(() => data.data?.times.map((t) => Date.parse(t)) ?? [], [data.data]);
  const series = useMemo(
    () => found?.map((s) => ({ label: "events", color: "c1", values: s.counts })) ?? [],
    [data.data, value],
  );
  const alerts = useApi<AlertPage>(
    known ? hrefOf("/api/alerts", { ...params, limit: MARKS }) : null,
    ["alert"],
  );
  const marks = useMemo(
    () => alerts.data?.alerts.map((a) => ({ at: Date.parse(a.time), color: a.severity })) ?? [],
    [alerts.data],
  );
  // A text is looked for in the events themselves: once is enough.
  const earlier = filters.q || !data.data || data.data.since ? null : rangeBefore(props.range);
  const was = useApi<Timeseries>(
    earlier && seriesPath(earlier, by ? { by, limit: 100 } : filters, options),
  );
  const before = useMemo(() => {
    const some = was.data?.series.filter((s) => by === null || s.value === value);
    return some && was.data?.since === null
      ? was.data.times.map((_, i) => some.reduce((n, s) => n + s.counts[i], 0))
      : undefined;
  }, [was.data, value]);
  const total = found?.reduce((n, s) => n + s.total, 0) ?? 0;
  const totalBefore = before?.reduce((n, c) => n + c, 0) ?? 0;
  const since = data.data?.since;
  // Counts are kept for plain filters; any others are counted by a search.
  const counted = hrefOf("/search", {
    q: `${wordsOf(filters).join(" ")} | timechart count() as n span 1h`,
    from: params.from ?? "1970-01-01",
  });
  if (data.error?.code === "not_counted") {
    return (
      <p class="notice muted">
        Over time, events with these filters are counted by a search:{" "}
        <a class="in-text" href={counted}>count them</a>
      </p>
    );
  }
  if (data.error) return <p class="notice error" role="alert">{data.error.message}</p>;
  return (
    <section class="panel histogram" aria-label="Events over time">
      <header>
        <h2>
          {data.data ? `${data.data.exact ? "" : "At least "}${count(total, "event")}` : "Events"}
        </h2>
        {since && (
          <span class="muted">
            counted back to <Clock at={since} />
            {" · "}
            <a class="in-text" href={counted}>count all</a>
          </span>
        )}
        {before && (
          <span class="muted" title="The line over the bars is the time of equal length before">
            {number(totalBefore)} in the time before
            {change(total, totalBefore) && ` (${change(total, totalBefore)})`}
          </span>
        )}
        {marks.length > 0 && (
          <a class="muted" href={hrefOf("/alerts", params)}>
            ▾ {marks.length < MARKS ? count(marks.length, "alert") : `the newest ${MARKS} alerts`}
          </a>
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
              marks={marks}
              before={before}
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
