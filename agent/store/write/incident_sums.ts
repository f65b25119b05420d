/**
 * What an incident needs of its alerts, as sums: two of them add up to what their alerts together are.
 * So a write reads the sums of the incidents that it touches, not their alerts.
 */
import { actor, clusterId, GAP, type IncidentAlert } from "../../engine/alerts/incidents.ts";
import { SEVERITIES, type Severity } from "../../../compiler/ir/program.ts";
import { TACTICS } from "../../../compiler/schema/attack/mod.ts";

/** Alerts of one rule, severity and set of techniques. */
export interface SumPart {
  readonly rule: string;
  readonly severity: Severity;
  readonly mitre: IncidentAlert["mitre"];
  readonly alerts: number;
  /** The first of them, by time and id. */
  readonly time: number;
  readonly alert: string;
}

/** Alerts of one actor that belong together, whether or not they are an incident. Times are epoch ms. */
export interface IncidentSum {
  /** The actor's key. */
  readonly actor: string;
  readonly first: number;
  readonly last: number;
  /** The first alert, by its first event and id, and how it writes the actor. */
  readonly firstAlert: string;
  readonly field: string;
  readonly value: string;
  readonly parts: readonly SumPart[];
}

/** The sum of one alert. @param key the actor's */
export function sumOf(alert: IncidentAlert, key: string): IncidentSum {
  const { id, rule, severity, mitre, time, first, last } = alert;
  const parts = [{ rule, severity, mitre, alerts: 1, time, alert: id }];
  return { actor: key, first, last, firstAlert: id, ...actor(alert)!, parts };
}

/** Sums of one actor whose alerts belong together. */
export interface SumCluster<T extends IncidentSum> {
  readonly id: string;
  readonly sum: IncidentSum;
  readonly of: readonly T[];
}

/** Joins the sums of one actor that lie within a day of each other. */
export function joinSums<T extends IncidentSum>(sums: readonly T[]): SumCluster<T>[] {
  const sorted = [...sums].sort((a, b) =>
    a.first - b.first || (a.firstAlert < b.firstAlert ? -1 : 1)
  );
  const out: SumCluster<T>[] = [];
  let from = 0, last = -Infinity;
  for (let i = 0; i <= sorted.length; i++) {
    if (i > from && (i === sorted.length || sorted[i].first - last > GAP)) {
      const of = sorted.slice(from, i);
      const { actor, firstAlert } = of[0];
      out.push({
        id: clusterId(actor, firstAlert),
        sum: { ...of[0], last, parts: joinParts(of.flatMap((s) => s.parts)) },
        of,
      });
      from = i;
      last = -Infinity;
    }
    if (i < sorted.length) last = Math.max(last, sorted[i].last);
  }
  return out;
}

/** What tells the parts of a sum apart. */
function partKey({ rule, severity, mitre }: Pick<SumPart, "rule" | "severity" | "mitre">): string {
  return JSON.stringify([rule, severity, mitre.map((m) => [m.id, m.name, m.tactics])]);
}

function before(a: SumPart, b: SumPart): boolean {
  return a.time < b.time || (a.time === b.time && a.alert < b.alert);
}

function joinParts(parts: readonly SumPart[]): SumPart[] {
  const joined = new Map<string, SumPart>();
  for (const part of parts) {
    const key = partKey(part), other = joined.get(key);
    const alerts = part.alerts + (other?.alerts ?? 0);
    joined.set(key, { ...(other && before(other, part) ? other : part), alerts });
  }
  return [...joined.values()].sort((a, b) => before(a, b) ? -1 : 1);
}

/**
 * A sum after one of its alerts changed. Null when the sum does not tell: where the alert was what its
 * part begins with, and others of the part are left; or where its times have changed.
 */
export function changedSum(
  sum: IncidentSum,
  was: IncidentAlert,
  now: IncidentAlert,
): IncidentSum | null {
  if (now.first !== was.first || now.time !== was.time || now.last < was.last) return null;
  const own = now.id === sum.firstAlert ? actor(now)! : null;
  const last = Math.max(sum.last, now.last);
  if (partKey(was) === partKey(now)) return { ...sum, ...own, last };
  const key = partKey(was);
  const parts: SumPart[] = [sumOf(now, sum.actor).parts[0]];
  for (const part of sum.parts) {
    if (partKey(part) !== key) parts.push(part);
    else if (part.alerts > 1) {
      if (part.alert === now.id) return null;
      parts.push({ ...part, alerts: part.alerts - 1 });
    }
  }
  return { ...sum, ...own, last, parts: joinParts(parts) };
}

/** What the table of incidents holds of a sum; null when it is of one rule. */
export function incidentRow(id: string, sum: IncidentSum): Record<string, unknown> | null {
  const { first, last, field, value, parts } = sum;
  const rules = [...new Set(parts.map((p) => p.rule))];
  if (rules.length < 2) return null;
  const order = TACTICS.map((t) => t.name);
  const tactics = new Set(parts.flatMap((p) => p.mitre.flatMap((m) => m.tactics)));
  return {
    id,
    field,
    value,
    severity: SEVERITIES[Math.max(...parts.map((p) => SEVERITIES.indexOf(p.severity)))],
    first,
    last,
    rules,
    tactics: [...tactics].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
    techniques: [...new Set(parts.flatMap((p) => p.mitre.map((m) => m.id)))].sort(),
    alerts: parts.reduce((n, p) => n + p.alerts, 0),
  };
}
