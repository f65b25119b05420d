/** What can stand where on the command line, from the specs of the commands. */
import type { CommandSpec, OptionSpec } from "../command.ts";

/** What stands for a value. */
export type Completed =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "nothing" };

const FILES = /\b(?:FILE|PATH|DIR|FOLDER|RULE)\b/;

/** What an option's value is; null for a switch, and for one that may stand without its value. */
export function valueOf({ value, bare, choices }: OptionSpec): Completed | null {
  if (value === undefined || bare !== undefined) return null;
  if (choices) return { kind: "words", words: choices };
  return { kind: FILES.test(value) ? "files" : "nothing" };
}

/** What the operands are: of `list | end ID` the words, in `[FILE…]` files. */
export function operandsOf({ operands }: CommandSpec): Completed {
  const words = operands.split("|").map((part) => part.trim().split(" ")[0])
    .filter((word) => /^[a-z]+$/.test(word));
  if (words.length > 0) return { kind: "words", words };
  return { kind: FILES.test(operands) ? "files" : "nothing" };
}

/** A command's options, with `--help`, which all have. */
export const optionsOf = ({ options }: CommandSpec): readonly OptionSpec[] => [
  ...options,
  { name: "help", summary: "Print its options, with examples" },
];
