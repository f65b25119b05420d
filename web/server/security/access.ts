/**
 * Who asks, and what they may. As long as no token exists, a server on loopback is open to whoever
 * is on this machine; once there is one, every request needs one, wherever the server listens, and
 * it stays so while the server runs: revoking the last token opens nothing.
 */
import { ApiError } from "../http/error.ts";
import { type Role, ROLES } from "../types/mod.ts";
import { randomText, tokenHash } from "./tokens.ts";

/** Who asks. */
export interface Caller {
  /** Name of the token; null when the server asks for none. */
  readonly name: string | null;
  readonly role: Role;
}

/** What is asked of the store. */
export interface TokenBook {
  tokens(): Promise<readonly { readonly revoked: number | null }[]>;
  findToken(hash: string): Promise<{ readonly name: string; readonly role: Role } | null>;
}

export const COOKIE = "picket_session";
/** Sessions end when nothing was asked for this long, in ms. */
const SESSION = 12 * 3_600_000;
const SESSIONS = 10_000;
/** How long what the store said of a token is believed, in ms: a revoked one works no longer. */
const BELIEVED = 5_000;
const REMEMBERED = 1_000;

/** The caller of a server that asks for no token. */
const ANYONE: Caller = { name: null, role: "admin" };

export class Access {
  #required = false;
  #askedAt = -Infinity;
  readonly #known = new Map<string, { caller: Caller | null; at: number }>();
  /** Hashes of tokens that were in force at some time, the least recently used first. */
  readonly #familiar = new Set<string>();
  readonly #sessions = new Map<string, { hash: string; at: number }>();

  /** @param always whether a token is needed even when there is none: off loopback */
  constructor(
    readonly book: TokenBook,
    readonly now: () => number,
    always: boolean,
    readonly secure: boolean,
  ) {
    this.#required = always;
  }

  /** Whether requests need a token. */
  async required(): Promise<boolean> {
    const now = this.now();
    if (!this.#required && now - this.#askedAt >= BELIEVED) {
      this.#required = (await this.book.tokens()).some((t) => t.revoked === null);
      this.#askedAt = now;
    }
    return this.#required;
  }

  /** Forgets what the store said: a token was made or revoked here. */
  changed(): void {
    this.#askedAt = -Infinity;
    this.#known.clear();
  }

  /** Who sent the request; null when it has no token that is in force. */
  async caller(headers: Headers): Promise<Caller | null> {
    return await this.#callerOf(await this.#hashOf(headers), BELIEVED);
  }

  /**
   * Whether a request that is still being answered may go on with what `role` may, by what the
   * store says now. It does not count as a request of its session.
   */
  async stillAllows(headers: Headers, role: Role): Promise<boolean> {
    if (!await this.required()) return true;
    const caller = await this.#callerOf(await this.#hashOf(headers, false), 0);
    return caller !== null && ROLES.indexOf(caller.role) >= ROLES.indexOf(role);
  }

  async #callerOf(hash: string | null, believed: number): Promise<Caller | null> {
    if (hash === null) return null;
    const now = this.now();
    const known = this.#known.get(hash);
    if (known && now - known.at < believed) return known.caller;
    const token = await this.book.findToken(hash);
    const caller = token && { name: token.name, role: token.role };
    this.#known.set(hash, { caller, at: now });
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    if (caller) {
      this.#familiar.delete(hash);
      this.#familiar.add(hash);
      if (this.#familiar.size > REMEMBERED) {
        this.#familiar.delete(this.#familiar.values().next().value!);
      }
    }
    return caller;
  }

  /** Whether the request's token once was in force: not a guess, whoever shares its address. */
  async familiar(headers: Headers): Promise<boolean> {
    const hash = await this.#hashOf(headers);
    return hash !== null && this.#familiar.has(hash);
  }

  /** The caller, or what a server that asks for no token takes everyone for. */
  async callerOrAnyone(headers: Headers): Promise<Caller | null> {
    return await this.required() ? await this.caller(headers) : ANYONE;
  }

  async #hashOf(headers: Headers, renew = true): Promise<string | null> {
    const bearer = /^Bearer +([\w.~+/=-]{1,200})$/i.exec(headers.get("authorization") ?? "");
    if (bearer) return await tokenHash(bearer[1]);
    const id = sessionId(headers);
    const session = id === null ? undefined : this.#sessions.get(id);
    if (!session) return null;
    if (!renew) return this.now() - session.at > SESSION ? null : session.hash;
    this.#sessions.delete(id!);
    if (this.now() - session.at > SESSION) return null;
    session.at = this.now();
    this.#sessions.set(id!, session);
    return session.hash;
  }

  /** Begins a session with a token; the cookie to set, or null when the token is not in force. */
  async login(token: string): Promise<{ caller: Caller; cookie: string } | null> {
    const caller = await this.caller(new Headers({ authorization: `Bearer ${printable(token)}` }));
    if (!caller) return null;
    const id = randomText();
    this.#sessions.set(id, { hash: await tokenHash(token), at: this.now() });
    if (this.#sessions.size > SESSIONS) {
      this.#sessions.delete(this.#sessions.keys().next().value!);
    }
    return { caller, cookie: this.#cookie(id, SESSION / 1000) };
  }

  /** Ends the request's session; the cookie that takes the browser's away. */
  logout(headers: Headers): string {
    const id = sessionId(headers);
    if (id !== null) this.#sessions.delete(id);
    return this.#cookie("", 0);
  }

  #cookie(value: string, seconds: number): string {
    return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}` +
      (this.secure ? "; Secure" : "");
  }
}

/** Text that a header takes; what it takes out makes a token that is none. */
const printable = (text: string) => text.replace(/[^\x21-\x7e]/g, "");

function sessionId(headers: Headers): string | null {
  const found = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{20,100})(?:;|$)`).exec(
    headers.get("cookie") ?? "",
  );
  return found ? found[1] : null;
}

/** Refuses a caller that may do less than `role`. @throws {ApiError} 401 or 403 */
export function demand(role: Role, caller: Caller | null): asserts caller is Caller {
  if (caller === null) {
    throw new ApiError(
      401,
      "token_needed",
      'Send a token as "Authorization: Bearer TOKEN"; `token create` makes one',
    );
  }
  if (ROLES.indexOf(caller.role) < ROLES.indexOf(role)) {
    throw new ApiError(
      403,
      "role_too_low",
      `This needs a token of the role ${role}; yours has ${caller.role}`,
    );
  }
}
