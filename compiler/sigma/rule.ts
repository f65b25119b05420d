/** What a Sigma rule says of itself, and its detections as written. */
import { isMap, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { type Condition, parseCondition } from "./condition.ts";
import { type Detection, readDetection } from "./detection.ts";
import type { LogSourceKey } from "./logsource.ts";
import { type SigmaDocument, SigmaError } from "./yaml.ts";

export interface SigmaRule {
  readonly span: Span;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly level: Severity;
  readonly author: string;
  readonly date: string;
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  /** Tags as written: `attack.t1059.001`, `cve.2021-44228`. */
  readonly tags: readonly string[];
  /** ATT&CK techniques among the tags, as `T1059.001`. */
  readonly mitre: readonly string[];
  readonly logsource: LogSourceKey & { readonly span: Span };
  /** Where its detection stands. */
  readonly detection: Span;
  readonly selections: ReadonlyMap<string, Detection>;
  readonly condition: Condition;
}

/** Keys of a `detection` that are no selection. */
const NO_SELECTIONS: ReadonlySet<string> = new Set(["condition", "timeframe"]);

/**
 * Reads one document.
 * @throws {SigmaError} with the first thing for which the rule cannot be taken
 */
export function readRule(doc: SigmaDocument): SigmaRule {
  const { root } = doc;
  refuseOtherKinds(doc);
  const title = doc.text(root, "title");
  if (title === null) {
    throw new SigmaError(
      "missing_key",
      doc.span,
      'The rule has no "title"',
      "Add title: with what the rule finds, in a few words",
    );
  }
  const tags = doc.texts(root, "tags");
  const selections = new Map<string, Detection>();
  const detection = mapping(doc, "detection", "what the rule looks for, and its condition");
  for (const { key, node } of doc.entries(detection, '"detection"')) {
    if (!NO_SELECTIONS.has(key)) selections.set(key, readDetection(doc, node, key));
  }
  return {
    span: doc.span,
    id: doc.text(root, "id") ?? "",
    title,
    description: (doc.text(root, "description") ?? "").trim(),
    status: doc.text(root, "status") ?? "",
    level: levelOf(doc),
    author: doc.text(root, "author") ?? "",
    date: doc.text(root, "date") ?? "",
    references: doc.texts(root, "references"),
    falsepositives: doc.texts(root, "falsepositives"),
    tags,
    mitre: tags.flatMap((t) => {
      const id = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(t)?.[1];
      return id === undefined ? [] : [id.toUpperCase()];
    }),
    logsource: logSourceOf(doc),
    detection: doc.place(detection),
    selections,
    condition: conditionOf(doc, detection, selections),
  };
}

/** Correlations and filters are documents of their own kind. */
function refuseOtherKinds(doc: SigmaDocument): void {
  for (const kind of ["correlation", "filter"]) {
    const node = doc.get(doc.root, kind);
    if (node === null) continue;
    throw new SigmaError(
      "not_supported",
      doc.place(node),
      `Sigma ${kind}s are not taken yet`,
      kind === "correlation"
        ? "Write an SDL rule with stats or sequence over the signals of the rules that it names"
        : "Put the filter's condition into the rules that it names",
    );
  }
}

function mapping(doc: SigmaDocument, key: string, what: string): YAMLMap {
  const node = doc.node(doc.get(doc.root, key));
  if (isMap(node)) return node;
  throw node === null
    ? new SigmaError(
      "missing_key",
      doc.span,
      `The rule has no "${key}"`,
      `Add ${key}: with ${what}`,
    )
    : new SigmaError(
      "wrong_kind",
      doc.place(node),
      `"${key}" must be a mapping of keys to values`,
      "Write one KEY: VALUE a line, indented",
    );
}

function levelOf(doc: SigmaDocument): Severity {
  const level = doc.text(doc.root, "level")?.toLowerCase() ?? "medium";
  if ((SEVERITIES as readonly string[]).includes(level)) return level as Severity;
  throw new SigmaError(
    "bad_value",
    doc.place(doc.get(doc.root, "level")),
    `Unknown level "${level}"`,
    `Write one of ${SEVERITIES.join(", ")}`,
  );
}

function logSourceOf(doc: SigmaDocument): SigmaRule["logsource"] {
  const map = mapping(doc, "logsource", "a product, a category or a service");
  const text = (key: string) => doc.text(map, key)?.toLowerCase() ?? null;
  const out = { product: text("product"), category: text("category"), service: text("service") };
  if (out.product === null && out.category === null && out.service === null) {
    throw new SigmaError(
      "missing_key",
      doc.place(map),
      'The "logsource" names neither product nor category nor service',
      "Name at least one of them, like product: windows",
    );
  }
  return { ...out, span: doc.place(map) };
}

/** One condition; of a list of them any one is enough. */
function conditionOf(
  doc: SigmaDocument,
  detection: YAMLMap,
  selections: ReadonlyMap<string, Detection>,
): Condition {
  const written = doc.node(doc.get(detection, "condition"));
  if (written === null) {
    throw new SigmaError(
      "missing_key",
      doc.place(detection),
      'The "detection" has no "condition"',
      "Add condition: with the names of selections, and, or, not",
    );
  }
  const nodes = isSeq(written) ? written.items as Node[] : [written];
  const names = [...selections.keys()];
  const all = nodes.map((n) => parseCondition(doc, n, names));
  return all.length === 1 ? all[0] : { op: "or", args: all, span: doc.place(written) };
}
