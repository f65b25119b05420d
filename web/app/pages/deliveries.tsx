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
import { number } from "../client/format.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
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

const SINKS: readonly PlainColumn<SinkState>[] = [
  { title: "Sink", class: "mono", sort: (s) => s.sink, cell: (s) => s.sink },
  {
    title: "Waiting",
    class: "num",
    sort: (s) => s.waiting,
    cell: (s) => (
      <>
        {number(s.waiting)}
        {s.oldest !== null && (
          <div class="muted">
            since <Time at={s.oldest} />
          </div>
        )}
      </>
    ),
  },
  {
    title: "Given up",
    class: "num",
    sort: (s) => s.dead,
    cell: (s) => <span class={s.dead > 0 ? "bad" : undefined}>{number(s.dead)}</span>,
  },
  {
    title: "Delivered in 7 days",
    class: "num",
    sort: (s) => s.delivered,
    cell: (s) => number(s.delivered),
  },
  {
    title: "Last delivered",
    class: "nowrap muted",
    sort: (s) => s.last_delivered ?? "",
    cell: (s) => s.last_delivered !== null && <Time at={s.last_delivered} />,
  },
  { title: "Last error", sort: (s) => s.last_error ?? "", cell: (s) => s.last_error },
];

function Sinks({ sinks, retry }: {
  sinks: readonly SinkState[];
  retry(sink: string): void;
}) {
  if (sinks.length === 0) {
    return <Empty title="No sinks">No sink has been given anything in the last days.</Empty>;
  }
  return (
    <PlainTable
      label="Sinks"
      columns={[...SINKS, {
        title: "Actions",
        untitled: true,
        class: "num",
        cell: (s) =>
          s.dead > 0 && (
            <button type="button" class="button small" onClick={() => retry(s.sink)}>
              Send all again
            </button>
          ),
      }]}
      rows={sinks}
      idOf={(s) => s.sink}
    />
  );
}

const NOTIFICATIONS: readonly PlainColumn<Delivery>[] = [
  timeColumn("Time", (d) => d.time),
  { title: "Sink", class: "mono", sort: (d) => d.sink, cell: (d) => d.sink },
  {
    title: "What",
    sort: (d) => d.title,
    cell: (d) => (
      <>
        {d.alert === null ? d.title : <a href={`/alerts/${d.alert}`}>{d.title}</a>}
        <div class="muted">{d.event} {d.subject}</div>
      </>
    ),
  },
  {
    title: "State",
    sort: (d) => d.state,
    cell: (d) => (
      <>
        <span class={d.state === "dead" ? "bad" : undefined}>{STATES[d.state]}</span>
        {d.error !== null && d.state !== "delivered" && <div class="muted">{d.error}</div>}
      </>
    ),
  },
  { title: "Attempts", class: "num", sort: (d) => d.attempts, cell: (d) => number(d.attempts) },
];

function Rows({ rows, retry }: { rows: readonly Delivery[]; retry(id: string): void }) {
  return (
    <PlainTable
      label="Notifications"
      columns={[...NOTIFICATIONS, {
        title: "Actions",
        untitled: true,
        class: "num",
        cell: (d) =>
          d.state === "dead" && (
            <button
              type="button"
              class="button small"
              onClick={() => retry(d.id)}
            >
              Send again
            </button>
          ),
      }]}
      rows={rows}
      idOf={(d) => d.id}
    />
  );
}
