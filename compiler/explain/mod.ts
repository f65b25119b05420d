/** The plan of a rule as text: what it reads, what feeds it, what it holds and how much of it. */
import { aggregateOf } from "../aggregates/table.ts";
import { durationText } from "../../grammar/literals.ts";
import type { Span } from "../../grammar/ast.ts";
import type { IrCommand, IrKey, IrRows, IrRule } from "../ir/program.ts";
import { firstStage, secondStage } from "../ir/signals.ts";
import { conjuncts, holdsState, inputsOf } from "../ir/walk.ts";
import { ConstantFolder } from "../plan/fold.ts";
import { reads } from "../plan/rows.ts";
import { tablesByName } from "../plan/scope.ts";
import type { Extraction } from "../schema/types.ts";
import type { Compiled } from "./compiled.ts";
import { necessaryText } from "./index.ts";
import { lateText } from "./late.ts";
import { sharing } from "../ir/sharing.ts";

/** Caps that the engine runs with. */
export interface Bounds {
  readonly keysPerRule: number;
  /** Keys of all operators of all rules together. */
  readonly keysInAll: number;
  readonly rowsPerKey: number;
  /** Distinct values or percentile values that are held exactly. */
  readonly exact: number;
}

/** How agents of one `--share` divide the rule. */
function sharedText(rule: IrRule, { rules, tables }: Compiled): string {
  const divided = sharing({ rules, tables })[rules.indexOf(rule)];
  if (divided === null) return "shared: by input, for it holds no state";
  const { key, reason } = divided;
  return key === null
    ? `shared: one agent holds it whole: ${reason}`
    : `shared: by ${key.join(", ")}, each value held by one agent`;
}

/** The rule's plan. `text` gives the source text of a span of the rule's file. */
export function explain(
  rule: IrRule,
  compiled: Compiled,
  bounds: Bounds,
  text: (span: Span) => string,
): string {
  const out: string[] = [`rule ${rule.name}`];
  const { alert, source } = rule;
  const folder = new ConstantFolder(tablesByName(compiled.tables));
  const rows = (input: number) => rowsText(rule, input, compiled, folder, text);
  if (rule.title) out.push(`  title     ${rule.title}`);
  // A span's text is all that is to be had of the file.
  const line = text({ start: 0, end: rule.span.start }).split("\n").length;
  out.push(`  file      ${rule.file}:${line}`);
  if (rule.id) out.push(`  id        ${rule.id}`);
  if (rule.status) out.push(`  status    ${rule.status}`);
  if (rule.author) out.push(`  author    ${rule.author}`);
  out.push(
    `  severity  ${
      typeof alert.severity === "string" ? alert.severity : text(alert.severity.span)
    }`,
  );
  if (rule.mitre.length) out.push(`  mitre     ${rule.mitre.join(", ")}`);
  out.push(`  plan      ${rule.planHash}`);
  for (const { where, what } of rule.changes ?? []) out.push(`  changed   ${where}: ${flat(what)}`);
  out.push("");
  if (source.kind === "from") out.push("reads", ...rows(0));
  else {
    out.push(
      `${source.kind} by ${keys(source.by)} within ${durationText(source.within)}`,
      ...source.steps.flatMap((s, i) => [
        `  step ${i + 1}${s.negated ? ", must not happen" : ""}${s.as ? `, as ${s.as}` : ""}`,
        ...rows(i).map((l) => "  " + l),
      ]),
    );
    if (source.until) {
      out.push("  until", ...rows(source.steps.length).map((l) => "  " + l));
    }
    const steps = source.steps.filter((s) => !s.negated).length;
    out.push(
      `  holds per key: ${steps} partial matches at most, one a step, each for ${
        durationText(source.within)
      }; at most ${number(bounds.keysPerRule)} keys`,
    );
  }
  if (rule.commands.length) out.push("", "then");
  let window = 0;
  for (const c of rule.commands) {
    if (c.kind === "stats") window = c.window.ms;
    out.push(...command(c, bounds, text, window));
  }
  out.push(
    "",
    holdsState(rule)
      ? `state: beyond a cap the key touched longest ago goes and is counted; all rules together hold at most ${
        number(bounds.keysInAll)
      } keys`
      : "state: none",
    lateText(rule),
    sharedText(rule, compiled),
  );
  out.push("", "alerts");
  if (rule.silent) out.push("  none: other rules read its signals");
  if (alert.text) {
    const parts = alert.text.map((p) => typeof p === "string" ? p : `{${text(p.span)}}`);
    out.push(`  text    ${parts.join("")}`);
  }
  out.push(
    `  entity  ${
      alert.entity.length
        ? alert.entity.join(", ")
        : "the keys of the last command with state, else src, user, dest as present"
    }`,
    `  fields  ${fieldList(Object.keys(rule.rowType))}`,
  );
  return out.join("\n") + "\n";
}

