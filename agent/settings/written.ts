/** Values of `agent.yaml` with their places, for what is checked with the rules. */
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { parseExpression } from "../../grammar/mod.ts";
import type { Exception, Place, RulePattern, WrittenValue } from "../../compiler/ir/tuning.ts";
import { LONGEST, placesOf } from "./condition.ts";
import { CODES, type SettingsReader } from "./section.ts";

export function placeOf(reader: SettingsReader, span: Span): Place {
  const line = reader.text.slice(0, span.start).split("\n").length;
  return { file: reader.file, span, line };
}

/** A text, a number, true or false; anything else is reported and null. */
export function writtenValue(
  reader: SettingsReader,
  node: Node | null,
  what: string,
): WrittenValue | null {
  const value = isScalar(node) ? node.value : null;
  if (value === null || typeof value === "object") {
    reader.report("wrong_kind", reader.span(node), `${what} must be a text or a number`, {
      help: "Write one value, in quotes where it has a colon",
    });
    return null;
  }
  const scalar = node as Scalar;
  const isText = typeof value === "string";
  const text = isText ? value : scalar.source ?? String(value);
  return {
    ...placeOf(reader, reader.span(node)),
    text,
    isText,
  };
}

/** A rule's name, id, or a glob; null when it was reported. */
export function patternOf(
  reader: SettingsReader,
  node: Node | null,
  what: string,
): RulePattern | null {
  const text = reader.string(node, what);
  if (text === null) return null;
  if (text.trim() === "") {
    reader.report("bad_value", reader.span(node), `${what} is empty`, {
      help: "Name a rule, its id, or several by * and ?",
    });
    return null;
  }
  return { ...placeOf(reader, reader.span(node)), text: text.trim() };
}

/** One pattern, or a list of them. */
export function patternsOf(
  reader: SettingsReader,
  node: Node | null,
  what: string,
): RulePattern[] {
  const items = isSeq(node) ? node.items as Node[] : [node];
  return items.flatMap((item) => patternOf(reader, item, what) ?? []);
}

/** An SDL condition; what the parser says of it is reported. Null when it does not read. */
export function conditionOf(
  reader: SettingsReader,
  node: Node | null,
  what: string,
): Exception["where"] | null {
  const text = reader.string(node, what);
  if (text === null) return null;
  const place = placeOf(reader, reader.span(node));
  if (text.length > LONGEST) {
    reader.report("bad_condition", place.span, `${what} is over ${LONGEST} characters`, {
      help: "Put long lists of values into a list of a rule",
    });
    return null;
  }
  const inFile = placesOf(reader, node!, text);
  const { expr, diagnostics } = parseExpression(text, 0, reader.file);
  for (const d of diagnostics) {
    reader.diagnostics.push({ ...d, code: CODES.bad_condition, span: inFile(d.span) });
  }
  if (diagnostics.some((d) => d.level === "error") || !expr) return null;
  return { ...place, expr, text, placeOf: inFile };
}

/** Whether a mapping is there; anything else but nothing is reported. */
export function isMapping(reader: SettingsReader, node: Node | null, what: string): boolean {
  if (isMap(node)) return true;
  if (node !== null) {
    reader.report("wrong_kind", reader.span(node), `${what} must be a mapping of keys to values`);
  }
  return false;
}
