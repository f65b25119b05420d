/** The table of transformations, and what is said of those that are not in it. */
import type { Node } from "yaml";
import { nearest } from "../../grammar/nearest.ts";
import { FIELD_TRANSFORMATIONS } from "./field_transformations.ts";
import type { Params } from "./params.ts";
import { RULE_TRANSFORMATIONS } from "./rule_transformations.ts";
import type { Apply, Transformations } from "./transformation.ts";
import { VALUE_TRANSFORMATIONS } from "./value_transformations.ts";

const ALL: Transformations = {
  ...FIELD_TRANSFORMATIONS,
  ...VALUE_TRANSFORMATIONS,
  ...RULE_TRANSFORMATIONS,
};

/** What has no meaning without a query in another language. */
const REFUSED: Readonly<Record<string, string>> = {
  query_expression_placeholders:
    "Give the values with value_placeholders: there is no query to put them in",
  field_name_transform: "Write the names with field_name_mapping: a function cannot stand in YAML",
  strict_field_mapping_failure: "Use rule_failure with a condition on fields",
  regex: "Leave it out: texts compare without regard to case",
};

/** @throws {SigmaError} for a type that is not known, or that is given what it does not take */
export function readTransformation(p: Params, nested: (node: Node | null) => Apply): Apply {
  const type = p.required("type");
  if (Object.hasOwn(ALL, type)) return ALL[type](p, nested);
  if (Object.hasOwn(REFUSED, type)) {
    throw p.error("type", `The transformation "${type}" is not taken`, REFUSED[type]);
  }
  const near = nearest(type, Object.keys(ALL));
  throw p.error(
    "type",
    `Unknown transformation "${type}"`,
    near ? `Did you mean ${near}?` : `There are ${Object.keys(ALL).join(", ")}`,
  );
}
