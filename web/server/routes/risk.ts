/** Who has which risk, and by which alerts. */
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { newestOf, riskJson, riskModel, scoresAt } from "../route/risk.ts";
import { integer } from "../http/params.ts";
import { time } from "../http/time.ts";
import { route } from "../route/route.ts";
import { RiskList } from "../types/mod.ts";

/** Entities that are given. */
const ENTITIES = 100;

export const riskRoutes = [
  route({
    path: "/api/risk",
    tag: "Alerts",
    summary: "Addresses, accounts and hosts by the risk that their alerts add up to",
    role: "read",
    params: {
      at: time("What the scores are of; by default the newest event or alert"),
      limit: integer("How many at most", 1, 1000),
    },
    answer: RiskList,
    async handle({ store, services, query }) {
      const model = riskModel(services.content()?.program.rules ?? []);
      const at = query.at ?? await newestOf(store);
      const none = {
        at: null,
        half_life_seconds: model.halfLife / 1000,
        threshold: model.threshold,
        tactics_limit: model.tacticsLimit,
        entities: [],
        more: false,
      };
      if (at === null) return none;
      const { scores, more } = await scoresAt(store, model, at);
      const limit = query.limit ?? ENTITIES;
      return {
        ...none,
        at: rfc3339(at),
        entities: scores.slice(0, limit).map((e) => riskJson(e, model)),
        more: more || scores.length > limit,
      };
    },
  }),
];
