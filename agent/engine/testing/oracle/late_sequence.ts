/** `sequence` and `together` with late rows: each key's rows as they are taken, one after the other. */
import type { IrRows, IrRule, IrSource } from "../../../../compiler/ir/program.ts";
import { dueAfter, isOverdue, type Outcome, passedAt } from "./late.ts";
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
import { fieldsNamed } from "./sequence.ts";

type Steps = Extract<IrSource, { kind: "sequence" | "together" }>;

/** A row of a step; -1 is `until`. Operators other than sequences have but one. */
export interface Taken {
  readonly step: number;
  readonly item: Item;
}

/** Rows that wait for more. */
interface Match {
  readonly items: readonly Item[];
  readonly fields: Fields;
}

/** A match that `!` may still forbid until its end. */
interface Waiting {
  readonly match: Match;
  readonly place: Place;
}

interface Scope {
  readonly source: Steps;
  readonly scene: Scene;
  readonly key: string;
  readonly of: (step: number, item: Item) => Fields;
  readonly out: Item[];
}

export function lateSequence(
  rule: IrRule,
  source: Steps,
  scene: Scene,
  read: (rows: IrRows) => Item[],
  given: readonly Taken[],
): Outcome {
  const named = fieldsNamed(scene.program, rule, source);
  const all: Taken[] = [
    ...source.steps.flatMap((s, step) => read(s.rows).map((item) => ({ step, item }))),
    ...(source.until ? read(source.until).map((item) => ({ step: -1, item })) : []),
    ...given,
  ].filter((t) => keyOf(source.by, t.item) !== undefined);
  const over = ({ item }: Taken) => item.late && item.t + source.within <= passedAt(item);
  const own = all.filter((t) => !over(t));
  const of = (step: number, item: Item): Fields =>
    Object.fromEntries(named[step].map((f) => [`${source.steps[step].as}.${f}`, valueOf(item, f)]));
  const out: Item[] = [];
  for (const key of new Set(own.map((t) => keyOf(source.by, t.item)!))) {
    const moments = momentsOf(source, own.filter((t) => keyOf(source.by, t.item) === key));
    const scope = { source, scene, key, of, out };
    if (source.kind === "sequence") inOrder(scope, moments);
    else together(scope, moments);
  }
  return { out, uncovered: all.filter(over) };
}

/** Rows of one moment together: `until` first, then `!`, then steps from the last. */
function momentsOf(source: Steps, own: readonly Taken[]): Taken[][] {
  const rank = (s: number) => s < 0 ? -2 : source.steps[s].negated ? -1 : source.steps.length - s;
  const moments: Taken[][] = [];
  for (const t of [...own].sort((a, b) => comparePlaces(a.item.at, b.item.at))) {
    const before = moments.at(-1);
    if (before && comparePlaces(before[0].item.at, t.item.at) === 0) before.push(t);
    else moments.push([t]);
  }
  return moments.map((m) => m.sort((a, b) => rank(a.step) - rank(b.step)));
}

const startOf = (m: Match) => Math.min(...m.items.map((i) => i.t));
const lastOf = (m: Match) => Math.max(...m.items.map((i) => i.t));

/** `within` includes its last moment. */
const endPlace = ({ scene, source, key }: Scope, by: Item, match: Match): Place =>
  dueAfter(by, [startOf(match) + source.within + 0.5, 0, scene.rule, scene.stage, key]);

function emit({ source, out }: Scope, match: Match, from: Pick<Item, "at" | "t" | "row" | "late">) {
  const { items } = match;
  out.push(madeItem({
    at: from.at,
    t: from.t,
    row: from.row,
    late: from.late,
    fields: { ...keyFields(source.by, items[0]), ...match.fields },
    members: {
      count: items.length,
      rows: items.flatMap((i) => i.row === null ? [] : [i.row]),
      first: startOf(match),
      last: lastOf(match),
    },
  }));
}

/** A match whose end came. */
const emitAtEnd = (scope: Scope, { match, place }: Waiting) =>
  emit(scope, match, {
    at: place,
    t: startOf(match) + scope.source.within,
    row: match.items[match.items.length - 1].row,
    late: isOverdue(place),
  });

