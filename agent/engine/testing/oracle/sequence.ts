/**
 * `sequence` and `together` by search: a match is looked for backwards from the row that completes
 * it, and every row in between is asked whether it forbids, clears or takes it away.
 */
import type { IrProgram, IrRows, IrRule, IrSource } from "../../../../compiler/ir/program.ts";
import type { Value } from "../../../../compiler/schema/types.ts";
import {
  comparePlaces,
  type Fields,
  type Item,
  keyFields,
  keyOf,
  madeItem,
  type Place,
  type Scene,
  valueOf,
} from "./mod.ts";

type Steps = Extract<IrSource, { kind: "sequence" | "together" }>;

/** One row, or one signal of a timer, with everything that it is to one key. */
interface Moment {
  readonly at: Place;
  readonly t: number;
  /** By step of the rule. */
  readonly items: readonly (Item | undefined)[];
  readonly until: boolean;
}

interface Match {
  /** The rows that took part. */
  readonly items: readonly Item[];
  readonly fields: Fields;
}

export function sequence(
  rule: IrRule,
  source: Steps,
  scene: Scene,
  read: (rows: IrRows) => Item[],
): Item[] {
  const steps = source.steps.map((s) => read(s.rows));
  const until = source.until ? read(source.until) : [];
  const named = fieldsNamed(scene.program, rule, source);
  const keys = new Set([...steps, until].flat().map((i) => keyOf(source.by, i)));
  keys.delete(undefined);
  return [...keys].flatMap((key) => {
    const own = (items: readonly Item[]) => items.filter((i) => keyOf(source.by, i) === key);
    const moments = momentsOf(steps.map(own), own(until));
    const of = (step: number, item: Item): Fields =>
      Object.fromEntries(
        named[step].map((f) => [`${source.steps[step].as}.${f}`, valueOf(item, f)]),
      );
    return source.kind === "sequence"
      ? inOrder(source, scene, key!, moments, of)
      : together(source, scene, key!, moments, of);
  });
}

/** For each step, the fields that the rule, or one that takes its signals, calls `name.field`. */
export function fieldsNamed(program: IrProgram, rule: IrRule, source: Steps): string[][] {
  const said = [...texts([rule.commands, rule.alert]), ...saidOfSignals(program, rule.name)];
  return source.steps.map((s) =>
    [...new Set(said)].flatMap((n) =>
      s.as && n.startsWith(`${s.as}.`) ? [n.slice(s.as.length + 1)] : []
    )
  );
}

function saidOfSignals(program: IrProgram, name: string): string[] {
  return program.rules.flatMap((r) => {
    const whole = () => [...texts([r.commands, r.alert]), ...saidOfSignals(program, r.name)];
    const reads = (rows: IrRows | null) => rows?.kind === "signal" && rows.rules.includes(name);
    const { source } = r;
    if (source.kind === "from") {
      return reads(source.rows) ? [...texts(source.rows.where), ...whole()] : [];
    }
    return [
      ...source.steps.filter((s) => reads(s.rows)).flatMap((s) => [
        ...texts([s.rows.where, source.by]),
        ...whole().flatMap((n) =>
          s.as && n.startsWith(`${s.as}.`) ? [n.slice(s.as.length + 1)] : []
        ),
      ]),
      ...(source.until && reads(source.until) ? texts([source.until.where, source.by]) : []),
    ];
  });
}

const texts = (x: unknown): string[] =>
  typeof x === "string"
    ? [x]
    : typeof x === "object" && x !== null
    ? Object.values(x).flatMap(texts)
    : [];

function momentsOf(steps: readonly Item[][], until: readonly Item[]): Moment[] {
  const places = [...steps.flat(), ...until].map((i) => i.at).sort(comparePlaces)
    .filter((p, i, all) => i === 0 || comparePlaces(all[i - 1], p) !== 0);
  return places.map((at) => {
    const here = (items: readonly Item[]) => items.findLast((i) => comparePlaces(i.at, at) === 0);
    const items = steps.map(here);
    return { at, t: (items.find((i) => i) ?? here(until))!.t, items, until: !!here(until) };
  });
}

