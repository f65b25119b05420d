/** What the store reports when it cannot do its work: one sentence for the user, never a password. */

export type StoreErrorCode =
  | "in_use"
  | "unreachable"
  | "authentication"
  | "no_database"
  | "permission"
  | "disk_full"
  | "newer_schema"
  | "corrupt"
  | "closed"
  | "invalid"
  | "exists"
  | "too_long"
  | "out_of_turn"
  | "failed";

/** A failure of storage. `message` is ready for the user; `cause` is for a log of details. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
  /** Whether the same write may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.code === "unreachable";
  }
  /** Whether a server is there that is still coming up: recovery after a crash takes its time. */
  get starting(): boolean {
    return errorCode(this.cause) === "57P03";
  }
}

/** SQLSTATE of a transaction that was chosen to end, since it and another wait for each other. */
export const DEADLOCK = "40P01";

interface Details {
  code?: string;
  message?: string;
  errors?: unknown[];
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "08000",
  "08001",
  "08003",
  "08004",
  "08006",
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

/** SQLSTATE of a failed statement, or an operating system's code such as `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  const e = error as Details | null;
  if (typeof e?.code === "string") return e.code;
  // Several addresses of one host were tried and each failed.
  const first = (e?.errors as Details[] | undefined)?.[0];
  return typeof first?.code === "string" ? first.code : undefined;
}

/**
 * Turns what a driver threw into a StoreError.
 * @param place how the user knows the store: a folder, or `host:port/database` without a password
 */
export function storeError(error: unknown, place: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  const text = error instanceof Error ? error.message : String(error);
  const cause = { cause: error };
  if (code === "53100" || code === "ENOSPC" || /no space left|ENOSPC|disk full/i.test(text)) {
    return new StoreError(
      "disk_full",
      `The disk under "${place}" is full; make room and start again, nothing written is lost`,
      cause,
    );
  }
  if (code === "28P01" || code === "28000" || /password must be a string|SCRAM/i.test(text)) {
    return new StoreError(
      "authentication",
      `The database "${place}" refused the user or password; correct the user name and password`,
      cause,
    );
  }
  if (code === "3D000") {
    return new StoreError(
      "no_database",
      `The database "${place}" does not exist; create it or correct its name`,
      cause,
    );
  }
  const needs = /requires (read|write|net|env|sys) access to [^,]*/i.exec(text);
  if (needs) {
    return new StoreError(
      "permission",
      `The store "${place}" ${needs[0][0].toLowerCase()}${needs[0].slice(1)}; run with --allow-${
        needs[1]
      }`,
      cause,
    );
  }
  if (
    code === "42501" || code === "EACCES" || code === "EPERM" ||
    error instanceof Deno.errors.PermissionDenied || /permission denied/i.test(text)
  ) {
    return new StoreError(
      "permission",
      `Permission denied on "${place}"; give this user the right to write there`,
      cause,
    );
  }
  if (
    (code !== undefined && UNREACHABLE.has(code)) ||
    // A session may outlive the processes that help it by a moment when its server dies.
    /connection terminated|timeout expired|connection timeout|not queryable|parallel worker/i.test(
      text,
    )
  ) {
    return new StoreError(
      "unreachable",
      `The database "${place}" does not answer; start it or correct its address`,
      cause,
    );
  }
  if (code === "57014") {
    return new StoreError("too_long", "The question takes too long; ask for less", cause);
  }
  if (code === "58P01" || /could not open file/i.test(text)) {
    return new StoreError(
      "corrupt",
      `Files of the store "${place}" are missing (${
        text.split("\n")[0]
      }); see what removed them, and start with a folder that nothing else cleans`,
      cause,
    );
  }
  return new StoreError("failed", `The store "${place}" failed: ${text.split("\n")[0]}`, cause);
}
