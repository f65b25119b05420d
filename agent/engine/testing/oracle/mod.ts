/**
 * What a program's alerts must be, worked out by search over all rows at once. Written from the
 * language's description for reading, not for speed, and without a line of the engine's code: each
 * command is a function from everything that reaches it to everything that leaves it.
 */
import { evaluate, fieldValue, holds } from "../../../../compiler/ir/evaluate.ts";
import { isStateful } from "../../../../compiler/ir/walk.ts";
import type {
  IrCommand,
  IrKey,
  IrProgram,
  IrRows,
  IrRule,
  Severity,
} from "../../../../compiler/ir/program.ts";
import type { Value } from "../../../../compiler/schema/types.ts";
import { sequence } from "./sequence.ts";
import { stats } from "./stats.ts";

export type Fields = Readonly<Record<string, Value>>;

/** An event: its time, and a number that orders it among events of one time and names it. */
export interface Row {
  readonly t: number;
  readonly n: number;
  readonly fields: Fields;
}

/**
 * When something happens, as numbers and texts that compare one after the other: rows at
 * [t, 1, n]; timers before the rows of their deadline at [deadline, 0, …].
 */
export type Place = readonly (number | string)[];

export interface Members {
  readonly count: number;
  /** Events in order of time. */
  readonly rows: readonly number[];
  readonly first: number;
  readonly last: number;
}

/** A row on its way through a rule. */
export interface Item {
  readonly at: Place;
  /** Of rows that alerts give: which comes first at one place. */
  readonly among?: Place;
  readonly t: number;
  readonly fields: Fields;
  /** The event that it came with; null when no event is at the root of it. */
  readonly row: number | null;
  /** Null: the one row. */
  readonly members: Members | null;
  /** How an open episode goes on: the group's fields at each further row. */
  readonly updates: readonly Item[];
  /** Hits that throttles hold back on behalf of this one. */
  readonly held: readonly { count: number }[];
  /** `baseline`'s fields, which updates of the episode keep. */
  readonly kept: Fields;
  /** Whether its episode has an end, and whether that came. */
  readonly closed: boolean;
  /** It came behind what had been passed, see late.ts. */
  readonly late: boolean;
}

export interface ExpectedAlert {
  readonly rule: string;
  readonly time: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly suppressed: number;
  readonly severity: Severity;
  readonly message: string;
  readonly entity: Fields;
  readonly fields: Fields;
  readonly rows: readonly number[];
  readonly closed: boolean;
}

/** What commands need to know of where they stand. */
export interface Scene {
  readonly program: IrProgram;
  readonly rule: number;
  /** Number of the operator in its rule. */
  readonly stage: number;
  /** Times of the first and the last event of all. */
  readonly first: number;
  readonly last: number;
  /** Where the clock stands: silence counts up to there for `absent … clock`. */
  readonly now: number;
  /** Rows that one key of a sliding window holds. */
  readonly rowsPerKey: number;
}

export function comparePlaces(a: Place, b: Place): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    return a[i] === undefined || a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

export const compareItems = (a: Item, b: Item): number =>
  comparePlaces(a.at, b.at) || comparePlaces(a.among ?? [], b.among ?? []);

/** Deadline of an operator's key: what reads signals goes before what sends them. */
export const deadline = (scene: Scene, due: number, key: string): Place => [
  due,
  0,
  -scene.rule,
  -scene.stage,
  key,
];

/** The key of a group as text; undefined when a field of it is missing that must be there. */
export function keyOf(by: readonly IrKey[], item: Item): string | undefined {
  const values = by.map((k) => valueOf(item, k.field));
  if (values.some((v, i) => v === undefined && !by[i].nullable)) return undefined;
  if (by.length === 0) return "";
  if (by.length === 1 && !by[0].nullable) return String(values[0]);
  return values.map((v) => v === undefined ? "-" : `${String(v).length}:${v}`).join("");
}

/** Whether a throttle knows what an item is about; it holds back none of the others. */
export const hasThrottleKey = (by: readonly IrKey[], item: Item): boolean =>
  keyOf(by, item) !== undefined &&
  (by.length === 0 || by.some((k) => valueOf(item, k.field) !== undefined));

export const valueOf = (item: Item, name: string): Value =>
  name === "_time" ? item.t : fieldValue(item.fields, name);

export function keyFields(by: readonly IrKey[], item: Item): Fields {
  return Object.fromEntries(by.map((k) => [k.field, valueOf(item, k.field)]));
}

/** Items by key, each key's in order; those without a key are left out. */
export function byKey(items: readonly Item[], by: readonly IrKey[]): Map<string, Item[]> {
  const out = new Map<string, Item[]>();
  for (const item of [...items].sort(compareItems)) {
    const key = keyOf(by, item);
    if (key !== undefined) out.set(key, [...out.get(key) ?? [], item]);
  }
  return out;
}

