/** The checkpoint of a stream: who was run, where its inputs stand, and the engine's state by key. */
import type { Database, Statements } from "../types/database.ts";
import { jsonText, portions } from "../types/json.ts";
import type { CheckpointChange, Position, SavedCheckpoint, StateBlock } from "../types/types.ts";

/** Numbers of entries that one block spans at most: texts of a statement are bounded. */
const BLOCK = 8192;

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
  return { ...found, positions, state: await readState(db, stream) };
}

/** Rules that are read at once, by the number of their entries, and statements that are under way. */
const PORTION = 30_000, AT_ONCE = 2;

/**
 * In blocks without order, which the server need not sort: as a row for each entry 300,000 took half as
 * long again, and this side ten times the work. While some are made into values here the next are on
 * their way.
 */
async function readState(db: Database, stream: string): Promise<StateBlock[]> {
  const rules = await db.query<{ rule: string; n: number }>(
    "SELECT rule, count(*)::float8 AS n FROM engine_state WHERE stream = $1 GROUP BY rule",
    [stream],
  );
  const portions: string[][] = [];
  let room = 0;
  for (const { rule, n } of rules) {
    if (room <= 0) {
      portions.push([]);
      room = PORTION;
    }
    portions[portions.length - 1].push(rule);
    room -= n;
  }
  const out: StateBlock[] = [];
  const next = async () => {
    for (let some = portions.pop(); some !== undefined; some = portions.pop()) {
      for (const block of await readRules(db, stream, some)) {
        const { ords, states } = block;
        out.push({ ...block, ords: JSON.parse(ords), states: JSON.parse(states) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return out;
}

const readRules = (db: Database, stream: string, rules: readonly string[]) =>
  db.query<{ rule: string; part: number; keys: string[] | null; ords: string; states: string }>(
    `SELECT rule, part, '[' || string_agg(ord::text, ',') || ']' AS ords,
       '[' || string_agg(state, ',') || ']' AS states,
       CASE WHEN part < 0 AND part > -4
         THEN array_agg(replace(key::text, '-', '')) END AS keys
     FROM engine_state WHERE stream = $1 AND rule = ANY($2::text[]) GROUP BY rule, part, ord / $3`,
    [stream, rules, BLOCK],
  );
