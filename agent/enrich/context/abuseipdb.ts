/** AbuseIPDB's check of one address, APIv2 (https://docs.abuseipdb.com/#check-endpoint). */
import type { Band } from "../../context.ts";
import type { Reputation } from "../../store/types/reputation_types.ts";
import { retryAfter } from "../../outputs/destinations/http.ts";

export const ABUSEIPDB = "abuseipdb";

/** Reports of so many days count. */
const MAX_AGE_DAYS = 90;
/** ms. */
const DAY = 86_400_000;
/** Longest text that is taken of an answer. */
const LONGEST = 200;

/** What became of a request. */
export type CheckOutcome =
  /** `left` requests of the service's day, if it says so: others may use the key, too. */
  | { readonly state: "known"; readonly mark: Reputation; readonly left: number | undefined }
  /** The service has been asked enough; `after` ms if it says so. */
  | { readonly state: "limited"; readonly after: number | undefined }
  /** No answer for this address, however often it is asked. */
  | { readonly state: "invalid"; readonly reason: string }
  /** No answer for any address until the key is another. */
  | { readonly state: "refused"; readonly reason: string }
  /** Worth another attempt. */
  | { readonly state: "failed"; readonly reason: string };

export interface CheckOptions {
  readonly url: string;
  /** Sent in a header, and in no message. */
  readonly key: string;
  readonly fetch: (
    url: string,
    init: {
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ) => Promise<Response>;
  /** ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Asks about one address. Does not reject. */
export async function checkAddress(address: string, options: CheckOptions): Promise<CheckOutcome> {
  const { url, key, timeout, now } = options;
  const target = new URL(url);
  target.searchParams.set("ipAddress", address);
  target.searchParams.set("maxAgeInDays", String(MAX_AGE_DAYS));
  const limit = AbortSignal.timeout(timeout);
  let status: number, text: string, headers: Headers;
  try {
    const answer = await options.fetch(target.href, {
      method: "GET",
      headers: { key, accept: "application/json" },
      signal: AbortSignal.any([options.signal, limit]),
    });
    status = answer.status;
    headers = answer.headers;
    text = await answer.text();
  } catch (error) {
    const late = limit.aborted && !options.signal.aborted;
    const said = error instanceof Error ? error.message : String(error);
    return { state: "failed", reason: late ? `no answer within ${timeout / 1000} s` : said };
  }
  if (status === 429) return { state: "limited", after: pauseOf(headers, now()) };
  if (status === 401 || status === 402 || status === 403) {
    return { state: "refused", reason: `it answers HTTP ${status}${detailOf(text)}` };
  }
  if (status === 422) {
    return { state: "invalid", reason: `it answers HTTP 422${detailOf(text)}` };
  }
  if (status !== 200) return { state: "failed", reason: `it answers HTTP ${status}` };
  const mark = markOf(text, address, now());
  return mark === null
    ? { state: "failed", reason: "its answer is none of a check" }
    : { state: "known", mark, left: numberOf(headers.get("x-ratelimit-remaining")) };
}

/** ms for which a 429 wants nothing to be asked: `Retry-After`, else `X-RateLimit-Reset`, in epoch seconds. */
function pauseOf(headers: Headers, now: number): number | undefined {
  const after = retryAfter(headers.get("retry-after"), now);
  if (after !== undefined) return after;
  const reset = numberOf(headers.get("x-ratelimit-reset"));
  if (reset === undefined) return undefined;
  const ms = reset * 1000 - now;
  return ms > 0 && ms <= DAY ? ms : undefined;
}

function numberOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,12}$/.test(header.trim()) ? Number(header) : undefined;
}

/** The bands of AbuseIPDB's own pages. */
export const bandOf = (score: number): Band =>
  score >= 75 ? "high" : score >= 25 ? "medium" : "low";

/** Null for what is no answer of a check. */
function markOf(text: string, address: string, now: number): Reputation | null {
  let data: Record<string, unknown>;
  try {
    data = (JSON.parse(text) as { data: Record<string, unknown> }).data;
  } catch {
    return null;
  }
  const score = data?.abuseConfidenceScore;
  if (typeof score !== "number" || !(score >= 0 && score <= 100)) return null;
  const { totalReports, lastReportedAt, countryCode, isp } = data;
  const last = typeof lastReportedAt === "string" ? Date.parse(lastReportedAt) : NaN;
  return {
    value: address,
    score: Math.round(score),
    band: bandOf(score),
    ...(Number.isSafeInteger(totalReports) && (totalReports as number) >= 0
      ? { reports: totalReports as number }
      : {}),
    ...(Number.isNaN(last) ? {} : { last: new Date(last).toISOString() }),
    ...(typeof countryCode === "string" && /^[A-Z]{2}$/.test(countryCode)
      ? { country: countryCode }
      : {}),
    ...(typeof isp === "string" && isp !== "" ? { isp: isp.slice(0, LONGEST) } : {}),
    as_of: new Date(now).toISOString(),
  };
}

/** `: what it says`; its errors are JSON: {"errors":[{"detail":"…","status":401}]}. */
function detailOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors: { detail: unknown }[] };
    const detail = errors[0].detail;
    return typeof detail === "string" ? `: ${detail.slice(0, LONGEST)}` : "";
  } catch {
    return "";
  }
}
