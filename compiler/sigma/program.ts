/** Rules and correlations → resolved rules, each after those whose signals it reads. */
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { planDigest } from "../ir/digest.ts";
import type { IrCommand, IrExpr, IrKey, IrRule, IrSource } from "../ir/program.ts";
import { rowOf } from "../check/rows.ts";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Catalogue, Type } from "../schema/types.ts";
import { type Entry, References, type RejectedRule } from "./collection.ts";
import { correlate, measured } from "./correlate.ts";
import type { Member, Work } from "./members.ts";
import { near } from "./temporal.ts";
import type { Correlation, Named } from "./correlation.ts";
import type { Detection } from "./detection.ts";
import { LogSources, type Rows } from "./logsource.ts";
import type { Metadata } from "./metadata.ts";
import { fieldExpr, matchExpr, placedAt } from "./rows.ts";
import type { SigmaRule } from "./rule.ts";
import { SigmaError } from "./yaml.ts";

type RuleEntry = Extract<Entry, { kind: "rule" }>;
type CorrelationEntry = Extract<Entry, { kind: "correlation" }>;

export class Compiler {
  readonly #rules: IrRule[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  readonly #rejected = new Map<Diagnostic, RejectedRule>();
  readonly #unfed: { rule: SigmaRule; file: string }[] = [];
  readonly #sources: LogSources;
  readonly #references: References;
  /** Rules that alert for correlations only. */
  readonly #silent = new Set<Entry>();
  /** Correlations: null while one is being compiled, and for one that cannot be. */
  readonly #correlations = new Map<Entry, IrRule | null>();

  constructor(
    readonly entries: readonly Entry[],
    readonly catalogue: Catalogue,
    /** How long further matches of a rule of one event are held back, in ms; 0: not at all. */
    readonly throttle: number,
    /** Names of rules, to which those that it makes itself are added. */
    readonly taken: Set<string>,
  ) {
    this.#sources = new LogSources(catalogue);
    this.#references = new References(entries);
  }

  run() {
    this.#findSilent();
    for (const entry of this.entries) {
      if (entry.kind === "correlation") {
        this.#correlation(entry);
        continue;
      }
      try {
        this.#rule(entry);
      } catch (error) {
        this.#reject(entry, error);
      }
    }
    return {
      rules: this.#rules,
      diagnostics: this.#diagnostics,
      rejected: this.#rejected,
      unfed: this.#unfed,
    };
  }

  /** A rule that correlations name alerts by itself where one of them says so. */
  #findSilent(): void {
    const loud = new Set<Entry>();
    for (const { kind, item, file } of this.entries) {
      if (kind !== "correlation") continue;
      for (const reference of item.rules) {
        // What is not found is told when the correlation is compiled.
        const found = this.#references.lookUp(reference, file);
        if (found.length === 1) (item.generate ? loud : this.#silent).add(found[0]);
      }
    }
    for (const entry of loud) this.#silent.delete(entry);
  }

  #rule(entry: RuleEntry): void {
    const { item: rule, file } = entry;
    const rows = this.#sources.rowsOf(rule.logsource);
    // Made even where nobody asks for it, for what is wrong with it.
    const made = this.#irRule(entry, this.#workOf(entry, rows));
    if (rows.unfed) this.#unfed.push({ rule, file });
    if (!this.#silent.has(entry)) this.#rules.push(made);
  }