/** A row that an operator makes: what it was made of is told by `members`. */
export function madeItem(
  from: Pick<Item, "at" | "among" | "t" | "fields" | "row" | "members"> & {
    readonly late?: boolean;
  },
): Item {
  return { late: false, ...from, updates: [], held: [], kept: {}, closed: true };
}

/** Last states of all alerts of a program over rows, which may come in any order. */
export function expectedAlerts(
  program: IrProgram,
  rows: readonly Row[],
  { rowsPerKey = Infinity, now = -Infinity }: { rowsPerKey?: number; now?: number } = {},
): ExpectedAlert[] {
  const times = rows.map((r) => r.t);
  const signals = new Map<string, readonly Item[]>();
  const told: Item[] = [];
  return program.rules.flatMap((rule, index) => {
    const scene: Omit<Scene, "stage"> = {
      program,
      rule: index,
      first: Math.min(...times),
      last: Math.max(...times),
      now,
      rowsPerKey,
    };
    const read = (from: IrRows): Item[] => rowsOf(from, rows, signals, told);
    const hits = (skip: (at: number) => boolean): Item[] => {
      let items = rule.source.kind === "from"
        ? read(rule.source.rows)
        : sequence(rule, rule.source, { ...scene, stage: 0 }, read);
      let stage = rule.source.kind === "from" ? 0 : 1;
      rule.commands.forEach((c, i) => {
        if (!skip(i)) items = command(rule, i, { ...scene, stage }, items);
        if (isStateful(c)) stage++;
      });
      return items;
    };
    // Chained rules see signals before the throttles that end a rule.
    const other = rule.commands.findLastIndex((c) => isStateful(c) && c.kind !== "throttle");
    const signalled = hits((i) => i > other && rule.commands[i].kind === "throttle");
    signals.set(
      rule.name,
      signalled.map(({ at, t, fields, row }) => madeItem({ at, t, fields, row, members: null })),
    );
    const alerts = hits(() => false);
    if (!readsAlerts(program, rule)) {
      told.push(...alerts.flatMap((item) => toldOf(rule, index, item)));
    }
    return alerts.map((item) => alertOf(rule, item));
  });
}

/** Whether a rule reads the alerts of all others, or signals of one that does. */
export function readsAlerts(program: IrProgram, rule: IrRule): boolean {
  const { source } = rule;
  const all = source.kind === "from"
    ? [source.rows]
    : [...source.steps.map((s) => s.rows), ...(source.until ? [source.until] : [])];
  return all.some((rows) =>
    rows.kind === "signal" &&
    (rows.any === true ||
      program.rules.some((r) => rows.rules.includes(r.name) && readsAlerts(program, r)))
  );
}

const POINTS = { informational: 0, low: 5, medium: 20, high: 40, critical: 80 };

/** An alert as it opens, once for each entity: what `signal any` gives. */
export function toldOf(rule: IrRule, index: number, item: Item): Item[] {
  const { severity, message, entity, count } = alertOf(rule, { ...item, updates: [] });
  const texts = Object.fromEntries(
    ["src", "dest", "user", "host"].map((n) => [n, item.fields[n]])
      .filter(([, v]) => typeof v === "string"),
  );
  const fields: Fields = {
    ...texts,
    rule: rule.name,
    title: rule.title,
    severity,
    risk: rule.risk ?? POINTS[severity],
    message,
    count,
    tactics: [],
    techniques: [],
  };
  const { at, t, row, late } = item;
  // Rows of one alert, and alerts of one event, keep their order.
  const made = (more: Fields, i: number) =>
    madeItem({
      at,
      t,
      fields: { ...fields, ...more },
      row,
      members: null,
      late,
      among: [index, i],
    });
  const about = Object.entries(entity).filter(([, v]) => v !== "" && !Array.isArray(v));
  return about.length === 0
    ? [made({}, 0)]
    : about.map(([name, v], i) => made({ entity_field: name, entity: String(v) }, i));
}

function rowsOf(
  from: IrRows,
  rows: readonly Row[],
  signals: ReadonlyMap<string, readonly Item[]>,
  told: readonly Item[],
): Item[] {
  const items = from.kind === "signal"
    ? from.any ? inOrder(told) : signalsOf(from.rules, signals)
    : rows.map((r) =>
      madeItem({ at: [r.t, 1, r.n], t: r.t, fields: r.fields, row: r.n, members: null })
    );
  return items.filter((i) => from.where === null || holds(from.where, withTime(i)));
}

export const inOrder = (items: readonly Item[]): Item[] => [...items].sort(compareItems);

