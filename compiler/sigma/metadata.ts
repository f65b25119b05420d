/** What a document of Sigma says of itself: title, id, level, tags … */
import type { Span } from "../../grammar/ast.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { type SigmaDocument, SigmaError } from "./yaml.ts";

export interface Metadata {
  readonly span: Span;
  readonly id: string;
  /** By which correlations and filters may name it, besides the id. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  /** Null where none is written. */
  readonly level: Severity | null;
  readonly author: string;
  readonly date: string;
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  /** Tags as written: `attack.t1059.001`, `cve.2021-44228`. */
  readonly tags: readonly string[];
  /** ATT&CK techniques among the tags, as `T1059.001`. */
  readonly mitre: readonly string[];
}

/** @throws {SigmaError} for a document without a title, or with a level that does not exist */
export function readMetadata(doc: SigmaDocument): Metadata {
  const { root } = doc;
  const text = (key: string) => doc.text(root, key) ?? "";
  const title = text("title");
  if (title === "") {
    throw new SigmaError(
      "missing_key",
      doc.span,
      'The rule has no "title"',
      "Add title: with what the rule finds, in a few words",
    );
  }
  const tags = doc.texts(root, "tags");
  return {
    span: doc.span,
    id: text("id"),
    name: text("name"),
    title,
    description: text("description").trim(),
    status: text("status"),
    level: levelOf(doc),
    author: text("author"),
    date: text("date"),
    references: doc.texts(root, "references"),
    falsepositives: doc.texts(root, "falsepositives"),
    tags,
    mitre: tags.flatMap((t) => {
      const id = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(t)?.[1];
      return id === undefined ? [] : [id.toUpperCase()];
    }),
  };
}

function levelOf(doc: SigmaDocument): Severity | null {
  const level = doc.text(doc.root, "level")?.toLowerCase() ?? null;
  if (level === null || (SEVERITIES as readonly string[]).includes(level)) {
    return level as Severity | null;
  }
  throw new SigmaError(
    "bad_value",
    doc.place(doc.get(doc.root, "level")),
    `Unknown level "${level}"`,
    `Write one of ${SEVERITIES.join(", ")}`,
  );
}
