/** Which tactics of its techniques a rule is about. */
import { TACTICS } from "../../../compiler/schema/attack/mod.ts";
import type { StoredIncident } from "../../../agent/store/mod.ts";
import { incidentJson } from "../types/json.ts";
import type { Incident } from "../types/mod.ts";
import { type Content, ruleFacts } from "./content.ts";

const ORDER = TACTICS.map((t) => t.name);

/**
 * A technique may serve several tactics: `T1078` is listed under four. A rule is about one of them.
 * The folder that it stands in names it, as in `rules/credential-access/`, where one of its
 * techniques has that tactic; else the tactics of its techniques that have a single one do; else the
 * first that the technique lists. The folder's stands first, the others in the order of the matrix.
 * @param file of the rule; null when it is not known
 */
export function tacticsOf(
  file: string | null,
  mitre: readonly { readonly tactics: readonly string[] }[],
): string[] {
  const folders = new Set(file?.toLowerCase().split(/[/\\]/).slice(0, -1));
  const out = new Set<string>(), more = new Set<string>();
  for (const { name, shortName } of TACTICS) {
    if (folders.has(shortName) && mitre.some((t) => t.tactics.includes(name))) out.add(name);
  }
  for (const { tactics } of mitre) if (tactics.length === 1) more.add(tactics[0]);
  for (const { tactics } of mitre) {
    if (tactics.length > 0 && !tactics.some((t) => out.has(t) || more.has(t))) more.add(tactics[0]);
  }
  const others = [...more].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return [...out, ...others.filter((t) => !out.has(t))];
}

/** The tactics of each rule by its name; of those that are not loaded by their techniques alone. */
export function tacticsByRule(
  content: Content | null,
  alerts: readonly {
    readonly rule: string;
    readonly mitre: readonly { readonly tactics: readonly string[] }[];
  }[],
): Record<string, string[]> {
  const facts = content === null ? null : ruleFacts(content);
  // Without a prototype: a rule may be called `constructor`.
  const out: Record<string, string[]> = Object.create(null);
  for (const { rule, mitre } of alerts) {
    out[rule] ??= tacticsOf(facts?.get(rule)?.file ?? null, mitre);
  }
  return out;
}

/** An incident as the API gives it. */
export const incidentOf = (content: Content | null, incident: StoredIncident): Incident => ({
  ...incidentJson(incident),
  tactics: incidentTactics(content, incident),
});

/**
 * The tactic of each rule of an incident, those that its page shows as steps, in the order of the
 * matrix; what is stored of it where a rule is not loaded.
 */
export function incidentTactics(
  content: Content | null,
  incident: { readonly rules: readonly string[]; readonly tactics: readonly string[] },
): readonly string[] {
  const facts = content === null ? null : ruleFacts(content);
  const known = incident.rules.map((r) => facts?.get(r));
  if (known.some((f) => f === undefined)) return incident.tactics;
  const all = new Set(known.flatMap((f) => tacticsOf(f!.file, f!.mitre).slice(0, 1)));
  return incident.tactics.filter((t) => all.has(t));
}
