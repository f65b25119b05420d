/** How Picket itself is: gaps, evicted state, late rows, clocks, changed plans, and whether it answers. */
import type {
  Health,
  HealthEvent,
  HealthPage,
  InputHealth,
  ShareList,
} from "../../server/types/mod.ts";
import { sizeText } from "../../../agent/outputs/render/text.ts";
import { useApi, usePages } from "../client/fetch.ts";
import type { ComponentChildren } from "preact";
import { count, duration, number, shown } from "../client/format.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { useLiveState } from "../client/live.ts";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
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
  const inputs = useApi<InputHealth>("/api/inputs", ["counters"]);
  const shares = useApi<ShareList>("/api/shares", ["counters"]);
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
                  ...inputs.data ? storeFacts(inputs.data) : [],
                ]}
              />
            )}
          </Loaded>
        </Panel>
        <Panel title="Inputs" span="s8" flush>
          <Loaded from={inputs} height={160}>{(i) => <Inputs inputs={i.inputs} />}</Loaded>
        </Panel>
        {(shares.data?.shares ?? []).map((share) => (
          <Panel key={share.name} title={`Shared work: ${share.name}`} span="s12" flush>
            <Shards share={share} />
          </Panel>
        ))}
        <Panel title="Clocks that are off" span="s4" flush={(inputs.data?.clocks.length ?? 0) > 0}>
          <Loaded from={inputs} height={60}>{(i) => <Clocks clocks={i.clocks} />}</Loaded>
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

/** What is stored, how fast it grows, and what waits to be delivered. */
function storeFacts(
  { store, inputs, queues }: InputHealth,
): readonly [string, ComponentChildren][] {
  const rate = inputs.filter((i) => i.state === "running").reduce((n, i) => n + i.rate, 0);
  const waiting = queues.reduce((n, q) => n + q.waiting, 0);
  const dead = queues.reduce((n, q) => n + q.dead, 0);
  const perEvent = store.events > 0 ? `, ${sizeText(store.bytes / store.events)} an event` : "";
  return [
    ["Size", `${sizeText(store.bytes)}${perEvent}`],
    [
      "Stored",
      <span key="s">
        {count(store.events, "event")}, {count(store.alerts, "alert")}
        {store.first && (
          <>
            {" "}since <Time at={store.first} />
          </>
        )}
      </span>,
    ],
    ["Rate", `${number(Math.round(rate))} lines/s of running inputs`],
    [
      "To deliver",
      queues.length === 0
        ? "no sinks"
        : (
          <a key="q" href="/deliveries" class={dead > 0 ? "bad" : waiting > 1000 ? "warn" : ""}>
            {number(waiting)} waiting{dead > 0 && `, ${number(dead)} given up`}
          </a>
        ),
    ],
  ];
}

type Input = InputHealth["inputs"][number];

const INPUTS: readonly PlainColumn<Input>[] = [
  {
    title: "Source",
    sort: (i) => i.source,
    cell: (i) => (
      <>
        <span class="mono">{i.source}</span>
        <div class="muted">{i.sourcetype ?? "not recognised yet"}</div>
      </>
    ),
  },
  { title: "State", sort: (i) => i.state, cell: (i) => i.state },
  { title: "Lines/s", class: "num", sort: (i) => i.rate, cell: (i) => number(Math.round(i.rate)) },
  {
    title: "Newest event",
    class: "nowrap",
    sort: (i) => i.last ?? "",
    cell: (i) => i.last === null ? "none" : <Time at={i.last} />,
  },
  { title: "Behind", class: "nowrap", cell: behind },
];

/** How fast each source is read, and how old its newest event is. */
function Inputs({ inputs }: { inputs: InputHealth["inputs"] }) {
  if (inputs.length === 0) {
    return <Empty title="No inputs">Nothing was read into this store.</Empty>;
  }
  return (
    <PlainTable
      label="Inputs"
      columns={INPUTS}
      rows={inputs}
      idOf={(i) => i.source}
      bounded
    />
  );
}

