/**
 * What a program's alerts must be when rows come behind what has been passed. As in `mod.ts` a command
 * is a function from all that reaches it to all that leaves it, but it goes through its rows in the
 * order in which they are taken: that order decides what a late row finds. What a command does not
 * cover of a late row goes to the same command in the course of time of the row's clock.
 */
import { holds } from "../../../../compiler/ir/evaluate.ts";
import { isStateful } from "../../../../compiler/ir/walk.ts";
import type { IrCommand, IrProgram, IrRows, IrRule } from "../../../../compiler/ir/program.ts";
import { lateSequence, type Taken } from "./late_sequence.ts";
import { lateStats } from "./late_stats.ts";
import {
  alertOf,
  byKey,
  compareItems,
  comparePlaces,
  deadline,
  type ExpectedAlert,
  hasThrottleKey,
  inOrder,
  type Item,
  keyFields,
  keyOf,
  madeItem,
  type Place,
  plainCommand,
  readsAlerts,
  type Row,
  type Scene,
  signalsOf,
  toldOf,
  valueOf,
  withTime,
} from "./mod.ts";

/** What an operator makes of its rows, and the late ones that it no longer covers. */
export interface Outcome {
  readonly out: Item[];
  readonly uncovered: Taken[];
}

/** A row where it reached an operator that did not cover it. */
interface Delivery {
  readonly rule: number;
  readonly stage: number;
  readonly taken: Taken;
}

/** Event time that had been passed when an item was taken: for all that is not late, its own. */
export const passedAt = (item: Item): number => item.at[0] as number;

/** Event time by which an item judges state. */
export const now = (item: Item): number => item.late ? passedAt(item) : item.t;

/** Where a deadline comes that an item set: at once behind a late one, when that has been passed. */
export function dueAfter(item: Item, place: Place): Place {
  const [due, , ...rest] = place;
  return item.late && due as number <= passedAt(item) ? [...item.at, due, ...rest] : place;
}

export const isOverdue = (place: Place): boolean => place.length > 5;

/** Last states of all alerts over rows of one input in the order of their arrival, which `n` counts. */
export function expectedWithLate(
  program: IrProgram,
  rows: readonly Row[],
  rowsPerKey = Infinity,
): ExpectedAlert[] {
  let passed = -Infinity;
  const items = rows.map((r) => {
    const late = r.t < passed;
    passed = Math.max(passed, r.t);
    return madeItem({
      at: [passed, 1, r.n, 0],
      t: r.t,
      fields: r.fields,
      row: r.n,
      members: null,
      late,
    });
  });
  const first = Math.min(...items.filter((i) => !i.late).map((i) => i.t));
  const main = course(program, items, [], { first, last: passed, rowsPerKey });
  const clocks = new Map<string, Delivery[]>();
  for (const d of main.uncovered) {
    const host = String(rows.find((r) => r.n === d.taken.item.row)!.fields.host ?? "");
    clocks.set(host, [...clocks.get(host) ?? [], d]);
  }
  const others = [...clocks.values()].flatMap((own) => {
    const { deliveries, last } = ordered(own);
    return course(program, [], deliveries, { first: NaN, last, rowsPerKey }).alerts;
  });
  return [...main.alerts, ...others];
}

/** Deliveries of one clock in the order in which they are taken, with the places that they have there. */
function ordered(own: readonly Delivery[]): { deliveries: Delivery[]; last: number } {
  const order = [...own].sort((a, b) =>
    a.taken.item.row! - b.taken.item.row! || a.taken.item.t - b.taken.item.t
  );
  let passed = -Infinity, moment = 0;
  const deliveries = order.map((d, i): Delivery => {
    const { item } = d.taken;
    const before = order[i - 1]?.taken.item;
    if (before?.row !== item.row) moment = 0;
    else if (before.t !== item.t) moment++;
    const late = item.t < passed;
    passed = Math.max(passed, item.t);
    const at = [passed, 1, item.row!, moment];
    // What stands in front of the operator is in the other course: nothing of it goes on here.
    const here: Item = { ...item, at, late, updates: [], held: [], closed: true };
    return { ...d, taken: { ...d.taken, item: here } };
  });
  return { deliveries, last: passed };
}

