/** Statistics of what is stored, from the counts. */
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import type { Statements } from "../types/database.ts";
import type { Stats, TimeRange } from "../types/types.ts";
import { covering } from "./buckets.ts";
import { Conditions, FIVE_MINUTES, touched } from "./conditions.ts";

const HOUR = 3_600_000;

/** Counts by five minutes and, inside, by hour: wide ranges are a few thousand rows at most. */
export async function stats(db: Statements, range: TimeRange = {}): Promise<Stats> {
  const where = new Conditions();
  covering(where, range, [FIVE_MINUTES, HOUR]);
  const types = await db.query<{
    sourcetype: string;
    events: number;
    errors: number;
    first: number;
    last: number;
  }>(
    `SELECT sourcetype, sum(events)::float8 AS events,
       coalesce(sum(events) FILTER (WHERE parse_error), 0)::float8 AS errors,
       (extract(epoch FROM min(bucket)) * 1000)::float8 AS first,
       (max(extract(epoch FROM bucket) + width) * 1000)::float8 AS last
     FROM event_series ${where} GROUP BY 1 ORDER BY 2 DESC, 1`,
    where.params,
  );
  const when = new Conditions();
  when.range(touched(range), "bucket");
  const groups = await db.query<{ rule: string; severity: string; status: string; n: number }>(
    `SELECT rule, severity, status, sum(alerts)::float8 AS n FROM alert_counts ${when}
     GROUP BY 1, 2, 3 HAVING sum(alerts) > 0 ORDER BY 1, 2, 3`,
    when.params,
  );
  const [{ newest }] = await db.query<{ newest: number | null }>(
    "SELECT (extract(epoch FROM max(time)) * 1000)::float8 AS newest FROM events",
  );
  const severities = Object.fromEntries(SEVERITIES.map((s) => [s, 0]));
  const open = { ...severities };
  const statuses: Record<string, number> = { open: 0, acknowledged: 0, closed: 0 };
  const rules = new Map<string, number>();
  for (const g of groups) {
    severities[g.severity] += g.n;
    if (g.status === "open") open[g.severity] += g.n;
    statuses[g.status] += g.n;
    rules.set(g.rule, (rules.get(g.rule) ?? 0) + g.n);
  }
  return {
    events: types.reduce((n, t) => n + t.events, 0),
    parseErrors: types.reduce((n, t) => n + t.errors, 0),
    alerts: groups.reduce((n, g) => n + g.n, 0),
    first: types.length === 0 ? null : Math.min(...types.map((t) => t.first)),
    last: types.length === 0 ? null : Math.max(...types.map((t) => t.last)),
    newest,
    sourcetypes: types.map((t) => ({
      sourcetype: t.sourcetype,
      events: t.events,
      parseErrors: t.errors,
    })),
    alertsBySeverity: severities as Stats["alertsBySeverity"],
    openBySeverity: open as Stats["openBySeverity"],
    alertsByStatus: statuses as Stats["alertsByStatus"],
    alertsByRule: [...rules].map(([rule, n]) => ({ rule, alerts: n }))
      .sort((a, b) => b.alerts - a.alerts),
  };
}
