/**
 * Incidents: alerts of two or more rules on one entity without a gap of a day.
 *
 * The entity is the first of an alert's that names who did it: `src`, else `user`, else the first
 * field that the rule names. Alerts of one entity whose times, first to last, lie within a day of
 * each other belong together, and so does whatever they connect: this depends on the alerts alone,
 * not on the order or the portions in which they come.
 */
import { createHash } from "node:crypto";
import { SEVERITIES, type Severity } from "../../../compiler/ir/program.ts";
import { TACTICS } from "../../../compiler/schema/attack/mod.ts";
import type { Alert, AlertChange } from "../../event.ts";

/** Alerts further apart than this belong to two incidents, in ms. */
export const GAP = 24 * 3600 * 1000;
/** Alerts held at once; the longest untouched is let go. */
const MAX_ALERTS = 100_000;

/** What incidents need of an alert. */
export type IncidentAlert = Pick<
  Alert,
  | "id"
  | "rule"
  | "title"
  | "severity"
  | "entity"
  | "time"
  | "first"
  | "last"
  | "count"
  | "message"
  | "mitre"
>;

/** One step of an incident's timeline. */
export interface IncidentStep {
  readonly alert: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly time: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly message: string;
}

export interface Incident {
  /** 32 hex digits, derived from the entity and the first alert. */
  readonly id: string;
  readonly entity: { readonly field: string; readonly value: string };
  readonly severity: Severity;
  readonly first: number;
  readonly last: number;
  readonly rules: readonly string[];
  /** Tactics crossed, in the order of the kill chain. */
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** By time and id. */
  readonly timeline: readonly IncidentStep[];
}

/** Alerts of one entity that belong together; an incident when they are of two rules or more. */
export interface Cluster {
  readonly id: string;
  readonly alerts: readonly IncidentAlert[];
  readonly incident: Incident | null;
}

/** Who an alert is about, for incidents; null when it names nobody. */
export function actor(alert: Pick<Alert, "entity">): { field: string; value: string } | null {
  const { entity } = alert;
  for (const field of ["src", "user", ...Object.keys(entity).sort()]) {
    const value = entity[field];
    if (value !== undefined && value !== null && value !== "") {
      return { field, value: String(value) };
    }
  }
  return null;
}

/** 32 hex digits that name an alert's actor whatever its case; null when it names nobody. */
export function actorKey(alert: Pick<Alert, "entity">): string | null {
  const who = actor(alert);
  return who && digest([who.field, who.value.toLowerCase()]);
}

/** Puts alerts together that belong together. Each alert once; those without an actor are left out. */
export function clusters(alerts: Iterable<IncidentAlert>): Cluster[] {
  const byActor = new Map<string, IncidentAlert[]>();
  for (const alert of alerts) {
    const key = actorKey(alert);
    if (key === null) continue;
    const list = byActor.get(key);
    if (list) list.push(alert);
    else byActor.set(key, [alert]);
  }
  const out: Cluster[] = [];
  for (const [key, list] of byActor) {
    list.sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1));
    let from = 0, last = -Infinity;
    for (let i = 0; i <= list.length; i++) {
      if (i > from && (i === list.length || list[i].first - last > GAP)) {
        out.push(cluster(key, list.slice(from, i)));
        from = i;
      }
      if (i < list.length) last = Math.max(last, list[i].last);
    }
  }
  return out;
}

function cluster(key: string, alerts: IncidentAlert[]): Cluster {
  const id = clusterId(key, alerts[0].id);
  return { id, alerts, incident: describe(id, alerts) };
}

function describe(id: string, parts: readonly IncidentAlert[]): Incident | null {
  const alerts = [...parts].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  const rules = [...new Set(alerts.map((a) => a.rule))];
  if (rules.length < 2) return null;
  const tactics = new Set(alerts.flatMap((a) => a.mitre.flatMap((m) => m.tactics)));
  const order = TACTICS.map((t) => t.name);
  return {
    id,
    // As the first alert writes it: the others may differ in case.
    entity: actor(parts[0])!,
    severity: SEVERITIES[Math.max(...alerts.map((a) => SEVERITIES.indexOf(a.severity)))],
    first: parts[0].first,
    last: alerts.reduce((last, a) => Math.max(last, a.last), -Infinity),
    rules,
    tactics: [...tactics].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
    techniques: [...new Set(alerts.flatMap((a) => a.mitre.map((m) => m.id)))].sort(),
    timeline: alerts.map((a) => ({
      alert: a.id,
      rule: a.rule,
      title: a.title,
      severity: a.severity,
      time: a.time,
      first: a.first,
      last: a.last,
      count: a.count,
      message: a.message,
    })),
  };
}

/** The id of alerts that belong together. @param key of their actor */
export function clusterId(key: string, firstAlert: string): string {
  return digest([key, firstAlert]);
}

function digest(of: unknown): string {
  return createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 32);
}

/** Collects the alerts of a run, to tell its incidents at the end. */
export class Incidents {
  /** By id, longest untouched first. */
  private readonly alerts = new Map<string, IncidentAlert>();
  /** Alerts let go to hold memory down: incidents may lack them. */
  forgotten = 0;

  add(changes: readonly AlertChange[]): void {
    for (const { alert } of changes) {
      const { id, rule, title, severity, entity, time, first, last, count, message, mitre } = alert;
      this.alerts.delete(id);
      this.alerts.set(id, {
        id,
        rule,
        title,
        severity,
        entity,
        time,
        first,
        last,
        count,
        message,
        mitre,
      });
      if (this.alerts.size > MAX_ALERTS) {
        this.alerts.delete(this.alerts.keys().next().value!);
        this.forgotten++;
      }
    }
  }

  /** Incidents of what was added so far, by their first time. */
  all(): Incident[] {
    return clusters(this.alerts.values()).map((c) => c.incident).filter((i) => i !== null)
      .sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1));
  }
}
