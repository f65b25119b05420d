/** Tokens of the API, by their hashes. */
import type { Statements } from "../types/database.ts";
import { hex, ms } from "./conditions.ts";
import { errorCode, StoreError } from "../types/error.ts";
import type { NewToken, StoredToken } from "../types/types.ts";

const TOKEN = `${hex("id")}, name, role, ${ms("created")}, ${ms("revoked")}`;
const UNIQUE_VIOLATION = "23505";

export async function addToken(db: Statements, token: NewToken): Promise<StoredToken> {
  const { name, role, hash } = token;
  try {
    const [added] = await db.query<StoredToken>(
      `INSERT INTO tokens (id, name, role, hash, created) VALUES ($1::uuid, $2, $3, $4, now())
       RETURNING ${TOKEN}`,
      [crypto.randomUUID(), name, role, hash],
    );
    return added;
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

export async function revokeToken(db: Statements, name: string): Promise<boolean> {
  const rows = await db.query(
    "UPDATE tokens SET revoked = now() WHERE name = $1 AND revoked IS NULL RETURNING name",
    [name],
  );
  return rows.length > 0;
}

export async function findToken(db: Statements, hash: string): Promise<StoredToken | null> {
  const [found] = await db.query<StoredToken>(
    `SELECT ${TOKEN} FROM tokens WHERE hash = $1 AND revoked IS NULL`,
    [hash],
  );
  return found ?? null;
}
