/** Why a line is read as it is: which pattern took it, and how far the others came. */
import { type Compiled, type CreateOptions, createParser } from "./compile/compiled.ts";
import { toFlat } from "./flat.ts";
import type { Value } from "../schema/types.ts";

export interface LineExplanation {
  readonly sourcetype: string;
  readonly pattern: string;
  /** The header that fits, or null. */
  readonly header: string | null;
  /** The text after the header, which the patterns see. */
  readonly message: string;
  readonly event: Readonly<Record<string, Value>>;
  /** Each pattern of the sourcetype in the order tried, up to the one that fits. */
  readonly tried: readonly {
    readonly pattern: string;
    readonly program: string | null;
    /** Characters of the message that the longest fitting beginning of the pattern takes. */
    readonly reached: number;
    readonly matched: boolean;
  }[];
}

/** Explains one line. Slow: each pattern is tried piece by piece. */
export function explainLine(
  compiled: Compiled,
  sourcetype: string,
  line: string,
  options: CreateOptions & { readonly modified?: number } = {},
): LineExplanation {
  const modified = options.modified ?? 0;
  const parsed = createParser(compiled, sourcetype, options)({
    input: { modified },
    lines: [line],
    arrival: modified,
  });
  const extraction = parsed.extractions[parsed.extractionIds[0]];
  const layouts = compiled.layouts.get(extraction.sourcetype)!;
  let header: string | null = null;
  let message = line;
  let program = "";
  const { headers } = compiled.layouts.get(sourcetype)!.sourcetype;
  // A line of another family begins as that one's lines do.
  for (const h of [...headers, ...layouts.sourcetype.headers.filter((o) => !headers.includes(o))]) {
    const m = new RegExp(h.regex.source, "sy").exec(line);
    if (!m) continue;
    header = h.name;
    message = line.slice(m[0].length);
    program = m.groups?.program ?? h.program ?? "";
    break;
  }
  const repeated = header === null
    ? null
    : /^message repeated \d+ times?: ?\[ ?(.*)\]$/s.exec(message);
  const text = repeated ? repeated[1] : message;
  const tried: { pattern: string; program: string | null; reached: number; matched: boolean }[] =
    [];
  const all = [
    ...layouts.programs
      .filter((p) => p.program.names.some((n) => isNamed(n.toLowerCase(), program.toLowerCase())))
      .flatMap((p) => p.layouts.map((l) => ({ l, program: p.program.names[0] }))),
    ...layouts.general.map((l) => ({ l, program: null as string | null })),
  ];
  for (const { l, program: name } of all) {
    const { source } = l.pattern!.regex;
    const matched = l.extraction.id === extraction.id;
    tried.push({
      pattern: l.pattern!.name,
      program: name,
      reached: matched ? text.length : Math.min(reached(source, text), text.length),
      matched,
    });
    if (matched) break;
  }
  return {
    sourcetype: extraction.sourcetype,
    pattern: extraction.pattern,
    header,
    message: text,
    event: toFlat(parsed.events[0], extraction, ""),
    tried,
  };
}

/** Whether a program is the one that a name, or a beginning with `*`, stands for. */
function isNamed(name: string, program: string): boolean {
  return name.endsWith("*") ? program.startsWith(name.slice(0, -1)) : program === name;
}

/** Length of what the longest beginning of the expression that compiles takes of the text. */
function reached(source: string, text: string): number {
  let best = 0;
  for (let end = source.length - 1; end > 0; end--) {
    let part: RegExp;
    try {
      part = new RegExp(source.slice(0, end), "sy");
    } catch {
      continue;
    }
    const m = part.exec(text);
    if (m) {
      best = Math.max(best, m[0].length);
      break;
    }
  }
  return best;
}
