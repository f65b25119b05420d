/** What an address, an account or a host did, and what was done to it. */
import type { Store, StoredAlert, StoredEvent, StoredIncident } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { oneOf, text } from "../http/params.ts";
import { newestOf, riskJson, riskModel, scoresAt } from "../route/risk.ts";
import { route, type Services } from "../route/route.ts";
import { actorOf } from "../route/related.ts";
import { incidentOf } from "../route/tactics.ts";
import { Entity, ENTITY_KINDS, type EntityKind } from "../types/mod.ts";
import { alertJson, eventJson } from "../types/json.ts";

/** Fields in which an entity stands, by its kind; the store has an index over each. */
const ROLES: Readonly<Record<EntityKind, readonly ("src" | "dest" | "user" | "host")[]>> = {
  address: ["src", "dest"],
  account: ["user"],
  host: ["host", "dest", "src"],
};

/** Fields of events that name others, and what these are where the value is no address. */
const OTHERS: readonly (readonly [string, EntityKind])[] = [
  ["src", "host"],
  ["dest", "host"],
  ["host", "host"],
  ["user", "account"],
  ["src_user", "account"],
];

/** The dataset of logins. */
const LOGINS = "Authentication";

const HOUR = 3_600_000, DAY = 24 * HOUR;
/** Days whose hours are given; events of each role that are looked at; others that are named. */
const DAYS = 30, LOOKED = 500, NAMED = 24, ALERTS = 50, INCIDENTS = 20;
/** Newest events that are given. */
const NEWEST = 8;
/** Events of one hour that are read to find the oldest. */
const HOUR_READ = 1000;

export const entityRoutes = [
  route({
    path: "/api/entities/:value",
    tag: "Entities",
    summary: "An address, account or host: what it did by dataset and hour, alerts, related",
    description:
      "Counts are of the fields src, dest, user and host. An address is one by its form; " +
      "give `kind` to tell an account from a host.",
    role: "read",
    ids: { value: text("The address, account or host, as events write it", "203.0.113.9", 256) },
    params: { kind: oneOf("What it is; an address or an account when left out", ENTITY_KINDS) },
    answer: Entity,
    async handle({ store, services, path, query }) {
      const kind = query.kind ?? (isAddress(path.value) ? "address" : "account");
      const content = services.content();
      const newest = (await store.stats()).newest;
      const roles = await Promise.all(
        ROLES[kind].map((field) => roleOf(store, field, path.value, newest)),
      );
      const events = eventsOf(roles);
      // Of one field: an event may name it in two, and is one event.
      const main = roles.reduce((a, b) => b.events > a.events ? b : a);
      const { hours } = main;
      const alerts = await alertsAbout(store, ROLES[kind], path.value);
      const incidents = await incidentsAbout(store, path.value, alerts);
      return {
        kind,
        value: path.value,
        first: hours.length === 0 ? null : rfc3339(await firstOf(store, main, path.value)),
        last: events.length === 0 ? null : rfc3339(Math.max(...events.map((e) => e.time))),
        events: main.events,
        roles: roles.filter((r) => r.events > 0).sort((a, b) => b.events - a.events)
          .map(({ field, events }) => ({ field, events })),
        logins: await loginsOf(store, roles, path.value),
        hours: hours.filter(([at]) => newest === null || at > newest - DAYS * DAY)
          .map(([at, events]) => ({ time: rfc3339(at), events })),
        exact: roles.every((r) => r.exact),
        looked: events.length,
        datasets: most(events.flatMap((e) => e.datasets)),
        actions: most(events.flatMap((e) => textOf(e.fields.action))),
        related: relatedTo(events, path.value),
        newest: events.toSorted((a, b) => b.time - a.time).slice(0, NEWEST).map(eventJson),
        risk: await riskOf(store, services, ROLES[kind], path.value),
        alerts: alerts.slice(0, ALERTS).map((a) => alertJson(a)),
        incidents: incidents.map((i) => incidentOf(content, i)),
      };
    },
  }),
];

/** What its alerts add up to, as on the page of risk. */
async function riskOf(
  store: Store,
  services: Services,
  fields: readonly string[],
  value: string,
): Promise<Entity["risk"]> {
  const at = await newestOf(store);
  if (at === null) return null;
  const model = riskModel(services.content()?.program.rules ?? []);
  const { scores } = await scoresAt(store, model, at);
  const lower = value.toLowerCase();
  // The highest come first.
  const found = scores.find((s) => fields.includes(s.field) && s.value.toLowerCase() === lower);
  return found === undefined ? null : riskJson(found, model);
}

/** What the events are that name it in one field. */
interface RoleOf {
  readonly field: string;
  readonly events: number;
  readonly exact: boolean;
  /** Beginnings of hours with events, and how many. */
  readonly hours: readonly (readonly [number, number])[];
  /** The newest of them. */
  readonly newest: readonly StoredEvent[];
}

