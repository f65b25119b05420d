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
} as const;

export type SigmaErrorName = keyof typeof SIGMA_ERRORS;
