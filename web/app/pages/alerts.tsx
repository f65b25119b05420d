/** Alerts: a list with its filters in the address, and a status for many at once. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Alert, AlertNotice, AlertPage, Stats } from "../../server/types/mod.ts";
import { useApi, usePages } from "../client/fetch.ts";
import { onLive } from "../client/live.ts";
import { count, listed, number } from "../client/format.ts";
import { rangeBefore } from "../client/before.ts";
import { type Range, useRange } from "../client/range.ts";
import { go, hrefOf, usePlace } from "../client/router.ts";
import { rankOf, SEVERITIES } from "../client/severity.ts";
import { Page } from "../parts/page.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Views } from "../parts/views.tsx";
import { StatusDialog } from "../parts/status_dialog.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useSort } from "../parts/table_sort.ts";
import { FILTERS, Filters } from "./alert_filters.tsx";
import { SilenceDialog } from "../parts/silence_dialog.tsx";
import { VERDICT_NAMES } from "../parts/triage_fields.tsx";
import { EntityLines } from "../parts/entity_lines.tsx";
import { Clock, SeverityBadge, StatusBadge, Two } from "../parts/words.tsx";

const STATUS_RANK = { open: 2, acknowledged: 1, closed: 0 } as const;

/** Rows have two lines: what happened to whom, and the words of it. */
const COLUMNS: readonly Column<Alert>[] = [
  {
    id: "severity",
    title: "Severity",
    width: "96px",
    sort: (a) => rankOf(a.severity),
    cell: (a) => <SeverityBadge severity={a.severity} />,
  },
  {
    id: "title",
    title: "Alert",
    width: "minmax(280px, 2.4fr)",
    sort: (a) => a.title.toLowerCase(),
    cell: (a) => (
      <Two
        first={<a href={`/alerts/${a.id}`}>{a.title}</a>}
        second={<bdi title={a.message}>{a.message}</bdi>}
      />
    ),
  },
  {
    id: "entity",
    title: "Entity",
    width: "minmax(190px, 1fr)",
    sort: (a) => Object.values(a.entity).map(String).join(" ").toLowerCase(),
    cell: (a) => <EntityLines entity={a.entity} />,
  },
  {
    id: "time",
    title: "Time",
    width: "128px",
    sort: (a) => a.time,
    cell: (a, before) => <Clock at={a.time} before={before?.time} />,
  },
  {
    id: "count",
    title: "Events",
    width: "76px",
    class: "num",
    sort: (a) => a.count,
    cell: (a) => number(a.count),
  },
  {
    id: "status",
    title: "Status",
    width: "132px",
    sort: (a) => STATUS_RANK[a.status],
    cell: (a) => (
      <Two first={<StatusBadge status={a.status} />} second={a.assignee ?? verdictOf(a)} />
    ),
  },
];

const verdictOf = ({ verdict }: Alert) => verdict === undefined ? "" : VERDICT_NAMES[verdict];

/** An alert on a phone. */
const CARD = {
  height: 96,
  show: (a: Alert, before?: Alert | null) => (
    <>
      <span class="row">
        <SeverityBadge severity={a.severity} />
        {a.status !== "open" && <StatusBadge status={a.status} />}
        <span class="muted end">
          <Clock at={a.time} before={before?.time} />
        </span>
      </span>
      <a class="clip" href={`/alerts/${a.id}`}>{a.title}</a>
      <span class="muted second">
        <bdi>{a.message}</bdi>
      </span>
    </>
  ),
};

/** Rows that are read to sort them: sorting what is loaded alone would hide the rest. */
const SORTED = 5000;

