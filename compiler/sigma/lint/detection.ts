/** Lints of selections and conditions. */
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import { nearest } from "../../../grammar/nearest.ts";
import { fitsPattern } from "../condition.ts";
import type { LogSources, Rows } from "../logsource.ts";
import { readRule } from "../rule.ts";
import { ANY, parseString } from "../strings.ts";
import type { Entry, SigmaDocument } from "../yaml.ts";
import type { Report } from "./report.ts";

/** @param sources null: fields have other names in the log */
export function lintDetection(
  doc: SigmaDocument,
  report: Report,
  sources: LogSources | null,
): void {
  if (doc.get(doc.root, "detection") === null) return;
  const { logsource } = readRule(doc);
  const detection = doc.node(doc.get(doc.root, "detection"));
  const entries = doc.entries(detection, '"detection"');
  const selections = entries.filter((e) => e.key !== "condition" && e.key !== "timeframe");
  lintCondition(doc, entries.find((e) => e.key === "condition"), selections, report);
  const rows = sources?.rowsOf(logsource) ?? null;
  for (const s of selections) lintSelection(doc, s.node, rows, report);
}

function lintCondition(
  doc: SigmaDocument,
  condition: Entry | undefined,
  selections: readonly Entry[],
  report: Report,
): void {
  const node = doc.node(condition?.node);
  const scalars = (isSeq(node) ? (node.items as Node[]).map((n) => doc.node(n)) : [node])
    .filter((n): n is Scalar => isScalar(n) && typeof n.value === "string");
  const names = selections.map((s) => s.key);
  const used = new Set<string>();
  for (const scalar of scalars) {
    const words = String(scalar.value).split(/[\s()|]+/).filter((w) => w !== "");
    for (const [i, word] of words.entries()) {
      const of = words[i - 1]?.toLowerCase() === "of";
      const pattern = of && word.toLowerCase() === "them" ? "*" : word;
      const found = names.filter((n) =>
        of ? fitsPattern(n, pattern) && (!n.startsWith("_") || pattern.startsWith("_")) : n === word
      );
      for (const n of found) used.add(n);
      const whole = of && found.length === 1 && (pattern === "*" || !pattern.includes("*"));
      if (!whole) continue;
      const written = `${words[i - 2]} of ${word}`;
      report(
        "of_one_selection",
        doc.place(scalar),
        `"${written}" stands for one selection alone`,
        `Write ${found[0]}`,
      );
    }
  }
  for (const { key, keySpan } of selections) {
    if (used.has(key)) continue;
    report(
      "unused_selection",
      keySpan,
      `The condition does not use the selection "${key}"`,
      "Use it, or take it out; what begins with _ has to be named in full",
    );
  }
}

function lintSelection(
  doc: SigmaDocument,
  written: Node | null,
  rows: Rows | null,
  report: Report,
): void {
  const node = doc.node(written);
  if (isMap(node)) {
    for (const entry of doc.entries(node, "A selection")) lintItem(doc, entry, rows, report);
  } else if (isSeq(node)) {
    const items = node.items as Node[];
    for (const item of items) {
      if (isMap(doc.node(item))) lintSelection(doc, item, rows, report);
    }
    lintValues(doc, items, [], report);
  }
}

function lintItem(doc: SigmaDocument, entry: Entry, rows: Rows | null, report: Report): void {
  const [field, ...modifiers] = entry.key.split("|").map((p) => p.trim());
  const lower = modifiers.map((m) => m.toLowerCase());
  if (rows !== null && field !== "") lintField(field, entry, rows, report);
  const value = doc.node(entry.node);
  const items = isSeq(value) ? value.items as Node[] : [value];
  if (lower.includes("all") && items.length < 2 && field !== "") {
    report(
      "all_of_one_value",
      entry.keySpan,
      `"all" has a meaning for several values, "${field}" has ${items.length}`,
      "Leave the modifier out",
    );
  }
  const nulls = items.map((i) => doc.node(i)).filter((n) => isScalar(n) && n.value === null);
  if (isSeq(value) && items.length > 1 && nulls.length > 0) {
    report(
      "null_in_list",
      doc.place(nulls[0]),
      `A missing "${field}" is one of several values`,
      `Write a selection with ${field}: null for it, so that the condition says what is meant`,
    );
  }
  lintValues(doc, items, lower, report);
}

