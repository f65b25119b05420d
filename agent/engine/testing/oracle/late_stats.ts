/** `stats` with late rows: each key's rows as they are taken, one after the other. */
import type { IrCommand } from "../../../../compiler/ir/program.ts";
import { hasGap } from "../../../../compiler/ir/walk.ts";
import { isOverdue, now, type Outcome, passedAt } from "./late.ts";
import type { Taken } from "./late_sequence.ts";
import {
  byKey,
  comparePlaces,
  deadline,
  type Fields,
  type Item,
  madeItem,
  type Scene,
} from "./mod.ts";
import { type Counted, groupFields, membersOf, type Test } from "./stats.ts";

type Stats = Extract<IrCommand, { kind: "stats" }>;

export function lateStats(c: Stats, scene: Scene, items: readonly Item[], test: Test): Outcome {
  const uncovered: Taken[] = [];
  const out = [...byKey(items, c.by)].flatMap(([key, own]) => {
    const leave = (item: Item) => uncovered.push({ step: 0, item });
    return c.window.kind === "sliding"
      ? sliding(c, { ms: c.window.ms, rowsPerKey: scene.rowsPerKey }, own, test, leave)
      : wholes(c, scene, key, own, test, leave);
  });
  return { out, uncovered };
}

/** Windows that measure gaps between rows take no late ones in. */
const measuresGaps = (c: Stats) => c.aggs.some((a) => a.arg !== null && hasGap(a.arg));

function sliding(
  c: Stats,
  { ms, rowsPerKey }: { readonly ms: number; readonly rowsPerKey: number },
  own: readonly Item[],
  test: Test,
  leave: (item: Item) => void,
): Item[] {
  const out: Item[] = [];
  let rows: Counted[] = [];
  let newest = -Infinity;
  let episode: { item: Item; updates: Item[] } | null = null;
  for (const item of own) {
    if (item.late && (measuresGaps(c) || item.t + ms <= passedAt(item))) {
      leave(item);
      continue;
    }
    if (now(item) - newest >= ms) {
      rows = [];
      episode = null;
      newest = -Infinity;
    }
    const gap = newest === -Infinity ? undefined : item.t - newest;
    newest = Math.max(newest, item.t);
    rows = rows.filter((x) => x.item.t > newest - ms);
    if (rows.length >= rowsPerKey) {
      // The oldest makes room for a newer row, not for one between.
      if (item.t < newest) continue;
      rows = rows.slice(1 - rowsPerKey);
    }
    const at = rows.findLastIndex((x) => x.item.t <= item.t) + 1;
    rows.splice(at, 0, { item, gap });
    const fields: Fields | null = test(groupFields(c, rows, ms), newest);
    if (fields === null) episode = null;
    else if (episode !== null) episode.updates.push({ ...item, t: newest, fields });
    else {
      const { row, late } = item;
      const members = membersOf(rows.map((x) => x.item));
      const updates: Item[] = [];
      const made = madeItem({ at: item.at, t: newest, fields, row, members, late });
      episode = { item: { ...made, updates }, updates };
      out.push(episode.item);
    }
  }
  return out;
}

interface Window {
  readonly rows: Item[];
  start: number;
  last: number;
}

/** Tumbling windows and sessions. Late rows come last in them. */
function wholes(
  c: Stats,
  scene: Scene,
  key: string,
  own: readonly Item[],
  test: Test,
  leave: (item: Item) => void,
): Item[] {
  const { ms } = c.window;
  const tumbling = c.window.kind === "tumbling";
  const max = c.window.kind === "session" ? c.window.max ?? Infinity : Infinity;
  const endOf = (w: Pick<Window, "start" | "last">) =>
    tumbling ? w.start + ms : Math.min(w.last + ms, w.start + max);
  const startOf = (t: number) => tumbling ? Math.floor(t / ms) * ms : t;
  const out: Item[] = [];
  let open: Window | null = null;
  const fire = (w: Window) => {
    const end = endOf(w);
    const counted = w.rows.map((item, i) => ({
      item,
      gap: i > 0 ? item.t - w.rows[i - 1].t : undefined,
    }));
    const fields = test(groupFields(c, counted, tumbling ? ms : end - w.start), end);
    if (fields === null) return;
    const at = deadline(scene, end, key);
    if (isOverdue(at)) throw new Error("A window was open beyond its end");
    const times = w.rows.map((i) => i.t);
    const members = {
      ...membersOf(w.rows),
      first: Math.min(...times),
      last: Math.max(...times),
    };
    out.push(madeItem({ at, t: end, fields, row: w.rows.at(-1)!.row, members }));
  };
  for (const item of own) {
    if (open !== null && comparePlaces(deadline(scene, endOf(open), key), item.at) < 0) {
      fire(open);
      open = null;
    }
    if (item.late) {
      const isOver = (w: Pick<Window, "start" | "last">) => endOf(w) <= passedAt(item);
      const alone = { start: startOf(item.t), last: item.t };
      const covered: boolean = open === null || tumbling ? !isOver(alone) : item.t >= open.start ||
        (open.start - item.t < ms && !isOver({ start: item.t, last: open.last }));
      if (!covered || measuresGaps(c)) {
        leave(item);
        continue;
      }
    }
    open ??= { rows: [], start: startOf(item.t), last: item.t };
    open.rows.push(item);
    open.start = Math.min(open.start, startOf(item.t));
    open.last = Math.max(open.last, item.t);
  }
  if (open !== null) fire(open);
  return out;
}
