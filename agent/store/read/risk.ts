/** What stored alerts add to the risk of what they are about. */
import type { Statements } from "../types/database.ts";
import type { RiskAlert, RiskAlerts, RiskRequest } from "../types/risk_types.ts";
import { hex, ms } from "./conditions.ts";

/** The newest first; `more` says that the limit left older ones out. */
export async function riskAlerts(
  db: Statements,
  { from, to, limit }: RiskRequest,
): Promise<RiskAlerts> {
  const rows = await db.query<RiskAlert>(
    `SELECT ${hex("id")}, rule, title, severity,
       coalesce(context -> 'raised' ->> 'from', severity) AS given, ${ms("time")}, entity,
       (metadata ->> 'risk')::float8 AS risk, mitre -> 0 -> 'tactics' ->> 0 AS tactic,
       (fields ? 'src' OR entity ? 'src') AS "hasSource",
       coalesce(fields ->> 'src', entity ->> 'src') AS src
     FROM alerts
     WHERE alerts.time > to_timestamp($1::float8 / 1000)
       AND alerts.time <= to_timestamp($2::float8 / 1000) AND metadata ? 'risk'
     ORDER BY alerts.time DESC, alerts.id DESC LIMIT ${Math.floor(limit) + 1}`,
    [from, to],
  );
  return { alerts: rows.slice(0, limit), more: rows.length > limit };
}
