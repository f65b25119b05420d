/** `--since` and `--until` of commands over what is stored. */
import { type Anchor, anchorOf, lastOf } from "../search/range.ts";
import { timeText } from "../outputs/render/text.ts";
import type { Store } from "../store/mod.ts";
import { type Args, type OptionSpec, UsageError } from "./command.ts";
import { parseDuration } from "./shared.ts";

export const RANGE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "since",
    value: "WHEN",
    summary: "From when: a duration such as 7d, or a time (default 24h)",
  },
  { name: "until", value: "WHEN", summary: "Up to when, as --since" },
];

/** Bounds of event time, epoch ms, and what is said of them. */
export interface Asked {
  readonly range: { readonly from: number; readonly to: number };
  readonly note: string | null;
}

/** What the options ask for: durations count back from now, or where nothing comes in live from the newest event. */
export async function rangeOf(store: Store, args: Args, otherwise = "24h"): Promise<Asked> {
  const anchor = await anchorOf(store, Date.now());
  const since = args.get("since") ?? otherwise, until = args.get("until");
  const from = pointOf("since", since, anchor);
  const to = until === undefined ? null : pointOf("until", until, anchor);
  const range = { from: from.time, to: to?.time ?? anchor.time + 1 };
  if (range.from > range.to) {
    throw new UsageError(
      `--since ${since} is after ${until === undefined ? "the newest event" : `--until ${until}`}`,
      "Give an earlier time",
    );
  }
  const relative = from.relative || to?.relative === true;
  const note = relative ? anchorNote(from.relative ? since : null, anchor) : null;
  return { range, note };
}

/** A time, epoch ms, or a length of time before the anchor. */
export function pointOf(
  name: string,
  text: string,
  anchor: Anchor,
): { readonly time: number; readonly relative: boolean } {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(zoned(text)) : NaN;
  if (!Number.isNaN(time)) return { time, relative: false };
  return { time: lastOf(parseDuration(name, text), anchor).from!, relative: true };
}

/** What is said where lengths of time do not count back from now. @param since the one that a range begins with */
export function anchorNote(since: string | null, anchor: Anchor): string | null {
  if (!anchor.stored) return null;
  const range = since === null ? "Counted back from" : `${since} up to`;
  return `${range} the newest event, ${timeText(anchor.time)}: nothing comes in live`;
}

/** A time without a zone is UTC, as in everything that is printed. */
const zoned = (text: string) =>
  text.length > 10 && !/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? `${text.replace(" ", "T")}Z` : text;
