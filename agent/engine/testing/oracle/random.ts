/** Random programs and streams: every operator in every place where it may stand. */
import { withException } from "../../../../compiler/check/exceptions.ts";
import type {
  IrAgg,
  IrAlert,
  IrExpr,
  IrProgram,
  IrRows,
  IrRule,
} from "../../../../compiler/ir/program.ts";
import type { Type } from "../../../../compiler/schema/types.ts";
import {
  agg,
  anySignal,
  atLeast,
  compare,
  constant,
  events,
  field,
  gap,
  is,
  keys,
  rule,
  signal,
  step,
  where,
} from "../streams.ts";
import type { Row } from "./mod.ts";

export const FOCI = [
  "sequence",
  "together",
  "sliding",
  "tumbling",
  "session",
  "dedup",
  "throttle",
  "first_seen",
  "baseline",
  "absent",
] as const;
export type Focus = typeof FOCI[number];

/** Numbers from 0 to 1 by a seed: mulberry32. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let z = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    z = z + Math.imul(z ^ z >>> 7, 61 | z) ^ z;
    return ((z ^ z >>> 14) >>> 0) / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  some<T>(list: readonly T[], most: number): T[] {
    const rest = [...list];
    return Array.from(
      { length: Math.min(1 + this.below(most), list.length) },
      () => rest.splice(this.below(rest.length), 1)[0],
    );
  }
}

export const FIELDS: Readonly<Record<string, Type>> = {
  src: "string",
  user: "string",
  k: "string",
  n: "int",
};
/** Of the rows that `signal any` gives. */
const ALERT_FIELDS: Readonly<Record<string, Type>> = {
  rule: "string",
  severity: "string",
  entity: "string",
  entity_field: "string",
  src: "string",
  user: "string",
  count: "int",
  risk: "int",
};
type Fields = Readonly<Record<string, Type>>;
type Command = Parameters<typeof rule>[2] extends readonly (infer C)[] | undefined ? C : never;

/** Lengths of time, few, so that rows lie exactly at their ends. */
const LENGTHS = [5, 10, 20, 30];

/** Up to two rules, and one behind them that has the operator asked for. */
export function randomProgram(r: Random, focus: Focus): IrProgram {
  const rules: IrRule[] = [];
  const fields = new Map<string, Fields>();
  const count = 1 + r.below(3);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    const made = randomRule(r, `r${i}`, last ? focus : r.pick(FOCI), fields, rules, last);
    rules.push(made.rule);
    fields.set(made.rule.name, made.fields);
  }
  return {
    rules,
    tables: [{
      name: "assets",
      columns: [{ name: r.pick(["src", "name"]), type: "string" }],
      rows: [["s1"], ["s9"]],
    }],
  };
}

