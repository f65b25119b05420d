/** What a report says, from the store; html.ts and markdown.ts write it down. */
import { techniqueUrl } from "../../compiler/schema/attack/mod.ts";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import type {
  Page,
  Stats,
  Store,
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
  StoredJob,
  TimeRange,
} from "../../agent/store/mod.ts";

/** What a report holds at most; `Report.left_out` counts the rest. */
const LIMITS = { incidents: 200, alerts: 2_000, evidence: 5, health: 500, jobs: 200 };

/** An alert with some of the events that raised it. */
export interface ReportAlert {
  readonly alert: StoredAlert;
  /** By time: the first ones and the last one. */
  readonly evidence: readonly StoredEvent[];
}

export interface ReportIncident {
  readonly incident: StoredIncident;
  readonly timeline: readonly ReportAlert[];
}

export interface ReportTechnique {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly tactics: readonly string[];
  readonly rules: readonly string[];
  readonly alerts: number;
}

/** A report's content. Times are epoch ms. */
export interface Report {
  readonly generated: number;
  /** IANA's name of the zone in which times are written. */
  readonly zone: string;
  /** Where the results are kept: a folder, or host and database. */
  readonly place: string;
  /** What was asked for. */
  readonly scope: "everything" | "since" | "incident";
  /** First and last moment that the report tells of; null when there is nothing. */
  readonly from: number | null;
  readonly to: number | null;
  readonly stats: Stats;
  readonly severities: Readonly<Record<Severity, number>>;
  /** The gravest first. */
  readonly incidents: readonly ReportIncident[];
  /** Alerts of no incident, newest first. */
  readonly alerts: readonly ReportAlert[];
  readonly techniques: readonly ReportTechnique[];
  /** Alerts by the sourcetype of their events. */
  readonly sourcetypes: readonly { readonly sourcetype: string; readonly alerts: number }[];
  readonly health: readonly StoredHealth[];
  readonly jobs: readonly StoredJob[];
  /** What had no room, in words; empty when all of it is here. */
  readonly left_out: readonly string[];
}

export interface ReportRequest {
  /** Id of the one incident to report. */
  readonly incident?: string;
  /** Only what ended at this time or later. */
  readonly since?: number;
  readonly now: number;
  /** IANA's name of the zone in which times are written. */
  readonly zone: string;
}

/** Reads a report's content; null when the incident does not exist. Throws StoreError. */
export async function gather(store: Store, request: ReportRequest): Promise<Report | null> {
  const leftOut: string[] = [];
  const range: TimeRange = request.since === undefined ? {} : { from: request.since };
  let incidents: StoredIncident[];
  if (request.incident === undefined) {
    incidents = await all(
      (cursor) => store.incidents({ ...range, limit: 100, ...cursor }),
      LIMITS.incidents,
    );
    if (incidents.length === LIMITS.incidents) {
      leftOut.push(`Incidents beyond the newest ${LIMITS.incidents}`);
    }
  } else {
    const one = await store.incident(request.incident);
    if (one === null) return null;
    incidents = [one];
  }
  incidents.sort((a, b) => rank(b.severity) - rank(a.severity) || a.first - b.first);
  const told: ReportIncident[] = [];
  for (const incident of incidents) {
    const alerts = await store.timeline(incident.id, 200);
    if (alerts.length < incident.alerts) {
      leftOut.push(`${incident.alerts - alerts.length} alerts of ${incident.entity.value}`);
    }
    told.push({ incident, timeline: await withEvidence(store, alerts) });
  }
  const inside = new Set(told.flatMap((i) => i.timeline.map((a) => a.alert.id)));
  let single: StoredAlert[] = [];
  if (request.incident === undefined) {
    const found = await all<StoredAlert>(
      (cursor) => store.alerts({ ...range, limit: 500, ...cursor }),
      LIMITS.alerts,
    );
    if (found.length === LIMITS.alerts) leftOut.push(`Alerts beyond the newest ${LIMITS.alerts}`);
    single = found.filter((a) => !inside.has(a.id));
  }
  const alerts = await withEvidence(store, single);
  const everyone = [...told.flatMap((i) => i.timeline), ...alerts];
  const times = everyone.flatMap((a) => [a.alert.first, a.alert.last]);
  const stats = await store.stats(range);
  const one = request.incident !== undefined;
  return {
    generated: request.now,
    zone: request.zone,
    place: store.place,
    scope: one ? "incident" : request.since === undefined ? "everything" : "since",
    from: one ? least(times) : request.since ?? stats.first ?? least(times),
    to: one ? greatest(times) : stats.last ?? greatest(times),
    stats,
    severities: Object.fromEntries(
      SEVERITIES.map((s) => [s, everyone.filter((a) => a.alert.severity === s).length]),
    ) as Record<Severity, number>,
    incidents: told,
    alerts,
    techniques: techniquesOf(everyone),
    sourcetypes: sourcetypesOf(everyone),
    health: await all((cursor) => store.health({ ...range, limit: 100, ...cursor }), LIMITS.health),
    jobs: (await store.jobs({ limit: LIMITS.jobs })).items,
    left_out: leftOut,
  };
}

