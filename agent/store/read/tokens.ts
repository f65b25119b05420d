/** Tokens of the API, by their hashes. */
import type { Database, Statements } from "../types/database.ts";
import { note } from "./audit.ts";
import { hex, ms } from "./conditions.ts";
import { errorCode, StoreError } from "../types/error.ts";
import type { NewToken, StoredToken } from "../types/types.ts";

const TOKEN = `${hex("id")}, name, role, ${ms("created")}, ${ms("revoked")}`;
const UNIQUE_VIOLATION = "23505";

/** Who makes tokens by the command line. */
const OPERATOR = "command line";

export async function addToken(db: Database, token: NewToken): Promise<StoredToken> {
  const { name, role, hash, who = OPERATOR } = token;
  try {
    return await db.transaction(async (tx) => {
      const [added] = await tx.query<StoredToken>(
        `INSERT INTO tokens (id, name, role, hash, created) VALUES ($1::uuid, $2, $3, $4, now())
         RETURNING ${TOKEN}`,
        [crypto.randomUUID(), name, role, hash],
      );
      await note(tx, { who, action: "token.create", subject: name, detail: { role } });
      return added;
    });
  } catch (error) {
    if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
    throw new StoreError("exists", `There is a token "${name}"; revoke it or choose another name`);
  }
}

export async function tokens(db: Statements): Promise<StoredToken[]> {
  return await db.query<StoredToken>(
    `SELECT ${TOKEN} FROM tokens ORDER BY name, tokens.created`,
  );
}

export async function revokeToken(
  db: Database,
  name: string,
  who = OPERATOR,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const rows = await tx.query(
      "UPDATE tokens SET revoked = now() WHERE name = $1 AND revoked IS NULL RETURNING name",
      [name],
    );
    if (rows.length === 0) return false;
    await note(tx, { who, action: "token.revoke", subject: name, detail: {} });
    return true;
  });
}

export async function findToken(db: Statements, hash: string): Promise<StoredToken | null> {
  const [found] = await db.query<StoredToken>(
    `SELECT ${TOKEN} FROM tokens WHERE hash = $1 AND revoked IS NULL`,
    [hash],
  );
  return found ?? null;
}
