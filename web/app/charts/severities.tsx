import type { Severity, Stats } from "../../server/types/mod.ts";
import { number } from "../client/format.ts";
import { hrefOf, usePlace } from "../client/router.ts";
import { SeverityBadge } from "../parts/words.tsx";
import { Empty } from "../parts/states.tsx";

const ORDER: readonly Severity[] = ["critical", "high", "medium", "low", "informational"];

/** How many alerts there are of each severity; each leads to them. */
export function SeveritySpread({ stats }: { stats: Stats }) {
  const { query } = usePlace();
  const all = ORDER.reduce((n, s) => n + stats.alerts_by_severity[s], 0);
  if (all === 0) return <Empty title="No alerts">Quiet, so far.</Empty>;
  const most = Math.max(...ORDER.map((s) => stats.alerts_by_severity[s]));
  const view = { range: query.get("range"), from: query.get("from"), to: query.get("to") };
  return (
    <div>
      <div class="stackbar" aria-hidden="true">
        {ORDER.filter((s) => stats.alerts_by_severity[s] > 0).map((s) => (
          <i key={s} class={`sev-${s}`} style={{ flex: stats.alerts_by_severity[s] }} />
        ))}
      </div>
      <div class="sevs">
        {ORDER.map((s) => (
          <a key={s} href={hrefOf("/alerts", { ...view, severity: s })}>
            <SeverityBadge severity={s} />
            <span class={`bar sev-${s}`}>
              <i style={{ width: `${100 * stats.alerts_by_severity[s] / most}%` }} />
            </span>
            <span class="num">{number(stats.alerts_by_severity[s])}</span>
          </a>
        ))}
      </div>
      <ByRule stats={stats} view={view} />
    </div>
  );
}

function ByRule({ stats, view }: { stats: Stats; view: Record<string, string | null> }) {
  const rules = stats.alerts_by_rule.slice(0, 4);
  if (rules.length < 2) return null;
  return (
    <div class="row" style={{ marginTop: "8px" }}>
      {rules.map((r) => (
        <a key={r.rule} class="chip" href={hrefOf("/alerts", { ...view, rule: r.rule })}>
          <span class="clip">{r.rule}</span>
          <b>{number(r.alerts)}</b>
        </a>
      ))}
    </div>
  );
}
