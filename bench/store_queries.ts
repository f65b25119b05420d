/**
 * How long the queries of a dashboard take over a store that is there: each many times with other
 * values taken from the store itself; median, 95th percentile and the longest, in ms.
 *
 *     deno task bench:queries FOLDER|postgres://… [RUNS]
 */
import { openStore, type StoredEvent } from "../agent/store/mod.ts";
import { seeded } from "../agent/simulate/random.ts";

const [place, times = "60"] = Deno.args;
const store = await openStore(place.includes("://") ? { database: place } : { data: place });
const HOUR = 3_600_000, DAY = 24 * HOUR;
const { events, first, last, alerts } = await store.stats();
if (first === null || last === null) throw new Error("The store is empty");
const span = last - first;
const random = seeded(7);
const at = () => first + Math.floor(random.int(0, 1_000_000) / 1_000_000 * span);

// What is asked for is what is there: values of events from all over the time.
const some: StoredEvent[] = [];
for (let i = 0; i < 40; i++) some.push(...(await store.events({ to: at(), limit: 1 })).items);
const pick = <T>(all: readonly T[]) => all[random.int(0, all.length - 1)];
const values = (name: string) =>
  some.map((e) => e.fields[name]).filter((v) => typeof v === "string");
const srcs = values("src"), users = values("user");
const ids = some.map((e) => e.id), hosts = some.map((e) => e.host).filter((h) => h !== null);
const types = [...new Set(some.map((e) => e.sourcetype))];
const alertIds = (await store.alerts({ limit: 100 })).items.map((a) => a.id);
const incidents = (await store.incidents({ limit: 50 })).items.map((i) => i.id);

const limit = 100;
const queries: Record<string, () => Promise<unknown>> = {
  "events, newest": () => store.events({ limit }),
  "events of an hour": () => {
    const from = at();
    return store.events({ limit, from, to: from + HOUR });
  },
  "events by src": () => store.events({ limit, fields: { src: pick(srcs) } }),
  "events by src of a day": () => {
    const from = at();
    return store.events({ limit, fields: { src: pick(srcs) }, from, to: from + DAY });
  },
  "events by user": () => store.events({ limit, fields: { user: pick(users) } }),
  "events by src and user": () =>
    store.events({ limit, fields: { src: pick(srcs), user: pick(users) } }),
  "events by a user that is not": () => store.events({ limit, fields: { user: "nobody at all" } }),
  "events by host": () => store.events({ limit, host: pick(hosts) }),
  "events by sourcetype": () => store.events({ limit, sourcetype: pick(types) }),
  "events, parse errors": () => store.events({ limit, parseError: true }),
  "events by network": () => store.events({ limit, fields: { src: `${pick(srcs)}/28` } }),
  "event by id": () => store.event(pick(ids)),
  "text, frequent": () => store.events({ limit, text: "failed password" }),
  "text, rare (one portion)": () =>
    store.events({ limit, text: `port ${random.int(1, 99999)}9 zz` }),
  "second page": async () => {
    const { next } = await store.events({ limit, host: hosts[0] });
    return store.events({ limit, host: hosts[0], cursor: next! });
  },
  "stats, all": () => store.stats(),
  "stats, a day": () => {
    const from = at();
    return store.stats({ from, to: from + DAY });
  },
  "series, a day by 5 minutes": () =>
    store.timeseries({ from: last - DAY, to: last, bucketMs: 300_000, by: "sourcetype" }),
  "series, all by hour": () => store.timeseries({ bucketMs: HOUR, by: "action" }),
  "series of a src, all": () =>
    store.timeseries({ bucketMs: HOUR, filter: { fields: { src: pick(srcs) } } }),
  "series of a src, a day": () =>
    store.timeseries({
      from: last - DAY,
      to: last,
      bucketMs: 300_000,
      filter: { fields: { src: pick(srcs) } },
    }),
  "series of a user, all": () =>
    store.timeseries({ bucketMs: HOUR, filter: { fields: { user: pick(users) } } }),
  "series of a host, all": () =>
    store.timeseries({ bucketMs: HOUR, filter: { host: pick(hosts) } }),
  "series of a text": () => store.timeseries({ bucketMs: HOUR, filter: { text: "failed" } }),
  "series of alerts": () => store.timeseries({ bucketMs: HOUR, by: "rule" }),
  "top src, all": () => store.top({ field: "src", limit: 10 }),
  "top src, a day": () => store.top({ field: "src", limit: 10, from: last - DAY, to: last }),
  "top user of a host": () => store.top({ field: "user", limit: 10, filter: { host: hosts[0] } }),
  "top url, an hour": () => store.top({ field: "url", limit: 10, from: last - HOUR, to: last }),
  "alerts, newest": () => store.alerts({ limit }),
  "alerts by rule": () => store.alerts({ limit, rule: "scan" }),
  "alerts by entity": () => store.alerts({ limit, entity: pick(srcs) }),
  "alerts open and high": () => store.alerts({ limit, severities: ["high"], status: "open" }),
  "alert with its events": async () =>
    store.eventsById((await store.alert(pick(alertIds)))!.eventIds),
  "alerts of an event": () => store.alertsOfEvent(pick(ids)),
  "incidents": () => store.incidents({ limit }),
  "timeline": () => store.timeline(pick(incidents), limit),
  "rule hits": () => store.ruleHits(),
};

console.log(
  `${store.kind}: ${events} events, ${alerts} alerts over ${Math.round(span / DAY)} days\n`,
);
console.log(`${"".padEnd(32)}${"median".padStart(8)}${"p95".padStart(8)}${"most".padStart(8)}  ms`);
for (const [name, query] of Object.entries(queries)) {
  const all: number[] = [];
  for (let i = 0; i < Number(times) + 3; i++) {
    const start = performance.now();
    await query();
    if (i >= 3) all.push(performance.now() - start);
  }
  all.sort((a, b) => a - b);
  const at = (share: number) => all[Math.floor(share * (all.length - 1))].toFixed(1).padStart(8);
  console.log(`${name.padEnd(32)}${at(0.5)}${at(0.95)}${at(1)}`);
}
await store.close();
