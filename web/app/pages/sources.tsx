/** Sources and jobs: what was read, how it went, and which formats are known. */
import type { JobPage, SourcetypeList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { number, percent } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { ERROR_LIMIT } from "../charts/volume.tsx";
import { JobLines } from "../parts/jobs.tsx";
import { Panel } from "../parts/panel.tsx";
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
                  Read a log: <code>deno run agent --serve /var/log/auth.log</code>
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

function Sourcetypes({ list }: { list: SourcetypeList }) {
  const rows = [...list.sourcetypes].sort((a, b) =>
    b.events - a.events || (a.name < b.name ? -1 : 1)
  );
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Sourcetypes">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Sourcetype</th>
            <th scope="col" class="num">Events</th>
            <th scope="col" class="num">Parse errors</th>
            <th scope="col" class="num">Patterns</th>
            <th scope="col" class="num">Samples</th>
            <th scope="col">CIM datasets</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((s) => {
            const rate = s.events ? s.parse_errors / s.events : 0;
            return (
              <tr key={s.name}>
                <td>
                  <a class="mono" href={`/sources/${encodeURIComponent(s.name)}`}>{s.name}</a>
                  <div class="muted">{s.summary}</div>
                </td>
                <td class="num">
                  {s.events
                    ? <a href={hrefOf("/events", { sourcetype: s.name })}>{number(s.events)}</a>
                    : <span class="muted">0</span>}
                </td>
                <td class="num">
                  <span class={rate > ERROR_LIMIT ? "bad" : "muted"}>
                    {s.events ? percent(rate) : ""}
                  </span>
                </td>
                <td class="num">{number(s.patterns)}</td>
                <td class="num">{number(s.samples)}</td>
                <td class="muted">{s.datasets.join(", ")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
