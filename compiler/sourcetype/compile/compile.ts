/** Compiles sourcetypes: YAML text → catalogue and parsers. */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Catalogue } from "../../schema/types.ts";
import { buildCatalogue, type SourcetypeLayouts } from "./catalogue.ts";
import { uncaptured } from "./captured.ts";
import type { Sourcetype } from "../read/model.ts";
import { makeParser, type Parser, type ParserOptions } from "./parser.ts";
import type { Family } from "./reader.ts";
import { type Inherited, readNames, readSourcetype } from "../read/read.ts";
import { Recogniser } from "../classify/recogniser.ts";
import { YamlReader } from "../read/yaml.ts";

export interface Compiled {
  readonly catalogue: Catalogue;
  /** Every sourcetype that was read, in the order of their names. */
  readonly sourcetypes: readonly Sourcetype[];
  readonly layouts: ReadonlyMap<string, SourcetypeLayouts>;
  readonly recogniser: Recogniser;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles sourcetype files together. Every mistake is a diagnostic; what could be read in spite of
 * them is in the result, so do not run it when there is an error.
 */
export function compileSourcetypes(
  files: readonly { readonly name: string; readonly text: string }[],
): Compiled {
  const readers = files.map((f) => new YamlReader(f.name, f.text));
  const waiting = new Map<string, { reader: YamlReader; parent: string | null }>();
  const diagnostics: Diagnostic[] = [];
  for (const reader of readers) {
    const { name, parent } = readNames(reader);
    const key = name ?? `\0${reader.file}`;
    if (waiting.has(key)) {
      reader.report("duplicate_name", { start: 0, end: 1 }, `The sourcetype "${name}" is taken`, {
        help: `It is also in ${waiting.get(key)!.reader.file}: rename one of them`,
      });
    } else waiting.set(key, { reader, parent });
  }
  const read = new Map<string, { sourcetype: Sourcetype; inherited: Inherited } | null>();
  const visit = (name: string, path: readonly string[]): Inherited | null => {
    const done = read.get(name);
    if (done !== undefined) return done?.inherited ?? null;
    const { reader, parent } = waiting.get(name)!;
    let above: Inherited | null = null;
    if (parent !== null) {
      if (path.includes(parent) || parent === name) {
        reader.report("unknown_parent", { start: 0, end: 1 }, `"${name}" extends itself`, {
          help: "Take one extends away",
        });
      } else if (waiting.has(parent)) above = visit(parent, [...path, name]);
      else {
        const at = reader.text.indexOf(parent, reader.text.indexOf("extends:"));
        reader.unknown(
          "unknown_parent",
          { start: Math.max(0, at), end: Math.max(0, at) + parent.length },
          "sourcetype",
          parent,
          [...waiting.keys()].filter((k) => !k.startsWith("\0")),
        );
      }
    }
    read.set(name, readSourcetype(reader, above));
    return read.get(name)?.inherited ?? null;
  };
  for (const name of [...waiting.keys()].sort()) visit(name, []);
  for (const reader of readers) diagnostics.push(...reader.diagnostics);
  const sourcetypes = [...read.values()].filter((r) => r !== null).map((r) => r.sourcetype)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const { catalogue, layouts } = buildCatalogue(sourcetypes);
  // A field with a mistake of its own captures nothing: one mistake is told once.
  const broken = new Set(diagnostics.map((d) => d.file));
  diagnostics.push(...uncaptured(layouts.values()).filter((d) => !broken.has(d.file)));
  const recogniser = new Recogniser(sourcetypes);
  return { catalogue, sourcetypes, layouts, recogniser, diagnostics };
}

export interface CreateOptions extends ParserOptions {
  /**
   * Lines may be of other sourcetypes than the input's, which was recognised and not named: a line
   * that it does not read is recognised by itself.
   */
  readonly mixed?: boolean;
}

/**
 * The parser for one input of a sourcetype. A sourcetype that extends another is of its family:
 * lines of programs that only a relative knows are read by the relative, under its name. Throws
 * RangeError for an unknown sourcetype or time zone.
 */
export function createParser(
  compiled: Compiled,
  sourcetype: string,
  options: CreateOptions = {},
): Parser {
  if (!compiled.layouts.has(sourcetype)) {
    throw new RangeError(
      `Unknown sourcetype "${sourcetype}": use one of ${[...compiled.layouts.keys()].join(", ")}`,
    );
  }
  return makeParser(familyOf(compiled, sourcetype), compiled.catalogue, options, {
    mixed: options.mixed ?? false,
    recogniser: compiled.recogniser,
    without: (root) => withoutFamily(compiled, root),
    rootOf: (name) => rootOf(compiled, name),
    layouts: compiled.layouts,
    family: (name) => familyOf(compiled, name),
  });
}

const WITHOUT = new WeakMap<Compiled, Map<string, Recogniser>>();

/** Made once for all inputs. */
function withoutFamily(compiled: Compiled, root: string): Recogniser {
  const made = WITHOUT.get(compiled) ?? new Map<string, Recogniser>();
  WITHOUT.set(compiled, made);
  let recogniser = made.get(root);
  if (!recogniser) {
    const others = compiled.sourcetypes.filter((s) => rootOf(compiled, s.name) !== root);
    made.set(root, recogniser = new Recogniser(others));
  }
  return recogniser;
}

/** A sourcetype and all that extend what it extends. */
function familyOf(compiled: Compiled, sourcetype: string): Family {
  const own = compiled.layouts.get(sourcetype)!;
  const root = rootOf(compiled, sourcetype);
  const members = [...compiled.layouts.values()]
    .filter((l) => rootOf(compiled, l.sourcetype.name) === root);
  return { own, members };
}

function rootOf(compiled: Compiled, name: string): string {
  const parent = compiled.layouts.get(name)?.sourcetype.parent ?? null;
  return parent === null || !compiled.layouts.has(parent) ? name : rootOf(compiled, parent);
}
