/** `stats` over sliding, tumbling and session windows: for each row or window, a look at all rows. */
import { evaluate } from "../../../../compiler/ir/evaluate.ts";
import type { IrAgg, IrCommand } from "../../../../compiler/ir/program.ts";
import type { Value } from "../../../../compiler/schema/types.ts";
import {
  byKey,
  deadline,
  type Fields,
  type Item,
  keyFields,
  madeItem,
  type Members,
  type Scene,
} from "./mod.ts";

type Stats = Extract<IrCommand, { kind: "stats" }>;
export type Test = (fields: Fields, t: number) => Fields | null;

/** A row of a group, with the time since the key's row before. */
export interface Counted {
  readonly item: Item;
  readonly gap: number | undefined;
}

export function stats(c: Stats, scene: Scene, items: readonly Item[], test: Test): Item[] {
  return [...byKey(items, c.by)].flatMap(([key, own]) => {
    switch (c.window.kind) {
      case "sliding":
        return sliding(c, c.window.ms, scene, own, test);
      case "tumbling": {
        const { ms } = c.window;
        const starts = new Set(own.map((i) => Math.floor(i.t / ms) * ms));
        return [...starts].flatMap((start) =>
          whole(
            c,
            scene,
            key,
            own.filter((i) => i.t >= start && i.t < start + ms),
            start + ms,
            test,
          )
        );
      }
      case "session":
        return sessions(own, c.window.ms, c.window.max ?? Infinity).flatMap(({ rows, end }) =>
          whole(c, scene, key, rows, end, test)
        );
    }
  });
}

function sliding(c: Stats, ms: number, scene: Scene, own: readonly Item[], test: Test): Item[] {
  const counted = own.map((item, i): Counted => {
    const gap = i > 0 ? item.t - own[i - 1].t : undefined;
    return { item, gap: gap !== undefined && gap < ms ? gap : undefined };
  });
  const inside = own.map((item, i) =>
    counted.slice(0, i + 1).filter((x) => x.item.t > item.t - ms).slice(-scene.rowsPerKey)
  );
  const results = own.map((item, i) => test(groupFields(c, inside[i], ms), item.t));
  return own.flatMap((item, i) => {
    const fields = results[i];
    const goesOn = (j: number) =>
      results[j] !== null && results[j - 1] !== null &&
      own[j].t - own[j - 1].t < ms;
    if (fields === null || (i > 0 && goesOn(i))) return [];
    const updates: Item[] = [];
    for (let j = i + 1; j < own.length && goesOn(j); j++) {
      updates.push({ ...own[j], fields: results[j]! });
    }
    const members = membersOf(inside[i].map((x) => x.item));
    return [{
      ...madeItem({ at: item.at, t: item.t, fields, row: item.row, members }),
      updates,
    }];
  });
}

/** A window that fires once, at its end. */
function whole(
  c: Stats,
  scene: Scene,
  key: string,
  rows: readonly Item[],
  end: number,
  test: Test,
): Item[] {
  const counted = rows.map((item, i) => ({
    item,
    gap: i > 0 ? item.t - rows[i - 1].t : undefined,
  }));
  const length = c.window.kind === "session" ? end - rows[0].t : c.window.ms;
  const fields = test(groupFields(c, counted, length), end);
  if (fields === null) return [];
  const row = rows[rows.length - 1].row;
  return [
    madeItem({ at: deadline(scene, end, key), t: end, fields, row, members: membersOf(rows) }),
  ];
}

function sessions(
  own: readonly Item[],
  gap: number,
  max: number,
): { rows: Item[]; end: number }[] {
  const out: { rows: Item[]; end: number }[] = [];
  for (const item of own) {
    const open = out.at(-1);
    if (!open || item.t >= open.end) out.push({ rows: [item], end: item.t + Math.min(gap, max) });
    else {
      open.rows.push(item);
      open.end = Math.min(item.t + gap, open.rows[0].t + max);
    }
  }
  return out;
}

export function membersOf(rows: readonly Item[]): Members {
  return {
    count: rows.length,
    rows: rows.flatMap((r) => r.row === null ? [] : [r.row]),
    first: rows[0].t,
    last: rows[rows.length - 1].t,
  };
}

export function groupFields(c: Stats, rows: readonly Counted[], ms: number): Fields {
  const out: Record<string, Value> = { ...keyFields(c.by, rows[0].item) };
  for (const a of c.aggs) out[a.as] = aggregate(a, rows, ms);
  return out;
}

/** One aggregate over the rows of a window of a length in ms. */
function aggregate(a: IrAgg, rows: readonly Counted[], ms: number): Value {
  const values = a.arg === null
    ? []
    : rows.map(({ item, gap }) =>
      evaluate(a.arg!, { ...item.fields, _time: item.t }, gap === undefined ? {} : { gap })
    ).filter((v) => v !== undefined);
  const numbers = values.filter((v) => typeof v === "number");
  const counted = a.arg === null ? rows.length : values.filter((v) => v !== false).length;
  const sum = exactSum(numbers);
  switch (a.fn) {
    case "count":
      return counted;
    case "rate":
      return counted / (ms / 1000);
    case "sum":
      return numbers.length ? sum : undefined;
    case "avg":
      return numbers.length ? sum / numbers.length : undefined;
    case "stdev": {
      if (numbers.length < 2) return undefined;
      const mean = sum / numbers.length;
      return Math.sqrt(
        exactSum(numbers.map((n) => (n - mean) ** 2)) / (numbers.length - 1),
      );
    }
    case "min":
      return numbers.length ? Math.min(...numbers) : undefined;
    case "max":
      return numbers.length ? Math.max(...numbers) : undefined;
    case "dc":
      return new Set(values).size;
    case "values":
      return [...new Set(values.map(String))].sort().slice(0, 100);
    case "list":
      return values.map(String).slice(-100);
    case "decayed_sum": {
      const newest = Math.max(...rows.map((r) => r.item.t));
      const parts = rows.flatMap(({ item }) => {
        const v = evaluate(a.arg!, { ...item.fields, _time: item.t });
        return typeof v === "number" ? v * 0.5 ** ((newest - item.t) / a.constants![0]) : [];
      });
      return parts.length ? exactSum(parts) : undefined;
    }
    case "first":
      return values[0];
    case "last":
      return values.at(-1);
    case "median":
    case "perc": {
      // Nearest rank: the smallest value that at least so many per cent do not exceed.
      const n = a.constants?.[0] ?? 50;
      const sorted = [...numbers].sort((x, y) => x - y);
      return sorted.find((_, i) => (i + 1) * 100 >= n * sorted.length);
    }
    default:
      throw new Error(`The oracle does not know the aggregate "${a.fn}"`);
  }
}

/** Smallest magnitudes first, so that large ones do not swallow them. */
function exactSum(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => Math.abs(a) - Math.abs(b)).reduce((a, b) => a + b, 0);
}
