/** Hosts whose rows came late or whose clocks are off, from the health events. */
import type { Statements } from "../types/database.ts";
import type { HostClock, LateHost } from "../types/types.ts";

export async function lateHosts(db: Statements, limit: number): Promise<LateHost[]> {
  return await db.query<LateHost>(
    `SELECT detail->>'input' AS input, coalesce(detail->>'host', '') AS host,
       sum((detail->>'count')::float8)::float8 AS rows,
       max((detail->>'behind_ms')::float8) AS "behindMs"
     FROM health WHERE kind = 'late' AND detail->>'input' IS NOT NULL
     GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${Math.floor(limit)}`,
  );
}

export async function hostClocks(db: Statements, limit: number): Promise<HostClock[]> {
  return await db.query<HostClock>(
    `SELECT * FROM (
       SELECT DISTINCT ON (detail->>'input', detail->>'host') detail->>'input' AS input,
         coalesce(detail->>'host', '') AS host, (detail->>'offset_ms')::float8 AS "offsetMs"
       FROM health WHERE kind = 'clock'
       ORDER BY detail->>'input', detail->>'host', time DESC, id DESC
     ) c ORDER BY abs("offsetMs") DESC, input, host LIMIT ${Math.floor(limit)}`,
  );
}
