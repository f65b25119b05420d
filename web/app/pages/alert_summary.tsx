/** What an alert says: its message, when, of what weight, by which rule, and what was made of it. */
import type { Alert } from "../../server/types/mod.ts";
import { count, duration, number } from "../client/format.ts";
import { Long } from "../parts/long.tsx";
import { metadataFacts } from "../parts/metadata.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { VERDICT_NAMES } from "../parts/triage_fields.tsx";
import { SeverityBadge, StatusBadge, TechniqueLink, Time } from "../parts/words.tsx";

export function Summary({ alert }: { alert: Alert }) {
  const span = Date.parse(alert.last) - Date.parse(alert.first);
  return (
    <Panel
      title={
        <span class="row">
          <SeverityBadge severity={alert.severity} solid />
          <StatusBadge status={alert.status} />
          {alert.verdict && <span class="badge">{VERDICT_NAMES[alert.verdict]}</span>}
          {alert.silenced && <span class="badge">Silenced</span>}
        </span>
      }
      span="s8"
    >
      <p class="lead">
        <Long text={alert.message} />
      </p>
      {alert.metadata.description && <p class="muted">{alert.metadata.description}</p>}
      <Facts
        items={[
          ["Fired", <Time key="t" at={alert.time} />],
          [
            "Activity",
            <span key="a">
              <Time at={alert.first} /> to <Time at={alert.last} />
              <span class="muted">{span ? ` (${duration(span)})` : ""}</span>
            </span>,
          ],
          alert.window && [
            "Window",
            <span key="w">
              <Time at={alert.window.from} /> to <Time at={alert.window.to} />
              <span class="muted">
                {` (${duration(Date.parse(alert.window.to) - Date.parse(alert.window.from))})`}
              </span>
            </span>,
          ],
          [
            "Evidence",
            count(alert.count, "event") +
            (alert.suppressed ? `, ${count(alert.suppressed, "match")} suppressed` : ""),
          ],
          alert.risk > 0 && [
            "Risk",
            <span key="risk">
              {count(alert.risk, "point")} for <a class="in-text" href="/risk">each entity</a>
              {alert.context?.assets?.map((m) =>
                m.risk_weight !== undefined && (
                  <span key={`${m.field} ${m.value}`} class="muted">
                    {`, ${number(m.risk_weight)} times for `}
                    <bdi>{m.name}</bdi>
                    {` (priority ${m.priority})`}
                  </span>
                )
              )}
            </span>,
          ],
          [
            "ATT&CK",
            alert.mitre.length
              ? (
                <ul key="m">
                  {alert.mitre.map((t) => (
                    <li key={t.id}>
                      <TechniqueLink id={t.id} name={t.name} />{" "}
                      <span class="muted">{t.tactics.join(", ")}</span>
                    </li>
                  ))}
                </ul>
              )
              : "none",
          ],
          ["Rule", <a key="r" href={`/rules/${encodeURIComponent(alert.rule)}`}>{alert.rule}</a>],
          alert.status_by && [
            "Status set by",
            <span key="s">
              {alert.status_by}
              {alert.status_at && (
                <>
                  , <Time at={alert.status_at} />
                </>
              )}
            </span>,
          ],
          alert.status_by && alert.comment && ["Comment", alert.comment],
          alert.assignee && ["Assigned to", alert.assignee],
          alert.verdict && ["Verdict", `${VERDICT_NAMES[alert.verdict]}, by ${alert.verdict_by}`],
          alert.also && [
            "Also found",
            <ul key="also">
              {alert.also.map((a) => <li key={a.rule}>{`${a.title}: ${a.message}`}</li>)}
            </ul>,
          ],
          ...metadataFacts(alert.metadata),
        ]}
      />
    </Panel>
  );
}
