/** One rule: its source, plan and alerts, and the editor to try changes. `new` is an empty one. */
import type { RuleDetail } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Code } from "../parts/code.tsx";
import { AlertLines } from "../parts/lines.tsx";
import { metadataFacts } from "../parts/metadata.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { SeverityBadge, TechniqueLink, Time } from "../parts/words.tsx";
import { RuleBacktest } from "./rule_backtest.tsx";
import { RuleEditor } from "./rule_editor.tsx";

const TEMPLATE = `rule failed_logins {
  title    "Brute force from a single source"
  severity medium
  mitre    T1110.001

  from Authentication where action == "failure"
  | stats count() as failures, dc(user) as users by src over 5m
  | where failures >= 5
  | throttle 1h by src
  | alert "{src} failed to log in {failures} times, {users} accounts"

  test "five failures fire once" {
    at 0s repeat 5 every 1s { action: "failure", src: 203.0.113.9, user: "root" }
    expect 1 alert { src: 203.0.113.9 }
  }
}
`;

export default function RulePage({ value: name }: { value: string }) {
  const fresh = name === "new";
  const detail = useApi<RuleDetail>(
    fresh ? null : `/api/rules/${encodeURIComponent(name)}`,
    ["alert"],
  );
  const { query } = usePlace();
  const tab = query.get("tab") ?? "source";
  const tabs = [["source", "Source"], ["try", "Edit and test"], ["plan", "Plan"]] as const;
  if (fresh) {
    return (
      <Page title="New rule" crumb={{ title: "Rules", href: "/rules" }}>
        <RuleEditor text={TEMPLATE} name="new" />
      </Page>
    );
  }
  return (
    <Page title={detail.data?.rule.title ?? name} crumb={{ title: "Rules", href: "/rules" }}>
      <Loaded from={detail} height={420}>
        {(d) => (
          <div class="stack">
            <div class="tabs" role="tablist" aria-label="Rule views">
              {tabs.map(([id, says]) => (
                <button
                  key={id}
                  type="button"
                  role="tab"
                  id={`tab-${id}`}
                  aria-selected={tab === id}
                  aria-controls="tab-panel"
                  onClick={() => setQuery({ tab: id === "source" ? null : id }, { replace: true })}
                >
                  {says}
                </button>
              ))}
            </div>
            <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
              {tab === "try"
                ? <RuleEditor text={d.source} name={name} />
                : tab === "plan"
                ? <Code text={d.plan} label="Plan" plain />
                : <Source detail={d} />}
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Source({ detail }: { detail: RuleDetail }) {
  const { rule, source, lints, recent, metadata, changes, excepted, verdicts } = detail;
  const judged = Object.entries(verdicts).filter(([, n]) => n > 0);
  return (
    <div class="grid">
      <div class="s7 stack">
        {rule.description && <p>{rule.description}</p>}
        <Code text={source} label={`Source of ${rule.file}`} />
      </div>
      <div class="s5 stack">
        <RuleBacktest of={{ name: rule.name }} />
        <Panel title="Rule details">
          <Facts
            items={[
              ["Name", <code key="n">{rule.name}</code>],
              [
                "Severity",
                rule.severity ? <SeverityBadge key="s" severity={rule.severity} /> : "Dynamic",
              ],
              [
                "Health",
                rule.degraded
                  ? <span key="h" class="warn">{rule.degraded}</span>
                  : <span key="h" class="good">Healthy</span>,
              ],
              [
                "ATT&CK",
                <ul key="m">
                  {rule.mitre.map((t) => (
                    <li key={t.id}>
                      <TechniqueLink id={t.id} name={t.name} />
                    </li>
                  ))}
                </ul>,
              ],
              ["Data sources", rule.reads.join(", ")],
              ["Sourcetypes", rule.sourcetypes.join(", ") || "none loaded"],
              ["State", rule.stateful ? "Stateful, by key; see Plan" : "Stateless, single event"],
              ["Tests", number(rule.tests)],
              [
                "Alerts",
                rule.alerts
                  ? (
                    <span key="a">
                      {count(rule.alerts, "alert")}
                      {rule.last_alert && (
                        <>
                          , last <Time at={rule.last_alert} />
                        </>
                      )}
                    </span>
                  )
                  : "none",
              ],
              judged.length > 0 && [
                "Verdicts",
                judged.map(([v, n]) => `${number(n)} ${v.replace("_", " ")}`).join(", "),
              ],
              changes.length > 0 && [
                "Changed",
                <ul key="c">
                  {changes.map((c) => (
                    <li key={c.where + c.what}>
                      <span class="muted">{c.where}</span> {c.what}
                    </li>
                  ))}
                </ul>,
              ],
              excepted !== null && excepted > 0 && ["Excepted", count(excepted, "match")],
              ["File", <code key="f">{rule.file}</code>],
              ...metadataFacts(metadata),
            ]}
          />
        </Panel>
        {lints.length > 0 && (
          <Panel title="Compiler diagnostics">
            <ul class="problems">
              {lints.map((d) => (
                <li key={`${d.code}${d.start}`}>
                  <span class={d.level === "error" ? "bad" : "warn"}>{d.code}</span>
                  <span>line {d.line}: {d.message}</span>
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Panel
          title="Recent alerts"
          flush
          tools={<a href={`/alerts?rule=${encodeURIComponent(rule.name)}`}>View all</a>}
        >
          {recent.length ? <AlertLines alerts={recent.slice(0, 8)} /> : (
            <Empty title="No alerts">
              Test the rule on your own lines under "Edit and test".
            </Empty>
          )}
        </Panel>
      </div>
    </div>
  );
}
