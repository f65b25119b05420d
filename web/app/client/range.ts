/**
 * The time range of a view. Relative ranges end at the newest event, not at the present: logs that
 * are read from files are as old as they are.
 */
import { usePlace } from "./router.ts";
import { useApi } from "./fetch.ts";
import type { Stats } from "../../server/types/mod.ts";

export const RANGES: Readonly<Record<string, { label: string; ms: number | null }>> = {
  "15m": { label: "Last 15 minutes", ms: 900_000 },
  "1h": { label: "Last hour", ms: 3_600_000 },
  "6h": { label: "Last 6 hours", ms: 6 * 3_600_000 },
  "24h": { label: "Last 24 hours", ms: 86_400_000 },
  "7d": { label: "Last 7 days", ms: 7 * 86_400_000 },
  "30d": { label: "Last 30 days", ms: 30 * 86_400_000 },
  all: { label: "All time", ms: null },
};

export interface Range {
  /** A name of RANGES, or null when the ends are given. */
  readonly name: string | null;
  /** Epoch ms; null while the newest event is not known. */
  readonly from: number | null;
  readonly to: number | null;
  /** Of all that is stored; null when nothing is. */
  readonly first: number | null;
  readonly last: number | null;
  /** Whether `params` stand; over all time at once, else when the newest event is known. */
  readonly known: boolean;
  /** Whether nothing is stored. */
  readonly empty: boolean;
  /** As parameters of the API; empty over all time. */
  readonly params: { readonly from?: string; readonly to?: string };
  /** The same as long as the user looks at the same range, while a relative one moves on. */
  readonly key: string;
}

/** The range that the address says; `fallback` when it says none. */
export function useRange(fallback = "24h"): Range {
  const { query } = usePlace();
  const { data } = useApi<Stats>("/api/stats", ["counters"]);
  return rangeOf(query, data, fallback);
}

/** @param stats of all that is stored; null while they are not known */
export function rangeOf(
  query: URLSearchParams,
  stats: Pick<Stats, "first" | "last" | "newest"> | null,
  fallback: string,
): Range {
  const first = stats?.first ? Date.parse(stats.first) : null;
  const last = stats?.last ? Date.parse(stats.last) : null;
  const common = { first, last, empty: stats !== null && last === null };
  const from = Date.parse(query.get("from") ?? "");
  const to = Date.parse(query.get("to") ?? "");
  if (!Number.isNaN(from) && !Number.isNaN(to) && from < to) {
    const ends = { from, to, known: true, params: params(from, to) };
    return { ...common, ...ends, name: null, key: `${from} ${to}` };
  }
  const asked = query.get("range") ?? "";
  const name = Object.hasOwn(RANGES, asked) ? asked : fallback;
  const { ms } = RANGES[name];
  // All time has no ends to wait for.
  if (ms === null) {
    return { ...common, name, key: name, from: first, to: last, known: true, params: {} };
  }
  const newest = stats?.newest ? Date.parse(stats.newest) : null;
  if (newest === null) {
    return { ...common, name, key: name, from: null, to: null, known: stats !== null, params: {} };
  }
  // In steps of a sixtieth, so that not every event asks for everything anew.
  const step = ms / 60;
  const end = (Math.floor(newest / step) + 1) * step;
  const ends = { from: end - ms, to: end, params: params(end - ms, end) };
  return { ...common, ...ends, name, key: name, known: true };
}

function params(from: number, to: number) {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

const STEPS = [10, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400];

/** Seconds of a bucket: five minutes for a day and less, then so that there are not over 320. */
export function bucketFor(from: number, to: number, least = 300): number {
  const seconds = (to - from) / 1000;
  return STEPS.find((s) => s >= least && seconds / s <= 320) ?? STEPS.at(-1)!;
}
