/** Rules: what is loaded, what each found, and whether it is well. */
import { useMemo } from "preact/hooks";
import type { Rule, RuleList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { useRange } from "../client/range.ts";
import { go, hrefOf, setQuery, usePlace } from "../client/router.ts";
import { rankOf } from "../client/severity.ts";
import { Page } from "../parts/page.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useSort } from "../parts/table_sort.ts";
import { Clock, SeverityBadge, Two } from "../parts/words.tsx";

/** Rows have two lines: what a rule is called and its name. */
const COLUMNS: readonly Column<Rule>[] = [
  {
    id: "name",
    title: "Rule",
    width: "minmax(280px, 1.6fr)",
    sort: (r) => r.title.toLowerCase(),
    cell: (r) => (
      <Two
        first={<a href={`/rules/${encodeURIComponent(r.name)}`}>{r.title}</a>}
        second={<span class="mono">{r.name}</span>}
      />
    ),
  },
  {
    id: "severity",
    title: "Severity",
    width: "96px",
    sort: (r) => r.severity ? rankOf(r.severity) : 0,
    cell: (r) => r.severity ? <SeverityBadge severity={r.severity} /> : <span>Varies</span>,
  },
  {
    id: "mitre",
    title: "ATT&CK",
    width: "minmax(200px, 1fr)",
    sort: (r) => r.mitre.map((t) => t.id).join(),
    cell: (r) => (
      <Two
        first={r.mitre.map((t) => t.id).join(", ")}
        second={<span title={techniques(r)}>{techniques(r)}</span>}
      />
    ),
  },
  {
    id: "reads",
    title: "Data sources",
    width: "minmax(150px, 0.7fr)",
    class: "muted",
    sort: (r) => r.reads.join(),
    cell: (r) => <span title={r.reads.join(", ")}>{r.reads.join(", ")}</span>,
  },
  {
    id: "tests",
    title: "Tests",
    width: "68px",
    class: "num",
    sort: (r) => r.tests,
    cell: (r) => number(r.tests),
  },
  {
    id: "alerts",
    title: "Alerts",
    width: "76px",
    class: "num",
    sort: (r) => r.alerts,
    cell: (r) => r.alerts ? <strong>{number(r.alerts)}</strong> : <span class="muted">0</span>,
  },
  {
    id: "last",
    title: "Last alert",
    width: "136px",
    class: "muted",
    sort: (r) => r.last_alert ?? "",
    cell: (r) => r.last_alert ? <Clock at={r.last_alert} /> : "never",
  },
  {
    id: "health",
    title: "Health",
    width: "minmax(90px, 0.5fr)",
    sort: (r) => r.degraded ?? "",
    cell: (r) =>
      r.degraded
        ? <span class="warn" title={r.degraded}>{r.degraded}</span>
        : <span class="good">Well</span>,
  },
];

const techniques = ({ mitre }: Rule) => mitre.map((t) => t.name).join(", ");

/** A rule on a phone. */
const CARD = {
  height: 84,
  show: (r: Rule) => (
    <>
      <span class="row">
        {r.severity ? <SeverityBadge severity={r.severity} /> : <span>Varies</span>}
        <span class="muted end">{count(r.alerts, "alert")}</span>
      </span>
      <a class="clip" href={`/rules/${encodeURIComponent(r.name)}`}>{r.title}</a>
      <span class="muted clip">{r.mitre.map((t) => t.id).join(", ") || r.reads.join(", ")}</span>
    </>
  ),
};

export default function Rules() {
  const { query } = usePlace();
  const range = useRange("all");
  const list = useApi<RuleList>(range.known ? hrefOf("/api/rules", range.params) : null, ["alert"]);
  const find = (query.get("q") ?? "").toLowerCase();
  const found = useMemo(
    () =>
      (list.data?.rules ?? []).filter((r) =>
        [r.name, r.title, r.file, ...r.reads, ...r.tags, ...r.mitre.map((t) => `${t.id} ${t.name}`)]
          .some((text) => text.toLowerCase().includes(find))
      ).sort((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1)),
    [list.data, find],
  );
  const { rows, sort, onSort } = useSort(found, COLUMNS);
  return (
    <Page
      full
      tools={
        <>
          <RangePicker range={range} />
          <a class="button primary" href="/rules/new">New rule</a>
        </>
      }
    >
      <div class="row filters" role="search" aria-label="Find rules">
        <input
          class="input search"
          type="search"
          data-search
          placeholder="Name, title, technique, dataset"
          aria-label="Find rules by name, title, technique or dataset"
          value={query.get("q") ?? ""}
          onInput={(e) => setQuery({ q: e.currentTarget.value }, { replace: true })}
        />
        <span class="muted">
          {number(rows.length)} rules, {number(rows.filter((r) => r.alerts > 0).length)} with alerts
        </span>
      </div>
      <Loaded from={list} height={360}>
        {() => (
          <Table
            label="Rules"
            columns={COLUMNS}
            rows={rows}
            height={46}
            card={CARD}
            sort={sort}
            onSort={onSort}
            idOf={(r) => r.name}
            onOpen={(r) => go(`/rules/${encodeURIComponent(r.name)}`)}
            empty={<Empty title="No rule matches">Change the search.</Empty>}
          />
        )}
      </Loaded>
    </Page>
  );
}