/** Fields by name; those of a named step, which are all that its rows have, as one. */
function fieldList(names: readonly string[]): string {
  const own = names.filter((f) => !f.includes(".") && !f.startsWith("_"));
  const steps = new Set(names.filter((f) => f.includes(".")).map((f) => f.split(".")[0] + ".*"));
  const shown = own.slice(0, 40);
  if (own.length > 40) shown.push(`and ${own.length - 40} more`);
  return [...shown, ...steps].join(", ");
}

const number = (n: number) => n.toLocaleString("en-US");
const keys = (by: readonly IrKey[]) =>
  by.map((k) => (k.nullable ? "?" : "") + k.field).join(", ") || "nothing: one key for all";

/** `signal any`: of which rules the alerts are read, and of which not. */
function anyText(
  { rules }: Compiled,
  { where }: Extract<IrRows, { kind: "signal" }>,
  text: (span: Span) => string,
): string[] {
  const silent = new Set(rules.filter((r) => r.silent).map((r) => r.name));
  const first = firstStage(rules).filter((name) => !silent.has(name));
  const second = secondStage(rules);
  return [
    `  the alerts of all other rules, ${number(first.length)} now, a row for each entity${
      where ? ` where ${flat(text(where.span))}` : ""
    }`,
    ...second.size > 1
      ? [`  not those of ${[...second].sort().join(", ")}, which read them too`]
      : [],
  ];
}

/** What an input reads, and which patterns can match: those for which the plan has code. */
function rowsText(
  rule: IrRule,
  input: number,
  compiled: Compiled,
  folder: ConstantFolder,
  text: (span: Span) => string,
): string[] {
  const r = inputsOf(rule)[input];
  if (r.kind === "signal" && r.any) return anyText(compiled, r, text);
  if (r.kind === "signal") {
    return [
      `  the signals of ${r.rules.join(", ")}${
        r.where ? ` where ${flat(text(r.where.span))}` : ""
      }`,
    ];
  }
  const name = r.from.any ? "any event" : r.from.dataset ?? r.from.sourcetype!;
  const out = [`  ${name}${r.where ? ` where ${flat(text(r.where.span))}` : ""}`];
  const feeds = compiled.catalogue.extractions.filter((x) => reads(r, x));
  const conditions = conjuncts(r.where);
  const byType = new Map<
    string,
    { open: Extraction[]; always: Extraction[]; never: Extraction[] }
  >();
  for (const x of feeds) {
    const entry = byType.get(x.sourcetype) ?? { open: [], always: [], never: [] };
    byType.set(x.sourcetype, entry);
    const always = r.where === null || folder.holds(r.where, x) === true;
    const list = !folder.canMatch(rule, input, x)
      ? entry.never
      : always
      ? entry.always
      : entry.open;
    list.push(x);
  }
  if (feeds.length === 0) out.push("    no loaded sourcetype feeds it");
  const refuted = [...byType].filter(([, t]) => t.open.length + t.always.length === 0);
  for (const [sourcetype, { open, always, never }] of byType) {
    if (open.length + always.length === 0) continue;
    out.push(
      `    ${sourcetype}: ${open.length + always.length} of ${
        open.length + always.length + never.length
      } patterns can match`,
    );
    for (const x of always) out.push(`      ${x.pattern}: every event`);
    for (const x of open) {
      const known = conditions.filter((c) => folder.holds(c, x) === true);
      const texts = new Set(known.map((c) => flat(text(c.span))));
      out.push(
        `      ${x.pattern}${texts.size ? `: known before reading: ${[...texts].join("; ")}` : ""}`,
        `        looked up by ${necessaryText(rule, input, x, compiled.tables)}`,
      );
    }
  }
  if (refuted.length > 0) {
    out.push(`    never, by their constants: ${refuted.map(([name]) => name).join(", ")}`);
  }
  return out;
}

