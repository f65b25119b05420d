/** Which of the loaded rules are wanted: by level, by status, and all but some. */
import type { IrRule } from "../../compiler/ir/program.ts";
import { type NamedRule, rulePattern } from "../../compiler/ir/rule_pattern.ts";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { placeText, type RulePattern } from "../../compiler/ir/tuning.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { hasSources, type Loaded } from "./loaded.ts";

export interface RuleFilter {
  /** Rules below it are excluded; one whose severity is worked out for each alert is not. */
  readonly minLevel: Severity | null;
  /** Rules of other statuses are excluded; `none` stands for rules without one. */
  readonly statuses: readonly string[] | null;
  /** Ids, names and globs of rules and their files. */
  readonly exclude: readonly string[];
  /** What `disable:` of `agent.yaml` names, which its own check has found. */
  readonly disable?: readonly RulePattern[];
}

export const NO_FILTER: RuleFilter = { minLevel: null, statuses: null, exclude: [] };

/** What a rule is judged by; of one that could not be taken, as far as it reads. */
export interface RuleFacts extends NamedRule {
  readonly status: string;
  /** Null where it is not known before the rule fires. */
  readonly level: Severity | null;
}

/** How many rules one option excluded, each counted for the first that does. */
export interface Exclusion {
  /** As on the command line: `--min-level high`. */
  readonly option: string;
  readonly rules: number;
}

/** Gives the option by which a rule is excluded, or null. */
export type Judge = (rule: RuleFacts) => string | null;

/** The judge of a filter, and which of its `exclude` have excluded nothing so far. */
export function judgeOf(filter: RuleFilter): { judge: Judge; unused: () => string[] } {
  const least = filter.minLevel === null ? -1 : SEVERITIES.indexOf(filter.minLevel);
  const patterns = filter.exclude.map((text) => ({ text, test: rulePattern(text), used: false }));
  const disabled = (filter.disable ?? []).map((p) => ({
    test: rulePattern(p.text),
    option: `disable: ${p.text} (${placeText(p)})`,
  }));
  const listed = filter.exclude.length <= 3
    ? filter.exclude.map((t) => `--exclude ${t}`).join(" ")
    : `${filter.exclude.length} times --exclude`;
  return {
    judge(rule) {
      const by = disabled.find((d) => d.test(rule));
      if (by) return by.option;
      let excluded = false;
      for (const p of patterns) {
        if (!p.test(rule)) continue;
        p.used = true;
        excluded = true;
      }
      if (excluded) return listed;
      if (rule.level !== null && SEVERITIES.indexOf(rule.level) < least) {
        return `--min-level ${filter.minLevel}`;
      }
      if (filter.statuses && !filter.statuses.includes(rule.status.toLowerCase() || "none")) {
        return `--status ${filter.statuses.join(",")}`;
      }
      return null;
    },
    unused: () => patterns.filter((p) => !p.used).map((p) => p.text),
  };
}

export const factsOf = (rule: IrRule): RuleFacts => ({
  file: rule.file,
  name: rule.name,
  id: rule.id,
  status: rule.status,
  level: typeof rule.alert.severity === "string" ? rule.alert.severity : null,
});

export interface Filtered {
  /** Those that are wanted, and those whose signals they read, which give no alerts any more. */
  readonly rules: readonly IrRule[];
  /** The rules that are excluded, by the option that does. */
  readonly excluded: ReadonlyMap<IrRule, string>;
}

/** Takes away what a judge excludes. Order is kept. */
export function filterRules(rules: readonly IrRule[], judge: Judge): Filtered {
  const excluded = new Map<IrRule, string>();
  for (const rule of rules) {
    const by = judge(factsOf(rule));
    if (by !== null) excluded.set(rule, by);
  }
  if (excluded.size === 0) return { rules, excluded };
  const byName = new Map(rules.map((r) => [r.name, r]));
  const needed = new Set<IrRule>();
  const queue = rules.filter((r) => !excluded.has(r)).flatMap((r) => r.signals);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const rule = byName.get(name);
    if (rule === undefined || needed.has(rule)) continue;
    needed.add(rule);
    queue.push(...rule.signals);
  }
  return {
    rules: rules.flatMap((r) =>
      !excluded.has(r) ? [r] : needed.has(r) ? [{ ...r, silent: true, tests: [] }] : []
    ),
    excluded,
  };
}

/** Rules as loaded, and what was taken away from them. */
export interface FilteredRules<L extends Loaded = Loaded> {
  readonly loaded: L;
  /** In the order of their first rule. */
  readonly exclusions: readonly Exclusion[];
  /** Each `exclude` that is no rule's id, name or file. */
  readonly unused: readonly string[];
}

/** Takes the rules that are not wanted out of what was loaded, and what is said of them. */
export function filterLoaded<L extends Loaded>(loaded: L, filter: RuleFilter): FilteredRules<L> {
  const { judge, unused } = judgeOf(filter);
  const { rules, excluded } = filterRules(loaded.program.rules, judge);
  const counts = new Map<string, number>();
  const count = (option: string) => counts.set(option, (counts.get(option) ?? 0) + 1);
  for (const option of excluded.values()) count(option);
  const left = loaded.left.filter((d) => {
    const known = loaded.rejected.get(d);
    const option = judge({ name: "", id: "", status: "", level: null, ...known, file: d.file });
    // Of a file that is no YAML nothing is known but its name.
    if (option === null) return true;
    if (known === undefined && !/--exclude|^disable:/.test(option)) return true;
    count(option);
    return false;
  });
  const byFile = Map.groupBy(excluded.keys(), (r) => r.file);
  const wanted = ({ file, span }: Diagnostic) =>
    !byFile.get(file)?.some((r) => span.start >= r.span.start && span.end <= r.span.end);
  return {
    loaded: excluded.size + loaded.left.length - left.length === 0 ? loaded : {
      ...loaded,
      program: { ...loaded.program, rules },
      left,
      unfed: loaded.unfed.filter(wanted),
      ...(hasSources(loaded) ? { lints: () => loaded.lints().filter(wanted) } : {}),
    },
    exclusions: [...counts].map(([option, rules]) => ({ option, rules })),
    unused: unused(),
  };
}
