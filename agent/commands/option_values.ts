/** Values of options in `agent.yaml`, held against what the command line takes. */
import { nearest } from "../../grammar/nearest.ts";
import type { OptionMisfit } from "../settings/settings.ts";
import { Args, type OptionSpec, UsageError } from "./command.ts";
import { parseDuration, parseSize, parseZone } from "./shared.ts";

const ANY_SIZE = {
  least: 0,
  most: Number.MAX_SAFE_INTEGER,
  help: "Give a size, as 64KiB or 1MB",
};

/** By the placeholder of an option's value: reads one, and throws UsageError for what is none. */
const READ: Readonly<Record<string, (name: string, text: string) => unknown>> = {
  DURATION: parseDuration,
  BYTES: (name, text) => parseSize(name, text),
  SIZE: (name, text) => parseSize(name, text, ANY_SIZE),
  ZONE: (_, text) => parseZone(text.slice(text.lastIndexOf("=") + 1)),
  YYYY: (name, text) => new Args([], new Map([[name, [text]]])).int(name, 1970, 9999),
  N: (name, text) => new Args([], new Map([[name, [text]]])).int(name, 0, 1_000_000_000),
};

/**
 * Says what does not fit.
 * @param text as written; null for a switch that is on
 */
export function optionMisfit(option: OptionSpec, text: string | null): OptionMisfit | null {
  const { name, value, bare, choices } = option;
  if (value === undefined) {
    return text === null ? null : {
      message: `"${name}" is a switch`,
      help: "Write true or false",
    };
  }
  if (text === null) {
    return bare === undefined
      ? { message: `"${name}" needs a value`, help: `Give ${value}` }
      : null;
  }
  if (choices) {
    if (choices.includes(text)) return null;
    const near = nearest(text, choices);
    return {
      message: `"${name}" "${text}" is not known`,
      help: near ? `Did you mean ${near}?` : `Give one of ${choices.join(", ")}`,
    };
  }
  try {
    READ[value]?.(name, text);
    return null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { message: `"${text}" is no value of "${name}"`, help: error.help ?? `Give ${value}` };
  }
}
