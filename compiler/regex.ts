/** Regexes of rules and sourcetypes: whether they read, and whether hostile text can stall them. */

export interface RegexProblem {
  readonly kind: "invalid" | "unsafe";
  readonly message: string;
  readonly help: string;
}

/** Placeholder signature, filled below. */
export function checkRegex(source: string, flags: string): RegexProblem | null {
  const odd = [...flags].find((f, i) => !"ims".includes(f) || flags.indexOf(f) !== i);
  if (odd !== undefined) {
    return {
      kind: "invalid",
      message: `Unknown regex flag "${odd}"`,
      help:
        "The flags are i (letter case does not matter), m (^ and $ at lines) and s (. takes line ends)",
    };
  }
  try {
    new RegExp(source, flags);
    return null;
  } catch (error) {
    const reason = String((error as Error).message).split(": ").at(-1) ?? "";
    return {
      kind: "invalid",
      message: `The regex /${source}/ does not read: ${reason}`,
      help: "Escape characters that have a meaning with \\",
    };
  }
}
