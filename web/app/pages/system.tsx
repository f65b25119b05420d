/** How Picket itself is: gaps, evicted state, late rows, clocks, changed plans, and whether it answers. */
import type { Health, HealthEvent, HealthPage } from "../../server/types/mod.ts";
import { useApi, usePages } from "../client/fetch.ts";
import { shown } from "../client/format.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { useLiveState } from "../client/live.ts";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Empty, Failed, Loaded, Loading } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";

/** What each kind means to who runs it. */
const KINDS: Readonly<Record<string, string>> = {
  gap: "Possible data loss",
  state_evicted: "Rule state evicted; counts may be too low",
  too_long: "Values longer than rules may make; they are missing",
  evicted: "Rule state evicted; counts may be too low",
  plan_changed: "State of a rule was reset",
  late: "Rows behind the watermark",
  clock: "A host's clock is off",
  idle: "An input is silent",
  dropped: "Data loss",
};

export default function System() {
  const health = useApi<Health>("/api/health");
  const { query } = usePlace();
  const live = useLiveState();
  const pages = usePages<HealthPage, HealthEvent>(
    hrefOf("/api/health-events", {
      limit: 200,
      kind: query.get("kind"),
      subject: query.get("subject"),
    }),
    (p) => p.events,
    (e) => e.id,
    ["counters"],
  );
  const kinds = [...new Set(pages.rows.map((e) => e.kind))].sort();
  return (
    <Page>
      <div class="grid">
        <Panel title="Status" span="s4">
          <Loaded from={health} height={80}>
            {(h) => (
              <Facts
                items={[
                  ["API", <span key="a" class="good">available</span>],
                  ["Store", h.store === "pglite" ? "embedded (PGlite)" : "PostgreSQL"],
                  ["Live stream", live === "on" ? "connected" : "not connected"],
                  ["Version", h.version],
                ]}
              />
            )}
          </Loaded>
        </Panel>
        <Panel
          title="Health events"
          span="s8"
          flush
          tools={(kinds.length > 1 || query.has("kind")) && (
            <select
              class="input"
              aria-label="Kind"
              value={query.get("kind") ?? ""}
              onChange={(e) => setQuery({ kind: e.currentTarget.value })}
            >
              <option value="">All kinds</option>
              {kinds.map((k) => <option key={k} value={k}>{k}</option>)}
            </select>
          )}
        >
          {pages.error
            ? <Failed error={pages.error} retry={pages.reload} />
            : pages.loading && pages.rows.length === 0
            ? <Loading />
            : pages.rows.length === 0
            ? (
              <Empty title="No health events">
                No data loss, no late rows, no clocks that are off, no evicted rule state.
              </Empty>
            )
            : <Notes rows={pages.rows} more={pages.more !== null} onMore={pages.loadMore} />}
        </Panel>
      </div>
    </Page>
  );
}

function Notes({ rows, more, onMore }: {
  rows: readonly HealthEvent[];
  more: boolean;
  onMore(): void;
}) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Health events">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Kind</th>
            <th scope="col">Subject</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((e) => (
            <tr key={e.id}>
              <td class="nowrap muted">
                <Time at={e.time} />
              </td>
              <td>
                <span class="warn">{e.kind}</span>
                <div class="muted">{KINDS[e.kind] ?? ""}</div>
              </td>
              <td class="mono">{e.subject}</td>
              <td>
                {e.message}
                {Object.keys(e.detail).length > 0 && (
                  <div class="muted">
                    {Object.entries(e.detail).map(([k, v]) => `${k} ${shown(v)}`).join(", ")}
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more && (
        <button type="button" class="button plain" onClick={onMore}>
          Load older
        </button>
      )}
    </div>
  );
}