export default function Alerts() {
  const { query } = usePlace();
  const range = useRange("all");
  const filters = Object.fromEntries(FILTERS.map((f) => [f, query.get(f)])) as Filtered;
  const path = range.known
    ? hrefOf("/api/alerts", { ...range.params, ...filters, limit: 200 })
    : null;
  const pages = usePages<AlertPage, Alert>(
    path,
    (p) => p.alerts,
    (a) => a.id,
    ["alert"],
    `${range.key} ${JSON.stringify(filters)}`,
  );
  const before = useBefore(range, filters);
  const fresh = useFresh(pages.rows, `${range.key} ${JSON.stringify(filters)}`);
  usePushed((alert) => {
    // At the end of a list that goes on nobody knows whether others stand between.
    if (!matches(alert, range, filters)) return;
    const last = pages.rows.at(-1);
    if (pages.more && (!last || last.time > alert.time)) return;
    pages.put(alert, (a) => a.time <= alert.time);
  });
  const { rows, sort, onSort } = useSort(pages.rows, COLUMNS);
  useEffect(() => {
    if (sort && pages.more && !pages.loading && pages.rows.length < SORTED) pages.loadMore();
  }, [sort, pages.rows.length, pages.loading]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<"triage" | "silence" | null>(null);
  const [edited, setEdited] = useState<Alert | null>(null);
  const chosen = pages.rows.filter((a) => picked.has(a.id));
  const asked = chosen.length > 0 ? chosen : edited ? [edited] : [];
  const ask = (what: "triage" | "silence", row: Alert | null) => {
    setEdited(row);
    if (row !== null || chosen.length > 0) setAsking(what);
  };
  return (
    <Page
      full
      tools={
        <>
          <Views page="alerts" />
          <RangePicker range={range} />
        </>
      }
    >
      <Filters />
      <div class="row bulk" aria-live="polite">
        <span class="muted">
          {chosen.length
            ? `${count(chosen.length, "alert")} selected`
            : `${listed(pages, "alert")}${sort ? `, sorted by ${titleOf(sort.by)}` : ""}`}
          {chosen.length === 0 && before !== null && ` · ${number(before)} in the time before`}
        </span>
        {chosen.length > 0 && (
          <>
            <button
              type="button"
              class="button primary small"
              onClick={() => setAsking("triage")}
            >
              Triage <kbd>e</kbd>
            </button>
            <button type="button" class="button small" onClick={() => setAsking("silence")}>
              Silence <kbd>s</kbd>
            </button>
            <button
              type="button"
              class="button plain small"
              onClick={() => setPicked(new Set())}
            >
              Clear selection
            </button>
          </>
        )}
      </div>
      {pages.error
        ? <Failed error={pages.error} retry={pages.reload} />
        : pages.loading && pages.rows.length === 0
        ? <Loading height={320} />
        : (
          <Table
            label="Alerts"
            columns={COLUMNS}
            rows={rows}
            height={50}
            card={CARD}
            sort={sort}
            onSort={onSort}
            idOf={(a) => a.id}
            onEdit={(a) => ask("triage", a)}
            onSilence={(a) => ask("silence", a)}
            onOpen={(a) => go(`/alerts/${a.id}`)}
            picked={picked}
            onPick={setPicked}
            fresh={fresh}
            more={pages.more}
            onMore={pages.loadMore}
            empty={
              <Empty title="No alerts match">
                Remove a filter or choose a longer time range. Loaded rules are listed under{" "}
                <a href="/rules">Rules</a>.
              </Empty>
            }
          />
        )}
      {asking === "triage" && (
        <StatusDialog
          alerts={asked}
          onClose={() => setAsking(null)}
          onDone={({ comment: _, ...said }) => {
            const ids = new Set(asked.map((a) => a.id));
            pages.patch((a) => ids.has(a.id) ? { ...a, ...said } : a);
            setPicked(new Set());
            setAsking(null);
          }}
        />
      )}
      {asking === "silence" && (
        <SilenceDialog
          alerts={asked}
          onClose={() => setAsking(null)}
          onDone={() => {
            setPicked(new Set());
            setAsking(null);
            pages.reload();
          }}
        />
      )}
    </Page>
  );
}

type Filtered = Readonly<Record<typeof FILTERS[number], string | null>>;

/** How many there were in the time of equal length before; null where the counts do not know. */
function useBefore(range: Range, { severity, status, rule, entity }: Filtered): number | null {
  const before = rangeBefore(range);
  const counted = !status && !entity && !(severity && rule);
  const { data } = useApi<Stats>(
    before && counted
      ? hrefOf("/api/stats", {
        from: new Date(before.from).toISOString(),
        to: new Date(before.to).toISOString(),
      })
      : null,
  );
  if (data === null) return null;
  if (rule) return data.alerts_by_rule.find((r) => r.rule === rule)?.alerts ?? 0;
  return severity
    ? SEVERITIES.filter((s) => severity.split(",").includes(s))
      .reduce((n, s) => n + data.alerts_by_severity[s], 0)
    : data.alerts;
}

const titleOf = (id: string) => COLUMNS.find((c) => c.id === id)?.title.toLowerCase() ?? id;

/** Calls `take` with each alert that the live stream brings: it is shown before it is asked for. */
function usePushed(take: (alert: Alert) => void): void {
  const current = useRef(take);
  current.current = take;
  useEffect(() =>
    onLive((topic, data) => {
      if (topic === "alert" && data !== null) current.current((data as AlertNotice).alert);
    }), []);
}

/** Whether the filters take it; false, too, where only the API knows. */
function matches(a: Alert, range: Range, { severity, status, rule, entity }: Filtered): boolean {
  const at = Date.parse(a.time);
  return !entity && (!severity || severity.split(",").includes(a.severity)) &&
    (!status || status === a.status) && (!rule || rule === a.rule) && range.known &&
    (range.params.from === undefined || at >= range.from!) &&
    // A relative range moves on with what comes.
    (range.name !== null || at < range.to!);
}

/** Ids of rows that came after the list was first shown. */
function useFresh(rows: readonly Alert[], path: string | null): ReadonlySet<string> {
  const seen = useRef<{ path: string | null; ids: Set<string>; live: boolean }>({
    path: null,
    ids: new Set(),
    live: false,
  });
  const fresh = useRef(new Set<string>());
  useEffect(() => onLive((topic) => void (topic === "alert" && (seen.current.live = true))), []);
  if (seen.current.path !== path) {
    seen.current = { path, ids: new Set(), live: false };
    fresh.current = new Set();
  }
  for (const { id } of rows) {
    if (seen.current.ids.has(id)) continue;
    if (seen.current.live) fresh.current.add(id);
    seen.current.ids.add(id);
  }
  return fresh.current;
}
