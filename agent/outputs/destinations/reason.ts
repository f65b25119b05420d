/** Failures in words for people, without addresses' paths, keys and passwords. */
import { visible } from "../../../grammar/visible.ts";

/** Characters of a reason: it is stored with each attempt. */
const MAX_REASON = 300;

/** Text of a receiver, cut and inert. */
export function words(text: string, most = MAX_REASON): string {
  const one = visible(text.replaceAll(/\s+/g, " ").trim());
  return one.length > most ? `${one.slice(0, most)}…` : one;
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "The receiver refuses the connection",
  ECONNRESET: "The receiver closed the connection",
  EPIPE: "The receiver closed the connection",
  ETIMEDOUT: "The receiver does not answer",
  EHOSTUNREACH: "The receiver's machine cannot be reached",
  ENETUNREACH: "The receiver's network cannot be reached",
  ENOTFOUND: "The receiver's name is not known to DNS",
  EAI_AGAIN: "DNS does not answer",
  ENOSPC: "The disk is full",
  EACCES: "The file may not be written",
  EROFS: "The file system may only be read",
};

/** Why an attempt failed. Only codes and messages of the network are repeated, never what was sent. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "The attempt was given up: there was no answer in time";
  const code = codeOf(error);
  const known = code === undefined ? undefined : CODES[code];
  if (known) return known;
  const message = error instanceof Error ? error.message : String(error);
  return words(
    /certificate|^ERR_TLS|altnames/i.test(`${code} ${message}`)
      ? `The receiver's certificate is not trusted: ${message}`
      : `The request failed: ${message}`,
  );
}

/** The code of the first error that has one: an AggregateError holds one for each address tried. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner === undefined ? undefined : codeOf(inner);
}
