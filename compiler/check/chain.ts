/** What a rule reads: rows of one source, or the steps of a sequence or together. */
import type { SequenceSource } from "../../grammar/ast.ts";
import type { IrSource, IrStep } from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import type { Env } from "./env.ts";
import { nameType, quotedField } from "./fields.ts";
import { fieldType, NO_ROW, type Row } from "./rows.ts";
import { rowsOf, rowWith, type RuleOf } from "./source.ts";

type Read = { source: IrSource; row: Row };

export function fromSource(
  env: Env,
  row: Parameters<typeof rowsOf>[1],
  ruleOf: RuleOf,
): Read | null {
  const read = rowsOf(env, row, ruleOf);
  return read && { source: { kind: "from", rows: read.rows }, row: read.row };
}

/** A step that could be read. */
interface StepRow {
  readonly row: Row;
  readonly at: SequenceSource["steps"][number];
}

export function sequenceSource(env: Env, s: SequenceSource, ruleOf: RuleOf): Read | null {
  const steps: IrStep[] = [];
  const rows: StepRow[] = [];
  for (const step of s.steps) {
    const read = rowsOf(env, step.row, ruleOf);
    if (!read) continue;
    steps.push({ negated: step.negated, rows: read.rows, as: step.as?.name ?? null });
    rows.push({ row: read.row, at: step });
  }
  const until = s.until ? rowsOf(env, s.until, ruleOf) : null;
  // Each says what is wrong, whatever the others have said.
  const sound = [stepsMakeSense(env, s), isBounded(env, s)].every(Boolean);
  const keys = keysOfSteps(env, s, rows);
  if (!sound || keys === null || rows.length < s.steps.length || (s.until && !until)) return null;
  const by = s.by.map((k) => ({
    field: k.field.name,
    type: keys.get(k.field.name)!,
    nullable: k.nullable,
  }));
  return {
    source: {
      kind: s.kind,
      by,
      within: s.within!.ms,
      steps,
      until: until?.rows ?? null,
      span: s.span,
    },
    row: rowAfter(env, s, rows, keys),
  };
}

function stepsMakeSense({ cx, file }: Env, s: SequenceSource): boolean {
  const positive = s.steps.filter((x) => !x.negated);
  if (positive.length === 0 || s.steps.length < 2) {
    const none = positive.length === 0;
    const message = `A ${s.kind} needs ${none ? "a step that happens" : "two steps or more"}`;
    cx.error("bad_sequence", file, s.span, message, {
      help: none ? "Add a step without !" : "Add a step, or read one source with from",
    });
    return false;
  }
  if (s.kind === "sequence" && s.steps[0].negated) {
    const message = "Nothing comes before the first step that it could forbid";
    cx.error("bad_sequence", file, s.steps[0].span, message, {
      help: "Put the ! step after the step that begins the sequence",
    });
    return false;
  }
  return true;
}

/** Whether it has a time limit and a key. */
function isBounded({ cx, file }: Env, s: SequenceSource): boolean {
  if (!s.within) {
    const trailing = s.steps.at(-1)?.negated;
    const message = trailing
      ? "A ! at the end can only be known to hold when a time has passed"
      : `The ${s.kind} has no time limit: half of it would be kept for ever`;
    cx.error(trailing ? "trailing_negation" : "unbounded_state", file, s.span, message, {
      help: `Write ${s.kind} by … within 15m { … }`,
    });
  }
  const keyed = s.by.length > 0 || s.keyless === true;
  if (!keyed) {
    const message = `The ${s.kind} has no key: steps of any two hosts would join`;
    cx.error("bad_sequence", file, s.span, message, {
      help: `Say what the steps share: ${s.kind} by src within 15m { … }, or by * for nothing`,
    });
  }
  return s.within !== null && keyed;
}

/** The keys' types; null when one is not in every step. */
function keysOfSteps(
  env: Env,
  s: SequenceSource,
  rows: readonly StepRow[],
): Map<string, Type> | null {
  const { cx, file } = env;
  const keys = new Map<string, Type>();
  let failed = false;
  for (const key of s.by) {
    const name = key.field.name;
    if (key.field.quoted && quotedField(env, key.field)) {
      keys.set(name, "string");
      continue;
    }
    const lacking = rows.filter((r) => fieldType(r.row, name) === null);
    if (lacking.length === rows.length) {
      nameType({ ...env, row: rows[0]?.row ?? NO_ROW }, name, key.field.span);
    } else if (lacking.length) {
      const [{ row, at }] = lacking;
      cx.error(
        "key_not_in_step",
        file,
        at.row.name.span,
        `The key "${name}" is not in this step: ${row.what} has no such field`,
        {
          help: "Join by a field that all steps have, or let the step read something else",
          related: [{ file, span: key.span, message: `The key "${name}"` }],
        },
      );
    } else {
      keys.set(name, fieldType(rows[0].row, name)!);
      continue;
    }
    failed = true;
  }
  return failed ? null : keys;
}

/** The row after the steps: the keys, and the fields of each step that has a name. */
function rowAfter(
  { cx, file }: Env,
  s: SequenceSource,
  rows: readonly StepRow[],
  keys: ReadonlyMap<string, Type>,
): Row {
  const fields: [string, Type][] = [...keys];
  const openSteps = new Set<string>();
  for (const { row, at } of rows) {
    if (!at.as) continue;
    const as = at.as.name;
    if (rows.some((r) => r.at !== at && r.at.as?.name === as)) {
      cx.error("duplicate_name", file, at.as.span, `Two steps are called "${as}"`, {
        help: "Rename one of them",
      });
    }
    if (row.open) openSteps.add(as);
    for (const [name, type] of row.fields) fields.push([`${as}.${name}`, type]);
  }
  return { ...rowWith(fields, `the row after ${s.kind}`), openSteps };
}
