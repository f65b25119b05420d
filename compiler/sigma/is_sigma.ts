/** Telling Sigma rules from other YAML, for those who do not load the compiler until there is one. */

/** Whether a YAML file is a Sigma rule, and not a sourcetype or something else. */
export function isSigma(text: string): boolean {
  return /^["']?(?:logsource|detection|correlation|filter)["']?[ \t]*:/m.test(text) ||
    /^action[ \t]*:[ \t]*(?:global|reset|repeat)\b/m.test(text) ||
    // JSON is YAML too.
    (/^\s*\{/.test(text) && /"(?:logsource|detection|correlation)"\s*:/.test(text));
}

/** Whether a YAML file is a processing pipeline. */
export const isPipeline = (text: string): boolean => /^transformations[ \t]*:/m.test(text);
