/** What the store reports when it cannot do its work: one sentence for the user, never a password. */

export type StoreErrorCode =
  | "in_use"
  | "unreachable"
  | "authentication"
  | "no_database"
  | "permission"
  | "disk_full"
  | "newer_schema"
  | "foreign_schema"
  | "corrupt"
  | "closed"
  | "invalid"
  | "exists"
  | "too_long"
  | "out_of_turn"
  | "superseded"
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

/** SQLSTATE of a failed statement, or an operating system's code such as `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  const e = error as Details | null;
  if (typeof e?.code === "string") return e.code;
  // Several addresses of one host were tried and each failed.
  const first = (e?.errors as Details[] | undefined)?.[0];
  return typeof first?.code === "string" ? first.code : undefined;
}

/** What is known of a failure when its sentence is looked for. */
interface Failure {
  /** See {@link errorCode}. */
  readonly code: string | undefined;
  readonly text: string;
  readonly error: unknown;
}

/** One kind of failure: how it is told, and its sentence. */
interface FailureRule {
  readonly store: StoreErrorCode;
  readonly codes: readonly string[];
  /** Drivers that give no code say it in words. */
  readonly words?: RegExp;
  readonly message: (place: string, failure: Failure) => string;
}

const PERMISSION = /requires (read|write|net|env|sys) access to [^,]*/i;

/** The first that fits counts. */
const RULES: readonly FailureRule[] = [
  {
    store: "disk_full",
    codes: ["53100", "ENOSPC", "EDQUOT", "EFBIG"],
    words: /no space left|ENOSPC|disk full|disk quota exceeded|file too large/i,
    message: (place) =>
      `The disk under "${place}" is full; make room and start again, nothing written is lost`,
  },
  {
    store: "authentication",
    codes: ["28P01", "28000"],
    words: /password must be a string|SCRAM/i,
    message: (place) =>
      `The database "${place}" refused the user or password; correct the user name and password`,
  },
  {
    store: "no_database",
    codes: ["3D000"],
    message: (place) => `The database "${place}" does not exist; create it or correct its name`,
  },
  {
    store: "permission",
    codes: [],
    words: PERMISSION,
    message(place, { text }) {
      const [needs, kind] = PERMISSION.exec(text)!;
      const sentence = needs[0].toLowerCase() + needs.slice(1);
      return `The store "${place}" ${sentence}; run with --allow-${kind}`;
    },
  },
  {
    store: "permission",
    codes: ["42501", "EACCES", "EPERM", "EROFS"],
    words: /permission denied|read-only file system/i,
    message: (place) => `Permission denied on "${place}"; give this user the right to write there`,
  },
  {
    store: "unreachable",
    codes: [
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
    ],
    // A session may outlive the processes that help it by a moment when its server dies.
    words:
      /connection terminated|timeout expired|connection timeout|not queryable|parallel worker/i,
    message: (place) => `The database "${place}" does not answer; start it or correct its address`,
  },
  {
    store: "too_long",
    codes: ["57014"],
    message: () => "The question takes too long; ask for less",
  },
  {
    store: "corrupt",
    codes: ["58P01"],
    words: /could not open file/i,
    message: (place, { text }) =>
      `Files of the store "${place}" are missing (${
        text.split("\n")[0]
      }); see what removed them, and start with a folder that nothing else cleans`,
  },
  {
    store: "corrupt",
    codes: ["XX001", "XX002"],
    message: (place, { text }) =>
      `Data of the store "${place}" is damaged (${
        text.split("\n")[0]
      }); check its disk, and restore it from a copy`,
  },
];

function applies({ codes, words }: FailureRule, { code, text, error }: Failure): boolean {
  return code !== undefined && codes.includes(code) || words?.test(text) === true ||
    codes.includes("EACCES") && error instanceof Deno.errors.PermissionDenied;
}

/**
 * Turns what a driver threw into a StoreError.
 * @param place how the user knows the store: a folder, or `host:port/database` without a password
 */
export function storeError(error: unknown, place: string): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const failure = { code: errorCode(error), text, error };
  const rule = RULES.find((r) => applies(r, failure));
  const message = rule?.message(place, failure) ??
    `The store "${place}" failed: ${text.split("\n")[0]}`;
  return new StoreError(rule?.store ?? "failed", message, { cause: error });
}
