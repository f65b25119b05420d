/** Scores of risk. */
import {
  about,
  count,
  flag,
  hexId,
  type Infer,
  list,
  moment,
  named,
  nullable,
  number,
  object,
  text,
} from "./schema.ts";
import { Priority } from "./alerts.ts";
import { Severity } from "./shared.ts";

export const EntityRisk = named(
  "EntityRisk",
  object({
    field: about("What it is a value of: src, user, dest …", text()),
    value: text(),
    priority: about(
      "By the tables of assets and identities",
      nullable(Priority),
    ),
    weight: about("What the points of its alerts are multiplied by, by its priority", number()),
    score: about("Points of its alerts, each halved after every half-life", number()),
    over: about("Whether the rule `entity_risk` alerts on it now", flag),
    alerts: about("Alerts that count", count),
    tactics: list(text()),
    first: moment,
    last: moment,
    parts: about(
      "The alerts that give most, at most 20",
      list(object({
        alert: hexId,
        rule: text(),
        title: text(),
        severity: Severity,
        time: moment,
        risk: about("Points that it gave, by the weight", number()),
        left: about("What is left of them", number()),
      })),
    ),
  }),
);
export type EntityRisk = Infer<typeof EntityRisk>;

export const RiskList = named(
  "RiskList",
  object({
    at: about("What the scores are of: by default the newest event or alert", nullable(moment)),
    half_life_seconds: number(),
    threshold: about("Null where the rule `entity_risk` is not loaded", nullable(number())),
    tactics_limit: nullable(number()),
    entities: about("The highest score first", list(EntityRisk)),
    more: about("There are further entities, or older alerts that were not counted", flag),
  }),
);
export type RiskList = Infer<typeof RiskList>;