/** Signals of several rules in order; those of one event in the order of their rules. */
export function signalsOf(
  rules: readonly string[],
  signals: ReadonlyMap<string, readonly Item[]>,
): Item[] {
  const items = [...signals].flatMap(([name, own]) => rules.includes(name) ? own : []);
  return rules.length === 1 ? items : items.sort((a, b) => comparePlaces(a.at, b.at));
}

export const withTime = (item: Item): Record<string, unknown> => ({
  ...item.fields,
  _time: item.t,
});

/** All that leaves one command. */
function command(rule: IrRule, at: number, scene: Scene, items: readonly Item[]): Item[] {
  const c = rule.commands[at];
  switch (c.kind) {
    case "where":
    case "except":
    case "eval":
    case "rename":
    case "fields":
    case "lookup":
      // Behind `stats` they are part of its condition: see there.
      if (rule.commands.slice(0, at).findLast((x) => isStateful(x))?.kind === "stats") {
        return [...items];
      }
      return items.flatMap((item) => {
        const fields = plainCommand(c, item.fields, item.t);
        if (fields === null) return [];
        // What only lets rows pass changes no field of them.
        const passing = c.kind === "where" || c.kind === "except";
        const updates = passing ? item.updates : item.updates.map((u) => ({
          ...u,
          fields: plainCommand(c, { ...u.fields, ...item.kept }, u.t) ?? u.fields,
        }));
        return [{ ...item, fields, updates }];
      });
    case "stats": {
      const next = rule.commands.findIndex((x, i) => i > at && isStateful(x));
      const conditions = rule.commands.slice(at + 1, next < 0 ? undefined : next);
      return stats(c, scene, items, (fields, t) => {
        let row: Fields | null = fields;
        for (const x of conditions) row = row && plainCommand(x, row, t);
        return row;
      });
    }
    case "dedup":
      return passing(items, c.by, (item, passed) => passed.every((p) => item.t - p.t >= c.within));
    case "throttle": {
      const held = new Map<Item, { count: number }>();
      const keyed = items.filter((i) => hasThrottleKey(c.by, i));
      const through = passing(keyed, c.by, (item, passed) => {
        const by = passed.find((p) => item.t - p.t < c.ms);
        if (by) held.get(by)!.count++;
        else held.set(item, { count: 0 });
        return !by;
      }).map((item) => ({ ...item, held: [...item.held, held.get(item)!] }));
      return [...through, ...items.filter((i) => !hasThrottleKey(c.by, i))];
    }
    case "first_seen": {
      const groups = [...byKey(items, c.by).values()];
      const began = Math.min(...groups.flat().map((i) => i.t));
      return groups.flatMap((own) =>
        own.filter((item, i) =>
          item.t - began >= c.warmup &&
          !own.slice(0, i).some((before) => item.t - before.t < c.history)
        )
      );
    }
    case "baseline":
      return baseline(rule, at, c, items);
    case "absent":
      return absent(c, scene, items);
  }
}

/** A command without state on one row's fields; null when it does not let the row pass. */
export function plainCommand(c: IrCommand, fields: Fields, t: number): Fields | null {
  const row = { ...fields, _time: t };
  switch (c.kind) {
    case "where":
      return holds(c.expr, row) ? fields : null;
    case "except":
      return holds(c.expr, row) ? null : fields;
    case "eval": {
      let out = fields;
      for (const a of c.assigns) {
        out = { ...out, [a.name]: evaluate(a.expr, { ...out, _time: t }) };
      }
      return out;
    }
    case "rename": {
      const out: Record<string, Value> = { ...fields };
      for (const p of c.pairs) delete out[p.from];
      for (const p of c.pairs) out[p.to] = fields[p.from];
      return out;
    }
    case "fields":
      return Object.fromEntries(
        Object.entries(fields).filter(([n]) => c.names.includes(n) !== c.remove || n === "host"),
      );
    default:
      throw new Error(`"${c.kind}" is not told here`);
  }
}

/** Rows that pass in the light of those of their key that passed before. */
function passing(
  items: readonly Item[],
  by: readonly IrKey[],
  passes: (item: Item, passed: readonly Item[]) => boolean,
): Item[] {
  return [...byKey(items, by).values()].flatMap((own) => {
    const passed: Item[] = [];
    for (const item of own) if (passes(item, passed)) passed.push(item);
    return passed;
  });
}

