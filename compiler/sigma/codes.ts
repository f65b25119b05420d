/** The permanent codes of what Sigma's front end reports. A code is never given to something else. */

/** Why a rule is not taken. `E03xx` are Sigma's. */
export const SIGMA_ERRORS = {
  yaml: "E0301",
  missing_key: "E0302",
  wrong_kind: "E0303",
  unknown_modifier: "E0304",
  bad_modifier: "E0305",
  bad_value: "E0306",
  bad_condition: "E0307",
  unknown_selection: "E0308",
  bad_regex: "E0309",
  unsafe_regex: "E0310",
  placeholder: "E0311",
  not_supported: "E0312",
  too_large: "E0313",
  duplicate_rule: "E0314",
  unknown_rule: "E0315",
  bad_pipeline: "E0316",
  rejected: "E0317",
  bad_test: "E0331",
} as const;

/** What is told of a rule that is taken, by name. */
export const SIGMA_LINTS = {
  unfed_log_source: "L0301",
  idle_filter: "L0302",
  missing_metadata: "L0311",
  bad_id: "L0312",
  duplicate_title: "L0313",
  bad_tag: "L0314",
  unknown_attack: "L0315",
  duplicate_entry: "L0316",
  bad_date: "L0317",
  unknown_status: "L0318",
  unknown_key: "L0319",
  unused_selection: "L0320",
  of_one_selection: "L0321",
  wildcard_for_modifier: "L0322",
  double_wildcard: "L0323",
  escaped_wildcard: "L0324",
  control_character: "L0325",
  all_of_one_value: "L0326",
  null_in_list: "L0327",
  unknown_field: "L0328",
} as const;

export type SigmaLintName = keyof typeof SIGMA_LINTS;
export type SigmaErrorName = keyof typeof SIGMA_ERRORS;
