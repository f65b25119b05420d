/** What the plan makes of rules and kinds of events, as text: conditions, indexes, code. */
import type { IrRule, IrTable } from "../ir/program.ts";
import { inputsOf } from "../ir/walk.ts";
import type { KindPlan } from "../plan/kind.ts";
import { type Atom, lookedUpBy } from "../plan/looked_up.ts";
import type { Plan } from "../plan/plan.ts";
import { reads } from "../plan/rows.ts";
import type { Extraction } from "../schema/types.ts";

/** Tests that are shown of a condition, and rules of a list. */
const SHOWN = 6;

const HOW = { equals: "is", base: "ends in", contains: "holds" } as const;

/** Tests by field and how: `Image ends in "\\cmd.exe"`. */
function atomsText(atoms: readonly Atom[]): string {
  const shown = atoms.slice(0, SHOWN).map((a) =>
    `${a.field} ${HOW[a.test]} ${JSON.stringify(a.text)}`
  );
  const more = atoms.length - shown.length;
  return shown.join(" or ") + (more > 0 ? ` or ${more} more` : "");
}

/** What an event of the extraction must have for an input of a rule to be looked at. */
export function necessaryText(
  rule: IrRule,
  input: number,
  x: Extraction,
  tables: readonly IrTable[],
): string {
  const tests = lookedUpBy(rule, input, x, tables);
  return tests === null
    ? "nothing that can be looked up: it is asked of every event"
    : atomsText(tests);
}

/** The index of an extraction's rules, or that they are few. */
export function kindText(plan: Plan, x: Extraction): string {
  const kind = plan.kindOf(x);
  const out = [`kind ${x.sourcetype} ${x.pattern}`, `  rules     ${kind.entries.length}`];
  if (kind.index === null) {
    out.push("  index     none: so few rules run faster in one function");
    return out.join("\n") + "\n";
  }
  const { fields, rest } = kind.index.sizes;
  const sum = (of: (f: typeof fields[number]) => number) => fields.reduce((n, f) => n + of(f), 0);
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024).toLocaleString("en-US")} KiB`;
  out.push(
    `  index     ${sum((f) => f.equals)} values, ${sum((f) => f.bases)} base names, ` +
      `${sum((f) => f.needles)} texts in ${fields.filter((f) => f.states > 0).length} automata of ${
        sum((f) => f.states)
      } states, ${kib(sum((f) => f.bytes))}`,
    "  by field, as guessed before any event; the agent chooses again by what it reads:",
    ...fields.map((f) =>
      `    ${f.name}: ${f.equals} values, ${f.bases} base names, ${f.needles} texts` +
      (f.states > 0 ? ` (${f.states} states, ${kib(f.bytes)})` : "")
    ),
    ...fields.filter((f) => f.each.length > 0)
      .map((f) => `  asked of every new ${f.name}: ${ruleNames(kind, f.each)}`),
    `  asked of every event: ${rest.length === 0 ? "no rule" : ruleNames(kind, rest)}`,
  );
  return out.join("\n") + "\n";
}

const ruleNames = (kind: KindPlan, entries: readonly number[]): string =>
  [...new Set(entries.map((i) => kind.entries[i].rule.rule.name))].join(", ");

/** The code of a rule: on each kind of event that it may match, and behind its inputs. */
export function codeText(plan: Plan, rule: IrRule): string {
  const p = plan.rules.find((p) => p.rule === rule)!;
  const out: string[] = [];
  for (const x of plan.catalogue.extractions) {
    if (!inputsOf(rule).some((rows) => reads(rows, x))) continue;
    const kind = plan.kindOf(x);
    kind.entries.forEach((e, i) => {
      const code = e.rule === p ? kind.codeOf(i) : null;
      if (code !== null) out.push(`// ${x.sourcetype} ${x.pattern}`, code.source, "");
    });
  }
  out.push("// behind its inputs", plan.tailOf(p.index).source);
  return out.join("\n") + "\n";
}
