/** Lints: what compiles and is probably not what was meant. Each is silenced by `allow` on its rule. */
import { technique, techniqueIds } from "../../schema/attack/mod.ts";
import type { IrRule } from "../../ir/program.ts";
import { LINTS } from "../codes.ts";
import { byPlace, type CheckContext, type RuleInfo } from "../context.ts";
import type { Checked } from "../mod.ts";
import { lintConditions, lintMixed } from "./conditions.ts";
import { lintNegations } from "./negation.ts";
import { lintShadowed } from "./shadowed.ts";
import type { RuleDecl } from "../../../grammar/ast.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { durationText } from "../../../grammar/literals.ts";
import { nearest } from "../../../grammar/nearest.ts";
import { firstStage, readsAny } from "../../ir/signals.ts";
import { ruleExprs, walkIr } from "../../ir/walk.ts";

/**
 * Every lint of rules that were checked, by file and place. A rule with errors gets only those that
 * hang on nothing resolved, for what its errors hide cannot be judged. It is for those who show lints:
 * running rules needs none.
 */
export function lint({ context: cx }: Pick<Checked, "context">): readonly Diagnostic[] {
  if (cx.lints !== null) return cx.lints;
  cx.lints = [];
  for (const report of cx.pending) report();
  runLints(cx);
  return cx.lints = byPlace(cx.files, cx.lints);
}

function runLints(cx: CheckContext): void {
  const read = new Set([...cx.rules.values()].flatMap((r) => r.ir?.signals ?? []));
  const all = [...cx.rules.values()].flatMap((r) => r.ir ?? []);
  const alone = (cx.options.resolved?.size ?? 0) === 0 && firstStage(all).length === 0;
  for (const rule of cx.rules.values()) {
    cx.rule = rule;
    lintHeader(cx, rule);
    lintConditions(cx, rule);
    if (rule.ir === null || rule.failed) continue;
    lintParams(cx, rule);
    lintThrottle(cx, rule, rule.ir);
    lintNegations(cx, rule, rule.ir);
    lintUnread(cx, rule, read);
    if (alone && readsAny(rule.ir)) lintAlone(cx, rule);
  }
  cx.rule = null;
  lintShadowed(cx);
  lintShared(cx);
  for (const { file, decl } of cx.lets.values()) lintMixed(cx, file, decl.expr);
  for (const rule of cx.rules.values()) {
    cx.rule = rule;
    lintAllows(cx, rule);
  }
  cx.rule = null;
}

function lintHeader(cx: CheckContext, rule: RuleInfo): void {
  const { decl, file } = rule;
  const at = decl.name.span;
  const has = (key: string) => decl.header.some((h) => h.key.name.toLowerCase() === key);
  if (decl.tests.length === 0) {
    cx.lint("no_test", file, at, `The rule "${decl.name.name}" has no test`, {
      help: 'Add one that fires and one that does not: test "…" { at 0s { … } expect 1 alert }',
    });
  }
  const silent = isSilent(decl);
  const alertSeverity = decl.commands.some((c) => c.kind === "alert" && c.severity !== null);
  if (!silent && !has("severity") && !alertSeverity) {
    cx.lint("no_severity", file, at, `The rule "${decl.name.name}" has no severity`, {
      help: "Add severity low, medium, high or critical; without one its alerts are medium",
    });
  }
  if (!silent && !has("mitre")) {
    cx.lint("no_mitre", file, at, `The rule "${decl.name.name}" names no ATT&CK technique`, {
      help: "Add mitre with the technique's id, like mitre T1110.001",
    });
  }
  for (const field of decl.header) {
    if (field.key.name.toLowerCase() !== "mitre") continue;
    for (const value of field.values) {
      if (value.kind === "mitre") lintTechnique(cx, file, value.id, value.span);
    }
  }
}

const isSilent = (decl: RuleDecl) =>
  decl.commands.some((c) => c.kind === "alert" && c.text === null);

/** A rule that raises no alert, and whose signals nobody reads. */
function lintUnread(cx: CheckContext, { decl, file }: RuleInfo, read: ReadonlySet<string>): void {
  const { name, span } = decl.name;
  if (!isSilent(decl) || read.has(name)) return;
  cx.lint("unread_signal", file, span, `"${name}" raises no alert, and no rule reads its signals`, {
    help: `Read them: from signal ${name}, or give it an alert: alert "…"`,
  });
}

/** A rule over the alerts of all others where there is no other. */
function lintAlone(cx: CheckContext, { decl, file }: RuleInfo): void {
  const { name, span } = decl.name;
  cx.lint(
    "no_alerts",
    file,
    span,
    `"${name}" reads the alerts of other rules, and there are none`,
    {
      help: "Compile it with them: name `shipped`, or your rules, beside this file",
    },
  );
}