  #workOf(entry: RuleEntry, rows: Rows): Work {
    const { item: rule } = entry;
    const { aggregation, condition, detection } = rule;
    if (aggregation === null) return workOfRule(rule, rows, this.catalogue, this.throttle);
    if (aggregation.kind === "near") {
      const { name, span } = aggregation.selection;
      const other = matchExpr(rule, rows, { op: "selection", name, span });
      const second = memberOf(rule.title, rows, other);
      const first = memberOf(rule.title, rows, matchExpr(rule, rows));
      return near(first, second, aggregation.ms, detection);
    }
    const member = memberOf(rule.title, rows, matchExpr(rule, rows, condition));
    return measured([member], aggregation.measure, aggregation.by, aggregation.ms, detection);
  }

  #irRule(
    entry: Entry,
    { source, commands, types, feeds }: Work,
    level?: Severity,
    name = entry.name,
  ): IrRule {
    for (const [feed, work] of feeds ?? []) {
      this.#rules.push({ ...this.#irRule(entry, work, level, feed), silent: true });
    }
    return {
      ...headOf(entry.item),
      name,
      file: entry.file,
      source,
      commands,
      alert: { text: null, severity: level ?? entry.item.level ?? "medium", entity: [] },
      tests: [],
      signals: signalsOf(source),
      rowType: types,
      planHash: planDigest(
        source,
        commands,
        (name) => this.#rules.find((r) => r.name === name) ?? null,
      ),
    };
  }

  /** The correlation as a rule, compiled when it is asked for first; null where it cannot be. */
  #correlation(entry: CorrelationEntry): IrRule | null {
    const known = this.#correlations.get(entry);
    if (known !== undefined) return known;
    this.#correlations.set(entry, null);
    try {
      const made = this.#correlated(entry);
      this.#correlations.set(entry, made);
      this.#rules.push(made);
      return made;
    } catch (error) {
      this.#reject(entry, error);
      return null;
    }
  }

  #reject({ file, name, item }: Entry, error: unknown): void {
    if (!(error instanceof SigmaError)) throw error;
    const d = error.diagnostic(file);
    this.#diagnostics.push(d);
    this.#rejected.set(d, { name, id: item.id, status: item.status, level: item.level });
  }

  #correlated(entry: CorrelationEntry): IrRule {
    const { item, file } = entry;
    const found = item.rules.map((r) => this.#references.find(r, file));
    checkAliases(item);
    const members = found.map((e, i) => this.#member(entry, e, item.rules[i]));
    const work = correlate(item, members, (nth) => this.#feedName(`${entry.name}_from_${nth}`));
    const made = this.#irRule(entry, work, levelOf(item, found));
    return this.#silent.has(entry) ? { ...made, silent: true } : made;
  }

  #feedName(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.taken.has(name); n++) name = `${wanted}_${n}`;
    this.taken.add(name);
    return name;
  }

  #member(entry: CorrelationEntry, named: Entry, reference: Named): Member {
    const { item: correlation, file } = entry;
    const { name, span } = reference;
    if (named.kind === "correlation") {
      if (named === entry) throw unusable(reference, "is this correlation itself");
      const rule = this.#correlation(named);
      if (rule === null) throw unusable(reference, "is left out, or names this one itself");
      return {
        name,
        rows: { kind: "signal", rule: rule.name },
        field: (f, at) =>
          fieldOfSignal(named.item, rule, aliased(correlation, f, reference, at), reference),
      };
    }
    const { aggregation } = named.item;
    if (aggregation !== null) throw unusable(reference, "has an aggregation of its own");
    const rows = this.#sources.rowsOf(named.item.logsource);
    let match: IrExpr;
    try {
      match = matchExpr(named.item, rows);
    } catch (error) {
      // What is wrong with it is told of the rule itself, at its place.
      if (error instanceof SigmaError) throw unusable(reference, "is left out");
      throw error;
    }
    return memberOf(
      name,
      rows,
      named.file === file ? match : placedAt(match, span),
      (f, at) => aliased(correlation, f, reference, at),
    );
  }
}

const unusable = ({ name, span }: Named, why: string) =>
  new SigmaError(
    "unknown_rule",
    span,
    `The rule "${name}" ${why}`,
    "Name rules and correlations that are taken",
  );

const memberOf = (
  name: string,
  rows: Rows,
  match: IrExpr,
  alias: (field: string, span: Span) => Named = (name, span) => ({ name, span }),
): Member => ({
  name,
  rows: { kind: "events", from: rows.from, match },
  field: (field, span) => {
    const own = alias(field, span);
    return fieldExpr(rows, own.name, own.span);
  },
});

/** What a field is called in one of the rules. @throws {SigmaError} where the alias does not say */
function aliased(c: Correlation, field: string, rule: Named, span: Span): Named {
  const alias = c.aliases.get(field);
  if (alias === undefined) return { name: field, span };
  const own = alias.get(rule.name);
  if (own !== undefined) return own;
  throw new SigmaError(
    "bad_value",
    rule.span,
    `The alias "${field}" names no field of the rule "${rule.name}"`,
    `Add ${rule.name}: FIELD below the alias`,
  );
}

/** Rules of aliases are among those of the correlation. */
function checkAliases(c: Correlation): void {
  for (const [alias, fields] of c.aliases) {
    for (const [rule, { span }] of fields) {
      if (c.rules.some((r) => r.name === rule)) continue;
      throw new SigmaError(
        "unknown_rule",
        span,
        `The alias "${alias}" speaks of "${rule}", which is none of the correlation's rules`,
        `Its rules are ${c.rules.map((r) => r.name).join(", ")}`,
      );
    }
  }
}

