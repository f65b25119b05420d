/** Deliveries: how sinks stand, what waits, and what was given up, which can be sent again. */
import { useState } from "preact/hooks";
import type {
  Delivery,
  DeliveryPage,
  DeliveryRetried,
  SinkList,
  SinkState,
} from "../../server/types/mod.ts";
import { request, useApi, usePages } from "../client/fetch.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty, Failed, Loaded, Loading } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";

const STATES: Readonly<Record<Delivery["state"], string>> = {
  waiting: "waits",
  delivered: "delivered",
  dead: "given up",
};

export default function Deliveries() {
  const { query } = usePlace();
  const sinks = useApi<SinkList>("/api/sinks", ["alert"]);
  const pages = usePages<DeliveryPage, Delivery>(
    hrefOf("/api/deliveries", {
      limit: 100,
      sink: query.get("sink"),
      state: query.get("state"),
    }),
    (p) => p.deliveries,
    (d) => d.id,
    ["alert"],
  );
  const [failure, setFailure] = useState<string | null>(null);
  const retry = async (which: { sink: string } | { ids: string[] }) => {
    try {
      await request<DeliveryRetried>("/api/deliveries/retry", { method: "POST", body: which });
      setFailure(null);
    } catch (error) {
      setFailure((error as Error).message);
    }
    sinks.reload();
    pages.reload();
  };
  return (
    <Page>
      {failure !== null && <p class="bad" role="alert">{failure}</p>}
      <div class="grid">
        <Panel title="Sinks" span="s12" flush>
          <Loaded from={sinks} height={80}>
            {(list) => <Sinks sinks={list.sinks} retry={(sink) => retry({ sink })} />}
          </Loaded>
        </Panel>
        <Panel title="Notifications" span="s12" flush tools={<StateChoice />}>
          {pages.error
            ? <Failed error={pages.error} retry={pages.reload} />
            : pages.loading && pages.rows.length === 0
            ? <Loading />
            : pages.rows.length === 0
            ? (
              <Empty title="No notifications">
                Nothing was written for a sink: name one under sinks in agent.yaml.
              </Empty>
            )
            : <Rows rows={pages.rows} retry={(id) => retry({ ids: [id] })} />}
          {pages.more !== null && (
            <button type="button" class="button plain" onClick={pages.loadMore}>
              Load older
            </button>
          )}
        </Panel>
      </div>
    </Page>
  );
}

function StateChoice() {
  const { query } = usePlace();
  return (
    <select
      class="input"
      aria-label="State"
      value={query.get("state") ?? ""}
      onChange={(e) => setQuery({ state: e.currentTarget.value })}
    >
      <option value="">All states</option>
      {Object.entries(STATES).map(([state, name]) => (
        <option key={state} value={state}>{name}</option>
      ))}
    </select>
  );
}

function Sinks({ sinks, retry }: {
  sinks: readonly SinkState[];
  retry(sink: string): void;
}) {
  if (sinks.length === 0) {
    return <Empty title="No sinks">No sink has been given anything in the last days.</Empty>;
  }
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Sinks">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Sink</th>
            <th scope="col">Waiting</th>
            <th scope="col">Given up</th>
            <th scope="col">Delivered in 7 days</th>
            <th scope="col">Last delivered</th>
            <th scope="col">Last error</th>
            <th scope="col">
              Actions
            </th>
          </tr>
        </thead>
        <tbody>
          {sinks.map((s) => (
            <tr key={s.sink}>
              <td class="mono">{s.sink}</td>
              <td>
                {s.waiting}
                {s.oldest !== null && (
                  <span class="muted">
                    {" since "}
                    <Time at={s.oldest} />
                  </span>
                )}
              </td>
              <td class={s.dead > 0 ? "bad" : undefined}>{s.dead}</td>
              <td>{s.delivered}</td>
              <td class="muted">{s.last_delivered !== null && <Time at={s.last_delivered} />}</td>
              <td>{s.last_error}</td>
              <td>
                {s.dead > 0 && (
                  <button type="button" class="button" onClick={() => retry(s.sink)}>
                    Send all again
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rows({ rows, retry }: { rows: readonly Delivery[]; retry(id: string): void }) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Notifications">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Sink</th>
            <th scope="col">What</th>
            <th scope="col">State</th>
            <th scope="col">Attempts</th>
            <th scope="col">
              Actions
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((d) => (
            <tr key={d.id}>
              <td class="nowrap muted">
                <Time at={d.time} />
              </td>
              <td class="mono">{d.sink}</td>
              <td>
                {d.alert === null ? d.title : <a href={`/alerts/${d.alert}`}>{d.title}</a>}
                <div class="muted">{d.event} {d.subject}</div>
              </td>
              <td>
                <span class={d.state === "dead" ? "bad" : undefined}>{STATES[d.state]}</span>
                {d.error !== null && d.state !== "delivered" && <div class="muted">{d.error}</div>}
              </td>
              <td>{d.attempts}</td>
              <td>
                {d.state === "dead" && (
                  <button
                    type="button"
                    class="button"
                    onClick={() => retry(d.id)}
                  >
                    Send again
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