function inOrder(
  source: Steps,
  scene: Scene,
  key: string,
  moments: readonly Moment[],
  of: (step: number, item: Item) => Fields,
): Item[] {
  const { within } = source;
  const positive = source.steps.flatMap((s, i) => s.negated ? [] : [i]);
  /** Steps with `!` between positive step i − 1 and i; 0: before the first; n: behind the last. */
  const denied = (i: number) =>
    source.steps.flatMap((s, n) =>
      s.negated && n > (positive[i - 1] ?? -1) && n < (positive[i] ?? Infinity) ? [n] : []
    );
  const denies = (m: Moment, i: number) => denied(i).some((n) => m.items[n]);
  const found = new Map<string, Match | null>();

  /** The match of steps 0 … i that moment p completes. */
  function match(i: number, p: number): Match | null {
    const name = `${i},${p}`;
    if (!found.has(name)) found.set(name, search(i, p));
    return found.get(name)!;
  }
  function search(i: number, p: number): Match | null {
    const now = moments[p];
    const item = now.items[positive[i]];
    if (!item) return null;
    const fields = of(positive[i], item);
    if (i === 0) {
      // A forbidden row bars the start for `within`, unless `until` has cleared it since.
      for (let b = p; b >= 0; b--) {
        if (denies(moments[b], 0) && now.t - moments[b].t <= within) return null;
        if (moments[b].until) break;
      }
      return { items: [item], fields };
    }
    if (now.until || denies(now, i)) return null;
    for (let q = p - 1; q >= 0; q--) {
      const before = match(i - 1, q);
      if (before) {
        const start = before.items[0].t;
        if (now.t - start > within) return null;
        for (let r = q + 1; r < p; r++) {
          const taken = moments[r].items[positive[i]] && moments[r].t - start <= within;
          if (moments[r].until || denies(moments[r], i) || taken) return null;
        }
        return { items: [...before.items, item], fields: { ...before.fields, ...fields } };
      }
    }
    return null;
  }

  const last = positive.length - 1;
  const waits = denied(positive.length).length > 0;
  return moments.flatMap((m, p) => {
    const made = match(last, p);
    if (!made) return [];
    const end = made.items[0].t + within;
    if (!waits) return [itemOf(source, made, m.at, m.t)];
    for (let r = p + 1; r < moments.length && moments[r].t <= end; r++) {
      // The newest wins: a later match takes its place.
      if (moments[r].until || denies(moments[r], positive.length) || match(last, r)) return [];
    }
    return [itemOf(source, made, endOf(scene, end, key), end)];
  });
}

function together(
  source: Steps,
  scene: Scene,
  key: string,
  moments: readonly Moment[],
  of: (step: number, item: Item) => Fields,
): Item[] {
  const { within } = source;
  const positive = source.steps.flatMap((s, i) => s.negated ? [] : [i]);
  const waits = positive.length < source.steps.length;
  const clears = (m: Moment) => m.until || source.steps.some((s, i) => s.negated && m.items[i]);
  const out: Item[] = [];

  /** The newest row of each step before a place, since all was cleared or taken. */
  function gathered(before: number, after: Place): Match | null {
    let from = 0;
    for (let p = before; p >= 0 && from === 0; p--) if (clears(moments[p])) from = p;
    const parts = positive.map((step) => {
      for (let p = before; p >= from; p--) {
        const item = moments[p].items[step];
        if (item && comparePlaces(moments[p].at, after) > 0) return { step, item };
      }
      return null;
    });
    if (parts.some((x) => x === null)) return null;
    const items: Item[] = [];
    for (const { item } of parts as { item: Item }[]) {
      const same = (o: Item) => o.row !== null && o.row === item.row && o.t === item.t;
      if (!items.some(same)) items.push(item);
    }
    items.sort((a, b) => a.t - b.t || (a.row ?? -1) - (b.row ?? -1));
    const fields = Object.assign({}, ...parts.map((x) => of(x!.step, x!.item)));
    return { items, fields };
  }

  let taken: Place = [-Infinity];
  if (!waits) {
    moments.forEach((m, p) => {
      if (!positive.some((s) => m.items[s])) return;
      const made = gathered(p, taken);
      if (!made || m.t - made.items[0].t > within) return;
      const completing = positive.flatMap((s) => m.items[s] ?? []).at(-1)!;
      out.push({ ...itemOf(source, made, m.at, m.t), row: completing.row });
      taken = m.at;
    });
    return out;
  }
  const ends = new Set<number>();
  for (const m of moments) for (const s of positive) if (m.items[s]) ends.add(m.t + within);
  for (const end of [...ends].sort((a, b) => a - b)) {
    let before = -1;
    moments.forEach((m, p) => m.t <= end ? before = p : 0);
    const made = gathered(before, taken);
    if (!made || made.items[0].t + within !== end) continue;
    out.push(itemOf(source, made, endOf(scene, end, key), end));
    taken = endOf(scene, end, key);
  }
  return out;
}

/** `within` includes its last moment: its end comes after all of that, what sends signals first. */
const endOf = (scene: Scene, end: number, key: string): Place => [
  end + 0.5,
  0,
  scene.rule,
  scene.stage,
  key,
];

function itemOf(source: Steps, match: Match, at: Place, t: number): Item {
  const { items } = match;
  const rows = items.flatMap((i) => i.row === null ? [] : [i.row]);
  const times = items.map((i) => i.t);
  const fields: Record<string, Value> = { ...keyFields(source.by, items[0]), ...match.fields };
  return madeItem({
    at,
    t,
    fields,
    row: items[items.length - 1].row,
    members: {
      count: items.length,
      rows,
      first: Math.min(...times),
      last: Math.max(...times),
    },
  });
}
