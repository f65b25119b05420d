/**
 * Incidents: alerts of two or more rules on one entity without a gap of a day.
 *
 * The entity is the first of an alert's that names who did it: `src`, else `user`, else the first
 * field that the rule names. Alerts come in order of event time, so the same alerts give the same
 * incidents whenever and in whatever portions they come.
 */
import { createHash } from "node:crypto";
import { SEVERITIES, type Severity } from "../compiler/ir.ts";
import { TACTICS } from "../compiler/attack/mod.ts";
import type { Alert, AlertChange } from "./event.ts";

/** Alerts further apart than this belong to two incidents, in ms. */
export const GAP = 24 * 3600 * 1000;
/** Entities watched at once; the one whose last alert is oldest is let go. */
const MAX_ENTITIES = 100_000;

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
  readonly timeline: readonly IncidentStep[];
}

interface Group {
  readonly id: string;
  readonly key: string;
  readonly field: string;
  readonly value: string;
  last: number;
  readonly alerts: Map<string, Alert>;
}

/** Who an alert is about, for incidents; null when it names nobody. */
export function actor(alert: Alert): { field: string; value: string } | null {
  const { entity } = alert;
  for (const field of ["src", "user", ...Object.keys(entity)]) {
    const value = entity[field];
    if (value !== undefined && value !== "") return { field, value: String(value) };
  }
  return null;
}

/** Groups alerts into incidents. */
export class Incidents {
  /** By entity, least recently touched first. */
  private readonly groups = new Map<string, Group>();
  private readonly byAlert = new Map<string, Group>();
  private readonly changed = new Set<Group>();

  /** Takes the alerts of a batch, those that opened in order of time. */
  add(changes: readonly AlertChange[]): void {
    for (const { alert } of changes) {
      const group = this.byAlert.get(alert.id) ?? this.groupFor(alert);
      if (!group) continue;
      group.alerts.set(alert.id, alert);
      if (alert.last > group.last) group.last = alert.last;
      this.byAlert.set(alert.id, group);
      this.changed.add(group);
    }
  }

  /** Incidents that are new or changed since the last call. */
  take(): Incident[] {
    const out: Incident[] = [];
    for (const group of this.changed) {
      const incident = describe(group);
      if (incident) out.push(incident);
    }
    this.changed.clear();
    return out;
  }

  private groupFor(alert: Alert): Group | null {
    const who = actor(alert);
    if (!who) return null;
    const key = `${who.field}=${who.value.toLowerCase()}`;
    let group = this.groups.get(key);
    if (group && alert.first - group.last > GAP) {
      this.forget(group);
      group = undefined;
    }
    if (!group) {
      const id = createHash("sha256").update(JSON.stringify([key, alert.id])).digest("hex");
      group = { id: id.slice(0, 32), key, ...who, last: alert.last, alerts: new Map() };
    }
    // Setting it again moves it to the end: the first of the map is the longest untouched.
    this.groups.delete(key);
    this.groups.set(key, group);
    if (this.groups.size > MAX_ENTITIES) this.forget(this.groups.values().next().value!);
    return group;
  }

  private forget(group: Group): void {
    this.groups.delete(group.key);
    for (const id of group.alerts.keys()) this.byAlert.delete(id);
  }
}

function describe(group: Group): Incident | null {
  const alerts = [...group.alerts.values()].sort((a, b) =>
    a.time - b.time || (a.id < b.id ? -1 : 1)
  );
  const rules = [...new Set(alerts.map((a) => a.rule))];
  if (rules.length < 2) return null;
  const tactics = new Set(alerts.flatMap((a) => a.mitre.flatMap((m) => m.tactics)));
  const order = TACTICS.map((t) => t.name);
  return {
    id: group.id,
    entity: { field: group.field, value: group.value },
    severity: SEVERITIES[Math.max(...alerts.map((a) => SEVERITIES.indexOf(a.severity)))],
    first: Math.min(...alerts.map((a) => a.first)),
    last: Math.max(...alerts.map((a) => a.last)),
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
