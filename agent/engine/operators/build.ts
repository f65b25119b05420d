/** Makes the operators and sinks of a program and ties them to its generated code. */
import type { IrProgram, IrRule } from "../../../compiler/ir/program.ts";
import type { Catalogue } from "../../../compiler/schema/types.ts";
import { RISK_RULE } from "../../../compiler/ir/risk.ts";
import { bindDetectors, bindTail } from "../../../compiler/plan/bind.ts";
import * as helpers from "../../../compiler/plan/helpers.ts";
import { type Detector, type Plan, plan, type RulePlan } from "../../../compiler/plan/plan.ts";
import { AbsentOperator } from "./absent.ts";
import type { Reader } from "../../../compiler/plan/rule_plan.ts";
import { AlertEmitter, type RuleCode, type Technique } from "../alerts/emitter.ts";
import { type PastAlerts, PastReader } from "../alerts/past_alerts.ts";
import { ToldAlerts } from "../alerts/told_alerts.ts";
import type { Row, RowContext } from "../memory/context.ts";
import type { SignalLog } from "./signals.ts";
import { KeyedOperator } from "./keyed.ts";
import type { Operator, OperatorContext, StageCode } from "./operator.ts";
import { SequenceOperator } from "./sequence.ts";
import { CollectedStats } from "./collected.ts";
import { SlidingStats } from "./sliding.ts";
import { StatsOperator } from "./stats.ts";
import { FewRows, isFewOwner } from "../memory/few_rows.ts";
import { type KeyTable, TableGroup } from "../memory/table.ts";
import { type Shard, ShardRules } from "./shard.ts";
import type { RuleCosts } from "./rule_costs.ts";

export type { Detector };

export interface Built {
  readonly plan: Plan;
  /** By extraction; each is replaced at its first event, see {@link bindDetectors}. */
  readonly kinds: readonly (Detector | null)[];
  readonly operators: readonly (readonly Operator[])[];
  readonly sinks: readonly AlertEmitter[];
  /** The tables of all operators. */
  readonly tables: readonly KeyTable[];
  /** Whether a rule runs here, by its index. */
  readonly here: (rule: number) => boolean;
  /** Hands a signal of a rule to those that read it here. */
  readonly read: (rule: number, row: Row) => void;
  /** What alerts say to the rules that read those of all. */
  readonly told: ToldAlerts;
}

export interface SinkOptions {
  /** Names an input's content, by slot. */
  readonly identity: (slot: number) => string;
  readonly technique: (id: string) => Technique;
  readonly shard?: Shard | null;
  /** Takes the signals of rules here for rules elsewhere. */
  readonly signals?: SignalLog;
  /** Alerts of earlier runs, for the rule that adds up risk. */
  readonly past?: PastAlerts;
  /** Takes what each rule costs. Default: nobody asks */
  readonly costs?: RuleCosts;
}

/** What stands behind the inputs of a rule. */
type RuleFunctions = RuleCode & { readonly stages: readonly StageCode[] };

/** A program with its plan, before anything holds state. */
export interface CompiledRules {
  readonly program: IrProgram;
  readonly plan: Plan;
  /** Indexes of the rules that run here, where others run elsewhere; all when left out. */
  readonly here?: ReadonlySet<number>;
}

/** Compiles a program for a catalogue. Throws when a function is not known. */
export const compileRules = (
  program: IrProgram,
  catalogue: Catalogue,
  here?: ReadonlySet<number>,
): CompiledRules => ({ program, plan: plan(program, catalogue, { here }), here });

