/** Rules: what is loaded, what each found, and whether it is well. */
import { useMemo } from "preact/hooks";
import type { Rule, RuleList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { number } from "../client/format.ts";
import { useRange } from "../client/range.ts";
import { go, hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { SeverityBadge, Time } from "../parts/words.tsx";

const COLUMNS: readonly Column<Rule>[] = [
  {
    id: "name",
    title: "Rule",
    width: "minmax(180px, 1.1fr)",
    cell: (r) => <a class="mono" href={`/rules/${encodeURIComponent(r.name)}`}>{r.name}</a>,
  },
  { id: "title", title: "Title", width: "minmax(180px, 1.4fr)", cell: (r) => r.title },
  {
    id: "severity",
    title: "Severity",
    width: "96px",
    cell: (r) => r.severity ? <SeverityBadge severity={r.severity} /> : <span>Varies</span>,
  },
  {
    id: "mitre",
    title: "ATT&CK",
    width: "minmax(110px, 0.7fr)",
    class: "muted",
    cell: (r) => r.mitre.map((t) => t.id).join(", "),
  },
  {
    id: "reads",
    title: "Data sources",
    width: "minmax(120px, 0.8fr)",
    class: "muted",
    cell: (r) => <span title={r.reads.join(", ")}>{r.reads.join(", ")}</span>,
  },
  { id: "tests", title: "Tests", width: "60px", class: "num", cell: (r) => number(r.tests) },
  {
    id: "alerts",
    title: "Alerts",
    width: "70px",
    class: "num",
    cell: (r) => r.alerts ? <strong>{number(r.alerts)}</strong> : <span class="muted">0</span>,
  },
  {
    id: "last",
    title: "Last alert",
    width: "168px",
    class: "muted",
    cell: (r) => r.last_alert ? <Time at={r.last_alert} /> : "never",
  },
  {
    id: "health",
    title: "Health",
    width: "minmax(90px, 0.6fr)",
    cell: (r) =>
      r.degraded
        ? <span class="warn" title={r.degraded}>{r.degraded}</span>
        : <span class="good">Well</span>,
  },
];

export default function Rules() {
  const { query } = usePlace();
  const range = useRange("all");
  const list = useApi<RuleList>(range.known ? hrefOf("/api/rules", range.params) : null, ["alert"]);
  const find = (query.get("q") ?? "").toLowerCase();
  const rows = useMemo(
    () =>
      (list.data?.rules ?? []).filter((r) =>
        [r.name, r.title, r.file, ...r.reads, ...r.tags, ...r.mitre.map((t) => `${t.id} ${t.name}`)]
          .some((text) => text.toLowerCase().includes(find))
      ).sort((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1)),
    [list.data, find],
  );
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
            idOf={(r) => r.name}
            onOpen={(r) => go(`/rules/${encodeURIComponent(r.name)}`)}
            empty={<Empty title="No rule matches">Change the search.</Empty>}
          />
        )}
      </Loaded>
    </Page>
  );
}
