/**
 * Scores of risk from stored alerts, by the rule `entity_risk` as it is loaded: what counts once a day,
 * and what does not count for a target, is as the rule has it. As of a moment, where the rule's own
 * score is of its newest alert.
 */
import { surroundings } from "../../../compiler/functions/surroundings.ts";
import type { IrExpr, IrRule, Severity } from "../../../compiler/ir/program.ts";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { RISK_RULE } from "../../../compiler/ir/risk.ts";
import { namesAccount, type RiskWeights, riskWeights } from "../../../compiler/ir/risk_weights.ts";
import { walkIr } from "../../../compiler/ir/walk.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import type { RiskAlert, Store } from "../../../agent/store/mod.ts";
import type { EntityRisk as EntityRiskJson } from "../types/mod.ts";

const DAY = 86_400_000;

/** How points are added up, in ms; limits are null where the rule is not loaded. */
export interface RiskModel {
  readonly halfLife: number;
  /** What is older counts for nothing. */
  readonly window: number;
  /** Within which a rule counts once for an entity and a severity. */
  readonly once: number;
  readonly threshold: number | null;
  readonly tacticsLimit: number | null;
  /** By the priorities of assets and identities. */
  readonly weights: RiskWeights;
}

const DEFAULT: RiskModel = {
  halfLife: 2 * DAY,
  window: 14 * DAY,
  once: DAY,
  threshold: null,
  tacticsLimit: null,
  weights: riskWeights([]),
};

/** What the loaded rule says. */
export function riskModel(rules: readonly IrRule[]): RiskModel {
  const rule = rules.find((r) => r.name === RISK_RULE);
  if (rule === undefined) return DEFAULT;
  let { halfLife, window, once, threshold, tacticsLimit } = DEFAULT;
  for (const c of rule.commands) {
    if (c.kind === "dedup") once = c.within;
    if (c.kind === "stats") {
      window = c.window.ms;
      halfLife = c.aggs.find((a) => a.fn === "decayed_sum")?.constants?.[0] ?? halfLife;
    }
    if (c.kind === "where") {
      threshold = leastOf(c.expr, "score") ?? threshold;
      tacticsLimit = leastOf(c.expr, "tactics_seen") ?? tacticsLimit;
    }
  }
  return { halfLife, window, once, threshold, tacticsLimit, weights: riskWeights(rules) };
}

/** The number of `name >= NUMBER` in a condition. */
function leastOf(e: IrExpr, name: string): number | null {
  let found: number | null = null;
  walkIr(e, (x) => {
    if (x.op !== ">=" || x.left.op !== "field" || x.left.name !== name) return;
    if (x.right.op === "const" && typeof x.right.value === "number") found = x.right.value;
  });
  return found;
}

/** An alert's part of a score. */
export interface RiskPart {
  readonly alert: RiskAlert;
  /** Points that it gave, by the entity's weight. */
  readonly points: number;
  /** What is left of them. */
  readonly left: number;
}

export interface EntityRisk {
  readonly field: string;
  readonly value: string;
  /** By the tables of assets and identities as they are now. */
  readonly priority: keyof RiskWeights | null;
  readonly weight: number;
  readonly score: number;
  readonly tactics: readonly string[];
  /** Those that give most first. */
  readonly parts: readonly RiskPart[];
  readonly first: number;
  readonly last: number;
}

/** @param at epoch ms; alerts behind it do not count */
export function riskScores(
  alerts: readonly RiskAlert[],
  { halfLife, window, once, weights }: RiskModel,
  at: number,
): EntityRisk[] {
  const byEntity = new Map<string, { field: string; value: string; alerts: RiskAlert[] }>();
  const counted = new Map<string, number>();
  const ordered = alerts.filter((a) => a.time <= at && a.time > at - window)
    .sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  for (const alert of ordered) {
    for (const [field, given] of Object.entries(alert.entity)) {
      if (given === null || given === "" || Array.isArray(given)) continue;
      if (field === "dest" && alert.hasSource && !isGrave(alert.given)) continue;
      const value = String(given);
      const key = JSON.stringify([field, value]);
      const same = JSON.stringify([field, value, alert.rule, alert.given]);
      if (alert.time - (counted.get(same) ?? -Infinity) < once) continue;
      counted.set(same, alert.time);
      const entry = byEntity.get(key);
      if (entry) entry.alerts.push(alert);
      else byEntity.set(key, { field, value, alerts: [alert] });
    }
  }
  return [...byEntity.values()].map(({ field, value, alerts }) => {
    const priority = priorityOf(field, value), weight = priority === null ? 1 : weights[priority];
    const parts = alerts.map((alert) => ({
      alert,
      points: alert.risk * weight,
      left: alert.risk * weight * 2 ** (-(at - alert.time) / halfLife),
    })).sort((a, b) => b.left - a.left || b.alert.time - a.alert.time);
    return {
      field,
      value,
      priority,
      weight,
      score: parts.reduce((sum, p) => sum + p.left, 0),
      tactics: [...new Set(alerts.flatMap((a) => a.tactic ?? []))],
      parts,
      first: alerts[0].time,
      last: alerts.at(-1)!.time,
    };
  }).sort((a, b) => b.score - a.score || (a.value < b.value ? -1 : 1));
}

function priorityOf(field: string, value: string): EntityRisk["priority"] {
  const { asset, identity } = surroundings();
  const known = (namesAccount(field) ? identity : asset)?.(value)?.priority;
  return (known as EntityRisk["priority"] | undefined) ?? null;
}

const isGrave = (severity: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf("high");

/** Alerts that are looked at, alerts given of each entity. */
const ALERTS = 50_000, PARTS = 20;

/** The scores of all entities. @param at epoch ms */
export async function scoresAt(
  store: Pick<Store, "riskAlerts">,
  model: RiskModel,
  at: number,
): Promise<{ readonly scores: EntityRisk[]; readonly more: boolean }> {
  const { alerts, more } = await store.riskAlerts({
    from: at - model.window,
    to: at,
    limit: ALERTS,
  });
  return { scores: riskScores(alerts, model, at), more };
}

/** The newest event or alert, epoch ms; null where there is none. */
export async function newestOf(store: Pick<Store, "stats" | "alerts">): Promise<number | null> {
  const [stats, page] = await Promise.all([store.stats(), store.alerts({ limit: 1 })]);
  const at = Math.max(stats.newest ?? -Infinity, page.items[0]?.time ?? -Infinity);
  return Number.isFinite(at) ? at : null;
}

const rounded = (n: number) => Math.round(n * 100) / 100;

export function riskJson(e: EntityRisk, { threshold, tacticsLimit }: RiskModel): EntityRiskJson {
  return {
    field: e.field,
    value: e.value,
    priority: e.priority,
    weight: e.weight,
    score: rounded(e.score),
    over: (threshold !== null && e.score >= threshold) ||
      (tacticsLimit !== null && e.tactics.length >= tacticsLimit),
    alerts: e.parts.length,
    tactics: e.tactics,
    first: rfc3339(e.first),
    last: rfc3339(e.last),
    parts: e.parts.slice(0, PARTS).map(({ alert, points, left }) => ({
      alert: alert.id,
      rule: alert.rule,
      title: alert.title,
      severity: alert.severity,
      time: rfc3339(alert.time),
      risk: rounded(points),
      left: rounded(left),
    })),
  };
}
