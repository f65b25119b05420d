/** What the planner knows of one rule before code is made for it. */
import type { IrProgram, IrRule } from "../ir/program.ts";
import { secondStage } from "../ir/signals.ts";
import {
  fieldsRead,
  inputsOf,
  isStateful,
  keyFields,
  ruleExprs,
  type StatefulCommand,
} from "../ir/walk.ts";

/** One operator of a rule: the sequence it starts with (`command` null), or a stateful command. */
export interface StagePlan {
  /** Index among the rule's operators. */
  readonly index: number;
  /** Index in the rule's commands; -1 for a sequence. */
  readonly at: number;
  readonly command: StatefulCommand | null;
}

export interface RulePlan {
  readonly rule: IrRule;
  readonly index: number;
  readonly stages: readonly StagePlan[];
  /** Reached in order of event time: it holds state, or takes signals. */
  readonly ordered: boolean;
  /** Index of the command before which its hits become signals. */
  readonly signalAt: number;
  /** Inputs, by rule and number, that read this rule's signals. */
  readonly readers: readonly Reader[];
  /** Inputs that read the alerts of all rules of the first stage, of which this one is. */
  readonly alertReaders: readonly Reader[];
  /** It reads alerts of all others, itself or by a signal. */
  readonly second: boolean;
  /** Which of `sourcetype` and `source`, which are no properties of events, the rule speaks of. */
  readonly implied: readonly string[];
}

/** An input of a rule, by the rule's index and its own. */
export interface Reader {
  readonly rule: number;
  readonly input: number;
}

/** The plans of all rules, in their order. */
export function rulePlans(program: IrProgram): RulePlan[] {
  const readers = new Map<string, Reader[]>();
  const any: Reader[] = [];
  program.rules.forEach((rule, index) =>
    inputsOf(rule).forEach((rows, input) => {
      if (rows.kind !== "signal") return;
      if (rows.any) any.push({ rule: index, input });
      for (const name of rows.rules) {
        const known = readers.get(name);
        if (known) known.push({ rule: index, input });
        else readers.set(name, [{ rule: index, input }]);
      }
    })
  );
  const second = secondStage(program.rules);
  return program.rules.map((rule, index) => {
    const isSecond = second.has(rule.name);
    return {
      ...rulePlan(rule, index),
      readers: readers.get(rule.name) ?? [],
      alertReaders: isSecond || rule.silent ? [] : any,
      second: isSecond,
    };
  });
}

function rulePlan(
  rule: IrRule,
  index: number,
): Omit<RulePlan, "readers" | "alertReaders" | "second"> {
  const stages: StagePlan[] = [];
  if (rule.source.kind !== "from") stages.push({ index: 0, at: -1, command: null });
  rule.commands.forEach((c, at) => {
    if (isStateful(c)) stages.push({ index: stages.length, at, command: c });
  });
  const inputs = inputsOf(rule);
  const last = stages.findLastIndex((s) => s.command?.kind !== "throttle");
  const throttle = stages[last + 1];
  return {
    rule,
    index,
    stages,
    ordered: stages.length > 0 || inputs.some((i) => i.kind === "signal"),
    signalAt: throttle ? throttle.at : rule.commands.length,
    implied: impliedBy(rule),
  };
}

/** See {@link RulePlan.implied}. */
function impliedBy(rule: IrRule): string[] {
  const read = new Set(keyFields(rule));
  for (const e of ruleExprs(rule)) for (const name of fieldsRead(e)) read.add(name);
  return ["sourcetype", "source"].filter((name) => read.has(name));
}