/** How old the newest event was when the agent last wrote; of what is read on, not of old files. */
function behind({ state, last, updated, lag }: Input): string {
  if (state !== "running") return "";
  if (lag !== null && lag > 0) return `${number(lag)} records`;
  if (last === null) return "";
  const ms = Date.parse(updated) - Date.parse(last);
  return ms < 0 ? `${duration(ms)} ahead` : duration(ms);
}

const SHARD: Readonly<
  Record<ShareList["shares"][number]["shards"][number]["state"], { class: string; says: string }>
> = {
  held: { class: "good", says: "Read" },
  done: { class: "good", says: "Done" },
  free: { class: "warn", says: "Nobody reads it" },
  silent: { class: "bad", says: "Its agent does not answer" },
};

type Shard = ShareList["shares"][number]["shards"][number];

const SHARDS: readonly PlainColumn<Shard>[] = [
  { title: "Shard", class: "num", sort: (s) => s.shard, cell: (s) => s.shard },
  {
    title: "State",
    sort: (s) => s.state,
    cell: (s) => <span class={SHARD[s.state].class}>{SHARD[s.state].says}</span>,
  },
  { title: "Agent", class: "mono", sort: (s) => s.agent ?? "", cell: (s) => s.agent ?? "" },
  {
    title: "Since",
    class: "nowrap muted",
    sort: (s) => s.taken ?? "",
    cell: (s) => s.taken === null ? "" : <Time at={s.taken} />,
  },
  { title: "Epoch", class: "num", sort: (s) => s.epoch, cell: (s) => number(s.epoch) },
  { title: "Takeovers", class: "num", sort: (s) => s.takeovers, cell: (s) => number(s.takeovers) },
];

/** Which agent holds which part of the work. */
function Shards({ share }: { share: ShareList["shares"][number] }) {
  return (
    <PlainTable
      label={`Shards of ${share.name}`}
      columns={SHARDS}
      rows={share.shards}
      idOf={(s) => String(s.shard)}
      bounded
    />
  );
}

function Clocks({ clocks }: { clocks: InputHealth["clocks"] }) {
  const off = clocks.filter((c) => Math.abs(c.offset_ms) >= 1000);
  if (off.length === 0) return <p class="muted">None was found.</p>;
  return (
    <ul class="lines">
      {off.map((c) => (
        <li key={`${c.input} ${c.host}`}>
          <span class="mono">{c.host || c.input}</span>{" "}
          <span class="warn">
            {duration(c.offset_ms)} {c.offset_ms > 0 ? "ahead" : "behind"}
          </span>
          {c.host && <div class="muted mono">{c.input}</div>}
        </li>
      ))}
    </ul>
  );
}

const NOTES: readonly PlainColumn<HealthEvent>[] = [
  {
    title: "Time",
    class: "nowrap muted",
    sort: (e) => e.time,
    cell: (e) => <Time at={e.time} />,
  },
  {
    title: "Kind",
    sort: (e) => e.kind,
    cell: (e) => (
      <>
        <span class="warn">{e.kind}</span>
        <div class="muted">{KINDS[e.kind] ?? ""}</div>
      </>
    ),
  },
  { title: "Subject", class: "mono", sort: (e) => e.subject, cell: (e) => e.subject },
  {
    title: "Message",
    cell: (e) => (
      <>
        {e.message}
        {Object.keys(e.detail).length > 0 && (
          <div class="muted">
            {Object.entries(e.detail).map(([k, v]) => `${k} ${shown(v)}`).join(", ")}
          </div>
        )}
      </>
    ),
  },
];

function Notes({ rows, more, onMore }: {
  rows: readonly HealthEvent[];
  more: boolean;
  onMore(): void;
}) {
  return (
    <PlainTable
      label="Health events"
      columns={NOTES}
      rows={rows}
      idOf={(e) => e.id}
      after={more && (
        <button type="button" class="button plain" onClick={onMore}>
          Load older
        </button>
      )}
    />
  );
}
