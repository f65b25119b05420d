/** Risk: addresses, accounts and hosts by what their alerts add up to. */
import { useState } from "preact/hooks";
import type { EntityRisk, RiskList } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { SeverityBadge, Time } from "../parts/words.tsx";

export default function Risk() {
  const risk = useApi<RiskList>("/api/risk", ["alert"]);
  return (
    <Page>
      <div class="grid">
        <Panel title="Risk scores" span="s12">
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
    <div class="stack">
      <p class="muted">
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
      <table class="plain risks">
        <thead>
          <tr>
            <th>Entity</th>
            <th class="num">Score</th>
            <th class="num">Alerts</th>
            <th class="wide">Tactics</th>
            <th class="wide">Last</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {list.entities.map((e) => {
            const key = `${e.field} ${e.value}`;
            return (
              <Entry
                key={key}
                entity={e}
                open={open === key}
                onToggle={() => setOpen(open === key ? null : key)}
              />
            );
          })}
        </tbody>
      </table>
      {list.more && <p class="muted">Lower scores are not shown.</p>}
    </div>
  );
}

function Entry(
  { entity: e, open, onToggle }: { entity: EntityRisk; open: boolean; onToggle(): void },
) {
  return (
    <>
      <tr>
        <td>
          <span class="muted">{e.field}</span>{" "}
          <a href={hrefOf("/alerts", { entity: e.value, range: "all" })}>
            <bdi class="mono">{e.value}</bdi>
          </a>
          {e.weight !== 1 && (
            <span class="muted">
              {" "}
              priority {e.priority}: points count {number(e.weight)} times
            </span>
          )}
          <div class="narrow muted">{e.tactics.join(", ")}</div>
        </td>
        <td class="num">
          {e.over ? <strong>{number(Math.round(e.score))}</strong> : number(Math.round(e.score))}
        </td>
        <td class="num">{number(e.alerts)}</td>
        <td class="wide">{e.tactics.join(", ")}</td>
        <td class="wide nowrap muted">
          <Time at={e.last} />
        </td>
        <td>
          <button type="button" class="button plain" aria-expanded={open} onClick={onToggle}>
            {open ? "Hide" : "Why"}
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6}>
            <ul class="risk-parts">
              {e.parts.map((p) => (
                <li key={p.alert}>
                  <span class="nowrap muted">
                    <Time at={p.time} />
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
          </td>
        </tr>
      )}
    </>
  );
}
