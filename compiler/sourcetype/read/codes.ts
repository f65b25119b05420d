/** What can be wrong in a sourcetype. */

/** Permanent codes of what can be wrong in a sourcetype. `E02xx` are the sourcetype compiler's. */
export const CODES = {
  yaml: "E0201",
  unknown_key: "E0202",
  missing_key: "E0203",
  wrong_kind: "E0204",
  bad_regex: "E0205",
  unknown_field: "E0206",
  unknown_dataset: "E0207",
  unknown_parent: "E0208",
  duplicate_name: "E0209",
  unknown_format: "E0210",
  unsafe_regex: "E0211",
  unknown_define: "E0212",
  sample: "E0213",
  bad_value: "E0214",
  reserved_name: "E0215",
  never_captured: "E0216",
} as const;
