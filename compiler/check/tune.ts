/**
 * The settings of `agent.yaml` that change whole rules, over resolved rules of SDL and Sigma alike:
 * `severity:` and `except:`, and whether what all of them name is there.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { nearest } from "../../grammar/nearest.ts";
import { isGlob, type NamedRule, rulePattern } from "../ir/rule_pattern.ts";
import type { IrExpr, IrRule, RuleChange } from "../ir/program.ts";
import {
  type Exception,
  type Place,
  placeText,
  type RulePattern,
  type Tuning,
  TUNING_CODES,
} from "../ir/tuning.ts";
import { fieldsRead } from "../ir/walk.ts";
import { ERRORS, LINTS } from "./codes.ts";
import type { CheckContext, Env } from "./context.ts";
import { rowOfRule, withException } from "./exceptions.ts";
import { refuseSeverity } from "./severity_order.ts";
import { condition } from "./expr.ts";
import type { Row } from "./rows.ts";

/** Rules that are not run, but that settings may name. */
export interface OtherRules {
  /** Those of Sigma with a mistake. */
  readonly rejected: readonly NamedRule[];
  /** Shipped ones that are not loaded, with the names of their params. */
  readonly shipped: ReadonlyMap<string, readonly string[]>;
  /** Names of shipped lists that no loaded rule reads. */
  readonly shippedLists: readonly string[];
  /** Epoch ms: exceptions that ended before are told. */
  readonly now: number;
}

/** The rules with what the settings change, and what is wrong in those. */
export function tune(
  cx: CheckContext,
  rules: readonly IrRule[],
  tuning: Tuning,
  others: OtherRules,
): { readonly rules: IrRule[]; readonly diagnostics: Diagnostic[] } {
  const tuner = new Tuner(cx, rules, others);
  tuner.names(tuning);
  for (const { rule, severity } of tuning.severity) {
    for (const found of tuner.rulesOf(rule, false)) {
      tuner.change(found, { where: placeText(rule), what: `severity ${severity}` }, (r) => ({
        ...r,
        alert: { ...r.alert, severity },
      }));
    }
  }
  for (const { rule, points } of tuning.risk.rules) {
    for (const found of tuner.rulesOf(rule, false)) {
      tuner.change(found, { where: placeText(rule), what: `risk ${points}` }, (r) => ({
        ...r,
        risk: points,
      }));
    }
  }
  for (const exception of tuning.except) tuner.except(exception);
  const { weights } = tuning.risk;
  const made = tuner.rules();
  const weighed = Object.keys(weights).length === 0 ? made : made.map((r) => ({ ...r, weights }));
  return { rules: weighed, diagnostics: tuner.diagnostics };
}

const NOT_LOADED = "Name `shipped` beside your own rules, or take it out";

class Tuner {
  readonly diagnostics: Diagnostic[] = [];
  readonly #changed: Map<string, IrRule>;

  constructor(
    readonly cx: CheckContext,
    readonly given: readonly IrRule[],
    readonly others: OtherRules,
  ) {
    this.#changed = new Map(given.map((r) => [r.name, r]));
  }

  rules(): IrRule[] {
    return this.given.map((r) => this.#changed.get(r.name)!);
  }

  change(name: string, change: RuleChange, make: (rule: IrRule) => IrRule): void {
    const rule = make(this.#changed.get(name)!);
    this.#changed.set(name, { ...rule, changes: [...rule.changes ?? [], change] });
  }

  /** Reports names of params, lists and disabled rules that are nowhere. */
  names({ params, lists, disable }: Tuning): void {
    const { cx, others } = this;
    for (const p of params) {
      if (cx.tuned.has(p)) continue;
      const owners = new Map<string, readonly string[]>([
        ...others.shipped,
        ...this.given.map((r) => [r.name, []] as const),
        ...[...cx.rules].map(([name, { decl }]) =>
          [name, decl.params.map((d) => d.name.name)] as const
        ),
      ]);
      const own = p.rule === null ? null : owners.get(p.rule);
      if (own === undefined) this.#unknownRule(p, p.rule!, [...owners.keys()]);
      else if (
        own === null ? ![...owners.values()].flat().includes(p.name) : !own.includes(p.name)
      ) {
        const names = own ?? [...owners.values()].flat();
        const what = own === null
          ? `No rule has a param "${p.name}"`
          : `The rule "${p.rule}" has no param "${p.name}"`;
        const near = nearest(p.name, names);
        const help = near
          ? `Did you mean "${near}"`
          : own === null
          ? "`explain RULE` shows a rule's params"
          : own.length > 0
          ? `It has ${own.join(", ")}`
          : "It has none: except: or severity: change it too";
        this.#error(p, what, help, near);
      } else if (own !== null && cx.rules.has(p.rule!)) {
        this.#unused(
          p,
          `The param "${p.rule}.${p.name}" is set to no effect`,
          "Correct the rule first",
        );
      } else this.#unused(p, `No rule that is loaded has the param "${p.name}"`, NOT_LOADED);
    }
    for (const l of lists) {
      if (cx.tuned.has(l)) continue;
      if (others.shippedLists.includes(l.name)) {
        this.#unused(l, `No rule that is loaded reads the list "${l.name}"`, NOT_LOADED);
        continue;
      }
      const near = nearest(l.name, [...cx.lists.keys(), ...others.shippedLists]);
      this.#error(
        l,
        `Unknown list "${l.name}"`,
        near ? `Did you mean "${near}"` : "Name a list as rules declare it: list NAME = …",
        near,
      );
    }
    for (const pattern of disable) this.rulesOf(pattern, true);
  }

