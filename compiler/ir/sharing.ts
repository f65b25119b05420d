/**
 * How the work of windows can be divided among agents that read the same input. Rows that meet in a window
 * of a rule, or of one whose signals it reads, have the same values of the rule's key: each value
 * can be held by one agent, and the alerts stay those of one agent that holds all.
 */
import type { IrCommand, IrProgram, IrRule } from "./program.ts";
import { firstStage } from "./signals.ts";
import { groupMates, holdsState, inputsOf, isStateful } from "./walk.ts";

/** How one rule's windows are divided. */
export interface RuleSharing {
  /** Fields by which its windows, and those of all rules in front of it, group; null where there are none. */
  readonly key: readonly string[] | null;
  /** Why one agent holds it whole; null where it has a key. */
  readonly reason: string | null;
  /**
   * Keys of the rules behind it that are others than its own: it is evaluated for their rows as well, and
   * its alerts are those of its own key. A name is that of a rule without a key.
   */
  readonly also: readonly (readonly string[] | string)[];
}

/** By rule, in the program's order; null for a rule that neither holds state nor reads signals. */
export function sharing(program: IrProgram): (RuleSharing | null)[] {
  const { rules } = program;
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const first = firstStage(rules);
  const groups = groupMates(rules);
  const keys = new Map<IrRule, Pick<RuleSharing, "key" | "reason">>();
  const closures = new Map<IrRule, ReadonlySet<IrRule>>();
  for (const rule of rules) {
    const closure = upstream(rule, byName, first, groups);
    if (!holdsState(rule) && closure.size === 1) continue;
    closures.set(rule, closure);
    keys.set(rule, keyOf(closure));
  }
  return rules.map((rule) => {
    const own = keys.get(rule);
    if (own === undefined) return null;
    const also = new Map<string, readonly string[] | string>();
    for (const [other, closure] of closures) {
      if (other === rule || !closure.has(rule)) continue;
      const { key } = keys.get(other)!;
      if (key === null || String(key) !== String(own.key)) {
        also.set(String(key ?? other.name), key ?? other.name);
      }
    }
    return { ...own, also: [...also.values()] };
  });
}

/** A rule, those that share a throttle with it, and all whose signals these read, directly or not. */
function upstream(
  rule: IrRule,
  byName: ReadonlyMap<string, IrRule>,
  first: readonly string[],
  groups: ReadonlyMap<IrRule, readonly IrRule[]>,
): Set<IrRule> {
  const out = new Set([rule]);
  for (const one of out) {
    for (const other of groups.get(one) ?? []) out.add(other);
    for (const rows of inputsOf(one)) {
      if (rows.kind !== "signal") continue;
      for (const name of rows.any ? first : rows.rules) {
        const found = byName.get(name);
        if (found) out.add(found);
      }
    }
  }
  return out;
}

function keyOf(rules: ReadonlySet<IrRule>): Pick<RuleSharing, "key" | "reason"> {
  const without = (reason: string) => ({ key: null, reason });
  let key: readonly string[] | null = null;
  for (const rule of rules) {
    if (firstSeenBehind(rule)) {
      return without(`the warm-up of first_seen in ${rule.name} begins with the row of any key`);
    }
    for (const stage of stageKeys(rule)) {
      if (stage.length === 0) return without(`${rule.name} has a window over the rows of all keys`);
      const left: readonly string[] = key === null ? stage : key.filter((f) => stage.includes(f));
      if (left.length === 0) {
        return without(`windows by ${key!.join(", ")} and by ${stage.join(", ")} meet in it`);
      }
      key = left;
    }
  }
  if (key === null) return without("no rule in front of it holds state");
  const commands = [...rules].flatMap((rule) => rule.commands);
  const set = new Set(commands.flatMap(fieldsSet));
  const left = key.filter((f) =>
    !set.has(f) && commands.every((c) => c.kind !== "fields" || c.remove || c.names.includes(f))
  );
  return left.length > 0
    ? { key: left, reason: null }
    : without(`a command gives ${key.join(", ")} another value`);
}

/** The fields that each window of a rule groups by. */
function stageKeys(rule: IrRule): (readonly string[])[] {
  const out: (readonly string[])[] = [];
  const { source } = rule;
  let group: readonly string[] = [];
  if (source.kind !== "from") out.push(group = source.by.map((k) => k.field));
  for (const c of rule.commands) {
    if (!isStateful(c)) continue;
    // A baseline is that of the group whose windows it compares.
    if (c.kind !== "baseline") group = c.by.map((k) => k.field);
    out.push(group);
  }
  return out;
}

/**
 * Its warm-up begins with the first row that reaches it. Where it stands first and reads events those are
 * all rows, whoever holds their keys.
 */
function firstSeenBehind(rule: IrRule): boolean {
  const { source } = rule;
  const all = source.kind === "from" && source.rows.kind === "events";
  return rule.commands.filter(isStateful).some((c, at) =>
    c.kind === "first_seen" && c.warmup > 0 && (at > 0 || !all)
  );
}

/** The fields that a command gives another value, or takes away under their name. */
function fieldsSet(c: IrCommand): readonly string[] {
  switch (c.kind) {
    case "eval":
      return c.assigns.map((a) => a.name);
    case "rename":
      return c.pairs.flatMap((p) => [p.from, p.to]);
    case "fields":
      return c.remove ? c.names : [];
    case "stats":
      return c.aggs.map((a) => a.as);
    default:
      return [];
  }
}
