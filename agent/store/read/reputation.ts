/** What services of threat intelligence said of addresses. */
import type { Database } from "../types/database.ts";
import { jsonText } from "../types/json.ts";
import type { Reputations, StoredReputation } from "../types/reputation_types.ts";
import { lockAlerts } from "../write/incidents.ts";

export function reputationsOn(db: Database): Reputations {
  return {
    answers: (source, since, limit) =>
      db.query<StoredReputation>(
        `SELECT address, (extract(epoch FROM asked) * 1000)::float8 AS asked, mark
         FROM reputations WHERE source = $1 AND asked >= to_timestamp($2::float8 / 1000)
         ORDER BY reputations.asked DESC LIMIT $3`,
        [source, since, limit],
      ),
    async spend(source, day, limit) {
      if (limit <= 0) return false;
      const rows = await db.query(
        `INSERT INTO request_counts AS c (source, day, requests) VALUES ($1, $2::date, 1)
         ON CONFLICT (source, day) DO UPDATE SET requests = c.requests + 1
         WHERE c.requests < $3::integer RETURNING 1`,
        [source, day, limit],
      );
      return rows.length === 1;
    },
    async spent(source, day) {
      const [row] = await db.query<{ requests: number }>(
        "SELECT requests FROM request_counts WHERE source = $1 AND day = $2::date",
        [source, day],
      );
      return row?.requests ?? 0;
    },
    async remember(source, { address, asked, mark }, forget) {
      await db.query(
        `INSERT INTO reputations (source, address, asked, mark)
         VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4::text::jsonb)
         ON CONFLICT (source, address) DO UPDATE SET asked = excluded.asked, mark = excluded.mark`,
        [source, address, asked, jsonText(mark)],
      );
      await db.query(
        "DELETE FROM reputations WHERE source = $1 AND asked < to_timestamp($2::float8 / 1000)",
        [source, forget],
      );
    },
    async mark(marks) {
      const rows = marks.flatMap(({ mark, alerts }) => alerts.map((alert) => ({ alert, mark })));
      if (rows.length === 0) return;
      await db.transaction(async (tx) => {
        // Numbers of changes appear in their order.
        await lockAlerts(tx);
        await tx.query(
          `UPDATE alerts SET updated = now(), change = nextval('alert_changes'),
             reputation = (
               SELECT coalesce(jsonb_agg(old), '[]')
               FROM jsonb_array_elements(coalesce(reputation, '[]')) AS old
               WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(m.marks) AS fresh
                 WHERE fresh ->> 'source' = old ->> 'source'
                   AND fresh ->> 'value' = old ->> 'value')
             ) || m.marks
           FROM (
             SELECT r.alert, jsonb_agg(r.mark) AS marks
             FROM jsonb_to_recordset($1::text::jsonb) AS r(alert uuid, mark jsonb) GROUP BY 1
           ) AS m WHERE alerts.id = m.alert`,
          [jsonText(rows)],
        );
      });
    },
  };
}
