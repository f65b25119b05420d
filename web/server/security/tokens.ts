/** Tokens of the API: made here, kept as hashes by the store. */

/** Marks a token as Picket's, for whoever searches code for leaked ones. */
const PREFIX = "picket_";

/** 256 random bits, in base64url. */
export function randomText(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

/** A new token. It is shown once; only its hash is kept. */
export function newToken(): string {
  return PREFIX + randomText();
}

/**
 * What is kept of a token: SHA-256, 64 hex digits. Its 256 random bits cannot be searched, so
 * neither salt nor a slow hash would add anything.
 */
export async function tokenHash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toHex();
}
