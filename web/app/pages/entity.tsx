/** An address, an account or a host: when it was seen, what it did, what was raised about it. */
import { useMemo, useState } from "preact/hooks";
import type { AlertContext, Entity, EntityKind, Timeseries } from "../../server/types/mod.ts";
import { Bars } from "../charts/bars.tsx";
import { colorsOf, OTHERS_COLOR } from "../charts/colors.ts";
import { TimeChart } from "../charts/time_chart.tsx";
import { entityHref } from "../client/entity.ts";
import { useApi } from "../client/fetch.ts";
import { count, duration, number } from "../client/format.ts";
import { hrefOf, usePlace } from "../client/router.ts";
import { seriesPath } from "../client/series.ts";
import { SEVERITIES } from "../client/severity.ts";
import { ContextPanel } from "../parts/context.tsx";
import { EventDrawer } from "../parts/event_drawer.tsx";
import { AlertLines, IncidentLines } from "../parts/lines.tsx";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { eventsHref, SeverityBadge, Time } from "../parts/words.tsx";
import { didHref, LoginsPanel, NewestEvents } from "./entity_events.tsx";

const KINDS: Readonly<Record<EntityKind, string>> = {
  address: "Address",
  account: "Account",
  host: "Host",
};
const HOUR = 3_600_000;

export default function EntityPage({ value }: { value: string }) {
  const { query } = usePlace();
  const entity = useApi<Entity>(
    hrefOf(`/api/entities/${encodeURIComponent(value)}`, { kind: query.get("kind") }),
    ["alert"],
  );
  return (
    <Page
      title={value}
      crumb={{ title: entity.data ? KINDS[entity.data.kind] : "Entity", href: "/events" }}
      tools={entity.data?.roles.map(({ field }) => (
        <a key={field} class="button" href={eventsHref(field, value)}>Events by {field}</a>
      ))}
    >
      <Loaded from={entity} height={420}>
        {(e) =>
          e.events === 0 && e.alerts.length === 0
            ? <Empty title="Not seen">No event and no alert names it in what is stored.</Empty>
            : <Shown entity={e} />}
      </Loaded>
    </Page>
  );
}

function Shown({ entity: e }: { entity: Entity }) {
  const known = useMemo(() => contextOf(e), [e]);
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div class="story">
      <div class="stack">
        <Summary entity={e} />
        <LoginsPanel entity={e} onOpen={setOpen} />
        <Activity entity={e} />
        <Panel
          title={`Alerts that name it${e.alerts.length < 50 ? "" : ", the newest 50"}`}
          flush
          tools={e.alerts.length > 0 && (
            <a href={hrefOf("/alerts", { entity: e.value, range: "all" })}>As a list</a>
          )}
        >
          {e.alerts.length > 0
            ? <AlertLines alerts={e.alerts} />
            : <Empty title="No alerts">No rule matched anything that names it.</Empty>}
        </Panel>
        <NewestEvents entity={e} onOpen={setOpen} />
      </div>
      <div class="stack">
        <Panel title="Incidents" flush={e.incidents.length > 0}>
          {e.incidents.length > 0
            ? <IncidentLines incidents={e.incidents} />
            : <p class="muted">None.</p>}
        </Panel>
        <RiskPanel entity={e} />
        {known && <ContextPanel context={known} />}
        <Related entity={e} />
        <Did entity={e} />
      </div>
      {open && <EventDrawer key={open} id={open} onClose={() => setOpen(null)} onOpen={setOpen} />}
    </div>
  );
}

/** What its alerts know of it, each once, from the newest that does; null when none does. */
function contextOf({ value, alerts }: Entity): AlertContext | null {
  const own = <M extends { readonly value: string }>(
    of: readonly M[],
    key: (mark: M) => string,
  ) => [
    ...new Map(
      of.filter((m) => m.value.toLowerCase() === value.toLowerCase()).reverse()
        .map((m) => [key(m), m]),
    ).values(),
  ];
  const all = alerts.flatMap((a) => a.context ?? []);
  const assets = own(all.flatMap((c) => c.assets ?? []), (m) => m.kind);
  const intelligence = own(all.flatMap((c) => c.intelligence ?? []), (m) => m.source);
  const geography = own(all.flatMap((c) => c.geography ?? []), () => "");
  if (assets.length + intelligence.length + geography.length === 0) return null;
  return { assets, intelligence, geography };
}

function Summary({ entity: e }: { entity: Entity }) {
  const open = e.alerts.filter((a) => a.status === "open");
  const worst = SEVERITIES.find((s) => open.some((a) => a.severity === s)) ?? null;
  return (
    <section class={`headline sev-${worst ?? "informational"}`} aria-label="Summary">
      <div class="row">
        {worst && <SeverityBadge severity={worst} solid />}
        <span class="muted">
          {worst === null ? "No open alerts" : count(open.length, "open alert")}
        </span>
      </div>
      <Facts
        items={[
          [
            "First seen",
            e.first
              ? <Time key="f" at={e.first} />
              : <span key="f" class="muted">in no event</span>,
          ],
          ["Last seen", e.last ? <Time key="l" at={e.last} /> : "–"],
          [
            "Events",
            (e.exact ? "" : "at least ") +
            (e.roles.map((r) => `${number(r.events)} as ${r.field}`).join(", ") || "none"),
          ],
        ]}
      />
    </section>
  );
}