const rank = (s: Severity): number => SEVERITIES.indexOf(s);
const least = (times: readonly number[]): number | null =>
  times.reduce<number | null>((a, b) => a === null || b < a ? b : a, null);
const greatest = (times: readonly number[]): number | null =>
  times.reduce<number | null>((a, b) => a === null || b > a ? b : a, null);

/** Pages until there is no more, or `limit` rows are here. */
async function all<T>(
  page: (cursor: { cursor?: NonNullable<Page<T>["next"]> }) => Promise<Page<T>>,
  limit: number,
): Promise<T[]> {
  const rows: T[] = [];
  let next: Page<T>["next"] = null;
  do {
    const got: Page<T> = await page(next === null ? {} : { cursor: next });
    rows.push(...got.items);
    next = got.next;
  } while (next !== null && rows.length < limit);
  return rows.slice(0, limit);
}

async function withEvidence(store: Store, alerts: readonly StoredAlert[]): Promise<ReportAlert[]> {
  const chosen = alerts.map(({ eventIds }) =>
    eventIds.length <= LIMITS.evidence
      ? eventIds
      : [...eventIds.slice(0, LIMITS.evidence - 1), eventIds[eventIds.length - 1]]
  );
  const events = new Map<string, StoredEvent>();
  const ids = [...new Set(chosen.flat())];
  for (let i = 0; i < ids.length; i += 1000) {
    for (const e of await store.eventsById(ids.slice(i, i + 1000))) events.set(e.id, e);
  }
  return alerts.map((alert, i) => ({
    alert,
    evidence: chosen[i].map((id) => events.get(id)).filter((e) => e !== undefined),
  }));
}

function techniquesOf(alerts: readonly ReportAlert[]): ReportTechnique[] {
  const found = new Map<string, ReportTechnique & { rules: string[]; alerts: number }>();
  for (const { alert } of alerts) {
    for (const { id, name, tactics } of alert.mitre) {
      const t = found.get(id) ?? { id, name, url: techniqueUrl(id), tactics, rules: [], alerts: 0 };
      t.alerts++;
      if (!t.rules.includes(alert.rule)) t.rules.push(alert.rule);
      found.set(id, t);
    }
  }
  return [...found.values()].sort((a, b) => b.alerts - a.alerts || (a.id < b.id ? -1 : 1));
}

function sourcetypesOf(alerts: readonly ReportAlert[]): Report["sourcetypes"] {
  const counts = new Map<string, number>();
  for (const { evidence } of alerts) {
    for (const sourcetype of new Set(evidence.map((e) => e.sourcetype))) {
      counts.set(sourcetype, (counts.get(sourcetype) ?? 0) + 1);
    }
  }
  return [...counts].map(([sourcetype, n]) => ({ sourcetype, alerts: n }))
    .sort((a, b) => b.alerts - a.alerts || (a.sourcetype < b.sourcetype ? -1 : 1));
}