/** Makes everything that the rules of a program hold. */
export function instantiate(
  { program, plan: made, here: those }: CompiledRules,
  cx: RowContext,
  { identity, technique, shard = null, signals, past, costs }: SinkOptions,
): Built {
  const here = (rule: number) => those === undefined || those.has(rule);
  const group = new TableGroup(cx.keys);
  const share = shard && new ShardRules(shard, program);
  // Rules that read alerts are the last of a program.
  const second = made.rules.findIndex((p) => p.second);
  const told = new ToldAlerts(second - 0.5, cx, (rule, row) => sinks[rule].tell(row));
  const sinks = made.rules.map((p) =>
    new AlertEmitter(cx, p, identity, p.rule.mitre.map(technique), told)
  );
  const operators = made.rules.map((p, i) =>
    operatorsOf(p, program, { cx, rule: p.index, sink: sinks[i], group, share })
  );
  joinGroups(operators);
  shareFew(operators.filter((_, i) => here(i)), cx, group);
  if (share) {
    sinks.forEach((sink, i) => sink.raises = share.raises(i, operators[i].length, cx, identity));
  }
  const before = share ?? costs;
  const entered = before === undefined
    ? operators
    : operators.map(([first, ...rest], i) => first ? [before.entry(i, first), ...rest] : []);
  const values = { H: helpers, C: made.constants, O: entered, S: sinks, X: cx };
  const tails = made.rules.map((p) => bindTail<RuleFunctions>(made, p.index, values));
  const reader = (r: Reader) => (row: Row) => tails[r.rule]().inputs[r.input]!(row);
  const alertReader = remembering(made, { cx, operators, past }, reader);
  made.rules.forEach((p, i) => {
    sinks[i].code = new LazyRule(sinks[i], tails[i]);
    operators[i].forEach((o, s) => o.code = new LazyStage(o, () => tails[i]().stages[s]));
    sinks[i].readers = p.readers.filter((r) => here(r.rule)).map(reader);
    sinks[i].alertReaders = p.alertReaders.filter((r) => here(r.rule)).map(alertReader);
    if (!signals || !here(i)) return;
    if (p.readers.some((r) => !here(r.rule))) {
      sinks[i].readers.push((row) => signals.add(i, row, cx, "signal"));
    }
    if (p.alertReaders.some((r) => !here(r.rule))) {
      sinks[i].alertReaders.push((row) => signals.add(i, row, cx, "alert"));
    }
  });
  const kinds = bindDetectors(made, values);
  const { tables } = group;
  return {
    plan: made,
    kinds,
    operators,
    sinks,
    tables,
    here,
    read: (i, row) => sinks[i].signal(row),
    told,
  };
}

/** Readers of alerts; what adds up risk goes on with what is known from before. */
function remembering(
  made: Plan,
  { cx, operators, past }: Pick<Built, "operators"> & {
    readonly cx: RowContext;
    readonly past: PastAlerts | undefined;
  },
  reader: (r: Reader) => (row: Row) => void,
): (r: Reader) => (row: Row) => void {
  // One for each input of the rule, whoever raises the alerts.
  const known = new Map<number, PastReader>();
  return (r) => {
    if (past === undefined || made.rules[r.rule].rule.name !== RISK_RULE) return reader(r);
    let one = known.get(r.input);
    if (one === undefined) {
      const stats = operators[r.rule].find((o) => o instanceof StatsOperator);
      const holds = (row: Row) => stats?.holds(row) ?? true;
      known.set(r.input, one = new PastReader(past, cx, holds, reader(r)));
    }
    return (row) => one.row(row);
  };
}

/** A rule's code until something of it is asked for: most of many rules never match. */
class LazyRule implements RuleCode {
  constructor(readonly sink: AlertEmitter, readonly make: () => RuleCode) {}

  #made(): RuleCode {
    return this.sink.code = this.make();
  }
  get inputs() {
    return this.#made().inputs;
  }
  get severity() {
    return this.#made().severity;
  }
  get message() {
    return this.#made().message;
  }
}

/** The same for an operator's. */
class LazyStage implements StageCode {
  constructor(readonly operator: Operator, readonly make: () => StageCode) {}

  #made(): StageCode {
    return this.operator.code = this.make();
  }
  get next() {
    return this.#made().next;
  }
  get test() {
    return this.#made().test;
  }
  get reproject() {
    return this.#made().reproject;
  }
  get gaps() {
    return this.#made().gaps;
  }
}

