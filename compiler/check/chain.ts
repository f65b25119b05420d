/** What a rule reads: rows of one source, or the steps of a sequence or together. */
import type { SequenceSource } from "../../grammar/ast.ts";
import type { IrSource, IrStep } from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import type { Env } from "./env.ts";
import { nameType } from "./expr.ts";
import { NO_ROW } from "./names.ts";
import { fieldType, type Row } from "./rows.ts";
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

export function sequenceSource(env: Env, s: SequenceSource, ruleOf: RuleOf): Read | null {
  const { cx, file } = env;
  const steps: IrStep[] = [];
  const rows: { row: Row; at: SequenceSource["steps"][number] }[] = [];
  let failed = false;
  for (const step of s.steps) {
    const read = rowsOf(env, step.row, ruleOf);
    if (!read) {
      failed = true;
      continue;
    }
    steps.push({ negated: step.negated, rows: read.rows, as: step.as?.name ?? null });
    rows.push({ row: read.row, at: step });
  }
  const until = s.until ? rowsOf(env, s.until, ruleOf) : null;
  const positive = s.steps.filter((x) => !x.negated);
  if (positive.length === 0 || s.steps.length < 2) {
    cx.error(
      "bad_sequence",
      file,
      s.span,
      `A ${s.kind} needs ${positive.length === 0 ? "a step that happens" : "two steps or more"}`,
      {
        help: positive.length === 0
          ? "Add a step without !"
          : "Add a step, or read one source with from",
      },
    );
    failed = true;
  } else if (s.kind === "sequence" && s.steps[0].negated) {
    cx.error(
      "bad_sequence",
      file,
      s.steps[0].span,
      "Nothing comes before the first step that it could forbid",
      {
        help: "Put the ! step after the step that begins the sequence",
      },
    );
    failed = true;
  }
  if (!s.within) {
    const trailing = s.steps.at(-1)?.negated;
    cx.error(
      trailing ? "trailing_negation" : "unbounded_state",
      file,
      s.span,
      trailing
        ? "A ! at the end can only be known to hold when a time has passed"
        : `The ${s.kind} has no time limit: half of it would be kept for ever`,
      {
        help: `Write ${s.kind} by … within 15m { … }`,
      },
    );
    failed = true;
  }
  if (s.by.length === 0) {
    cx.error(
      "bad_sequence",
      file,
      s.span,
      `The ${s.kind} has no key: steps of any two hosts would join`,
      {
        help: `Say what the steps share: ${s.kind} by src within 15m { … }`,
      },
    );
    failed = true;
  }
  const keys = new Map<string, Type>();
  for (const key of s.by) {
    const name = key.field.name;
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
  if (failed || (s.until && !until)) return null;
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
    row: { ...rowWith(fields, `the row after ${s.kind}`), openSteps },
  };
}
