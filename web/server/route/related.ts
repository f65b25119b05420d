/** Incidents that have to do with one: about what its alerts name, or whose alerts name what it is about. */
import type { Store, StoredAlert, StoredIncident } from "../../../agent/store/mod.ts";

/** Who and what of an alert may be what an incident is about. */
export const NAMING = ["src", "user", "dest", "host", "src_user", "member", "dvc"] as const;
/** Values that are asked for, alerts that are looked at, and incidents that are given. */
const VALUES = 12, ALERTS = 200, GIVEN = 10;
const DAY = 86_400_000;

/** Values of the alerts' entities and fields by their names, without the incident's own. */
export function namedIn(
  alerts: readonly Pick<StoredAlert, "entity" | "fields">[],
  own: string,
): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  for (const { entity, fields } of alerts) {
    for (const  of of[entity, fields]) {
      for (const name of NAMING) {
        const value = of[name];
        if (typeof value !== "string" || value === "" || value === own) continue;
        out.set(name, (out.get(name) ?? new Set()).add(value));
      }
    }
  }
  return out;
}

/** Who incidents put an alert under: `src`, else `user`, else the first field; null for nobody. */
export function actorOf({ entity }: Pick<StoredAlert, "entity">): string | null {
  for (const field of ["src", "user", ...Object.keys(entity).sort()]) {
    const value = entity[field];
    if (value !== undefined && value !== null && value !== "") return String(value);
  }
  return null;
}

/** The newest first, from a day before to a day after. */
export async function relatedIncidents(
  store: Store,
  incident: StoredIncident,
  timeline: readonly StoredAlert[],
): Promise<StoredIncident[]> {
  const { field, value } = incident.entity;
  const around = { from: incident.first - DAY, to: incident.last + DAY };
  const values = new Set([...namedIn(timeline, value).values()].flatMap((v) => [...v]));
  // Alerts about somebody else that name what this incident is about.
  const fields = field === "host" || field === "dest" || field === "user" || field === "src"
    ? { [field]: value }
    : null;
  if (fields !== null) {
    const page = await store.alerts({ ...around, fields, limit: ALERTS });
    for (const alert of page.items) {
      const who = actorOf(alert);
      if (who !== null && who !== value) values.add(who);
    }
  }
  const pages = await Promise.all(
    [...values].slice(0, VALUES).map((entity) => store.incidents({ ...around, entity, limit: 5 })),
  );
  const found = new Map(pages.flatMap((p) => p.items).map((i) => [i.id, i]));
  found.delete(incident.id);
  return [...found.values()].sort((a, b) => b.first - a.first).slice(0, GIVEN);
}
