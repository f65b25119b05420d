/** The checkpoint of a stream: who was run, where its inputs stand, and the engine's state by key. */
import type { Database, Statements } from "../types/database.ts";
import { jsonText, portions } from "../types/json.ts";
import type { CheckpointChange, Position, SavedCheckpoint, StateEntry } from "../types/types.ts";

export async function writeCheckpoint(tx: Statements, change: CheckpointChange): Promise<void> {
  const { stream, run, header, positions, reset, ended = [], upserts, deletes } = change;
  await tx.query(
    `INSERT INTO streams (stream, run, head, updated) VALUES ($1, $2::uuid, $3, now())
     ON CONFLICT (stream) DO UPDATE SET run = excluded.run, head = excluded.head,
       updated = excluded.updated`,
    [stream, run, header],
  );
  if (change.forget?.length) {
    await tx.query(
      "DELETE FROM positions WHERE stream = $1 AND input = ANY($2::text[])",
      [stream, change.forget],
    );
  }
  if (positions.length > 0) {
    await tx.query(
      `INSERT INTO positions (stream, input, source, job, byte_offset, lines, encoding, sourcetype,
         time, parser, done)
       SELECT $1, p.input, p.source, p.job, p."offset", p.lines, p.encoding, p.sourcetype, p.time,
         p.parser, p.done
       FROM jsonb_to_recordset($2::text::jsonb) AS p(input text, source text, job uuid,
         "offset" bigint, lines bigint, encoding text, sourcetype text, time float8, parser text,
         done boolean)
       ORDER BY 2
       ON CONFLICT (stream, input) DO UPDATE SET source = excluded.source, job = excluded.job,
         byte_offset = excluded.byte_offset, lines = excluded.lines, encoding = excluded.encoding,
         sourcetype = excluded.sourcetype, time = excluded.time, parser = excluded.parser,
         done = excluded.done`,
      [stream, jsonText(positions)],
    );
  }
  if (reset) await tx.query("DELETE FROM engine_state WHERE stream = $1", [stream]);
  else if (ended.length > 0) {
    await tx.query(
      "DELETE FROM engine_state WHERE stream = $1 AND rule = ANY($2::text[])",
      [stream, ended],
    );
  }
  for (const some of portions(reset ? [] : deletes)) {
    await tx.query(
      `DELETE FROM engine_state s
       USING jsonb_to_recordset($2::text::jsonb) AS g(rule text, part integer, key uuid)
       WHERE s.stream = $1 AND s.rule = g.rule AND s.part = g.part AND s.key = g.key`,
      [stream, jsonText(some)],
    );
  }
  for (const some of portions(upserts, (entry) => entry.state.length)) {
    await tx.query(
      `INSERT INTO engine_state (stream, rule, part, key, ord, state)
       SELECT $1, e.rule, e.part, e.key, e.ord, e.state
       FROM jsonb_to_recordset($2::text::jsonb)
         AS e(rule text, part integer, key uuid, ord bigint, state text)
       ON CONFLICT (stream, rule, part, key)
         DO UPDATE SET ord = excluded.ord, state = excluded.state`,
      [stream, jsonText(some)],
    );
  }
}

/** The run has ended: nothing goes on from here. */
export async function clearCheckpoint(tx: Statements, stream: string): Promise<void> {
  await tx.query("DELETE FROM streams WHERE stream = $1", [stream]);
}

export async function readCheckpoint(
  db: Database,
  stream: string,
): Promise<SavedCheckpoint | null> {
  const [found] = await db.query<{ run: string; header: string | null }>(
    "SELECT replace(run::text, '-', '') AS run, head AS header FROM streams WHERE stream = $1",
    [stream],
  );
  if (!found) return null;
  const positions = await db.query<Position>(
    `SELECT input, source, replace(job::text, '-', '') AS job, byte_offset::float8 AS "offset",
       lines::float8 AS lines, encoding, sourcetype, time, parser, done
     FROM positions WHERE stream = $1 ORDER BY input`,
    [stream],
  );
  const state = await db.query<StateEntry>(
    `SELECT rule, part, replace(key::text, '-', '') AS key, ord::float8 AS ord, state
     FROM engine_state WHERE stream = $1 ORDER BY engine_state.ord`,
    [stream],
  );
  return { ...found, positions, state };
}
