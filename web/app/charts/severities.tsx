import type { Stats } from "../../server/types/mod.ts";
import { number } from "../client/format.ts";
import { hrefOf, usePlace } from "../client/router.ts";
import { SEVERITIES } from "../client/severity.ts";
import { SeverityBadge } from "../parts/words.tsx";
import { Empty } from "../parts/states.tsx";

/** How many alerts there are of each severity; each leads to them. */
export function SeveritySpread({ stats, before }: { stats: Stats; before: Stats | null }) {
  const { query } = usePlace();
  const all = SEVERITIES.reduce((n, s) => n + stats.alerts_by_severity[s], 0);
  if (all === 0) return <Empty title="No alerts">Quiet, so far.</Empty>;
  const most = Math.max(...SEVERITIES.map((s) => stats.alerts_by_severity[s]));
  const view = { range: query.get("range"), from: query.get("from"), to: query.get("to") };
  return (
    <div>
      <div class="stackbar" aria-hidden="true">
        {SEVERITIES.filter((s) => stats.alerts_by_severity[s] > 0).map((s) => (
          <i key={s} class={`sev-${s}`} style={{ flex: stats.alerts_by_severity[s] }} />
        ))}
      </div>
      <div class="sevs">
        {SEVERITIES.map((s) => (
          <a key={s} href={hrefOf("/alerts", { ...view, severity: s })}>
            <SeverityBadge severity={s} />
            <span class={`bar sev-${s}`}>
              <i style={{ width: `${100 * stats.alerts_by_severity[s] / most}%` }} />
            </span>
            <span class="num">{number(stats.alerts_by_severity[s])}</span>
          </a>
        ))}
      </div>
      <ByRule stats={stats} before={before} view={view} />
    </div>
  );
}

/** Rules that are named. */
const NAMED = 6;

/** The rules that found most; those that found nothing in the time before stand first. */
function ByRule({ stats, before, view }: {
  stats: Stats;
  before: Stats | null;
  view: Record<string, string | null>;
}) {
  const were = before && new Set(before.alerts_by_rule.map((r) => r.rule));
  const isNew = (rule: string) => were !== null && !were.has(rule);
  const rules = stats.alerts_by_rule
    .toSorted((a, b) => Number(isNew(b.rule)) - Number(isNew(a.rule)) || b.alerts - a.alerts)
    .slice(0, NAMED);
  if (rules.length === 0) return null;
  return (
    <div class="row" style={{ marginTop: "8px" }}>
      {rules.map((r) => (
        <a
          key={r.rule}
          class="chip"
          href={hrefOf("/alerts", { ...view, rule: r.rule })}
          title={isNew(r.rule) ? "Not in the time of equal length before" : undefined}
        >
          <span class="clip">{r.rule}</span>
          <b>{number(r.alerts)}</b>
          {isNew(r.rule) && <span class="muted">new</span>}
        </a>
      ))}
    </div>
  );
}
