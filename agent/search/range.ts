/** From when to when is searched. */
import type { Store, TimeRange } from "../store/mod.ts";

/** ms behind the clock within which the newest event says that logs come in live. */
const LIVE = 15 * 60_000;

export interface Anchor {
  /** What lengths of time count back from, epoch ms. */
  readonly time: number;
  /** It is the newest event, not the clock: nothing comes in live. */
  readonly stored: boolean;
}

/** @param now epoch ms */
export async function anchorOf(store: Store, now: number): Promise<Anchor> {
  const [newest] = (await store.events({ limit: 1 })).items;
  if (newest === undefined || newest.time >= now - LIVE) return { time: now, stored: false };
  return { time: newest.time, stored: true };
}

/** The last so many ms up to and with the anchor. */
export const lastOf = (ms: number, { time }: Anchor): TimeRange => ({
  from: time - ms,
  to: time + 1,
});