/** Logins among the events of each role: an answer to "did one succeed" may not be of the newest alone. */
async function loginsOf(
  store: Store,
  roles: readonly RoleOf[],
  value: string,
): Promise<Entity["logins"]> {
  const found = await Promise.all(roles.map(async ({ field, hours }) => {
    if (hours.length === 0) return [];
    const all = filterOf(field, value);
    const filter = { ...all, dataset: LOGINS };
    const series = await store.timeseries({
      from: hours[0][0],
      to: hours[hours.length - 1][0] + HOUR,
      bucketMs: HOUR,
      by: "action",
      filter,
    });
    const of = (action: string) => series.series.find((s) => s.value === action);
    // The counts say in which hour the newest is: it is looked for there alone.
    const newest = async (action: string) => {
      const at = of(action)?.counts.findLastIndex((n) => n > 0) ?? -1;
      if (at < 0) return null;
      const fields = { ..."fields" in all ? all.fields : {}, action };
      const [from, to] = [series.times[at], series.times[at] + HOUR];
      const [event] = (await store.events({ ...filter, fields, from, to, limit: 1 })).items;
      return event === undefined ? null : eventJson(event);
    };
    const [succeeded, failed] = [of("success")?.total ?? 0, of("failure")?.total ?? 0];
    if (succeeded + failed === 0) return [];
    const [last_success, last_failure] = await Promise.all([newest("success"), newest("failure")]);
    const exact = series.exact && series.since === null;
    return [{ field, succeeded, failed, exact, last_success, last_failure }];
  }));
  // A host is often named as host and as dest of the same events.
  const ids = (l: Entity["logins"][number]) => `${l.last_success?._id} ${l.last_failure?._id}`;
  const all = found.flat();
  return all.filter((l, i) =>
    !all.slice(0, i).some((o) => ids(o) === ids(l) && o.succeeded === l.succeeded)
  );
}

const filterOf = (field: string, value: string) =>
  field === "host" ? { host: value } : { fields: { [field]: value } };

async function roleOf(
  store: Store,
  field: "src" | "dest" | "user" | "host",
  value: string,
  newest: number | null,
): Promise<RoleOf> {
  const filter = filterOf(field, value);
  const page = await store.events({ ...filter, limit: LOOKED });
  if (page.items.length === 0 || newest === null) {
    return { field, events: 0, exact: page.next === null, hours: [], newest: [] };
  }
  // Of all that is stored: the range's beginning is the store's, as far as buckets go.
  const { first } = await store.stats();
  const from = Math.max(first ?? 0, newest - 4999 * HOUR);
  const series = await store.timeseries({ from, to: newest + 1, bucketMs: HOUR, filter });
  const counts = series.series[0]?.counts ?? [];
  const hours = series.times.flatMap((at, i) => counts[i] > 0 ? [[at, counts[i]] as const] : []);
  return {
    field,
    events: counts.reduce((n, c) => n + c, 0),
    exact: series.exact && series.since === null && (first === null || from <= first),
    hours,
    newest: page.items,
  };
}

/** The oldest of its events, by the hour in which it is: events are read from the newest on. */
async function firstOf(store: Store, role: RoleOf, value: string): Promise<number> {
  const [from] = role.hours[0];
  const { items, next } = await store.events({
    ...filterOf(role.field, value),
    from,
    to: from + HOUR,
    limit: HOUR_READ,
  });
  return next === null && items.length > 0 ? items[items.length - 1].time : from;
}

/** Of all roles, each once: an event may name it twice. */
function eventsOf(roles: readonly RoleOf[]): StoredEvent[] {
  const byId = new Map(roles.flatMap((r) => r.newest).map((e) => [e.id, e]));
  return [...byId.values()];
}

/** How often each text stands there, the most frequent first. */
function most(texts: readonly string[]): { name: string; events: number }[] {
  const counts = new Map<string, number>();
  for (const t of texts) counts.set(t, (counts.get(t) ?? 0) + 1);
  return [...counts].map(([name, events]) => ({ name, events }))
    .sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1)).slice(0, NAMED);
}

const textOf = (value: unknown): string[] =>
  typeof value === "string" && value !== "" ? [value] : [];

function relatedTo(events: readonly StoredEvent[], own: string): Entity["related"] {
  const counts = new Map<string, { kind: EntityKind; value: string; events: number }>();
  const lower = own.toLowerCase();
  for (const e of events) {
    const seen = new Set<string>();
    for (const [field, other] of OTHERS) {
      const value = field === "host" ? e.host : e.fields[field];
      if (typeof value !== "string" || value === "" || value.toLowerCase() === lower) continue;
      const kind = other !== "account" && isAddress(value) ? "address" : other;
      const key = `${kind} ${value}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const known = counts.get(key) ?? { kind, value, events: 0 };
      known.events++;
      counts.set(key, known);
    }
  }
  return [...counts.values()]
    .sort((a, b) => b.events - a.events || (a.value < b.value ? -1 : 1)).slice(0, NAMED);
}

/** Alerts whose entity is it, and those that name it in a field of the kind; newest first. */
async function alertsAbout(
  store: Store,
  fields: readonly string[],
  value: string,
): Promise<StoredAlert[]> {
  const pages = await Promise.all([
    store.alerts({ entity: value, limit: ALERTS }),
    ...fields.map((f) => store.alerts({ fields: { [f]: value }, limit: ALERTS })),
  ]);
  const byId = new Map(pages.flatMap((p) => p.items).map((a) => [a.id, a]));
  return [...byId.values()].sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
}

async function incidentsAbout(
  store: Store,
  value: string,
  alerts: readonly StoredAlert[],
): Promise<StoredIncident[]> {
  const others = new Set(alerts.map((a) => actorOf(a) ?? value));
  others.delete(value);
  const own = await store.incidents({ entity: value, limit: INCIDENTS });
  const [first, last] = [
    Math.min(...alerts.map((a) => a.first)),
    Math.max(...alerts.map((a) => a.last)) + 1,
  ];
  const more = await Promise.all(
    [...others].slice(0, 8).map((entity) =>
      store.incidents({ entity, from: first, to: last, limit: 5 })
    ),
  );
  const byId = new Map(
    [...own.items, ...more.flatMap((p) => p.items)].map((i) => [i.id, i]),
  );
  return [...byId.values()].sort((a, b) => b.first - a.first).slice(0, INCIDENTS);
}

/** An IPv4 or IPv6 address by its form. */
export function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ||
    /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}
