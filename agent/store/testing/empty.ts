/** A database of PGlite without a schema: a new data folder has one. */
import { openPglite } from "../drivers/pglite.ts";
import type { Database } from "../types/database.ts";

/** Opens the folder, which need not be there, and takes away what is in it. */
export async function openEmpty(folder: string): Promise<Database> {
  const db = await openPglite(folder);
  await db.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  return db;
}
