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
import { InputLines } from "../parts/inputs.tsx";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
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
          <Loaded from={inputs} height={160}>{(i) => <InputLines inputs={i.inputs} />}</Loaded>
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
  const silent = inputs.filter((i) => i.silent).length;
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
    ["Rate", `${number(Math.round(rate))} lines/s`],
    ["Silent inputs", silent === 0 ? "none" : <span key="i" class="warn">{number(silent)}</span>],
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

/** Notes of one kind about one subject: what is noted again and again is one row. */
interface Noted {
  readonly newest: HealthEvent;
  readonly times: number;
  readonly oldest: string;
}

/** @param rows the newest first */
function grouped(rows: readonly HealthEvent[]): Noted[] {
  const found = new Map<string, Noted>();
  for (const note of rows) {
    const key = JSON.stringify([note.kind, note.subject]);
    const { newest = note, times = 0 } = found.get(key) ?? {};
    found.set(key, { newest, times: times + 1, oldest: note.time });
  }
  return [...found.values()];
}

/** What the message does not say yet; ms as a length of time. */
function detailOf({ message, detail }: HealthEvent): string {
  return Object.entries(detail).flatMap(([name, value]) => {
    const ms = name.endsWith("_ms") && typeof value === "number";
    const text = ms ? duration(value) : shown(value);
    return message.includes(text) ? [] : [`${ms ? name.slice(0, -3) : name} ${text}`];
  }).join(", ");
}

const NOTES: readonly PlainColumn<Noted>[] = [
  timeColumn("Last", (n) => n.newest.time),
  {
    title: "Times",
    class: "num",
    sort: (n) => n.times,
    cell: (n) => <span title={`Since ${n.oldest}`}>{number(n.times)}</span>,
  },
  {
    title: "Kind",
    class: "nowrap",
    sort: (n) => n.newest.kind,
    cell: (n) => (
      <span class={n.newest.kind === "idle" ? "muted" : "warn"} title={KINDS[n.newest.kind]}>
        {n.newest.kind}
      </span>
    ),
  },
  {
    title: "Message",
    sort: (n) => n.newest.message,
    cell: (n) => (
      <>
        {n.newest.message}
        <div class="muted">{detailOf(n.newest)}</div>
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
      rows={grouped(rows)}
      idOf={(n) => n.newest.id}
      after={more && (
        <button type="button" class="button plain" onClick={onMore}>
          Load older
        </button>
      )}
    />
  );
}
