/** Waiting that somebody can stop. */

/**
 * What `work` comes to, or the signal's reason as soon as it is aborted: then nobody waits for `work`,
 * whatever it comes to.
 */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