  /** Names of the rules that a pattern stands for; where there is none, that is reported. */
  rulesOf(pattern: RulePattern, rejected: boolean, lenient = false): string[] {
    const test = rulePattern(pattern.text);
    const found = this.given.filter(test).map((r) => r.name);
    if (found.length > 0) return found;
    if (this.others.rejected.some(test)) {
      if (!rejected) {
        const message = `The rule "${pattern.text}" is left out: it has a mistake`;
        this.#unused(pattern, message, "Correct the rule");
      }
      return [];
    }
    if (isGlob(pattern.text)) {
      const message = `No rule's name, id or file fits "${pattern.text}"`;
      this.#unused(pattern, message, "Correct the pattern, or take it out");
    } else {
      const names = [...this.given.map((r) => r.name), ...this.others.shipped.keys()];
      this.#unknownRule(pattern, pattern.text, names, lenient);
    }
    return [];
  }

  #unknownRule(at: Place, name: string, names: readonly string[], lenient = false): void {
    const lower = name.toLowerCase();
    if ([...this.others.shipped.keys()].some((n) => n.toLowerCase() === lower)) {
      return this.#unused(at, `The shipped rule "${name}" is not loaded`, NOT_LOADED);
    }
    const near = nearest(name, names);
    const message = `Unknown rule "${name}"`;
    const help = near ? `Did you mean "${near}"` : "`check` says which rules there are";
    if (lenient) this.#unused(at, message, help);
    else this.#error(at, message, help, near);
  }

  except(exception: Exception): void {
    const { until, where, lenient = false } = exception;
    if (until !== null && until <= this.others.now) {
      const date = new Date(until).toISOString();
      this.#unused(
        exception,
        `The exception has ended on ${date}: it holds for events before that alone`,
        "Take it out, or give it a later end",
      );
    }
    for (const pattern of exception.rules) {
      const names = this.rulesOf(pattern, false, lenient);
      const failed: Diagnostic[] = [];
      let fits = 0;
      for (const name of names) {
        const { expr, diagnostics } = this.#typed(exception, name);
        if (expr === null) failed.push(...diagnostics);
        else {
          fits++;
          const change = {
            where: exception.id,
            what: `except ${where.text} (${exception.reason})`,
          };
          this.change(name, change, (r) => withException(r, exception, expr));
        }
      }
      if (failed.length === 0) continue;
      if (fits === 0) {
        // Of several rules the first says enough.
        const own = names.length === 1 ? failed : failed.slice(0, 1);
        this.diagnostics.push(
          ...own.map((d) => lenient ? { ...d, level: "warning" as const } : d),
        );
      } else {
        const message =
          `The condition does not fit ${
            names.length - fits
          } of the ${names.length} rules of "${pattern.text}": ` +
          failed[0].message;
        this.#unused(pattern, message, "Name those that it fits");
      }
    }
  }

  /** The condition over the rows that reach a rule's alert; null with why it does not fit them. */
  #typed(
    exception: Exception,
    name: string,
  ): { readonly expr: IrExpr | null; readonly diagnostics: readonly Diagnostic[] } {
    const { cx } = this;
    const { where } = exception;
    const row = cx.rules.get(name)?.row ?? rowOfRule(this.#changed.get(name)!);
    // Kept apart: whether they count is settled when all rules are seen.
    const diagnostics: Diagnostic[] = [];
    const env: Env = {
      cx: {
        ...cx,
        rule: null,
        later: () => {},
        error(name, file, span, message, extra) {
          // What a let says is wrong where it is used.
          const own = file === where.file;
          diagnostics.push({
            code: ERRORS[name],
            level: "error",
            file: where.file,
            span: own ? where.placeOf(span) : where.span,
            message,
            ...extra,
          });
        },
      },
      file: where.file,
      row,
      params: new Map(),
      lets: [],
      at: null,
      inAggregate: false,
    };
    if (refuseSeverity(env, where.expr)) return { expr: null, diagnostics };
    const expr = condition(env, where.expr);
    if (cx.broken.has(expr) || diagnostics.length > 0) return { expr: null, diagnostics };
    this.#undeclared(exception, row, expr);
    return { expr, diagnostics };
  }

  /** Fields that may be in the rows, since those are open, and that no sourcetype declares. */
  #undeclared({ where }: Exception, row: Row, expr: IrExpr): void {
    if (!row.open) return;
    for (const name of fieldsRead(expr)) {
      const near = row.fields.has(name) ? undefined : nearest(name, row.fields.keys());
      if (near === undefined) continue;
      const message = `No sourcetype declares the field "${name}"`;
      const help = `It is read as text; did you mean ${near}?`;
      this.#add("warning", LINTS.undeclared_field, where, message, help, near);
    }
  }

  #add(
    level: Diagnostic["level"],
    code: string,
    { file, span }: Place,
    message: string,
    ...[help, suggestion]: [help: string, suggestion?: string]
  ): void {
    const known = this.diagnostics.some((d) =>
      d.file === file && d.span.start === span.start && d.message === message
    );
    if (known) return;
    const more = suggestion === undefined ? {} : { suggestion };
    this.diagnostics.push({ code, level, file, span, message, help, ...more });
  }

  #error(at: Place, message: string, help: string, suggestion?: string): void {
    this.#add("error", TUNING_CODES.unknown_name, at, message, help, suggestion);
  }

  #unused(at: Place, message: string, help: string): void {
    this.#add("warning", TUNING_CODES.unused, at, message, help);
  }
}
