/** Compiled sourcetypes, and the parsers of inputs that are made of them. */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Catalogue } from "../../schema/types.ts";
import { Recogniser } from "../classify/recogniser.ts";
import type { Sourcetype } from "../read/model.ts";
import { allLayouts, type Layout, type SourcetypeLayouts } from "./catalogue.ts";
import { makeParser, type Parser, type ParserOptions } from "./parser.ts";
import type { Family } from "./reader.ts";

/** The sourcetype that each one extends, where that one is there; in the order of their names. */
export type Parents = ReadonlyMap<string, string | null>;

export interface Compiled {
  readonly catalogue: Catalogue;
  /** Every sourcetype that was read, in the order of their names. */
  readonly sourcetypes: readonly Sourcetype[];
  /** By sourcetype; what comes from a cache is read when it is asked for. */
  readonly layouts: ReadonlyMap<string, SourcetypeLayouts>;
  readonly parents: Parents;
  readonly recogniser: Recogniser;
  /** By extraction id: why its lines may be looked at again, see fallback.ts. */
  readonly unsure: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
}

export function parentsOf(sourcetypes: readonly Sourcetype[]): Parents {
  const names = new Set(sourcetypes.map((s) => s.name));
  return new Map(
    sourcetypes.map((s) => [s.name, s.parent !== null && names.has(s.parent) ? s.parent : null]),
  );
}

/** What a sourcetype extends in the end; itself where it extends none. */
export function rootOf(parents: Parents, name: string): string {
  const parent = parents.get(name) ?? null;
  return parent === null ? name : rootOf(parents, parent);
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
    rootOf: (name) => rootOf(compiled.parents, name),
    layouts: compiled.layouts,
    unsure: compiled.unsure,
    layoutOf: (id) => layoutOf(compiled, id),
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
    const others = compiled.recogniser.rules
      .filter((r) => rootOf(compiled.parents, r.sourcetype) !== root);
    made.set(root, recogniser = new Recogniser(others));
  }
  return recogniser;
}

/** A sourcetype and all that extend what it extends. */
function familyOf({ layouts, parents }: Compiled, sourcetype: string): Family {
  const root = rootOf(parents, sourcetype);
  const members = [...parents.keys()].filter((name) => rootOf(parents, name) === root)
    .map((name) => layouts.get(name)!);
  return { own: layouts.get(sourcetype)!, members };
}

/** What events of an extraction are made by. @param id the extraction's */
export function layoutOf({ catalogue, layouts }: Compiled, id: number): Layout {
  const all = allLayouts(layouts.get(catalogue.extractions[id].sourcetype)!);
  return all.find((l) => l.extraction.id === id)!;
}
