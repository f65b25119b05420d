/** What the sections say that change rules. */
import type { Tuning } from "../../compiler/ir/tuning.ts";
import type { Settings } from "./settings.ts";

export function tuningOf({ sections, file, text, inSections }: Settings): Tuning {
  const { params, lists, disable, severity, except } = sections;
  const texts = new Map(file === null ? [] : [[file, text]]);
  return { params, lists, disable, severity, except, texts, mistakes: [...inSections] };
}