function lintTechnique(
  cx: CheckContext,
  file: string,
  id: string,
  at: { readonly start: number; readonly end: number },
): void {
  const known = technique(id);
  if (known === null) {
    const parent = technique(id.split(".")[0]);
    const siblings = [...techniqueIds()].filter((t) =>
      t.startsWith(parent ? `${parent.id}.` : "-")
    );
    const range = siblings.length > 1 ? `${siblings[0]} to ${siblings.at(-1)}` : siblings[0];
    cx.lint("unknown_technique", file, at, `"${id}" is not a technique of ATT&CK 18.1`, {
      help: parent === null
        ? 'Look the id up at attack.mitre.org; one of a later release is kept as it is, with allow unknown_technique "reason"'
        : siblings.length === 0
        ? `${parent.id} (${parent.name}) has no sub-techniques: write mitre ${parent.id}`
        : `${parent.id} (${parent.name}) has ${range}`,
    });
  } else if (known.revokedBy !== null) {
    const now = technique(known.revokedBy)!;
    cx.lint(
      "revoked_technique",
      file,
      at,
      `ATT&CK replaced "${known.id}" (${known.name}) by ${now.id} (${now.name})`,
      { help: `Write ${now.id}`, suggestion: now.id },
    );
  } else if (known.deprecated) {
    cx.lint("revoked_technique", file, at, `ATT&CK dropped "${known.id}" (${known.name})`, {
      help: "Name another technique that covers the behaviour",
    });
  }
}

function lintParams(cx: CheckContext, rule: RuleInfo): void {
  for (const param of rule.decl.params) {
    if (rule.usedParams.has(param.name.name)) continue;
    cx.lint("unused_param", rule.file, param.span, `The param "${param.name.name}" is not used`, {
      help: "Use it in a condition, or remove it",
    });
  }
}

/** A throttle that ends inside the window lets the rows that fired once fire again. */
function lintThrottle(cx: CheckContext, rule: RuleInfo, ir: IrRule): void {
  let window: number | null = null;
  for (const [i, command] of ir.commands.entries()) {
    if (command.kind === "stats") window = command.window.ms;
    if (command.kind !== "throttle" || window === null || command.ms >= window) continue;
    const written = rule.decl.commands.filter((c) => c.kind === "throttle");
    const nth = ir.commands.slice(0, i).filter((c) => c.kind === "throttle").length;
    const text = written[nth]?.length.text ?? `${command.ms / 1000}s`;
    cx.lint(
      "throttle_shorter_than_window",
      rule.file,
      written[nth]?.length.span ?? command.span,
      `The throttle of ${text} is shorter than the window before it (${durationText(window)})`,
      { help: `The same events can alert twice: throttle for ${durationText(window)} or longer` },
    );
  }
}

/** Lets and lists that no rule uses. A file of lists alone is for other files: nothing is said of it. */
function lintShared(cx: CheckContext): void {
  const rules = [...cx.rules.values()];
  // What a rule with errors would have used is not known: better silent than wrong.
  if (rules.length === 0 || rules.some((r) => r.ir === null || r.failed)) return;
  const tables = new Set<string>();
  for (const rule of rules) {
    if (rule.ir === null) continue;
    for (const c of rule.ir.commands) {
      if (c.kind === "lookup") tables.add(c.table);
      if (c.kind === "absent" && c.expect !== null) tables.add(c.expect);
    }
    for (const e of ruleExprs(rule.ir)) {
      walkIr(e, (x) => {
        if (x.op === "in" && x.set.kind === "table") tables.add(x.set.table);
      });
    }
  }
  for (const [name, info] of cx.lets) {
    if (info.used || info.broken) continue;
    cx.lint("unused_let", info.file, info.decl.name.span, `No rule uses the let "${name}"`, {
      help: "Use it in a condition, or remove it",
    });
  }
  for (const [name, info] of cx.lists) {
    if (info.used || tables.has(name)) continue;
    cx.lint("unused_list", info.file, info.decl.name.span, `No rule uses the list "${name}"`, {
      help: `Use it, as in field in @${name}, or remove it`,
    });
  }
}

function lintAllows(cx: CheckContext, rule: RuleInfo): void {
  for (const { lint: name } of rule.decl.allows) {
    if (!Object.hasOwn(LINTS, name.name)) {
      const near = nearest(name.name, Object.keys(LINTS));
      cx.lint("unknown_allow", rule.file, name.span, `Unknown lint "${name.name}"`, {
        help: near ? `Did you mean ${near}?` : `There are ${Object.keys(LINTS).join(", ")}`,
        ...(near ? { suggestion: near } : {}),
      });
      continue;
    }
    const asked = rule.allowed.get(name.name);
    if (rule.ir === null || rule.failed || asked === undefined || asked.used) continue;
    cx.lint("unused_allow", rule.file, name.span, `Nothing here calls for allow ${name.name}`, {
      help: "Remove it, so that it does not hide a mistake made later",
    });
  }
}
