/** The text of a search → what it means, with the names that the loaded sourcetypes know. */
import { ERRORS } from "../../compiler/check/codes.ts";
import { checkSearch } from "../../compiler/check/search.ts";
import { rowOf as rowType } from "../../compiler/check/rows.ts";
import type { IrSearch, IrTable } from "../../compiler/ir/program.ts";
import type { Catalogue, Type } from "../../compiler/schema/types.ts";
import type { File } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { parse } from "../../grammar/mod.ts";
import { parseSearch, type SearchNames } from "../../grammar/search.ts";
import { isBatchCommand } from "./stages.ts";

export interface SearchLanguage {
  readonly catalogue: Catalogue;
  readonly tables: readonly IrTable[];
  /** Files of rules, whose lists and lets a search may name. */
  readonly files: readonly File[];
  readonly listFiles?: ReadonlyMap<string, readonly string[]>;
}

/** The files of rules that declare lists or lets. @param texts by name */
export function declaringFiles(
  texts: Pick<ReadonlyMap<string, string>, "get" | "keys">,
): File[] {
  return [...texts.keys()].filter((name) => name.endsWith(".sdl")).flatMap((name) => {
    const text = texts.get(name) ?? "";
    return /^\s*(?:list|let)\s/im.test(text) ? [parse(text, name).file] : [];
  });
}

export interface CompiledSearch {
  readonly text: string;
  /** Null when there is an error. */
  readonly search: IrSearch | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What diagnostics call a search. */
export const QUERY_NAME = "<search>";

/** Intervals that a chart is cut into, about. */
const INTERVALS = 100;
const WIDTHS = [
  1000,
  5000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  900_000,
  1_800_000,
  3_600_000,
  10_800_000,
  21_600_000,
  43_200_000,
  86_400_000,
  604_800_000,
];

/** Width of `timechart` over a range of so many ms. */
export const spanFor = (ms: number): number =>
  WIDTHS.find((w) => ms / w <= INTERVALS) ?? WIDTHS.at(-1)!;

/**
 * @param span width of a `timechart` that names none, ms
 * @param zone by whose clock its buckets begin, as `zone` of compiler/sourcetype/clock reads it; UTC when left out
 */
export function compileSearch(
  text: string,
  { catalogue, tables, files, listFiles }: SearchLanguage,
  span: number,
  zone?: string,
): CompiledSearch {
  const parsed = parseSearch(text, QUERY_NAME, namesOf(catalogue, files));
  const errors = parsed.diagnostics.filter((d) => d.level === "error");
  if (parsed.source === null || errors.length > 0) {
    return { text, search: null, diagnostics: parsed.diagnostics };
  }
  const { file, source, commands } = parsed;
  const checked = checkSearch({ file, source, commands }, {
    catalogue,
    tables,
    files,
    listFiles,
    span,
    zone,
  });
  const misplaced = checked.search === null ? [] : misplacedIn(checked.search);
  return {
    text,
    search: misplaced.length > 0 ? null : checked.search,
    diagnostics: [...parsed.diagnostics, ...checked.diagnostics, ...misplaced],
  };
}

/** Rows that were sorted or cut off are no stream, which takes them in order of time. */
function misplacedIn({ commands }: IrSearch): Diagnostic[] {
  const last = commands.findLastIndex((c) => !isBatchCommand(c));
  const streamed = commands[last];
  return commands.slice(0, Math.max(0, last)).flatMap((c) =>
    c.kind !== "sort" && c.kind !== "limit" ? [] : [{
      code: ERRORS.bad_search,
      level: "error" as const,
      file: QUERY_NAME,
      span: c.span,
      message: `Rows that are sorted or limited cannot go through "${streamed.kind}"`,
      help: `Put it behind ${streamed.kind}, which takes all rows in the order of their time`,
    }]
  );
}

function namesOf(catalogue: Catalogue, files: readonly File[]): SearchNames {
  const { fields } = rowType(catalogue, { any: true });
  const lets = new Set(
    files.flatMap((f) => f.decls.flatMap((d) => d.kind === "let" ? [d.name.name] : [])),
  );
  return {
    fields: fields.keys(),
    kindOf(name) {
      const type = fields.get(name);
      return type === undefined ? null : writing(type);
    },
    isCondition: (name) => lets.has(name),
  };
}

function writing(type: Type): ReturnType<SearchNames["kindOf"]> {
  if (typeof type === "object") return "text";
  switch (type) {
    case "int":
    case "float":
    case "bytes":
    case "duration":
    case "timestamp":
      return "number";
    case "ip":
    case "host":
    case "cidr":
      return "address";
    case "bool":
      return "bool";
    default:
      return "text";
  }
}