function randomRule(
  r: Random,
  name: string,
  focus: Focus,
  earlier: ReadonlyMap<string, Fields>,
  rules: readonly IrRule[],
  last: boolean,
): { rule: IrRule; fields: Fields } {
  const commands: Command[] = [];
  let fields: Fields;
  let source: Parameters<typeof rule>[1];
  const named: string[] = [];
  // Of other rules the order in which alerts of one event arrive is not that of the rules.
  const any = last && rules.length > 0 &&
    rules.every((x) => x.source.kind === "from" && x.signals.length === 0);
  if (focus === "sequence" || focus === "together") {
    const steps = Array.from({ length: 2 + r.below(3) }, (_, i) => {
      const as = r.chance(0.4) ? `step${i}` : null;
      return step(randomRows(r, earlier, any).rows, i > 0 && r.chance(0.3), as);
    });
    if (r.chance(0.15)) steps.unshift(step(randomRows(r, earlier, any).rows, true));
    for (const s of steps) {
      if (s.as && !s.negated && r.chance(0.7)) {
        named.push(`${s.as}.${r.pick(["user", "n", "_time"])}`);
      }
    }
    const by = r.pick([["src"], ["src"], ["user"], ["src", "?user"], []]);
    source = {
      kind: focus,
      by: keys(...by),
      within: r.pick(LENGTHS),
      steps,
      until: r.chance(0.4) ? randomRows(r, earlier, any).rows : null,
    };
    fields = Object.fromEntries([
      ...by.map((k) => [k.replace("?", ""), "string" as Type]),
      ...named.map((n) => [n, n.endsWith("user") ? "string" : "int"] as [string, Type]),
    ]);
  } else {
    const rows = (r.chance(0.4) ? severalSignals(earlier, rules) : null) ??
      randomRows(r, earlier, any);
    source = rows.rows;
    fields = rows.fields;
  }
  const add = (kind: Focus | "where" | "eval" | "rename" | "fields") => {
    const made = randomCommand(r, kind, fields, commands);
    if (made === null) return;
    commands.push(...made.commands);
    fields = made.fields;
  };
  const few = () => {
    if (r.chance(0.35)) {
      add(r.pick(["where", "eval", "dedup", "throttle", "first_seen", "sliding"]));
    }
  };
  few();
  if (focus === "baseline") add(r.pick(["tumbling", "tumbling", "session", "sliding"]));
  if (focus !== "sequence" && focus !== "together") add(focus);
  few();
  if (r.chance(0.3)) add("throttle");
  if (r.chance(0.3)) add(r.pick(["eval", "rename", "fields", "where"]));
  const made = rule(name, source, commands, randomAlert(r, fields, named));
  return { rule: r.chance(0.25) ? randomException(r, made, fields) : made, fields };
}

/** The rule with one exception or two over the fields of its rows, where a condition fits those. */
function randomException(r: Random, rule: IrRule, fields: Fields): IrRule {
  let out = rule;
  for (let n = 1 + r.below(2); n > 0; n--) {
    const command = randomCommand(r, "where", fields, rule.commands)?.commands[0];
    if (command?.kind !== "where") continue;
    const place = { file: "agent.yaml", span: { start: 0, end: 0 }, line: 1 };
    out = withException(out, {
      ...place,
      id: `agent.yaml:${n}`,
      rules: [],
      where: {
        ...place,
        expr: { kind: "bool", value: true, span: place.span },
        text: "",
        placeOf: (s) => s,
      },
      reason: "random",
      until: null,
      by: "",
    }, command.expr);
  }
  return out;
}

function randomRows(
  r: Random,
  earlier: ReadonlyMap<string, Fields>,
  any: boolean,
): { rows: IrRows; fields: Fields } {
  if (any && r.chance(0.4)) return { rows: anySignal(), fields: ALERT_FIELDS };
  if (earlier.size > 0 && r.chance(0.4)) {
    const name = r.pick([...earlier.keys()]);
    return { rows: signal(name), fields: earlier.get(name)! };
  }
  const which = r.pick([null, is("k", "a"), is("k", "b"), is("k", "c"), is("user", "u1")]);
  return { rows: events(which), fields: FIELDS };
}

/**
 * The signals of all rules with `from` over events, and the fields that they share; null for fewer than two. Of
 * other rules the order in which signals of one event arrive is not that of the rules.
 */
function severalSignals(
  earlier: ReadonlyMap<string, Fields>,
  rules: readonly IrRule[],
): { rows: IrRows; fields: Fields } | null {
  const names = rules.filter((x) => x.source.kind === "from" && x.signals.length === 0).map((x) =>
    x.name
  );
  if (names.length < 2) return null;
  const [first, ...others] = names.map((name) => earlier.get(name)!);
  const shared = Object.entries(first).filter(([f, type]) => others.every((o) => o[f] === type));
  return { rows: signal(...names), fields: Object.fromEntries(shared) };
}

