/** Risk: addresses, accounts and hosts by what their alerts add up to. */
import { useState } from "preact/hooks";
import type { EntityRisk, RiskList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Value } from "../parts/value_menu.tsx";
import { Clock, SeverityBadge, Time } from "../parts/words.tsx";

export default function Risk() {
  const risk = useApi<RiskList>("/api/risk", ["alert"]);
  return (
    <Page>
      <div class="grid">
        <Panel title="Risk scores" span="s12" flush>
          <Loaded from={risk} height={320}>
            {(list) =>
              list.entities.length === 0
                ? <Empty title="No risk">No alert of the last days adds to a score.</Empty>
                : <Scores list={list} />}
          </Loaded>
        </Panel>
      </div>
    </Page>
  );
}

function Scores({ list }: { list: RiskList }) {
  const [open, setOpen] = useState<string | null>(null);
  const days = list.half_life_seconds / 86_400;
  return (
    <>
      <p class="muted inside">
        Points of alerts halve every {number(days)} {days === 1 ? "day" : "days"}
        {list.at && (
          <>
            ; as of <Time at={list.at} />
          </>
        )}
        {list.threshold !== null && (
          <>
            . From {number(list.threshold)} points, or {number(list.tactics_limit ?? 0)}{" "}
            tactics, on it is an alert of{" "}
            <a class="in-text" href="/rules/entity_risk">entity_risk</a>
          </>
        )}.
      </p>
      <PlainTable
        label="Risk scores"
        columns={[...COLUMNS, {
          title: "Why",
          untitled: true,
          class: "num",
          cell: (e) => (
            <button
              type="button"
              class="button plain small"
              aria-expanded={open === keyOf(e)}
              onClick={() => setOpen(open === keyOf(e) ? null : keyOf(e))}
            >
              {open === keyOf(e) ? "Hide" : "Why"}
            </button>
          ),
        }]}
        rows={list.entities}
        idOf={keyOf}
        under={(e) => open === keyOf(e) ? <Parts entity={e} /> : null}
      />
      {list.more && <p class="muted inside">Lower scores are not shown.</p>}
    </>
  );
}

const keyOf = (e: EntityRisk) => `${e.field} ${e.value}`;

const COLUMNS: readonly PlainColumn<EntityRisk>[] = [
  {
    title: "Entity",
    sort: (e) => e.value.toLowerCase(),
    cell: (e) => (
      <>
        <span class="nowrap muted">{e.field}</span> <Value name={e.field} value={e.value} />
        {e.weight !== 1 && (
          <span class="muted">
            {" "}
            priority {e.priority}: points count {number(e.weight)} times
          </span>
        )}
        <div class="narrow muted">{e.tactics.join(", ")}</div>
      </>
    ),
  },
  {
    title: "Score",
    class: "num",
    sort: (e) => e.score,
    cell: (e) =>
      e.over ? <strong>{number(Math.round(e.score))}</strong> : number(Math.round(e.score)),
  },
  {
    title: "Alerts",
    class: "num",
    sort: (e) => e.alerts,
    cell: (e) => (
      <a href={hrefOf("/alerts", { entity: e.value, range: "all" })}>{number(e.alerts)}</a>
    ),
  },
  {
    title: "Tactics",
    class: "wide",
    sort: (e) => e.tactics.length,
    cell: (e) => e.tactics.join(", "),
  },
  timeColumn("Last", (e) => e.last, "wide"),
];

/** The alerts that give the points. */
function Parts({ entity: e }: { entity: EntityRisk }) {
  return (
    <>
      <ul class="risk-parts">
        {e.parts.map((p, at) => (
          <li key={p.alert}>
            <span class="nowrap muted">
              <Clock at={p.time} before={e.parts[at - 1]?.time} />
            </span>
            <SeverityBadge severity={p.severity} />
            <a href={`/alerts/${p.alert}`}>{p.title}</a>
            <span class="points">
              {number(Math.round(p.left))} of {count(p.risk, "point")}
            </span>
          </li>
        ))}
      </ul>
      {e.alerts > e.parts.length && (
        <p class="muted">and {count(e.alerts - e.parts.length, "more alert")}</p>
      )}
    </>
  );
}
