/** Makes the operators and sinks of a program and ties them to its generated code. */
import type { IrProgram, IrRule } from "../../../compiler/ir/program.ts";
import type { Catalogue } from "../../../compiler/schema/types.ts";
import { bindDetectors, bindTail } from "../../../compiler/plan/bind.ts";
import * as helpers from "../../../compiler/plan/helpers.ts";
import { type Detector, type Plan, plan, type RulePlan } from "../../../compiler/plan/plan.ts";
import { AbsentOperator } from "./absent.ts";
import { AlertEmitter, type RuleCode, type Technique } from "../alerts/emitter.ts";
import type { RowContext } from "../memory/context.ts";
import { KeyedOperator } from "./keyed.ts";
import type { Operator, OperatorContext, StageCode } from "./operator.ts";
import { SequenceOperator } from "./sequence.ts";
import { StatsOperator } from "./stats.ts";
import { TableGroup } from "../memory/table.ts";

export type { Detector };

export interface Built {
  readonly plan: Plan;
  /** By extraction; each is replaced at its first event, see {@link bindDetectors}. */
  readonly kinds: readonly (Detector | null)[];
  readonly operators: readonly (readonly Operator[])[];
  readonly sinks: readonly AlertEmitter[];
}

/** What stands behind the inputs of a rule. */
type RuleFunctions = RuleCode & { readonly stages: readonly StageCode[] };

/** A program with its plan, before anything holds state. */
export interface CompiledRules {
  readonly program: IrProgram;
  readonly plan: Plan;
}

/** Compiles a program for a catalogue. Throws when a function is not known. */
export const compileRules = (program: IrProgram, catalogue: Catalogue): CompiledRules => ({
  program,
  plan: plan(program, catalogue),
});

/** Makes everything that the rules of a program hold. */
export function instantiate(
  { program, plan: made }: CompiledRules,
  cx: RowContext,
  identity: (slot: number) => string,
  technique: (id: string) => Technique,
): Built {
  const group = new TableGroup(cx.keys);
  const sinks = made.rules.map((p) =>
    new AlertEmitter(cx, p.rule, identity, p.rule.mitre.map(technique))
  );
  const operators = made.rules.map((p, i) =>
    operatorsOf(p, program, { cx, rule: p.index, sink: sinks[i], group })
  );
  const values = { H: helpers, C: made.constants, O: operators, S: sinks, X: cx };
  const tails = made.rules.map((p) => bindTail<RuleFunctions>(made, p.index, values));
  made.rules.forEach((p, i) => {
    sinks[i].code = new LazyRule(sinks[i], tails[i]);
    operators[i].forEach((o, s) => o.code = new LazyStage(o, () => tails[i]().stages[s]));
    sinks[i].readers = p.readers.map((r) => (row) => tails[r.rule]().inputs[r.input]!(row));
  });
  return { plan: made, kinds: bindDetectors(made, values), operators, sinks };
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
        return new StatsOperator(context, c);
      case "absent":
        return new AbsentOperator(context, c, program.tables.find((t) => t.name === c.expect));
      default: {
        const before = rule.commands.slice(0, s.at).findLast((x) => x.kind === "stats");
        return new KeyedOperator(context, c, before?.kind === "stats" ? before.by : []);
      }
    }
  });
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
