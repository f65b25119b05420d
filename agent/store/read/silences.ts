/** Silences and exceptions: made by people, ended by people or by their end. */
import type { Database, Statements } from "../types/database.ts";
import { jsonText } from "../types/json.ts";
import type {
  ListRequest,
  NewException,
  NewSilence,
  StoredException,
  StoredSilence,
} from "../types/types.ts";
import { note } from "./audit.ts";
import { Conditions, hex, ms } from "./conditions.ts";

const SILENCE = `${hex("id")}, rule, fields, reason, who, ${ms("created")}, ${ms("ends")},
  ${ms("ended")}, ended_by AS "endedBy"`;
const EXCEPTION = `${hex("id")}, rule, condition, reason, who, ${ms("created")}, ${ms("until")},
  ${ms("ended")}, ended_by AS "endedBy", ${hex("alert")}`;

/** The newest first. */
export async function silences(db: Statements, request: ListRequest): Promise<StoredSilence[]> {
  const where = new Conditions();
  if (request.active) {
    where.add("ended IS NULL AND ends > to_timestamp(?::float8 / 1000)", request.now);
  }
  return await db.query<StoredSilence>(
    `SELECT ${SILENCE} FROM silences ${where} ORDER BY silences.created DESC, silences.id`,
    where.params,
  );
}

export async function addSilence(db: Database, s: NewSilence): Promise<StoredSilence> {
  return await db.transaction(async (tx) => {
    const [added] = await tx.query<StoredSilence>(
      `INSERT INTO silences (id, rule, fields, reason, who, created, ends)
       VALUES ($1::uuid, $2, $3::text::jsonb, $4, $5, now(), to_timestamp($6::float8 / 1000))
       RETURNING ${SILENCE}`,
      [crypto.randomUUID(), s.rule, jsonText(s.fields), s.reason, s.who, s.ends],
    );
    const { rule, fields, reason, ends } = s;
    await note(tx, {
      who: s.who,
      action: "silence.create",
      subject: added.id,
      detail: { rule, fields, reason, ends },
    });
    return added;
  });
}

/** Ends a silence now; null when there is none with that id that holds. */
export function endSilence(db: Database, id: string, who: string): Promise<StoredSilence | null> {
  return end<StoredSilence>(
    db,
    { table: "silences", columns: SILENCE, action: "silence.end" },
    id,
    who,
  );
}

/** The newest first. One whose end in event time has passed still holds for older events. */
export async function exceptions(db: Statements, request: ListRequest): Promise<StoredException[]> {
  return await db.query<StoredException>(
    `SELECT ${EXCEPTION} FROM exceptions ${request.active ? "WHERE ended IS NULL" : ""}
     ORDER BY exceptions.created DESC, exceptions.id`,
  );
}

export async function addException(db: Database, e: NewException): Promise<StoredException> {
  return await db.transaction(async (tx) => {
    const [added] = await tx.query<StoredException>(
      `INSERT INTO exceptions (id, rule, condition, reason, who, created, until, alert)
       VALUES ($1::uuid, $2, $3, $4, $5, now(), to_timestamp($6::float8 / 1000), $7::uuid)
       RETURNING ${EXCEPTION}`,
      [crypto.randomUUID(), e.rule, e.condition, e.reason, e.who, e.until, e.alert],
    );
    const { rule, condition, reason, until, alert } = e;
    await note(tx, {
      who: e.who,
      action: "exception.create",
      subject: added.id,
      detail: { rule, condition, reason, until, alert },
    });
    return added;
  });
}

/** Ends an exception now; null when there is none with that id that holds. */
export function endException(
  db: Database,
  id: string,
  who: string,
): Promise<StoredException | null> {
  const table = { table: "exceptions", columns: EXCEPTION, action: "exception.end" };
  return end<StoredException>(db, table, id, who);
}

async function end<T>(
  db: Database,
  { table, columns, action }: { table: string; columns: string; action: string },
  id: string,
  who: string,
): Promise<T | null> {
  return await db.transaction(async (tx) => {
    const [ended] = await tx.query<Record<string, unknown>>(
      `UPDATE ${table} SET ended = now(), ended_by = $2
       WHERE id = $1::uuid AND ended IS NULL RETURNING ${columns}`,
      [id, who],
    );
    if (ended === undefined) return null;
    await note(tx, { who, action, subject: id, detail: {} });
    return ended as T;
  });
}