/** What its alerts add up to, and which give most. */
function RiskPanel({ entity: { risk } }: { entity: Entity }) {
  return (
    <Panel title="Risk" tools={<a href="/risk">All scores</a>}>
      {risk === null ? <p class="muted">No alert of the last days adds to a score.</p> : (
        <>
          <p class="score">
            <strong>{number(Math.round(risk.score))}</strong>{" "}
            <span class="muted">
              {risk.score === 1 ? "point" : "points"} as {risk.field}, of{" "}
              {count(risk.alerts, "alert")}
              {risk.over && ", over the limit"}
            </span>
          </p>
          <ul class="tight">
            {risk.parts.slice(0, 5).map((p) => (
              <li key={p.alert} class="row">
                <a class="clip" href={`/alerts/${p.alert}`} title={p.title}>{p.title}</a>
                <span class="muted num nowrap" title={`${count(p.risk, "point")} when it fired`}>
                  {number(Math.round(p.left))}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

/** Days that are shown at most, up to the newest hour with its events. */
const DAYS = 30 * 24 * HOUR;

/** What it did by dataset over time. */
function Activity({ entity: e }: { entity: Entity }) {
  const last = Date.parse(e.hours.at(-1)?.time ?? "");
  // At least a day, so that one hour is not as wide as the page.
  const to = last + HOUR, first = Date.parse(e.hours[0]?.time ?? "");
  const range = e.hours.length === 0
    ? { from: null, to: null }
    : { from: Math.max(to - DAYS, Math.min(first, to - 24 * HOUR)), to };
  const query = { by: "dataset", [e.roles[0]?.field ?? "src"]: e.value, limit: 8 };
  const data = useApi<Timeseries>(seriesPath(range, query, { least: 3600 }));
  return (
    <Panel
      title="What it did by dataset and time"
      tools={data.data && (
        <span class="muted">
          {data.data.since && (
            <>
              since <Time at={data.data.since} />,{" "}
            </>
          )}
          events in {duration(data.data.interval * 1000)}
        </span>
      )}
    >
      {range.from === null
        ? <p class="muted">None in the last 30 days.</p>
        : <Loaded from={data} height={170}>{(t) => <ByDataset data={t} />}</Loaded>}
    </Panel>
  );
}

const nameOf = (value: string | null) => value === null ? "others" : value || "no dataset";

function ByDataset({ data }: { data: Timeseries }) {
  const times = useMemo(() => data.times.map((t) => Date.parse(t)), [data]);
  const series = useMemo(() => {
    const colors = colorsOf(data.series.map((s) => s.value ?? "").filter(Boolean));
    return data.series.map((s) => ({
      label: nameOf(s.value),
      color: colors.get(s.value ?? "") ?? OTHERS_COLOR,
      values: s.counts,
      total: s.total,
    }));
  }, [data]);
  return (
    <>
      <TimeChart
        label={`Events over time: ${series.map((s) => `${s.label} ${number(s.total)}`).join(", ")}`}
        times={times}
        interval={data.interval * 1000}
        series={series}
        kind="bars"
        height={150}
      />
      <div class="legend">
        {series.map((s) => (
          <span key={s.label} class="chip">
            <i class="dot" style={{ background: `var(--${s.color})` }} />
            {s.label}
            <span class="muted">{number(s.total)}</span>
          </span>
        ))}
      </div>
    </>
  );
}

function Related({ entity: e }: { entity: Entity }) {
  const kinds = Object.keys(KINDS) as EntityKind[];
  const groups = kinds.map((kind) => [kind, e.related.filter((r) => r.kind === kind)] as const);
  return (
    <Panel title="Seen with it" tools={<Newest entity={e} />}>
      {e.related.length === 0 ? <p class="muted">Nobody.</p> : (
        <Facts
          items={groups.filter(([, all]) => all.length > 0).map(([kind, all]) => [
            kind === "address" ? "Addresses" : `${KINDS[kind]}s`,
            <ul key={kind} class="tight">
              {all.slice(0, 8).map((r) => (
                <li key={r.value} class="row">
                  <a class="mono clip" href={entityHref(r.kind, r.value)} title={r.value}>
                    <bdi>{r.value}</bdi>
                  </a>
                  <span class="muted">{number(r.events)}</span>
                </li>
              ))}
            </ul>,
          ])}
        />
      )}
    </Panel>
  );
}

function Did({ entity: e }: { entity: Entity }) {
  if (e.looked === 0) return null;
  const field = e.roles[0]?.field ?? "src";
  return (
    <Panel title="What its events are" tools={<Newest entity={e} />}>
      {e.datasets.length > 0
        ? <Counted items={e.datasets} hrefOf={(dataset) => didHref(field, e.value, { dataset })} />
        : <p class="muted">in no dataset of the CIM</p>}
      {e.actions.length > 0 && (
        <>
          <h3>Actions</h3>
          <Counted items={e.actions} hrefOf={(action) => didHref(field, e.value, { action })} />
        </>
      )}
    </Panel>
  );
}

const Newest = ({ entity: e }: { entity: Entity }) => (
  <span class="muted">of {e.looked < e.events ? "the newest " : ""}{count(e.looked, "event")}</span>
);

function Counted({ items, hrefOf }: {
  items: Entity["datasets"];
  hrefOf(name: string): string;
}) {
  return (
    <Bars
      items={items.slice(0, 8).map((i) => ({ name: i.name, count: i.events }))}
      cell={(name) => <a class="clip" href={hrefOf(name)} title={name}>{name}</a>}
    />
  );
}
