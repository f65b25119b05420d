/** Waits that end: a test that waits for what does not come fails, and says what it waited for. */
import assert from "node:assert/strict";

/** ms. What comes at all comes in a fraction of it, on a machine however busy. */
const TIMEOUT = 300_000;

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** ms between two looks. */
  readonly everyMs?: number;
}

/**
 * Waits until a condition holds.
 * @param what is being waited for, as the failure says it; as a function: with how things stand then
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  { timeoutMs = TIMEOUT, everyMs = 10 }: WaitOptions = {},
): Promise<void> {
  for (const end = performance.now() + timeoutMs; !await holds();) {
    assert.ok(performance.now() < end, inVain(what, timeoutMs));
    await new Promise((done) => setTimeout(done, everyMs));
  }
}

/** What a promise resolves to, once it does. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  timeoutMs = TIMEOUT,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(inVain(what, timeoutMs))), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function inVain(what: string | (() => string), timeoutMs: number): string {
  return `Waited ${timeoutMs / 1000} s in vain for ${typeof what === "string" ? what : what()}`;
}
