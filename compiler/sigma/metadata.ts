/** What a document of Sigma says of itself: title, id, level, tags … */
import { isMap, isSeq, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import type { RuleMetadata } from "../ir/metadata.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { type SigmaDocument, SigmaError } from "./yaml.ts";

export interface Metadata extends RuleMetadata {
  readonly span: Span;
  /** By which correlations and filters may name it, besides the id. */
  readonly name: string;
  readonly title: string;
  /** Null where none is written. */
  readonly level: Severity | null;
  /** ATT&CK techniques among the tags, as `T1059.001`. */
  readonly mitre: readonly string[];
}

/** @throws {SigmaError} for a document without a title, or with a level that does not exist */
export function readMetadata(doc: SigmaDocument): Metadata {
  const title = doc.text(doc.root, "title") ?? "";
  if (title === "") {
    throw new SigmaError(
      "missing_key",
      doc.span,
      'The rule has no "title"',
      "Add title: with what the rule finds, in a few words",
    );
  }
  const said = authorsWords(doc);
  return {
    ...said,
    span: doc.span,
    name: doc.text(doc.root, "name") ?? "",
    title,
    level: levelOf(doc),
    mitre: techniquesOf(said.tags),
  };
}

/** What the author says of the rule. None of it is a reason to leave the rule out. */
function authorsWords(doc: SigmaDocument): RuleMetadata {
  const texts = (key: string) => doc.texts(doc.root, key).map((t) => t.trim());
  // Some write a list of authors, or a description of several texts.
  const text = (key: string) => texts(key).join(", ");
  return {
    id: text("id"),
    status: text("status").toLowerCase(),
    author: text("author"),
    license: text("license"),
    date: text("date"),
    modified: text("modified"),
    description: text("description"),
    references: texts("references"),
    falsepositives: texts("falsepositives"),
    related: relatedOf(doc),
    tags: texts("tags"),
  };
}

/** Each of `related: [{id, type}]` as `TYPE ID`. */
function relatedOf(doc: SigmaDocument): string[] {
  const node = doc.node(doc.get(doc.root, "related"));
  return (isSeq(node) ? node.items as Node[] : []).flatMap((item) => {
    const map = doc.node(item);
    if (!isMap(map)) return [];
    const [type, id] = ["type", "id"].map((key) => doc.texts(map, key)[0]?.trim() ?? "");
    return id === "" ? [] : [`${type || "similar"} ${id}`];
  });
}

function techniquesOf(tags: readonly string[]): string[] {
  const ids = tags.flatMap((t) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(t.trim())?.[1] ?? []);
  return [...new Set(ids.map((id) => id.toUpperCase()))];
}

function levelOf(doc: SigmaDocument): Severity | null {
  const level = doc.text(doc.root, "level")?.toLowerCase() ?? null;
  if (level === null || (SEVERITIES as readonly string[]).includes(level)) {
    return level as Severity | null;
  }
  const near = nearest(level, SEVERITIES);
  throw new SigmaError(
    "bad_value",
    doc.place(doc.get(doc.root, "level")),
    `Unknown level "${level}"`,
    near ? `Did you mean ${near}?` : `Write one of ${SEVERITIES.join(", ")}`,
  );
}
