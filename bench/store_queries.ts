/**
 * How long the questions of a dashboard take over a store that is there, as its browser sees it: by
 * HTTP from a server of its own, each many times with other values taken from the store itself.
 * Median, 95th percentile and the longest, in ms, until the answer is read.
 *
 *     deno task bench:queries FOLDER|postgres://… [RUNS]
 */
import { seeded } from "../agent/simulate/random.ts";
import { servedStore } from "../tests/dashboard/serve.ts";
import type { AlertPage, EventPage, IncidentPage, Stats } from "../web/server/types/mod.ts";

const [place, times = "60"] = Deno.args;
const HOUR = 3_600_000, DAY = 24 * HOUR;
const random = seeded(7);

const served = await servedStore(place);
try {
  await measure();
} finally {
  await served.close();
}

type Query = Readonly<Record<string, string | number | null>>;

async function ask(path: string, query: Query = {}): Promise<string> {
  const params = Object.entries(query).map(([k, v]) => [k, String(v)]);
  const answer = await fetch(`${served.url}${path}?${new URLSearchParams(params)}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} ${JSON.stringify(query)}: ${text}`);
  return text;
}

async function read<T>(path: string, query?: Query): Promise<T> {
  return JSON.parse(await ask(path, query));
}

async function measure(): Promise<void> {
  const stats = await read<Stats>("/api/stats");
  if (stats.first === null || stats.last === null) throw new Error("The store is empty");
  const first = Date.parse(stats.first), last = Date.parse(stats.last), span = last - first;
  const at = () => first + Math.floor(random.int(0, 1_000_000) / 1_000_000 * span);
  const within = (from: number, to: number) => ({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
  const lastDay = within(last - DAY, last);
  const dayFrom = (from: number) => within(from, from + DAY);

  // What is asked for is what is there: values of events from all over the time.
  const some: EventPage["events"][number][] = [];
  for (let i = 0; i < 40; i++) {
    const query = { to: new Date(at()).toISOString(), limit: 1 };
    some.push(...(await read<EventPage>("/api/events", query)).events);
  }
  const pick = <T>(all: readonly T[]) => all[random.int(0, all.length - 1)];
  const values = (name: string) =>
    some.map((e) => e[name]).filter((v): v is string => typeof v === "string");
  const srcs = values("src"), users = values("user"), hosts = values("host"), ids = values("_id");
  const types = [...new Set(values("sourcetype"))];
  const alerts = (await read<AlertPage>("/api/alerts", { limit: 100 })).alerts.map((a) => a.id);
  const incidents = (await read<IncidentPage>("/api/incidents")).incidents.map((i) => i.id);

  const limit = 100, of = (query: () => Query) => () => ask("/api/events", { limit, ...query() });
  const series = (query: () => Query) => () => ask("/api/timeseries", query());
  const top = (query: () => Query) => () => ask("/api/top", query());
  const questions: Record<string, () => Promise<string>> = {
    "events, newest": of(() => ({})),
    "events of an hour": of(() => {
      const from = at();
      return within(from, from + HOUR);
    }),
    "events by src": of(() => ({ src: pick(srcs) })),
    "events by src of a day": of(() => ({ src: pick(srcs), ...dayFrom(at()) })),
    "events by user": of(() => ({ user: pick(users) })),
    "events by src and user": of(() => ({ src: pick(srcs), user: pick(users) })),
    "events by a user that is not": of(() => ({ user: "nobody at all" })),
    "events by host": of(() => ({ host: pick(hosts) })),
    "events by sourcetype": of(() => ({ sourcetype: pick(types) })),
    "events, parse errors": of(() => ({ parse_error: "true" })),
    "events by network": of(() => ({ src: pick(srcs).replace(/\.\d+$/, ".0/28") })),
    "event by id": () => ask(`/api/events/${pick(ids)}`),
    "text, frequent": of(() => ({ q: "failed password" })),
    "text, rare (one portion)": of(() => ({ q: `port ${random.int(1, 99999)}9 zz` })),
    "second page": async () => {
      const { next } = await read<EventPage>("/api/events", { limit, host: hosts[0] });
      return ask("/api/events", { limit, host: hosts[0], cursor: next! });
    },
    "stats, all": () => ask("/api/stats"),
    "stats, a day": () => ask("/api/stats", dayFrom(at())),
    "series, a day by 5 minutes": series(() => ({ ...lastDay, interval: "5m", by: "sourcetype" })),
    "series, all by hour": series(() => ({ interval: "1h", by: "action" })),
    "series of a src, all": series(() => ({ interval: "1h", src: pick(srcs) })),
    "series of a src, a day": series(() => ({ ...lastDay, interval: "5m", src: pick(srcs) })),
    "series of a user, all": series(() => ({ interval: "1h", user: pick(users) })),
    "series of a host, all": series(() => ({ interval: "1h", host: pick(hosts) })),
    "series of a text": series(() => ({ interval: "1h", q: "failed" })),
    "series of alerts": series(() => ({ interval: "1h", by: "rule" })),
    "top src, all": top(() => ({ field: "src" })),
    "top src, a day": top(() => ({ field: "src", ...lastDay })),
    "top user of a host": top(() => ({ field: "user", host: hosts[0] })),
    "top url, an hour": top(() => ({ field: "url", ...within(last - HOUR, last) })),
    "alerts, newest": () => ask("/api/alerts", { limit }),
    "alerts by rule": () => ask("/api/alerts", { limit, rule: "port_scan" }),
    "alerts by entity": () => ask("/api/alerts", { limit, entity: pick(srcs) }),
    "alerts open and high": () => ask("/api/alerts", { limit, severity: "high", status: "open" }),
    "alert with its events": () => ask(`/api/alerts/${pick(alerts)}`),
    "incidents": () => ask("/api/incidents", { limit }),
    "timeline": () => ask(`/api/incidents/${pick(incidents)}`),
    "rules and their hits": () => ask("/api/rules"),
    "ATT&CK": () => ask("/api/attack"),
    "jobs": () => ask("/api/jobs"),
  };
  const { events } = stats;
  console.log(
    `${place.includes("://") ? "PostgreSQL" : "PGlite"}: ${events} events, ` +
      `${Math.round(span / DAY)} days\n`,
  );
  console.log(
    `${"".padEnd(32)}${"median".padStart(8)}${"p95".padStart(8)}${"most".padStart(8)}  ms`,
  );
  for (const [name, question] of Object.entries(questions)) {
    const all: number[] = [];
    for (let i = 0; i < Number(times) + 3; i++) {
      const start = performance.now();
      await question();
      if (i >= 3) all.push(performance.now() - start);
    }
    all.sort((a, b) => a - b);
    const at = (share: number) => all[Math.floor(share * (all.length - 1))].toFixed(1).padStart(8);
    console.log(`${name.padEnd(32)}${at(0.5)}${at(0.95)}${at(1)}`);
  }
}