function randomAlert(r: Random, fields: Fields, named: readonly string[]): Partial<IrAlert> {
  const names = Object.keys(fields).filter((n) => fields[n] === "string" || fields[n] === "int");
  const whole = names.find((n) => fields[n] === "int");
  const shown = [...new Set([...named, ...names.length ? [r.pick(names)] : []])];
  return {
    text: r.chance(0.8) ? ["on ", ...shown.flatMap((n) => [field(n, fields[n]), " "])] : null,
    ...(whole && r.chance(0.5)
      ? {
        severity: {
          type: "string",
          span: { start: 0, end: 0 },
          op: "cond",
          test: atLeast(whole, 3),
          then: constant("critical"),
          else: constant("low"),
        } as IrExpr,
      }
      : {}),
    entity: names.length && r.chance(0.2) ? [r.pick(names)] : [],
  };
}

function randomCommand(
  r: Random,
  kind: Focus | "where" | "eval" | "rename" | "fields",
  fields: Fields,
  before: readonly Command[],
): { commands: Command[]; fields: Fields } | null {
  const texts = Object.keys(fields).filter((n) => fields[n] === "string");
  const ints = Object.keys(fields).filter((n) => fields[n] === "int");
  const floats = Object.keys(fields).filter((n) => fields[n] === "float");
  const by = () => keys(...r.some(texts, 2).map((n) => r.chance(0.2) ? `?${n}` : n));
  const keep = (c: Command) => ({ commands: [c], fields });
  switch (kind) {
    case "sequence":
    case "together":
      return null;
    case "where": {
      const tests = [
        ...ints.map((n) => atLeast(n, 1 + r.below(4))),
        ...ints.map((n) => compare("<", field(n, "int"), constant(3 + r.below(6)))),
        // Away from every value that rounding could put on the other side.
        ...floats.map((n) => compare(">", field(n, "float"), constant(r.below(5) + 0.123457))),
        ...(texts.includes("user") ? [compare("!=", field("user"), constant("u2"))] : []),
      ];
      return tests.length ? keep(where(r.pick(tests))) : null;
    }
    case "eval": {
      if (!ints.length) return null;
      const arg = field(r.pick(ints), "int");
      const sum: IrExpr = {
        type: "int",
        span: { start: 0, end: 0 },
        op: "+",
        left: arg,
        right: constant(1),
      };
      return {
        commands: [{ kind: "eval", assigns: [{ name: "more_of_it", expr: sum }] }],
        fields: { ...fields, more_of_it: "int" },
      };
    }
    case "rename": {
      const from = r.pick(Object.keys(fields).filter((n) => !n.includes(".")));
      if (from === undefined) return null;
      const { [from]: type, ...rest } = fields;
      return {
        commands: [{ kind: "rename", pairs: [{ from, to: "renamed" }] }],
        fields: { ...rest, renamed: type },
      };
    }
    case "fields": {
      const names = r.some(Object.keys(fields), 3);
      const remove = r.chance(0.5);
      if (names[0] === undefined) return null;
      return {
        commands: [{ kind: "fields", remove, names }],
        fields: Object.fromEntries(
          Object.entries(fields).filter(([n]) => names.includes(n) !== remove),
        ),
      };
    }
    case "dedup":
      return keep({ kind: "dedup", by: by(), within: r.pick(LENGTHS) });
    case "throttle":
      return keep({ kind: "throttle", by: by(), ms: r.pick([...LENGTHS, 60]) });
    case "first_seen":
      return keep({
        kind: "first_seen",
        by: by(),
        history: r.pick([...LENGTHS, 60]),
        warmup: r.pick([0, 5, 20]),
      });
    case "absent": {
      if (!texts.length) return null;
      const expect = texts.includes("src") && r.chance(0.5);
      const made = expect ? keys("src") : by();
      return {
        commands: [{
          kind: "absent",
          by: made,
          ms: r.pick(LENGTHS),
          expect: expect ? "assets" : null,
          clock: r.chance(0.3),
        }],
        fields: Object.fromEntries(made.map((k) => [k.field, "string"])),
      };
    }
    case "baseline": {
      const group = before.findLast((c) => c.kind === "stats");
      if (!group || !ints.length) return null;
      const name = r.pick(ints);
      return {
        commands: [{
          kind: "baseline",
          field: name,
          history: r.pick([30, 60, 200]),
          min: 1 + r.below(3),
        }],
        fields: {
          ...fields,
          [`${name}_mean`]: "float",
          [`${name}_stdev`]: "float",
          [`${name}_z`]: "float",
        },
      };
    }
    case "sliding":
    case "tumbling":
    case "session": {
      const made = by();
      const aggs = randomAggs(r, texts, ints);
      const out: Fields = Object.fromEntries([
        ...made.map((k) => [k.field, "string" as Type]),
        ...aggs.map((a) => [a.as, a.type]),
      ]);
      const window = kind === "session"
        ? { kind, ms: r.pick(LENGTHS), max: r.pick([null, 8, 30]) } as const
        : { kind, ms: r.pick(LENGTHS) } as const;
      const commands: Command[] = [{ kind: "stats", aggs, by: made, window }];
      if (r.chance(0.7)) commands.push(...randomCommand(r, "where", out, commands)?.commands ?? []);
      return { commands, fields: out };
    }
  }
}