function inOrder(scope: Scope, moments: readonly Taken[][]): void {
  const { source, of } = scope;
  const { steps, within } = source;
  let n = 0;
  const position = steps.map((s) => s.negated ? n - 1 : n++);
  const waits = steps[steps.length - 1].negated;
  const partials: (Match | undefined)[] = [];
  let bar = -Infinity;
  const wait: { end: Waiting | null } = { end: null };

  const take = ({ step, item }: Taken): void => {
    const { t } = item;
    const drop = (at: number) => {
      if (partials[at] && lastOf(partials[at]) <= t) partials[at] = undefined;
    };
    if (step < 0) {
      for (let i = 0; i < n; i++) drop(i);
      if (bar <= t) bar = -Infinity;
      return;
    }
    const at = position[step];
    if (steps[step].negated) {
      if (at >= 0) drop(at);
      else bar = Math.max(bar, t);
      return;
    }
    let match: Match = { items: [item], fields: of(step, item) };
    if (at === 0) {
      if (bar <= t && t - bar <= within) return;
    } else {
      const before = partials[at - 1];
      if (!before || t - startOf(before) > within || lastOf(before) > t) return;
      partials[at - 1] = undefined;
      match = {
        items: [...before.items, item],
        fields: { ...before.fields, ...match.fields },
      };
    }
    if (at === n - 1 && !waits) return emit(scope, match, item);
    const there = partials[at];
    if (there && lastOf(there) > t) return;
    partials[at] = match;
    if (at === n - 1) wait.end = { match, place: endPlace(scope, item, match) };
  };

  const fire = () => {
    if (wait.end !== null && partials[n - 1] === wait.end.match) {
      emitAtEnd(scope, wait.end);
      partials[n - 1] = undefined;
    }
    wait.end = null;
  };
  for (const moment of moments) {
    if (wait.end !== null && comparePlaces(wait.end.place, moment[0].item.at) < 0) fire();
    moment.forEach(take);
  }
  fire();
}

function together(scope: Scope, moments: readonly Taken[][]): void {
  const { source, of } = scope;
  const { steps, within } = source;
  const positive = steps.flatMap((s, i) => s.negated ? [] : [i]);
  const waits = positive.length < steps.length;
  let newest = new Map<number, Item>();
  const ends: Waiting[] = [];

  /** The newest row of each step, when they lie inside `within`. */
  const gathered = (): Match | null => {
    if (newest.size < positive.length) return null;
    const items: Item[] = [];
    for (const step of positive) {
      const item = newest.get(step)!;
      const same = (o: Item) => o.row !== null && o.row === item.row && o.t === item.t;
      if (!items.some(same)) items.push(item);
    }
    items.sort((a, b) => a.t - b.t || (a.row ?? -1) - (b.row ?? -1));
    const match = {
      items,
      fields: Object.assign({}, ...positive.map((s) => of(s, newest.get(s)!))),
    };
    return lastOf(match) - startOf(match) <= within ? match : null;
  };
  const fire = (end: Waiting) => {
    const match = gathered();
    if (!match || startOf(match) !== startOf(end.match)) return;
    emitAtEnd(scope, { match, place: end.place });
    newest = new Map();
  };
  const fireUntil = (place: Place | null) => {
    ends.sort((a, b) => comparePlaces(a.place, b.place));
    while (ends.length > 0 && (place === null || comparePlaces(ends[0].place, place) < 0)) {
      fire(ends.shift()!);
    }
  };
  for (const moment of moments) {
    fireUntil(moment[0].item.at);
    let joined: Item | null = null;
    for (const { step, item } of moment) {
      if (step < 0 || steps[step].negated) {
        for (const [s, i] of newest) if (i.t <= item.t) newest.delete(s);
        continue;
      }
      joined = item;
      const there = newest.get(step);
      if (!there || there.t <= item.t) newest.set(step, item);
    }
    const match = joined && gathered();
    if (!joined || !match) continue;
    if (waits) ends.push({ match, place: endPlace(scope, joined, match) });
    else {
      emit(scope, match, joined);
      newest = new Map();
    }
  }
  fireUntil(null);
}
