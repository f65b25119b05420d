/** Which of ATT&CK's techniques the loaded rules look for. */
import {
  ATTACK_VERSION,
  TACTICS,
  technique,
  techniqueIds,
  techniqueUrl,
} from "../../../compiler/schema/attack/mod.ts";
import { ruleFacts } from "../route/content.ts";
import { ordered, range } from "../route/filters.ts";
import { route } from "../route/route.ts";
import { Coverage } from "../types/mod.ts";
import { loaded } from "./rules.ts";

export const attackRoutes = [
  route({
    path: "/api/attack",
    tag: "Rules",
    summary: "ATT&CK coverage: techniques by tactic, with rules and alerts",
    role: "read",
    params: range,
    answer: Coverage,
    async handle({ store, services, query }) {
      ordered(query.from, query.to);
      const hits = new Map((await store.ruleHits(query)).map((h) => [h.rule, h.alerts]));
      const rules = new Map<string, string[]>();
      for (const rule of ruleFacts(loaded(services)).values()) {
        for (const { id } of rule.mitre) rules.set(id, [...rules.get(id) ?? [], rule.name]);
      }
      const ids = [...rules.keys()].sort();
      return {
        version: ATTACK_VERSION,
        tactics: TACTICS.map((tactic) => ({
          id: tactic.id,
          name: tactic.name,
          techniques: SIZES.get(tactic.name) ?? 0,
          covered: ids.filter((id) => technique(id)?.tactics.includes(tactic.name)).map((id) => ({
            id,
            name: technique(id)!.name,
            url: techniqueUrl(id),
            rules: rules.get(id)!,
            alerts: rules.get(id)!.reduce((n, rule) => n + (hits.get(rule) ?? 0), 0),
          })),
        })),
        techniques: ids.filter((id) => technique(id)).length,
        unknown: ids.filter((id) => !technique(id)),
      };
    },
  }),
];

/** Techniques in force of each tactic, without sub-techniques. */
const SIZES: ReadonlyMap<string, number> = (() => {
  const out = new Map<string, number>();
  for (const id of techniqueIds()) {
    const { deprecated, tactics } = technique(id)!;
    if (deprecated || id.includes(".")) continue;
    for (const name of tactics) out.set(name, (out.get(name) ?? 0) + 1);
  }
  return out;
})();