function randomAggs(r: Random, texts: readonly string[], ints: readonly string[]): IrAgg[] {
  const all: IrAgg[] = [
    agg("count", "c"),
    { ...agg("rate", "per_second"), type: "float" },
    { ...agg("avg", "mean_gap", gap), type: "float" },
    { ...agg("max", "longest_gap", gap) },
  ];
  for (const t of texts.slice(0, 2)) {
    const arg = field(t);
    all.push(
      agg("dc", "distinct", arg),
      agg("count", "of_u1", is(t, "u1")),
      { ...agg("values", "list", arg), type: { list: "string" } },
      { ...agg("list", "in_order", arg), type: { list: "string" } },
      { ...agg("first", "earliest", arg), type: "string" },
      { ...agg("last", "latest", arg), type: "string" },
    );
  }
  for (const n of ints.slice(0, 2)) {
    const arg = field(n, "int");
    all.push(
      agg("sum", "total", arg),
      { ...agg("avg", "mean", arg), type: "float" },
      { ...agg("decayed_sum", "decayed", arg, 10), type: "float" },
      agg("min", "least", arg),
      agg("max", "most", arg),
      { ...agg("stdev", "dev", arg), type: "float" },
      agg("perc", "p90", arg, 90),
      agg("perc", "p33", arg, 33),
      agg("median", "middle", arg),
      agg("dc", "numbers", arg),
    );
  }
  const some = r.some(all, 5);
  return some.filter((a, i) => some.findIndex((b) => b.as === a.as) === i);
}

/** Rows of few keys, many at one time or exactly a window's length apart, now and then with a field missing. */
export function randomStream(r: Random, most = 40): Row[] {
  const gaps = r.pick([[0, 1, 2, 3], [0, 0, 1, 5, 10], [1, 5, 10, 20, 30], [0, 3, 7, 45]]);
  let t = 1000 + r.below(30);
  const missing = r.pick([0, 0, 0.15]);
  const big = r.chance(0.1);
  return Array.from({ length: r.below(most + 1) }, (_, n) => {
    t += r.pick(gaps);
    const given = {
      src: r.pick(["s1", "s1", "s2"]),
      user: r.pick(["u1", "u2", "U1", "a user with a long name"]),
      k: r.pick(["a", "a", "b", "b", "c", "d"]),
      n: big && r.chance(0.1) ? 1e12 : r.below(10),
    };
    const fields = Object.fromEntries(
      Object.entries(given).filter(([name]) => name === "k" || !r.chance(missing)),
    );
    return { t, n, fields };
  });
}
