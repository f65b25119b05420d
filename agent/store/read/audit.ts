/** The audit list: who did what. */
import type { Statements } from "../types/database.ts";
import { jsonText } from "../types/json.ts";
import type { AuditEntry, AuditFilter, Page } from "../types/types.ts";
import { Conditions, hex, ms, page } from "./conditions.ts";

/** What {@link note} writes down. */
export type Deed = Omit<AuditEntry, "id" | "time">;

/** Writes one entry; in the transaction of what it speaks of. */
export async function note(tx: Statements, deed: Deed): Promise<void> {
  await tx.query(
    `INSERT INTO audit (id, time, who, action, subject, detail)
     VALUES ($1::uuid, clock_timestamp(), $2, $3, $4, $5::text::jsonb)`,
    [crypto.randomUUID(), deed.who, deed.action, deed.subject, jsonText(deed.detail)],
  );
}

export function audit(db: Statements, filter: AuditFilter): Promise<Page<AuditEntry>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.who !== undefined) where.add("who = ?", filter.who);
  if (filter.action !== undefined) where.add("action = ?", filter.action);
  if (filter.subject !== undefined) where.add("subject = ?", filter.subject);
  return page(
    db,
    {
      table: "audit",
      columns: `${hex("id")}, ${ms("time")}, who, action, subject, detail`,
      shape: (row) => row as unknown as AuditEntry,
    },
    where,
    filter.limit,
  );
}
