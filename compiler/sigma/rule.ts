/** What a Sigma rule says of itself, and its detections as written. */
import { isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { type Aggregation, parseAggregation } from "./aggregation.ts";
import {
  type Condition,
  parseCondition,
  parsePiped,
  type Token,
  unknownSelection,
} from "./condition.ts";
import { type Detection, readDetection } from "./detection.ts";
import type { LogSourceKey } from "./logsource.ts";
import { timespanMs } from "./measure.ts";
import { type Metadata, readMetadata } from "./metadata.ts";
import { mapping, type SigmaDocument, SigmaError } from "./yaml.ts";

export interface SigmaRule extends Metadata {
  readonly logsource: LogSourceKey & { readonly span: Span };
  /** Where its detection stands. */
  readonly detection: Span;
  readonly selections: ReadonlyMap<string, Detection>;
  readonly condition: Condition;
  /** What is counted of the events, in ms. */
  readonly aggregation: (Aggregation & { readonly ms: number }) | null;
  /** What must hold besides, each over selections of its own. */
  readonly filters: readonly Pick<SigmaRule, "selections" | "condition">[];
}

/** Keys of a `detection` that are no selection. */
const NO_SELECTIONS: ReadonlySet<string> = new Set(["condition", "timeframe"]);

/**
 * Reads one document.
 * @throws {SigmaError} with the first thing for which the rule cannot be taken
 */
export function readRule(doc: SigmaDocument): SigmaRule {
  const metadata = readMetadata(doc);
  const selections = new Map<string, Detection>();
  const detection = mapping(doc, "detection", "what the rule looks for, and its condition");
  for (const { key, node } of doc.entries(detection, '"detection"')) {
    if (!NO_SELECTIONS.has(key)) selections.set(key, readDetection(doc, node, key));
  }
  return {
    ...metadata,
    logsource: logSourceOf(doc),
    detection: doc.place(detection),
    selections,
    ...conditionOf(doc, detection, selections),
    filters: [],
  };
}

export function logSourceOf(doc: SigmaDocument): SigmaRule["logsource"] {
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

/** One condition; of a list of them any one is enough. An aggregation stands behind a single one. */
function conditionOf(
  doc: SigmaDocument,
  detection: YAMLMap,
  selections: ReadonlyMap<string, Detection>,
): Pick<SigmaRule, "condition" | "aggregation"> {
  const written = doc.node(doc.get(detection, "condition"));
  if (written === null) throw noCondition(doc, detection, "detection");
  const nodes = isSeq(written) ? written.items as Node[] : [written];
  const names = [...selections.keys()];
  if (nodes.length === 0) {
    throw new SigmaError(
      "bad_condition",
      doc.place(written),
      "The list of conditions is empty",
      "Write it as in: selection and not 1 of filter_*",
    );
  }
  if (nodes.length === 1) {
    const { condition, behind } = parsePiped(doc, nodes[0], names);
    if (behind === null) return { condition, aggregation: null };
    return { condition, aggregation: aggregationOf(doc, detection, behind, selections) };
  }
  const args = nodes.map((n) => parseCondition(doc, n, names));
  return { condition: { op: "or", args, span: doc.place(written) }, aggregation: null };
}

export const noCondition = (doc: SigmaDocument, map: YAMLMap, what: string) =>
  new SigmaError(
    "missing_key",
    doc.place(map),
    `The "${what}" has no "condition"`,
    "Add condition: with the names of selections, and, or, not",
  );

function aggregationOf(
  doc: SigmaDocument,
  detection: YAMLMap,
  behind: readonly Token[],
  selections: ReadonlyMap<string, Detection>,
): SigmaRule["aggregation"] {
  const place = doc.place(doc.get(detection, "condition"));
  const aggregation = parseAggregation(behind, place);
  if (aggregation.kind === "near") {
    const { name, span } = aggregation.selection;
    if (!selections.has(name)) throw unknownSelection(name, span, [...selections.keys()]);
  }
  const timeframe = doc.text(detection, "timeframe");
  if (timeframe === null) {
    throw new SigmaError(
      "not_supported",
      place,
      'An aggregation without a "timeframe" would count for ever',
      "Add timeframe: 5m to the detection, or write a correlation with a timespan",
    );
  }
  return { ...aggregation, ms: timespanMs(timeframe, doc.place(doc.get(detection, "timeframe"))) };
}
