/** Views of the dashboard's lists that people keep. */
import type { Database, Statements } from "../types/database.ts";
import type { NewSavedView, SavedView } from "../types/types.ts";
import { note } from "./audit.ts";
import { ms } from "./conditions.ts";

const VIEW = `page, name, query, who, ${ms("updated")}`;

/** By page and name. */
export async function savedViews(db: Statements): Promise<SavedView[]> {
  return await db.query<SavedView>(
    `SELECT ${VIEW} FROM saved_views ORDER BY saved_views.page, saved_views.name`,
  );
}

/** Keeps a view; one of the same name of that page is replaced. */
export async function saveView(
  db: Database,
  { page, name, query, who }: NewSavedView,
): Promise<SavedView> {
  return await db.transaction(async (tx) => {
    const [saved] = await tx.query<SavedView>(
      `INSERT INTO saved_views (page, name, query, who, updated) VALUES ($1, $2, $3, $4, now())
       ON CONFLICT (page, name) DO UPDATE
         SET query = excluded.query, who = excluded.who, updated = excluded.updated
       RETURNING ${VIEW}`,
      [page, name, query, who],
    );
    await note(tx, { who, action: "view.save", subject: `${page} ${name}`, detail: { query } });
    return saved;
  });
}

/** False when there is none of that name of that page. */
export async function removeView(
  db: Database,
  { page, name }: Pick<SavedView, "page" | "name">,
  who: string,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const gone = await tx.query(
      "DELETE FROM saved_views WHERE page = $1 AND name = $2 RETURNING name",
      [page, name],
    );
    if (gone.length === 0) return false;
    await note(tx, { who, action: "view.remove", subject: `${page} ${name}`, detail: {} });
    return true;
  });
}
