/** Lines at hand, as the batch that a pipeline would make of them. */
import { type Compiled, createParser, type ParserOptions } from "../../compiler/sourcetype/mod.ts";
import type { EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";

/**
 * Parses text, one record a line. Null when there is no such sourcetype.
 * @param arrival ms; also the date where a missing year is taken from
 */
export function lineBatch(
  compiled: Compiled,
  sourcetype: string,
  text: string,
  arrival: number,
  options: ParserOptions & { readonly name?: string } = {},
): EventBatch | null {
  if (!compiled.layouts.has(sourcetype)) return null;
  const { name = "test", ...parser } = options;
  const input = new InputHandle({
    name,
    identity: "0".repeat(16),
    sourcetype,
    modified: arrival,
  });
  const lines = text.replace(/\n$/, "").split("\n");
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length + 1;
  }
  const parse = createParser(compiled, sourcetype, parser);
  return parse({ input, lines, arrival, offset: (i: number) => starts[i] });
}
