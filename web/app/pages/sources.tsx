/** Sources and jobs: what was read, how it went, and which formats are known. */
import { PROGRAM } from "../client/program.ts";
import type { JobPage, SourcetypeList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { number, percent } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { ERROR_LIMIT } from "../charts/volume.tsx";
import { JobLines } from "../parts/jobs.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

export default function Sources() {
  const jobs = useApi<JobPage>("/api/jobs", ["counters"]);
  const types = useApi<SourcetypeList>("/api/sourcetypes", ["counters"]);
  return (
    <Page title="Sources and jobs">
      <div class="stack">
        <Panel title="Jobs" flush tools={<span class="muted">one input of one run each</span>}>
          <Loaded from={jobs}>
            {(list) =>
              list.jobs.length ? <JobLines jobs={list.jobs} /> : (
                <Empty title="No jobs yet">
                  Read a log: <code>{PROGRAM} agent --serve /var/log/auth.log</code>
                </Empty>
              )}
          </Loaded>
        </Panel>
        <Panel
          title="Sourcetypes"
          flush
          tools={<span class="muted">the limit of parse errors is 5 %</span>}
        >
          <Loaded from={types}>{(list) => <Sourcetypes list={list} />}</Loaded>
        </Panel>
      </div>
    </Page>
  );
}

type Sourcetype = SourcetypeList["sourcetypes"][number];

const rateOf = ({ events, parse_errors }: Sourcetype) => events ? parse_errors / events : 0;

const COLUMNS: readonly PlainColumn<Sourcetype>[] = [
  {
    title: "Sourcetype",
    sort: (s) => s.name,
    cell: (s) => (
      <>
        <a class="mono" href={`/sources/${encodeURIComponent(s.name)}`}>{s.name}</a>
        <div class="muted">{s.summary}</div>
      </>
    ),
  },
  {
    title: "Events",
    class: "num",
    sort: (s) => s.events,
    cell: (s) =>
      s.events
        ? <a href={hrefOf("/events", { sourcetype: s.name })}>{number(s.events)}</a>
        : <span class="muted">0</span>,
  },
  {
    title: "Parse errors",
    class: "num",
    sort: rateOf,
    cell: (s) => (
      <span class={rateOf(s) > ERROR_LIMIT ? "bad" : "muted"}>
        {s.events ? percent(rateOf(s)) : ""}
      </span>
    ),
  },
  { title: "Patterns", class: "num", sort: (s) => s.patterns, cell: (s) => number(s.patterns) },
  { title: "Samples", class: "num", sort: (s) => s.samples, cell: (s) => number(s.samples) },
  {
    title: "CIM datasets",
    class: "muted",
    sort: (s) => s.datasets.join(),
    cell: (s) => s.datasets.join(", "),
  },
];

function Sourcetypes({ list }: { list: SourcetypeList }) {
  const rows = [...list.sourcetypes].sort((a, b) =>
    b.events - a.events || (a.name < b.name ? -1 : 1)
  );
  return <PlainTable label="Sourcetypes" columns={COLUMNS} rows={rows} idOf={(s) => s.name} />;
}
