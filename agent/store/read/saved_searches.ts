/** Searches that people keep. */
import type { Database, Statements } from "../types/database.ts";
import type { NewSavedSearch, SavedSearch } from "../types/types.ts";
import { note } from "./audit.ts";
import { ms } from "./conditions.ts";

const SAVED = `name, query, since, description, who, ${ms("updated")}`;

/** By name. */
export async function savedSearches(db: Statements): Promise<SavedSearch[]> {
  return await db.query<SavedSearch>(
    `SELECT ${SAVED} FROM saved_searches ORDER BY saved_searches.name`,
  );
}

/** Keeps a search; one of the same name is replaced. */
export async function saveSearch(db: Database, s: NewSavedSearch): Promise<SavedSearch> {
  return await db.transaction(async (tx) => {
    const [saved] = await tx.query<SavedSearch>(
      `INSERT INTO saved_searches (name, query, since, description, who, updated)
       VALUES ($1, $2, $3, $4, $5, now())
       ON CONFLICT (name) DO UPDATE SET query = excluded.query, since = excluded.since,
         description = excluded.description, who = excluded.who, updated = excluded.updated
       RETURNING ${SAVED}`,
      [s.name, s.query, s.since, s.description, s.who],
    );
    const { query, since } = s;
    await note(tx, {
      who: s.who,
      action: "search.save",
      subject: s.name,
      detail: { query, since },
    });
    return saved;
  });
}

/** False when there is none of that name. */
export async function removeSearch(db: Database, name: string, who: string): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const gone = await tx.query(
      "DELETE FROM saved_searches WHERE name = $1 RETURNING name",
      [name],
    );
    if (gone.length === 0) return false;
    await note(tx, { who, action: "search.remove", subject: name, detail: {} });
    return true;
  });
}
