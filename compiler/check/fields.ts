/** Names of fields: their types, and what is said of one that the row does not have. */
import type { Ident, Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { DATASETS } from "../schema/cim.ts";
import { isReserved } from "../schema/reserved.ts";
import type { Type } from "../schema/types.ts";
import type { Env } from "./env.ts";
import { SEVERITIES } from "../ir/program.ts";
import { AN_ALERT } from "./alert_fields.ts";
import { fieldType, type Row } from "./rows.ts";
import { fieldNamed, isTimeModifier } from "./suggest.ts";

/** What `NO_ROW` (names.ts) calls itself. */
const NO_FIELDS = "a constant";

/** Whether a field may be called so between backticks; if not, that is reported. */
export function quotedField({ cx, file }: Env, { name, span }: Ident): boolean {
  const why = name === "_raw" || name === "_time" ? null : isReserved(name);
  if (why === null) return true;
  cx.error("reserved_name", file, span, `No event has a field "${name}": it ${why}`, {
    help: "Write the field's name as the log has it",
  });
  return false;
}

/** The type of a field by name, with an error when the row has none. */
export function nameType(env: Env, name: string, at: Span): Type | null {
  const { cx, file, row } = env;
  const type = fieldType(row, name);
  if (type !== null) {
    if (row.open && !row.fields.has(name)) {
      cx.later(() => {
        const near = nearest(name, row.fields.keys());
        if (near === undefined) return;
        cx.lint("undeclared_field", file, at, `No sourcetype declares the field "${name}"`, {
          help: `It is read as text; did you mean ${near}?`,
          suggestion: near,
        });
      });
    }
    return type;
  }
  const known = [...row.fields.keys(), ...env.params.keys(), ...cx.lets.keys()];
  if (row.what === NO_FIELDS) {
    const near = nearest(name, known);
    cx.error("unknown_field", file, at, `"${name}" is no constant: a name stands for a field`, {
      help: `If it is text, put ${name} in quotes: "${name}"${
        near ? `; or did you mean ${near}?` : ""
      }`,
      suggestion: `"${name}"`,
    });
    return null;
  }
  const near = fieldNamed(name, (f) => row.fields.has(f)) ?? nearest(name, known) ??
    stepHint(row, name);
  cx.error("unknown_field", file, at, `Unknown field "${name}": ${row.what} has no such field`, {
    help: near ? `Did you mean ${near}?` : fieldHelp(env, name),
    ...(near ? { suggestion: near } : {}),
  });
  return null;
}

/** `user` after a sequence is `login.user`. */
function stepHint(row: Row, name: string): string | undefined {
  return [...row.fields.keys()].find((f) => f.endsWith("." + name));
}

function fieldHelp({ row, cx }: Env, name: string): string {
  if (isTimeModifier(name)) {
    return "Rules run on events as they come: write a window, as stats … over 1h, or within 15m";
  }
  const names = [...row.fields.keys()].filter((f) => !f.startsWith("_"));
  if (names.length === 0) return "No field is left here";
  const severity = nearest(name, SEVERITIES);
  if (severity !== undefined && row.fields.get("severity") === "severity") {
    return `Did you mean ${severity}?`;
  }
  if (row.what === AN_ALERT) return `Every alert has ${names.join(", ")}`;
  if (names.length <= 12) return `It has ${names.join(", ")}`;
  // The dataset that most patterns with this field feed comes first: it is the likeliest home.
  const fed = new Map<string, number>();
  for (const { datasets, captures, constants } of cx.options.catalogue.extractions) {
    const n = Object.hasOwn(constants, name) || captures.some((c) => c.name === name) ? 1 : 0;
    for (const d of datasets) fed.set(d, (fed.get(d) ?? 0) + n);
  }
  const homes = [...DATASETS.values()].filter((d) => d.fields.has(name) && fed.has(d.name))
    .map((d) => d.name).sort((a, b) => fed.get(b)! - fed.get(a)!);
  if (homes.length > 0) {
    return `Read ${homes.slice(0, 3).join(" or ")}, or make it with eval`;
  }
  return `Write "${name}" in quotes if it is text; else read a dataset or sourcetype that has it, or make it with eval`;
}
