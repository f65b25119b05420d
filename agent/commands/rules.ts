/** The rules of a run: which are wanted, and what is said of those that are left out. */
import { renderLine } from "../../compiler/check/diagnostics.ts";
import { type IrRule, SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { nearest } from "../../grammar/nearest.ts";
import { visible } from "../../grammar/visible.ts";
import type { Loaded } from "../content/loaded.ts";
import { type FilteredRules, filterLoaded, type RuleFilter } from "../content/rule_filter.ts";
import { count } from "../outputs/render/text.ts";
import { type Args, type Io, type OptionSpec, UsageError } from "./command.ts";

/** Which of the loaded rules are wanted. */
export const RULE_FILTERS: readonly OptionSpec[] = [
  {
    name: "min-level",
    value: "LEVEL",
    choices: SEVERITIES,
    summary: "Leave out rules of a lower severity",
  },
  {
    name: "status",
    value: "STATUS,…",
    multiple: true,
    summary: "Leave out rules of another status, as stable,test; none stands for rules without one",
  },
  {
    name: "exclude",
    value: "ID|GLOB",
    multiple: true,
    summary: "Leave out rules by id, by name or by file; * and ? stand for any text and character",
  },
];

/** Whom an alert of a Sigma rule of one event stands for. */
export const SIGMA_THROTTLE: OptionSpec = {
  name: "sigma-throttle",
  value: "DURATION",
  summary: "How long a Sigma rule's further matches about the same host and user are held back " +
    "(default 1h; 0: never)",
};

export const STRICT: OptionSpec = {
  name: "strict",
  summary: "Refuse rules of which one cannot be taken; without it the others are run",
};

/** Statuses of Sigma, and what stands for none. */
const STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported", "none"];

function filterOf(args: Args, rules: readonly IrRule[], tuning: Tuning): RuleFilter {
  const lists = args.all("status");
  const statuses = lists.flatMap((l) => l.split(",")).map((s) => s.trim().toLowerCase())
    .filter((s) => s !== "");
  for (const status of statuses) {
    if (STATUSES.includes(status) || rules.some((r) => r.status.toLowerCase() === status)) continue;
    const near = nearest(status, STATUSES);
    throw new UsageError(
      `No rule has the status "${status}" of --status`,
      near ? `Did you mean ${near}?` : `Give some of ${STATUSES.join(", ")}`,
    );
  }
  return {
    minLevel: args.get("min-level") as Severity | undefined ?? null,
    statuses: lists.length === 0 ? null : statuses,
    exclude: args.all("exclude"),
    disable: tuning.disable,
  };
}

/**
 * The rules that the options want; how many they exclude is printed.
 * @throws {UsageError} when they want none of those that there are
 */
export function wantedRules<L extends Loaded>(
  loaded: L,
  args: Args,
  io: Io,
  tuning = NO_TUNING,
): L {
  const filtered = filterLoaded(loaded, filterOf(args, loaded.program.rules, tuning));
  reportFilter(loaded, filtered, io);
  const { program, left } = filtered.loaded;
  if (
    filtered.exclusions.length > 0 && !program.rules.some((r) => !r.silent) && left.length === 0
  ) {
    throw new UsageError(
      `Every rule is excluded by ${filtered.exclusions.map((e) => e.option).join(" and ")}`,
      "Exclude fewer",
    );
  }
  return filtered.loaded;
}

function reportFilter(loaded: Loaded, { exclusions, unused }: FilteredRules, io: Io): void {
  const { rules } = loaded.program;
  for (const { option, rules } of exclusions) {
    io.err(
      visible(`${count(rules)} of ${count(loaded.ruleCount, "rule")} excluded by ${option}`) + "\n",
    );
  }
  for (const text of unused) {
    const near = nearest(text, rules.map((r) => r.name));
    io.err(
      visible(
        `--exclude ${text} names no rule${near === undefined ? "" : `; did you mean ${near}?`}`,
      ) + "\n",
    );
  }
}

/** Files that are named, at most: `check` names all. */
const MAX_LINES = 40;

/**
 * Says which Sigma rules are left out, one line a file, and how many can never fire.
 * @throws {UsageError} when no rule is left, or with `strict` when one is left out
 */
export function reportSigma(loaded: Loaded, io: Io, strict: boolean): void {
  const { left, unfed, program, ruleCount, texts } = loaded;
  if (left.length > 0) {
    const files = Map.groupBy(left, (d) => d.file);
    for (const found of [...files.values()].slice(0, MAX_LINES)) {
      io.err(leftLine(found, texts) + "\n");
    }
    if (files.size > MAX_LINES) {
      io.err(`… and ${count(files.size - MAX_LINES, "more file", "more files")}\n`);
    }
    const none = program.rules.length === 0;
    if (none || strict) {
      throw new UsageError(
        none
          ? `None of ${count(ruleCount, "rule")} can be taken`
          : `${count(left.length)} of ${
            count(ruleCount, "rule")
          } cannot be taken, and --strict is given`,
        "Correct them; `check` prints them all with what to do",
      );
    }
    io.err(
      `Left out ${count(left.length)} of ${count(ruleCount, "rule")}: ${codesText(left)}\n`,
    );
  }
  if (unfed.length > 0) {
    io.err(
      `${count(unfed.length, "rule")} never fire${unfed.length === 1 ? "s" : ""}: no loaded ` +
        "sourcetype feeds their log sources, which `check` names\n",
    );
  }
}

/** Numbers by code, the most first: `3 E0310, 1 E0308`. */
export const codesText = (found: readonly Diagnostic[]): string =>
  [...Map.groupBy(found, (d) => d.code)].sort(([, a], [, b]) => b.length - a.length)
    .map(([code, all]) => `${count(all.length)} ${code}`).join(", ");

/** The first mistake of a file, and how many of its rules have one besides. */
function leftLine([d, ...more]: readonly Diagnostic[], texts: Loaded["texts"]): string {
  const others = more.length === 0
    ? ""
    : ` (and ${count(more.length, "more rule", "more rules")} of this file)`;
  return renderLine(d, texts.get(d.file) ?? "", "left out") + others;
}
