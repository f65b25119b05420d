/** Time as delivery sees it: tests turn it by hand. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Calls back after `ms`; what it returns takes that back. */
  after(ms: number, call: () => void): () => void;
}

/** Longest that a timer of the platform waits; who asks for more is called early and looks again. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};

/** A clock that is `ms` ahead of another. */
export function shifted(clock: Clock, ms: number): Clock {
  return { now: () => clock.now() + ms, after: (wait, call) => clock.after(wait, call) };
}
