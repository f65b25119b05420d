/** Texts of `parse --explain` and `validate`. */
import type { LineExplanation, Validation } from "../../compiler/sourcetype/mod.ts";
import { visible } from "../../grammar/visible.ts";
import { count } from "../outputs/render/text.ts";

/** Longest part of a raw line that is shown. */
const SHOWN = 160;

function shortened(text: string): string {
  return visible(text.length > SHOWN ? text.slice(0, SHOWN) + "…" : text);
}

function value(v: unknown): string {
  return shortened(Array.isArray(v) ? v.join(", ") : String(v));
}

/** Which pattern took a line, and how far each one before it came. */
export function explanationText(e: LineExplanation): string {
  const out = [
    shortened(String(e.event._raw)),
    e.event.parse_error
      ? `  no pattern fits: ${visible(String(e.event.parse_error_reason))}`
      : `  read as ${e.sourcetype}, pattern ${e.pattern}`,
  ];
  if (e.header !== null) out.push(`  header ${e.header}, after it "${shortened(e.message)}"`);
  const width = Math.max(0, ...e.tried.map((t) => t.pattern.length));
  for (const t of e.tried) {
    const at = t.reached > 0
      ? `fits up to "${shortened(e.message.slice(Math.max(0, t.reached - 40), t.reached))}" ` +
        `(${t.reached} of ${e.message.length} characters)`
      : "does not begin to fit";
    const program = t.program === null ? "" : ` [${t.program}]`;
    out.push(`    ${t.pattern.padEnd(width)}${program}  ${t.matched ? "takes the line" : at}`);
  }
  const fields = Object.entries(e.event).filter(([name]) => name !== "_raw" && name !== "source");
  out.push("  fields", ...fields.map(([name, v]) => `    ${shortened(name)} = ${value(v)}`));
  return out.join("\n") + "\n";
}

/** What makes lines alike to the reader of a validation. */
export function validationKey(v: Validation): string {
  const missing = v.datasets.flatMap((d) =>
    d.fields.filter((f) => isFinding(f)).map((f) => `${d.name}.${f.name}.${f.status}`)
  );
  return [v.sourcetype, v.pattern, v.parse_error, ...missing].join("\0");
}

function isFinding(f: Validation["datasets"][number]["fields"][number]): boolean {
  return f.status === "unexpected" || f.status === "missing" && f.requirement === "required";
}

/** Lines that validate alike, with the first of them as the example. */
export function validationText(v: Validation, lines: number): string {
  const out = [
    `${count(lines, "line")} like: ${shortened(v.line)}`,
    v.pattern === null
      ? `  no pattern fits: ${visible(String(v.parse_error))}`
      : `  ${v.sourcetype}, pattern ${v.pattern}${v.time === null ? ", no time that reads" : ""}`,
  ];
  if (v.pattern !== null && v.datasets.length === 0) out.push("  in no CIM dataset");
  for (const d of v.datasets) {
    out.push(`  ${d.name} (tags ${d.tags.join(", ")}): ${d.complete ? "complete" : "incomplete"}`);
    for (const requirement of ["required", "conditional", "optional"] as const) {
      const fields = d.fields.filter((f) => f.requirement === requirement);
      const present = fields.filter((f) => f.status !== "missing");
      const missing = fields.filter((f) => f.status === "missing");
      for (const f of present) {
        const wrong = f.status === "unexpected" ? `, not one of ${f.prescribed!.join(", ")}` : "";
        out.push(`    ${requirement.padEnd(11)}  ${f.name} = ${value(f.value)}${wrong}`);
      }
      if (missing.length > 0) {
        out.push(
          `    ${requirement.padEnd(11)}  missing: ${missing.map((f) => f.name).join(", ")}`,
        );
      }
    }
  }
  const other = v.fields.filter((f) => !f.cim);
  if (other.length > 0) out.push("  other fields");
  for (const f of other) {
    out.push(`    ${shortened(f.name)} = ${value(f.value)} (${f.type}, by ${f.from})`);
  }
  return out.join("\n") + "\n";
}