/** The stages of one rule. @param shared what its operators share; each adds its own stage */
function operatorsOf(
  p: RulePlan,
  program: IrProgram,
  shared: Omit<OperatorContext, "stage">,
): Operator[] {
  return p.stages.map((s): Operator => {
    const c = s.command;
    const { rule } = p;
    const context: OperatorContext = { ...shared, stage: s.index };
    if (c === null) {
      if (rule.source.kind === "from") throw new Error(`Rule "${rule.name}" has no sequence`);
      return new SequenceOperator(context, rule.source, captured(p, program));
    }
    switch (c.kind) {
      case "stats":
        return c.window.kind === "sliding"
          ? new SlidingStats(context, c, rule.commands.slice(s.at + 1))
          : new CollectedStats(context, c);
      case "absent":
        return new AbsentOperator(context, c, program.tables.find((t) => t.name === c.expect));
      default: {
        const before = rule.commands.slice(0, s.at).findLast((x) => x.kind === "stats");
        return new KeyedOperator(context, c, before?.kind === "stats" ? before.by : []);
      }
    }
  });
}

/** Sliding windows that are grouped by the same fields hold the rows of keys with few once. */
function shareFew(
  operators: readonly (readonly Operator[])[],
  cx: RowContext,
  group: TableGroup,
): void {
  const sliding = operators.flat().filter((o) => o instanceof SlidingStats);
  const alike = Map.groupBy(
    sliding.filter((one) => isFewOwner(one, cx)),
    ({ by }) => JSON.stringify(by.map((k) => [k.field, k.nullable])),
  );
  for (const all of alike.values()) {
    if (all.length < cx.limits.sharedFrom) continue;
    let few: FewRows | null = null;
    for (const one of all) {
      let member = few?.join(one) ?? null;
      if (member === null) {
        few = new FewRows(cx, group, one.by);
        member = few.join(one);
      }
      if (member !== null) one.leaveFew(few!, member);
    }
  }
}

/** Throttles of one group look into each other's alerts. */
function joinGroups(operators: readonly (readonly Operator[])[]): void {
  const groups = Map.groupBy(
    operators.flat().filter((o) => o instanceof KeyedOperator),
    ({ command: c }) => c.kind === "throttle" ? c.group : undefined,
  );
  for (const [group, all] of groups) {
    if (group === undefined) continue;
    for (const one of all) one.mates = all.filter((o) => o !== one);
  }
}

/** For each step, the fields of its row that are read later as `name.field`. */
function captured({ rule }: RulePlan, program: IrProgram): string[][] {
  if (rule.source.kind === "from") return [];
  const names = namesRead(rule, program);
  return rule.source.steps.map((s) => s.as === null ? [] : behind(s.as, names));
}

const behind = (as: string, names: ReadonlySet<string>) =>
  [...names].filter((n) => n.startsWith(`${as}.`)).map((n) => n.slice(as.length + 1));

/** Every text in a rule's commands and alert, and in what others do with its signals: names of fields are among them. */
function namesRead(rule: IrRule, program: IrProgram): Set<string> {
  const names = new Set<string>();
  const look = (x: unknown): void => {
    if (typeof x === "string") names.add(x);
    else if (typeof x === "object" && x !== null) Object.values(x).forEach(look);
  };
  look([rule.commands, rule.alert]);
  for (const reader of program.rules) {
    const s = reader.source;
    const inputs = s.kind === "from"
      ? [{ rows: s.rows, as: null }]
      : [...s.steps, { rows: s.until, as: null }];
    for (const { rows, as } of inputs) {
      if (rows?.kind !== "signal" || !rows.rules.includes(rule.name)) continue;
      look(rows.where);
      if (s.kind === "from") look([...namesRead(reader, program)]);
      else {
        look(s.by);
        if (as !== null) look(behind(as, namesRead(reader, program)));
      }
    }
  }
  return names;
}