/** The matches of a correlation have the fields that it groups by. */
function fieldOfSignal(c: Correlation, rule: IrRule, { name, span }: Named, by: Named): IrExpr {
  const at = c.groupBy.findIndex((g) => g.name === name);
  const keys = keysOf(rule);
  // As it is called in the rows, where Sigma's name for it is another.
  const field = at >= 0 && keys.length === c.groupBy.length
    ? keys[at]
    : keys.find((k) => k === name);
  if (field !== undefined) return { op: "field", name: field, type: "string", span };
  throw new SigmaError(
    "not_supported",
    by.span,
    `The matches of "${by.name}" have no field "${name}"`,
    keys.length === 0
      ? "It groups by no field: leave out group-by here too"
      : `They have what it groups by: ${c.groupBy.map((g) => g.name).join(", ")}`,
  );
}

function keysOf({ source, commands }: IrRule): string[] {
  const stats = commands.find((c) => c.kind === "stats");
  const by = stats?.kind === "stats" ? stats.by : source.kind === "from" ? [] : source.by;
  return by.map((k) => k.field);
}

/** Without a level of its own it is as grave as the gravest of its rules. */
function levelOf(c: Correlation, rules: readonly Entry[]): Severity {
  if (c.level !== null) return c.level;
  const levels = rules.flatMap((r) => r.item.level === null ? [] : [r.item.level]);
  if (levels.length === 0) return "medium";
  return SEVERITIES[Math.max(...levels.map((l) => SEVERITIES.indexOf(l)))];
}

function signalsOf(source: IrSource): string[] {
  const inputs = source.kind === "from" ? [source.rows] : source.steps.map((s) => s.rows);
  return [...new Set(inputs.flatMap((rows) => rows.kind === "signal" ? rows.rules : []))];
}

/** What a rule says of itself, as rules of the program have it. */
const headOf = (m: Metadata) => ({
  span: m.span,
  title: m.title,
  mitre: m.mitre,
  id: m.id,
  status: m.status,
  author: m.author,
  license: m.license,
  date: m.date,
  modified: m.modified,
  description: m.description,
  references: m.references,
  falsepositives: m.falsepositives,
  related: m.related,
  tags: m.tags,
});

const rowTypes = new WeakMap<Rows, Readonly<Record<string, Type>>>();

/** The fields of rows, without what is no field of them; one object for all rules on the same rows. */
function rowTypeOf(rows: Rows, catalogue: Catalogue): Readonly<Record<string, Type>> {
  let types = rowTypes.get(rows);
  if (types === undefined) {
    const { fields } = rowOf(catalogue, rows.from);
    rowTypes.set(rows, types = Object.fromEntries([...fields].filter(([n]) => n !== "_raw")));
  }
  return types;
}

/** A rule of one event: its matches are held back for a while. */
function workOfRule(rule: SigmaRule, rows: Rows, catalogue: Catalogue, ms: number): Work {
  const types = rowTypeOf(rows, catalogue);
  const where = matchExpr(rule, rows);
  // It stands nowhere in the file.
  const { end } = rule.detection;
  const throttle: IrCommand = {
    kind: "throttle",
    ms,
    by: aboutOf(rule, rows, types),
    span: { start: end, end },
  };
  return {
    source: {
      kind: "from",
      rows: { kind: "events", from: rows.from, where, span: rule.detection },
    },
    commands: ms > 0 ? [throttle] : [],
    types,
  };
}

/** What one alert is about: the log source's keys, and the user where the rule asks for one. */
function aboutOf(rule: SigmaRule, rows: Rows, types: Readonly<Record<string, Type>>): IrKey[] {
  const names = [...rows.by];
  if (!names.includes("user") && Object.hasOwn(types, "user") && asksForUser(rule)) {
    names.push("user");
  }
  return names.map((field) => ({ field, type: types[field] ?? "string", nullable: true }));
}

function asksForUser(rule: SigmaRule): boolean {
  const asks = (d: Detection): boolean =>
    d.kind === "item"
      ? d.item.field !== null && /user(?:name)?$/i.test(d.item.field)
      : d.args.some(asks);
  return [...rule.selections.values()].some(asks);
}
