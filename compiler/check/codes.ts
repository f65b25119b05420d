/** The permanent codes of what the checker reports. A code is never given to something else. */

/** Errors. `E00xx` are the parser's, `E01xx` the checker's. */
export const ERRORS = {
  unknown_field: "E0101",
  unknown_function: "E0102",
  unknown_list: "E0103",
  unknown_signal: "E0104",
  unknown_source: "E0105",
  type_mismatch: "E0106",
  bad_address: "E0107",
  bad_regex: "E0108",
  bad_unit: "E0109",
  aggregate_outside_stats: "E0110",
  key_not_in_step: "E0111",
  signal_cycle: "E0112",
  unbounded_state: "E0113",
  duplicate_name: "E0114",
  trailing_negation: "E0115",
  never_fires: "E0116",
  unknown_header: "E0117",
  repeated_header: "E0118",
  bad_header: "E0119",
  wrong_arguments: "E0120",
  not_constant: "E0121",
  let_cycle: "E0122",
  bad_test: "E0123",
  unknown_table: "E0124",
  not_an_aggregate: "E0125",
  bad_baseline: "E0126",
  bad_sequence: "E0127",
  unsafe_regex: "E0128",
  bad_list: "E0129",
  reserved_name: "E0130",
  no_source: "E0131",
  no_reason: "E0132",
} as const;

/** Lints by the name that `allow` takes. */
export const LINTS = {
  no_test: "L0101",
  no_severity: "L0102",
  no_mitre: "L0103",
  unknown_technique: "L0104",
  revoked_technique: "L0105",
  constant_condition: "L0106",
  negation_on_optional: "L0107",
  wildcard_under_equals: "L0108",
  mixed_and_or: "L0109",
  unused_param: "L0110",
  unused_let: "L0111",
  unused_list: "L0112",
  throttle_shorter_than_window: "L0113",
  shadowed_rule: "L0114",
  super_linear_regex: "L0115",
  unknown_allow: "L0116",
  unused_allow: "L0117",
  not_prescribed: "L0118",
  undeclared_field: "L0119",
  no_sourcetype: "L0120",
} as const;

export type ErrorName = keyof typeof ERRORS;
export type LintName = keyof typeof LINTS;
