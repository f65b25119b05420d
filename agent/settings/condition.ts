/** A condition of SDL as a value of `agent.yaml`, with what is wrong at its place there. */
import { isScalar, type Node } from "yaml";
import type { IrExpr } from "../../compiler/ir/program.ts";
import { checkCondition } from "../../compiler/check/lone_condition.ts";
import type { Span } from "../../grammar/ast.ts";
import type { SettingsReader } from "./section.ts";

type Row = Parameters<typeof checkCondition>[2];

/** Characters of a condition at most. */
export const LONGEST = 10_000;

/** Reads a condition over rows of that kind; null when it has an error, which is reported. */
export function readCondition(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  row: Row,
): IrExpr | null {
  const text = reader.string(node, what);
  if (text === null) return null;
  if (text.length > LONGEST) {
    reader.report("bad_condition", reader.span(node), `${what} is over ${LONGEST} characters`, {
      help: "Put long lists of values into a rule",
    });
    return null;
  }
  const { expr, diagnostics } = checkCondition(text, reader.file, row);
  const place = placesOf(reader, node as Node, text);
  for (const d of diagnostics) {
    reader.report("bad_condition", place(d.span), d.message, {
      ...(d.help === undefined ? {} : { help: d.help }),
      ...(d.suggestion === undefined ? {} : { suggestion: d.suggestion }),
    });
  }
  return expr;
}

/**
 * Where the characters of a scalar's value stand in the file: quotes, escapes, indentation and line
 * ends of YAML lie between them. What cannot be found is the whole scalar.
 */
export function placesOf(reader: SettingsReader, node: Node, value: string): (s: Span) => Span {
  const whole = reader.span(node);
  const { text } = reader;
  const places: number[] = [];
  let at = whole.start;
  // The header of a block, `|` or `>-`, is no text of it.
  if (isScalar(node) && /^BLOCK/.test(node.type ?? "")) at = text.indexOf("\n", at) + 1;
  for (const c of value) {
    const blank = /\s/.test(c);
    while (at < whole.end && (blank ? !/\s/.test(text[at]) : !text.startsWith(c, at))) at++;
    if (at >= whole.end) break;
    for (let i = 0; i < c.length; i++) places.push(at + i);
    at += c.length;
  }
  if (places.length < value.trimEnd().length) return () => whole;
  return ({ start, end }) => {
    const from = places[start] ?? (places.at(-1) ?? whole.start) + 1;
    const to = end > start ? (places[end - 1] ?? places.at(-1)!) + 1 : from + 1;
    return { start: from, end: Math.max(to, from + 1) };
  };
}