/** One course of time: from rows, or from what another did not cover. */
function course(
  program: IrProgram,
  rows: readonly Item[],
  deliveries: readonly Delivery[],
  times: Pick<Scene, "first" | "last" | "rowsPerKey">,
): { alerts: ExpectedAlert[]; uncovered: Delivery[] } {
  const signals = new Map<string, readonly Item[]>();
  const told: Item[] = [];
  const uncovered: Delivery[] = [];
  const alerts = program.rules.flatMap((rule, index) => {
    const scene: Scene = {
      program,
      rule: index,
      stage: 0,
      now: -Infinity,
      ...times,
    };
    const read = (from: IrRows): Item[] => {
      const items = from.kind !== "signal"
        ? rows
        : from.any
        ? inOrder(told)
        : signalsOf(from.rules, signals);
      return items.filter((i) => from.where === null || holds(from.where, withTime(i)));
    };
    const given = (stage: number) =>
      deliveries.filter((d) => d.rule === index && d.stage === stage).map((d) => d.taken);
    const through = (skip: (at: number) => boolean, note: (d: Delivery) => void) => {
      const { source } = rule;
      const leave = (stage: number, { out, uncovered: left }: Outcome) => {
        for (const taken of left) note({ rule: index, stage, taken });
        return out;
      };
      let items = source.kind === "from"
        ? read(source.rows)
        : leave(0, lateSequence(rule, source, scene, read, given(0)));
      let stage = source.kind === "from" ? 0 : 1;
      rule.commands.forEach((c, at) => {
        if (!isStateful(c)) {
          if (!skip(at)) items = plainItems(rule, at, items);
          return;
        }
        if (!skip(at)) {
          const all = [...items, ...given(stage).map((g) => g.item)]
            .sort(compareItems);
          items = leave(stage, operator(rule, at, { ...scene, stage }, all));
        }
        stage++;
      });
      return items;
    };
    const other = rule.commands.findLastIndex((c) => isStateful(c) && c.kind !== "throttle");
    const signalled = through(
      (i) => i > other && rule.commands[i].kind === "throttle",
      () => {},
    );
    signals.set(
      rule.name,
      signalled.map(({ at, t, fields, row, late }) =>
        madeItem({ at, t, fields, row, members: null, late })
      ),
    );
    const hits = through(() => false, (d) => uncovered.push(d));
    if (!readsAlerts(program, rule)) {
      told.push(...hits.flatMap((item) => toldOf(rule, index, item)));
    }
    return hits.map((item) => alertOf(rule, item));
  });
  return { alerts, uncovered };
}

/** A command without state on all rows. */
function plainItems(rule: IrRule, at: number, items: readonly Item[]): Item[] {
  // Behind `stats` it is part of the condition.
  if (rule.commands.slice(0, at).findLast((x) => isStateful(x))?.kind === "stats") {
    return [...items];
  }
  const c = rule.commands[at];
  return items.flatMap((item) => {
    const fields = plainCommand(c, item.fields, item.t);
    if (fields === null) return [];
    const updates = item.updates.map((u) => ({
      ...u,
      // What only lets rows pass changes no field of them.
      fields: c.kind === "where" || c.kind === "except"
        ? u.fields
        : plainCommand(c, { ...u.fields, ...item.kept }, u.t) ?? u.fields,
    }));
    return [{ ...item, fields, updates }];
  });
}

function operator(rule: IrRule, at: number, scene: Scene, items: readonly Item[]): Outcome {
  const c = rule.commands[at];
  switch (c.kind) {
    case "stats": {
      const next = rule.commands.findIndex((x, i) => i > at && isStateful(x));
      const conditions = rule.commands.slice(at + 1, next < 0 ? undefined : next);
      return lateStats(c, scene, items, (fields, t) => {
        let row: Item["fields"] | null = fields;
        for (const x of conditions) row = row && plainCommand(x, row, t);
        return row;
      });
    }
    case "dedup":
      return once(items, c.by, c.within);
    case "throttle": {
      const { out, uncovered } = once(
        items.filter((i) => hasThrottleKey(c.by, i)),
        c.by,
        c.ms,
        true,
      );
      return { out: [...out, ...items.filter((i) => !hasThrottleKey(c.by, i))], uncovered };
    }
    case "first_seen":
      return firstSeen(c, items);
    case "baseline":
      return baseline(rule, at, c, items);
    case "absent":
      return { out: absent(c, scene, items), uncovered: [] };
    default:
      throw new Error(`"${c.kind}" has no state`);
  }
}

/** Late items for which what was there at their time is over. */
function split(items: readonly Item[], length: number): { own: Item[]; uncovered: Taken[] } {
  const over = (i: Item) => i.late && i.t + length <= passedAt(i);
  return {
    own: items.filter((i) => !over(i)),
    uncovered: items.filter(over).map((item) => ({ step: 0, item })),
  };
}

/**
 * `dedup` and `throttle`: a row is held back by one that passed less than a length away, before it or
 * after it, as long as the key is not free again by what has been passed.
 */
