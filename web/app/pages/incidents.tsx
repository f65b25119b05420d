/** Incidents: alerts of several rules about one entity. */
import type { Incident, IncidentPage } from "../../server/types/mod.ts";
import { usePages } from "../client/fetch.ts";
import { count, duration, number } from "../client/format.ts";
import { useRange } from "../client/range.ts";
import { go, hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Entity, SeverityBadge, StatusBadge, Time } from "../parts/words.tsx";

const COLUMNS: readonly Column<Incident>[] = [
  {
    id: "severity",
    title: "Severity",
    width: "92px",
    cell: (i) => <SeverityBadge severity={i.severity} />,
  },
  {
    id: "entity",
    title: "Entity",
    width: "minmax(170px, 1fr)",
    cell: (i) => (
      <a href={`/incidents/${i.id}`}>
        <Entity entity={i.entity} />
      </a>
    ),
  },
  {
    id: "first",
    title: "First seen",
    width: "168px",
    class: "muted",
    cell: (i) => <Time at={i.first} />,
  },
  {
    id: "span",
    title: "Duration",
    width: "104px",
    class: "muted",
    cell: (i) => duration(Date.parse(i.last) - Date.parse(i.first)),
  },
  { id: "alerts", title: "Alerts", width: "70px", class: "num", cell: (i) => number(i.alerts) },
  {
    id: "tactics",
    title: "Tactics",
    width: "minmax(240px, 2fr)",
    cell: (i) => <span title={i.tactics.join(" → ")}>{i.tactics.join(" → ")}</span>,
  },
  {
    id: "rules",
    title: "Rules",
    width: "minmax(120px, 1fr)",
    class: "muted",
    cell: (i) => <span title={i.rules.join(", ")}>{count(i.rules.length, "rule")}</span>,
  },
  {
    id: "status",
    title: "Status",
    width: "112px",
    cell: (i) => <StatusBadge status={i.status} />,
  },
];

export default function Incidents() {
  const { query } = usePlace();
  const range = useRange("all");
  const path = range.known
    ? hrefOf("/api/incidents", {
      ...range.params,
      severity: query.get("severity"),
      status: query.get("status"),
      entity: query.get("entity"),
      limit: 200,
    })
    : null;
  const pages = usePages<IncidentPage, Incident>(path, (p) => p.incidents, (i) => i.id, ["alert"]);
  return (
    <Page full tools={<RangePicker range={range} />}>
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
          {number(pages.rows.length)}
          {pages.more ? "+" : ""} incidents
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
            rows={pages.rows}
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
