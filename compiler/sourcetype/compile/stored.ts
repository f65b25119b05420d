/**
 * Compiled sourcetypes as plain data that can be put away, and back. Most runs read one or two formats:
 * the layouts of a family are read when one of its sourcetypes is asked for.
 */
import type { Catalogue } from "../../schema/types.ts";
import { Recogniser, type RecognitionRule } from "../classify/recogniser.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Program, Sourcetype } from "../read/model.ts";
import type { Layout, SourcetypeLayouts } from "./catalogue.ts";
import { type Compiled, type Parents, rootOf } from "./compiled.ts";

/** What every run needs. */
export interface StoredSourcetypes {
  readonly catalogue: Catalogue;
  readonly parents: Parents;
  readonly recognition: readonly RecognitionRule[];
  readonly unsure: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
  /** Which of the families each sourcetype is in. */
  readonly families: ReadonlyMap<string, number>;
}

/** Of a layout: its extraction stands in the catalogue. */
type StoredLayout = Omit<Layout, "extraction" | "sourcetype"> & { readonly extraction: number };

interface StoredLayouts {
  readonly sourcetype: Sourcetype;
  readonly slots: readonly string[];
  readonly parseError: StoredLayout;
  readonly programs: readonly {
    readonly program: Program;
    readonly layouts: readonly StoredLayout[];
  }[];
  readonly general: readonly StoredLayout[];
}

/**
 * The layouts of sourcetypes that extend the same one. They are put away together because they share
 * the patterns that they inherit, and parsers tell those by identity.
 */
export type StoredFamily = readonly StoredLayouts[];

/** Compiled sourcetypes as plain data: `v8.serialize` takes both parts, each family by itself. */
export function storeSourcetypes(
  compiled: Compiled,
): { head: StoredSourcetypes; families: StoredFamily[] } {
  const { catalogue, parents, recogniser, unsure, diagnostics, layouts } = compiled;
  const byRoot = Map.groupBy(layouts.values(), (l) => rootOf(parents, l.sourcetype.name));
  const families = [...byRoot.values()];
  return {
    head: {
      catalogue,
      parents,
      recognition: recogniser.rules,
      unsure,
      diagnostics,
      families: new Map(families.flatMap((f, i) => f.map((l) => [l.sourcetype.name, i]))),
    },
    families: families.map((members) => members.map(storeLayouts)),
  };
}

function storeLayouts(l: SourcetypeLayouts): StoredLayouts {
  const store = ({ pattern, shape, captures, extraction }: Layout): StoredLayout => (
    { pattern, shape, captures, extraction: extraction.id }
  );
  return {
    sourcetype: l.sourcetype,
    slots: l.slots,
    parseError: store(l.parseError),
    programs: l.programs.map(({ program, layouts }) => ({ program, layouts: layouts.map(store) })),
    general: l.general.map(store),
  };
}

/** @param read gives a family by its number, each at most once */
export function restoreSourcetypes(
  head: StoredSourcetypes,
  read: (family: number) => StoredFamily,
): Compiled {
  const { catalogue, parents, unsure, diagnostics } = head;
  const layouts = new StoredLayoutsMap(head, read);
  return {
    catalogue,
    parents,
    unsure,
    diagnostics,
    layouts,
    recogniser: new Recogniser(head.recognition),
    get sourcetypes() {
      return [...layouts.values()].map((l) => l.sourcetype);
    },
  };
}

function restoreLayouts(stored: StoredLayouts, catalogue: Catalogue): SourcetypeLayouts {
  const { sourcetype, slots } = stored;
  const restore = ({ extraction, ...rest }: StoredLayout): Layout => (
    { ...rest, sourcetype, extraction: catalogue.extractions[extraction] }
  );
  return {
    sourcetype,
    slots,
    parseError: restore(stored.parseError),
    programs: stored.programs.map(({ program, layouts }) => (
      { program, layouts: layouts.map(restore) }
    )),
    general: stored.general.map(restore),
  };
}

/** Layouts by sourcetype, read a family at a time. */
class StoredLayoutsMap implements ReadonlyMap<string, SourcetypeLayouts> {
  readonly #made = new Map<string, SourcetypeLayouts>();

  constructor(
    private readonly head: StoredSourcetypes,
    private readonly read: (family: number) => StoredFamily,
  ) {}

  get size(): number {
    return this.head.parents.size;
  }

  has(name: string): boolean {
    return this.head.parents.has(name);
  }

  get(name: string): SourcetypeLayouts | undefined {
    const family = this.head.families.get(name);
    if (family === undefined) return undefined;
    if (!this.#made.has(name)) {
      for (const stored of this.read(family)) {
        this.#made.set(stored.sourcetype.name, restoreLayouts(stored, this.head.catalogue));
      }
    }
    return this.#made.get(name);
  }

  keys(): MapIterator<string> {
    return this.head.parents.keys();
  }

  *entries(): MapIterator<[string, SourcetypeLayouts]> {
    for (const name of this.keys()) yield [name, this.get(name)!];
  }

  *values(): MapIterator<SourcetypeLayouts> {
    for (const name of this.keys()) yield this.get(name)!;
  }

  [Symbol.iterator](): MapIterator<[string, SourcetypeLayouts]> {
    return this.entries();
  }

  forEach(
    call: (
      value: SourcetypeLayouts,
      key: string,
      map: ReadonlyMap<string, SourcetypeLayouts>,
    ) => void,
  ): void {
    for (const [name, layouts] of this) call(layouts, name, this);
  }
}