const flat = (s: string) => s.replace(/\s+/g, " ");

const throttleText = (c: Extract<IrCommand, { kind: "throttle" }>): string =>
  `throttle ${durationText(c.ms)} by ${
    c.by.map((k) => (k.nullable ? "?" : "") + k.field).join(", ")
  }`;

/** A command as written, and what it holds. `window`, in ms, is that of the `stats` before it. */
function command(
  c: IrCommand,
  bounds: Bounds,
  text: (span: Span) => string,
  window: number,
): string[] {
  const perKey = (what: string) =>
    `    holds per key: ${what}; at most ${number(bounds.keysPerRule)} keys`;
  // A throttle that nobody wrote has no place: Sigma rules come with one.
  if (c.kind === "except") {
    return [`  except ${flat(c.text)}`, `    by ${c.id}: ${flat(c.reason)}`];
  }
  const written = flat(text(c.span));
  const source = `  ${written || (c.kind === "throttle" ? throttleText(c) : "")}`;
  switch (c.kind) {
    case "stats": {
      const { kind, ms } = c.window;
      const longest = c.window.kind === "session" ? c.window.max : null;
      const exactly = `${number(bounds.exact)} values exactly`;
      const held = [
        kind === "sliding"
          ? `times of at most ${number(bounds.rowsPerKey)} rows of the last ${durationText(ms)}`
          : kind === "tumbling"
          ? `one window of ${durationText(ms)}`
          : `one session, until nothing came for ${durationText(ms)}${
            longest === null ? "" : ` or ${durationText(longest)} went by`
          }`,
      ];
      for (const a of c.aggs) {
        const { bound } = aggregateOf(a.fn);
        if (bound.kind === "exact") held.push(`${a.as}: ${exactly}, then ${bound.beyond}`);
        else if (kind !== "sliding") {
          held.push(`${a.as}: ${bound.values === 1 ? "one value" : `${bound.values} values`}`);
        } else if (a.arg !== null) held.push(`${a.as}: one value a row`);
      }
      return [source, perKey(held.join("; "))];
    }
    case "dedup":
      return [source, perKey(`one time, for ${durationText(c.within)}`)];
    case "first_seen":
      return [source, perKey(`one time, for ${durationText(c.history)}`)];
    case "throttle":
      return [
        source,
        perKey(`one time and one alert, for ${durationText(c.ms)}`),
        ...c.group === undefined ? [] : [
          `    shared with the other rules of the group ${c.group}: for ${
            durationText(c.groupMs ?? c.ms)
          } its alert stands for theirs`,
        ],
      ];
    case "baseline":
      return [
        source,
        perKey(
          `one value a window, for ${durationText(c.history)}${
            window > 0 ? `: ${number(Math.ceil(c.history / window))} values` : ""
          }`,
        ),
      ];
    case "absent":
      return [source, perKey("one time and one timer")];
    default:
      return [source];
  }
}
