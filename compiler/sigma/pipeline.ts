/** pySigma's processing pipelines: YAML that changes rules before they become rules of the program. */
import { isMap, isSeq, type Node } from "yaml";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Entry, SigmaFile } from "./collection.ts";
import { Draft } from "./draft.ts";
import type { LogSourceKey } from "./logsource.ts";
import { Params, textsOf } from "./params.ts";
import { type ItemConditions, readConditions } from "./pipeline_conditions.ts";
import { parseString, type Parts } from "./strings.ts";
import type { Apply } from "./transformation.ts";
import { readTransformation } from "./transformations.ts";
import { MAX_DEPTH, readDocuments, type SigmaDocument, SigmaError } from "./yaml.ts";

interface PipelineItem {
  readonly id: string;
  readonly conditions: ItemConditions;
  readonly apply: Apply;
}

interface PipelineFile {
  readonly priority: number;
  readonly items: readonly PipelineItem[];
  readonly vars: ReadonlyMap<string, readonly Parts[]>;
}

const KEYS = ["name", "priority", "vars", "transformations", "allowed_backends"];

/** Pipelines one after the other, by their priorities. */
export class Pipeline {
  readonly #items: readonly PipelineItem[];
  readonly #vars: ReadonlyMap<string, readonly Parts[]>;

  constructor(files: readonly PipelineFile[]) {
    const sorted = files.toSorted((a, b) => a.priority - b.priority);
    this.#items = sorted.flatMap((f) => f.items);
    this.#vars = new Map(sorted.flatMap((f) => [...f.vars]));
  }

  /**
   * The rule as the pipeline makes it.
   * @param related log sources of the rules that a correlation names
   * @throws {SigmaError} where the pipeline refuses it
   */
  apply(entry: Entry, related: readonly LogSourceKey[]): Entry {
    const draft = new Draft(entry, related);
    runItems(this.#items, draft, this.#vars);
    return draft.entry;
  }
}

function runItems(
  items: readonly PipelineItem[],
  draft: Draft,
  vars: ReadonlyMap<string, readonly Parts[]>,
): void {
  for (const { id, conditions, apply } of items) {
    if (!conditions.rule(draft)) continue;
    apply(draft, { id, conditions, vars });
    draft.applied.add(id);
  }
}

/** Reads pipelines; an error in any is one of the configuration. */
export function readPipelines(
  files: readonly SigmaFile[],
): { pipeline: Pipeline; diagnostics: Diagnostic[] } {
  const read: PipelineFile[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const { documents, errors } = readDocuments(file.name, file.text);
    diagnostics.push(...errors);
    for (const doc of documents) {
      try {
        read.push(readFile(doc));
      } catch (error) {
        if (!(error instanceof SigmaError)) throw error;
        diagnostics.push(error.diagnostic(file.name));
      }
    }
  }
  return { pipeline: new Pipeline(read), diagnostics };
}

function readFile(doc: SigmaDocument): PipelineFile {
  const p = new Params(doc, doc.root, "A pipeline");
  for (const key of ["postprocessing", "finalizers"]) {
    if (doc.get(doc.root, key) === null) continue;
    throw p.error(key, `"${key}" changes queries, and there are none`, "Leave it out");
  }
  p.only(...KEYS);
  const priority = Number(p.text("priority") ?? 0);
  if (!Number.isFinite(priority)) {
    throw p.error(
      "priority",
      "The priority is not a number",
      "Write a number: lower ones go first",
    );
  }
  const vars = new Map<string, readonly Parts[]>();
  if (p.node("vars") !== null) {
    for (const e of doc.entries(p.node("vars"), '"vars"')) {
      vars.set(e.key, textsOf(doc, doc.node(e.node), `"${e.key}"`).map(parseString));
    }
  }
  return { priority, vars, items: readItems(doc, p.node("transformations"), 0) };
}

function readItems(doc: SigmaDocument, written: Node | null, depth: number): PipelineItem[] {
  const node = doc.node(written);
  if (node === null) return [];
  if (!isSeq(node) || depth > MAX_DEPTH) {
    throw new SigmaError(
      "bad_pipeline",
      doc.place(node),
      depth > MAX_DEPTH
        ? `Transformations nest deeper than ${MAX_DEPTH}`
        : "Transformations must be a list",
      "Begin each one with - id:",
    );
  }
  return (node.items as Node[]).map((item) => readItem(doc, item, depth));
}

function readItem(doc: SigmaDocument, node: Node, depth: number): PipelineItem {
  const p = Params.of(doc, node, "A transformation");
  const conditions = readConditions(p);
  const nested = (list: Node | null): Apply => {
    if (!isSeq(list) && !isMap(list)) throw p.error(null, 'nest has no "items"', "Add items:");
    const items = readItems(doc, list, depth + 1);
    return (draft, work) => runItems(items, draft, work.vars);
  };
  // One that has no id can be named by no condition.
  const id = p.text("id") ?? ` ${p.span.start}`;
  return { id, conditions, apply: readTransformation(p, nested) };
}