function baseline(
  rule: IrRule,
  at: number,
  c: Extract<IrCommand, { kind: "baseline" }>,
  items: readonly Item[],
): Item[] {
  const group = rule.commands.slice(0, at).findLast((x) => x.kind === "stats");
  const by = group?.kind === "stats" ? group.by.map((k) => ({ ...k, nullable: true })) : [];
  return [...byKey(items, by).values()].flatMap((own) =>
    own.map((item, i) => {
      const value = valueOf(item, c.field);
      const past = own.slice(0, i).filter((p) => p.t > item.t - c.history)
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
}

function absent(
  c: Extract<IrCommand, { kind: "absent" }>,
  scene: Scene,
  items: readonly Item[],
): Item[] {
  const groups = byKey(items, c.by);
  const table = scene.program.tables.find((t) => t.name === c.expect);
  const active = [...groups].map(([key, own]) => ({ key, own }));
  for (const row of table?.rows ?? []) {
    const fields = Object.fromEntries(c.by.map((k) => {
      const column = table!.columns.findIndex((x) => x.name === k.field);
      return [k.field, row[Math.max(0, column)] ?? undefined];
    }));
    // Active from the first event of all on, without a row of its own.
    const start = madeItem({ at: [-Infinity], t: scene.first, fields, row: null, members: null });
    const key = keyOf(c.by, start)!;
    const known = active.find((a) => a.key === key);
    if (!known) active.push({ key, own: [start] });
    else if (known.own[0].row !== null || known.own[0].at[0] !== -Infinity) {
      known.own = [start, ...known.own];
    }
  }
  const ended = c.clock ? Math.max(scene.last, scene.now) : scene.last;
  return active.flatMap(({ key, own }) =>
    own.flatMap((item, i) => {
      const due = item.t + c.ms;
      const next = own[i + 1];
      if (due > ended || (next && next.t < due)) return [];
      const row = item.at[0] === -Infinity ? null : item.row;
      const came = item.at[0] !== -Infinity;
      return [{
        ...madeItem({
          at: deadline(scene, due, key),
          t: due,
          fields: keyFields(c.by, item),
          row,
          members: {
            count: came ? 1 : 0,
            rows: row === null ? [] : [row],
            first: item.t,
            last: item.t,
          },
        }),
        closed: next !== undefined,
      }];
    })
  );
}

/** The last state of the alert that an item becomes. */
export function alertOf(rule: IrRule, item: Item): ExpectedAlert {
  const last = item.updates.at(-1) ?? item;
  const members = item.members ??
    { count: 1, rows: item.row === null ? [] : [item.row], first: item.t, last: item.t };
  const all = [...members.rows, ...item.updates.flatMap((u) => u.row === null ? [] : [u.row])];
  const fields = Object.fromEntries(
    Object.entries(last.fields).filter(([n, v]) => v !== undefined && !n.startsWith("_")),
  );
  const row = { ...last.fields, _time: last.t };
  const severity = typeof rule.alert.severity === "string"
    ? rule.alert.severity
    : evaluate(rule.alert.severity, row) ?? "medium";
  const text = rule.alert.text?.map((part) => {
    if (typeof part === "string") return part;
    const v = evaluate(part, row);
    if (v === undefined) return "unknown";
    if (typeof v === "number" && !Number.isInteger(v)) {
      return String(+(Math.abs(v) < 1 ? v.toPrecision(3) : v.toFixed(2)));
    }
    return Array.isArray(v) ? v.join(", ") : String(v);
  });
  const { source } = rule;
  const ofAlerts = (source.kind === "from" ? [source] : source.steps)
    .some(({ rows }) => rows.kind === "signal" && rows.any);
  const about = ofAlerts ? fields.entity_field : undefined;
  const named = entityOf(rule, ofAlerts).filter((n) => about === undefined || n !== "entity_field");
  const entity = Object.fromEntries(
    named.map((n) => [n === "entity" && about !== undefined ? String(about) : n, fields[n]])
      .filter(([, v]) => v !== undefined),
  );
  return {
    rule: rule.name,
    time: item.t,
    first: members.first,
    last: item.updates.at(-1)?.t ?? members.last,
    count: members.count + item.updates.length,
    suppressed: item.held.reduce((n, h) => n + h.count, 0),
    severity: severity as Severity,
    message: text?.join("") ?? rule.title,
    entity,
    fields,
    rows: [...new Set(all.length <= 100 ? all : [...all.slice(0, 50), ...all.slice(-50)])],
    closed: item.closed,
  };
}

function entityOf(rule: IrRule, ofAlerts: boolean): readonly string[] {
  if (rule.alert.entity.length > 0) return rule.alert.entity;
  const keyed = rule.commands.findLast((c) => "by" in c && c.by.length > 0);
  if (keyed && "by" in keyed) return keyed.by.map((k) => k.field);
  if (rule.source.kind !== "from" && rule.source.by.length > 0) {
    return rule.source.by.map((k) => k.field);
  }
  return ofAlerts ? ["entity"] : ["src", "user", "dest"];
}
