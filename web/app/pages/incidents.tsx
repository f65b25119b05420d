/** Incidents: alerts of several rules about one entity. */
import type { Incident, IncidentPage } from "../../server/types/mod.ts";
import { usePages } from "../client/fetch.ts";
import { count, duration, listed, number } from "../client/format.ts";
import { useRange } from "../client/range.ts";
import { go, hrefOf, setQuery, usePlace } from "../client/router.ts";
import { rankOf } from "../client/severity.ts";
import { Page } from "../parts/page.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Views } from "../parts/views.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useSort } from "../parts/table_sort.ts";
import { Clock, Entity, SeverityBadge, StatusBadge, Two } from "../parts/words.tsx";

const STATUSES = ["closed", "acknowledged", "open"];

const COLUMNS: readonly Column<Incident>[] = [
  {
    id: "severity",
    title: "Severity",
    width: "96px",
    sort: (i) => rankOf(i.severity),
    cell: (i) => <SeverityBadge severity={i.severity} />,
  },
  {
    id: "entity",
    title: "Incident",
    width: "minmax(320px, 1.6fr)",
    sort: (i) => Object.values(i.entity).join(" ").toLowerCase(),
    cell: (i) => (
      <Two
        first={
          <a href={`/incidents/${i.id}`}>
            <Entity entity={i.entity} />
          </a>
        }
        second={<bdi title={i.headline.message}>{i.headline.message}</bdi>}
      />
    ),
  },
  {
    id: "tactics",
    title: "Tactics",
    width: "minmax(240px, 1fr)",
    sort: (i) => i.tactics.length,
    cell: (i) => (
      <Two
        first={<span title={i.tactics.join(" → ")}>{i.tactics.join(" → ")}</span>}
        second={<span title={i.rules.join(", ")}>{i.rules.join(", ")}</span>}
      />
    ),
  },
  {
    id: "first",
    title: "Began",
    width: "150px",
    sort: (i) => i.first,
    cell: (i, before) => (
      <Two
        first={<Clock at={i.first} before={before?.first} />}
        second={took(i)}
      />
    ),
  },
  {
    id: "alerts",
    title: "Alerts",
    width: "76px",
    class: "num",
    sort: (i) => i.alerts,
    cell: (i) => number(i.alerts),
  },
  {
    id: "status",
    title: "Status",
    width: "132px",
    sort: (i) => STATUSES.indexOf(i.status),
    cell: (i) => <StatusBadge status={i.status} />,
  },
];

/** How long it took, from the first alert's first event to the last. */
function took({ first, last }: Incident): string {
  const ms = Date.parse(last) - Date.parse(first);
  return ms < 1000 ? "at once" : `within ${duration(ms)}`;
}

/** An incident on a phone. */
const CARD = {
  height: 108,
  show: (i: Incident) => (
    <>
      <span class="row">
        <SeverityBadge severity={i.severity} />
        {i.status !== "open" && <StatusBadge status={i.status} />}
        <span class="muted end">
          <Clock at={i.first} />
        </span>
      </span>
      <a class="clip" href={`/incidents/${i.id}`}>
        <Entity entity={i.entity} />
      </a>
      <span class="clip">
        <bdi>{i.headline.message}</bdi>
      </span>
      <span class="muted clip">
        {count(i.alerts, "alert")}: {i.tactics.join(" → ")}
      </span>
    </>
  ),
};

export default function Incidents() {
  const { query } = usePlace();
  const range = useRange("all");
  const filters = {
    severity: query.get("severity"),
    status: query.get("status"),
    entity: query.get("entity"),
  };
  const path = range.known
    ? hrefOf("/api/incidents", { ...range.params, ...filters, limit: 200 })
    : null;
  const pages = usePages<IncidentPage, Incident>(
    path,
    (p) => p.incidents,
    (i) => i.id,
    ["alert"],
    `${range.key} ${JSON.stringify(filters)}`,
  );
  const { rows, sort, onSort } = useSort(pages.rows, COLUMNS);
  return (
    <Page
      full
      tools={
        <>
          <Views page="incidents" />
          <RangePicker range={range} />
        </>
      }
    >
      <div class="row filters" role="search" aria-label="Incident filters">
        <Select
          name="severity"
          label="Severity"
          any="Any severity"
          values={[
            ["critical", "Critical"],
            [">=high", "High and above"],
            [">=medium", "Medium and above"],
          ]}
        />
        <Select
          name="status"
          label="Status"
          any="Any status"
          values={[["open", "Open"], ["acknowledged", "Acknowledged"], ["closed", "Closed"]]}
        />
        <input
          class="input"
          type="search"
          data-search
          placeholder="Entity, such as 203.0.113.66"
          aria-label="Entity"
          value={query.get("entity") ?? ""}
          onChange={(e) => setQuery({ entity: e.currentTarget.value.trim() })}
        />
        <span class="muted" aria-live="polite">
          {listed(pages, "incident")}
        </span>
      </div>
      {pages.error
        ? <Failed error={pages.error} retry={pages.reload} />
        : pages.loading && pages.rows.length === 0
        ? <Loading height={320} />
        : (
          <Table
            label="Incidents"
            columns={COLUMNS}
            rows={rows}
            height={50}
            card={CARD}
            sort={sort}
            onSort={onSort}
            idOf={(i) => i.id}
            onOpen={(i) => go(`/incidents/${i.id}`)}
            more={pages.more}
            onMore={pages.loadMore}
            empty={
              <Empty title="No incidents">
                Alerts of two or more rules on one entity within a day form an incident.
              </Empty>
            }
          />
        )}
    </Page>
  );
}

/** A filter of the address with a few values. */
export function Select(props: {
  name: string;
  label: string;
  any: string;
  values: readonly (readonly [string, string])[];
}) {
  const { query } = usePlace();
  return (
    <select
      class="input"
      aria-label={props.label}
      value={query.get(props.name) ?? ""}
      onChange={(e) => setQuery({ [props.name]: e.currentTarget.value })}
    >
      <option value="">{props.any}</option>
      {props.values.map(([value, says]) => <option key={value} value={value}>{says}</option>)}
    </select>
  );
}
