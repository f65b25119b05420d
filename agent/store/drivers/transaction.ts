/** Transactions on a connection that nobody else uses meanwhile. */
import type { Transaction } from "../types/database.ts";

/**
 * All of `work` or nothing of it. Rejects with what went wrong first.
 * @param broken called when not even ROLLBACK is taken: what the connection holds is not known
 */
export async function inTransaction<T>(
  tx: Transaction,
  work: (tx: Transaction) => Promise<T>,
  broken: () => void = () => {},
): Promise<T> {
  try {
    await tx.script("BEGIN");
    const result = await work(tx);
    await tx.script("COMMIT");
    return result;
  } catch (error) {
    await tx.script("ROLLBACK").catch(broken);
    throw error;
  }
}
