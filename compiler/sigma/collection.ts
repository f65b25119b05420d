/** All documents of all files, read and told apart, and found by id and name. */
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { nearest } from "../../grammar/nearest.ts";
import { RESERVED } from "../../grammar/token.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { type Correlation, type Named, readCorrelation } from "./correlation.ts";
import { type Filter, readFilter } from "./filter.ts";
import { readRule, type SigmaRule } from "./rule.ts";
import { readDocuments, type SigmaDocument, SigmaError } from "./yaml.ts";

export interface SigmaFile {
  readonly name: string;
  readonly text: string;
}

/** A rule or a correlation, and what it is called in the program. */
export type Entry =
  & { readonly file: string; readonly name: string }
  & (
    | { readonly kind: "rule"; readonly item: SigmaRule }
    | { readonly kind: "correlation"; readonly item: Correlation }
  );

/** What a rule that is not taken says of itself; "" and null for what does not read. */
export interface RejectedRule {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly level: Severity | null;
}

export interface Collection {
  /** Names that are taken, those of the entries among them. */
  readonly names: ReadonlySet<string>;
  /** In the order of files and documents. */
  readonly entries: readonly Entry[];
  readonly filters: readonly { readonly file: string; readonly item: Filter }[];
  readonly diagnostics: readonly Diagnostic[];
  /** What is known of the rules that diagnostics are about. */
  readonly rejected: ReadonlyMap<Diagnostic, RejectedRule>;
  /** Rules and correlations in the files, and whatever was not read. */
  readonly ruleCount: number;
}

/** Reads files. @param taken names that no rule may have */
export function readCollection(files: readonly SigmaFile[], taken: Iterable<string>): Collection {
  const reader = new Reader(new Set(taken));
  for (const file of files) reader.file(file);
  return reader;
}

class Reader implements Collection {
  readonly entries: Entry[] = [];
  readonly filters: { file: string; item: Filter }[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly rejected = new Map<Diagnostic, RejectedRule>();
  ruleCount = 0;
  readonly #ids = new Map<string, { file: string; span: Span }>();

  constructor(readonly names: Set<string>) {}

  file(file: SigmaFile): void {
    const { documents, errors } = readDocuments(file.name, file.text);
    this.diagnostics.push(...errors);
    this.ruleCount += errors.length;
    for (const [i, doc] of documents.entries()) {
      try {
        this.#document(doc, file.name, documents.length > 1 ? i + 1 : 0);
      } catch (error) {
        if (!(error instanceof SigmaError)) throw error;
        this.ruleCount++;
        const d = error.diagnostic(file.name);
        this.diagnostics.push(d);
        this.rejected.set(d, rejectedRule(doc, file.name));
      }
    }
  }

  #document(doc: SigmaDocument, file: string, nth: number): void {
    const kind = ["correlation", "filter"].find((key) => doc.get(doc.root, key) !== null);
    if (kind === "filter") {
      this.filters.push({ file, item: readFilter(doc) });
      return;
    }
    const entry = kind === "correlation"
      ? { kind, item: readCorrelation(doc) } as const
      : { kind: "rule", item: readRule(doc) } as const;
    const { item } = entry;
    this.ruleCount++;
    const idSpan = doc.place(doc.get(doc.root, "id"));
    const before = item.id === "" ? undefined : this.#ids.get(item.id);
    // Documents of one file may have their id from a global one.
    if (before !== undefined && before.file !== file) {
      const d: Diagnostic = {
        ...duplicate(item.id, idSpan).diagnostic(file),
        related: [{ ...before, message: "First here" }],
      };
      this.diagnostics.push(d);
      this.rejected.set(d, { ...item, name: stemOf(file) });
      return;
    }
    this.#ids.set(item.id, { file, span: idSpan });
    const name = nameOf(file, nth, item.id, this.names);
    this.names.add(name);
    this.entries.push({ file, name, ...entry });
  }
}

/** As much as reads of a document that cannot be taken. */
function rejectedRule(doc: SigmaDocument, file: string): RejectedRule {
  const text = (key: string) => doc.texts(doc.root, key)[0] ?? "";
  try {
    const level = SEVERITIES.find((s) => s === text("level").toLowerCase()) ?? null;
    return { name: stemOf(file), id: text("id"), status: text("status").toLowerCase(), level };
  } catch {
    // It has more values than are looked at.
    return { name: stemOf(file), id: "", status: "", level: null };
  }
}

const duplicate = (id: string, span: Span) =>
  new SigmaError(
    "duplicate_rule",
    span,
    `The id "${id}" is that of another rule`,
    "Give the rule an id of its own, or load one of the two",
  );

/** The file's name, with the number of the rule where it has several; with its id where that is taken. */
function nameOf(file: string, nth: number, ruleId: string, taken: ReadonlySet<string>): string {
  const stem = stemOf(file) + (nth > 0 ? `_${nth}` : "");
  if (!taken.has(stem)) return stem;
  const id = ruleId.replace(/[^A-Za-z0-9]/g, "").slice(0, 8);
  const own = id === "" ? stem : `${stem}_${id}`;
  let name = own;
  for (let n = 2; taken.has(name); n++) name = `${own}_${n}`;
  return name;
}

function stemOf(file: string): string {
  const base = file.slice(file.lastIndexOf("/") + 1).replace(/\.ya?ml$/i, "");
  const word = base.replace(/[^A-Za-z0-9_]+/g, "_");
  // What SDL reads as something else than a name.
  const odd = /^(?:\d|$|t\d{4}$)/i.test(word) || RESERVED.has(word.toLowerCase());
  return (odd ? "sigma_" : "") + word;
}

/** Entries by id and by name. */
export class References {
  readonly #known = new Map<string, Entry[]>();

  constructor(readonly entries: readonly Entry[]) {
    for (const entry of entries) {
      for (const key of new Set([entry.item.id, entry.item.name])) {
        if (key !== "") this.#known.set(key, [...this.#known.get(key) ?? [], entry]);
      }
    }
  }

  /** All that are called so: those in the file that says it, else those anywhere. */
  lookUp({ name }: Named, file: string): readonly Entry[] {
    const all = this.#known.get(name) ?? [];
    const here = all.filter((e) => e.file === file);
    return here.length > 0 ? here : all;
  }

  /**
   * What a name or an id stands for.
   * @throws {SigmaError} when nothing is called so, or several are
   */
  find(reference: Named, file: string): Entry {
    const { name, span } = reference;
    const found = this.lookUp(reference, file);
    if (found.length === 1) return found[0];
    const near = nearest(name, this.#known.keys());
    throw new SigmaError(
      "unknown_rule",
      span,
      found.length === 0
        ? `No loaded rule has the name or id "${name}"`
        : `The name "${name}" is that of ${found.length} rules`,
      found.length > 0
        ? "Name it by its id"
        : near
        ? `Did you mean ${near}?`
        : "Load the rule beside this one, or give it this name: or id:",
    );
  }
}
