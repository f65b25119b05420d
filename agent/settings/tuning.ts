/** What the sections say that change rules. */
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import type { Settings } from "./settings.ts";

/** @param settings null where there is no file */
export function tuningOf(settings: Settings | null): Tuning {
  if (settings === null) return NO_TUNING;
  const { sections, file, text, inSections } = settings;
  const { lists, disable, severity, except } = sections;
  const { params: ofRisk, ...risk } = sections.risk;
  const params = [...sections.params, ...ofRisk];
  const texts = new Map(file === null ? [] : [[file, text]]);
  return { params, lists, disable, severity, except, risk, texts, mistakes: [...inSections] };
}
