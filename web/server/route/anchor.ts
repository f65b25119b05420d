/** From when lengths of time in a query count back. */
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { anchorOf } from "../../../agent/search/range.ts";
import type { Store } from "../../../agent/store/mod.ts";

/** Header of an answer whose lengths of time count back from the newest event: its time. */
export const COUNTED_FROM = "Picket-Counted-From";

/**
 * What `from=-7d` counts back from: now, or the newest event where nothing comes in live; "now" stays
 * the clock. The query is changed.
 * @param now epoch ms
 * @returns the time, and how it is told; null when it is the clock
 */
export async function countFrom(
  store: Store,
  query: URLSearchParams,
  now: number,
): Promise<{ readonly time: number; readonly told: string | null }> {
  const bounds = ["from", "to"].filter((name) => query.has(name));
  for (const name of bounds) if (query.get(name) === "now") query.set(name, `${now}`);
  if (!bounds.some((name) => /^[-+ ]\d/.test(query.get(name)!))) return { time: now, told: null };
  const { time, stored } = await anchorOf(store, now);
  return { time, told: stored ? rfc3339(time) : null };
}