/** A field that no event of the log source has; where any field may come, one that is nearly known. */
function lintField(field: string, entry: Entry, rows: Rows, report: Report): void {
  const known = rows.readings.map((r) => r.known());
  if (known.some((k) => k === null)) return;
  const names = known.flatMap((k) => [...k!.names]);
  if (names.length === 0 || names.some((n) => n.toLowerCase() === field.toLowerCase())) return;
  const open = known.some((k) => k!.open);
  const near = nearest(field, names);
  // Where any field may come, only a slip of the pen is told.
  const slip = near !== undefined && names.length > 20 && near[0] === field[0] &&
    Math.abs(near.length - field.length) < 2;
  if (open && !slip) return;
  report(
    "unknown_field",
    entry.keySpan,
    `No event of the log source has a field "${field}"`,
    near === undefined
      ? "Correct its name, or load a sourcetype that gives it"
      : `Did you mean ${near}?`,
  );
}

const PLACES = ["contains", "startswith", "endswith"];
/** With these a value is no text with wildcards, or is one in which they are wanted. */
const OTHERS: ReadonlySet<string> = new Set([
  ...["re", "cidr", "exists", "fieldref", "expand", "lt", "lte", "gt", "gte"],
  ...["base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"],
]);

function lintValues(
  doc: SigmaDocument,
  items: readonly (Node | null)[],
  modifiers: readonly string[],
  report: Report,
): void {
  const texts = items.map((i) => doc.node(i))
    .filter((n): n is Scalar<string> => isScalar(n) && typeof n.value === "string");
  for (const n of texts) {
    // deno-lint-ignore no-control-regex
    if (/[\u0000-\u0008\u000b-\u001f\u007f]|\t/.test(n.value)) {
      report(
        "control_character",
        doc.place(n),
        "The value holds a control character",
        'Between double quotes "\\t" is a tab: write single quotes around paths',
      );
    }
  }
  const seen = new Set<string>();
  for (const n of texts) {
    const key = modifiers.includes("cased") || modifiers.includes("re")
      ? n.value
      : n.value.toLowerCase();
    if (seen.has(key)) {
      report("duplicate_entry", doc.place(n), `"${n.value}" stands twice`, "Keep one of them");
    }
    seen.add(key);
  }
  if (modifiers.some((m) => OTHERS.has(m))) return;
  lintWildcards(doc, texts, items.length, modifiers, report);
}

function lintWildcards(
  doc: SigmaDocument,
  texts: readonly Scalar<string>[],
  count: number,
  modifiers: readonly string[],
  report: Report,
): void {
  const before = modifiers.includes("contains") || modifiers.includes("endswith");
  const after = modifiers.includes("contains") || modifiers.includes("startswith");
  const shapes = new Set<string>();
  for (const n of texts) {
    const parts = parseString(n.value);
    const [first, last] = [parts[0] === ANY, parts.at(-1) === ANY];
    if (/(?<!\\)(?:\\\\)*\*\*/.test(n.value) || (before && first) || (after && last)) {
      report(
        "double_wildcard",
        doc.place(n),
        `"${n.value}" has two wildcards beside each other`,
        modifiers.length > 0
          ? "The modifier puts one there already: leave it out"
          : "Keep one of them",
      );
    }
    if (/(?<!\\)(?:\\\\)*\\[*?]/.test(n.value)) {
      report(
        "escaped_wildcard",
        doc.place(n),
        `A backslash takes its meaning from a wildcard in "${n.value}"`,
        "Where a path ends there and any text is meant, write two backslashes before it",
      );
    }
    const inner = parts.slice(first ? 1 : 0, last && parts.length > 1 ? -1 : undefined);
    shapes.add(
      inner.length === 1 && typeof inner[0] === "string" && (first || last)
        ? first && last ? "contains" : first ? "endswith" : "startswith"
        : "",
    );
  }
  const [shape] = shapes;
  if (texts.length !== count || shapes.size !== 1 || shape === "") return;
  if (modifiers.some((m) => PLACES.includes(m)) || modifiers.includes("windash")) return;
  if (modifiers.length === 0 && texts.length > 0) {
    report(
      "wildcard_for_modifier",
      doc.place(texts[0]),
      "Wildcards stand where a modifier says the same",
      `Write FIELD|${shape} with the text alone`,
    );
  }
}