function once(
  items: readonly Item[],
  by: Parameters<typeof byKey>[1],
  length: number,
  counts = false,
): Outcome {
  const { own, uncovered } = split(withKey(items, by), length);
  const out = [...byKey(own, by).values()].flatMap((of) => {
    let passed: Item | null = null;
    const held = new Map<Item, { count: number }>();
    const through: Item[] = [];
    for (const item of of) {
      if (passed !== null && now(item) - passed.t < length) {
        if (counts) held.get(passed)!.count++;
        continue;
      }
      passed = item;
      held.set(item, { count: 0 });
      through.push(item);
    }
    return counts
      ? through.map((item) => ({ ...item, held: [...item.held, held.get(item)!] }))
      : through;
  });
  return { out, uncovered };
}

function firstSeen(c: Extract<IrCommand, { kind: "first_seen" }>, items: readonly Item[]): Outcome {
  const { own, uncovered } = split(withKey(items, c.by), c.history);
  const began = own.toSorted((a, b) => comparePlaces(a.at, b.at))[0]?.t;
  const out = [...byKey(own, c.by).values()].flatMap((of) => {
    let known = -Infinity;
    return of.filter((item) => {
      const isKnown = now(item) - known < c.history;
      known = isKnown ? Math.max(known, item.t) : item.t;
      return !isKnown && Math.max(item.t - began, 0) >= c.warmup;
    });
  });
  return { out, uncovered };
}

const withKey = (items: readonly Item[], by: Parameters<typeof byKey>[1]): Item[] =>
  items.filter((i) => keyOf(by, i) !== undefined);

function baseline(
  rule: IrRule,
  at: number,
  c: Extract<IrCommand, { kind: "baseline" }>,
  items: readonly Item[],
): Outcome {
  const group = rule.commands.slice(0, at).findLast((x) => x.kind === "stats");
  const by = group?.kind === "stats" ? group.by.map((k) => ({ ...k, nullable: true })) : [];
  const { own, uncovered } = split(items, c.history);
  const out = [...byKey(own, by).values()].flatMap((of) =>
    of.map((item, i) => {
      const value = valueOf(item, c.field);
      const past = of.slice(0, i).filter((p) => p.t > now(item) - c.history)
        .map((p) => valueOf(p, c.field)).filter((v) => typeof v === "number");
      if (past.length < Math.max(1, c.min) || typeof value !== "number") return item;
      const mean = past.reduce((a, b) => a + b, 0) / past.length;
      const stdev = past.length < 2
        ? 0
        : Math.sqrt(past.reduce((a, b) => a + (b - mean) ** 2, 0) / (past.length - 1));
      const kept = {
        ...item.kept,
        [`${c.field}_mean`]: mean,
        [`${c.field}_stdev`]: stdev,
        [`${c.field}_z`]: (value - mean) / (stdev > 0 ? stdev : 1),
      };
      const updates = item.updates.map((u) => ({ ...u, fields: { ...u.fields, ...kept } }));
      return { ...item, fields: { ...item.fields, ...kept }, kept, updates };
    })
  );
  return { out, uncovered };
}

/** A late row ends no silence that is over, and begins none that would be. */
function absent(
  c: Extract<IrCommand, { kind: "absent" }>,
  scene: Scene,
  items: readonly Item[],
): Item[] {
  const groups = byKey(items, c.by);
  if (!Number.isNaN(scene.first)) {
    for (const row of scene.program.tables.find((t) => t.name === c.expect)?.rows ?? []) {
      const table = scene.program.tables.find((t) => t.name === c.expect)!;
      const fields = Object.fromEntries(c.by.map((k) => {
        const column = table.columns.findIndex((x) => x.name === k.field);
        return [k.field, row[Math.max(0, column)] ?? undefined];
      }));
      // Active from the first event of all on, without a row of its own.
      const start = madeItem({ at: [-Infinity], t: scene.first, fields, row: null, members: null });
      const key = keyOf(c.by, start)!;
      groups.set(key, [start, ...groups.get(key) ?? []]);
    }
  }
  return [...groups].flatMap(([key, own]) => {
    const taken: Item[] = [];
    for (const item of own) {
      const before = taken.at(-1);
      const idle = before ? item.t < before.t : item.t + c.ms <= passedAt(item);
      if (!item.late || !idle) taken.push(item);
    }
    return taken.flatMap((item, i) => {
      const due = item.t + c.ms;
      const place = dueAfter(item, deadline(scene, due, key));
      const next = taken[i + 1];
      if (due > scene.last || (next && comparePlaces(place, next.at) > 0)) return [];
      const came = item.at[0] !== -Infinity;
      return [{
        ...madeItem({
          at: place,
          t: due,
          fields: keyFields(c.by, item),
          row: came ? item.row : null,
          members: {
            count: came ? 1 : 0,
            rows: came && item.row !== null ? [item.row] : [],
            first: item.t,
            last: item.t,
          },
          late: isOverdue(place),
        }),
        closed: next !== undefined,
      }];
    });
  });
}
