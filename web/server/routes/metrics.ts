/** Prometheus' text form: prometheus.io/docs/instrumenting/exposition_formats. */
import type { Store, StoredJob, StoredShard, StoredShare } from "../../../agent/store/mod.ts";
import { visibleLines } from "../../../grammar/visible.ts";
import { rateOf } from "../types/json.ts";
import type { Services } from "../route/route.ts";

/** Hosts that have values of their own: their names come from logs. */
const HOSTS = 100;

type Labels = Readonly<Record<string, string>>;
interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly values: readonly (readonly [Labels, number])[];
}

/** What is stored, what was found, how inputs go, and what the server answered. */
export async function metrics(store: Store, services: Services, now: number): Promise<string> {
  const [stats, jobs, late, clocks, verdicts, shares] = await Promise.all([
    store.stats(),
    store.jobs({ limit: 100, state: "running" }),
    store.lateHosts(HOSTS),
    store.hostClocks(HOSTS),
    store.verdicts(),
    store.shares(),
  ]);
  const all: Metric[] = [
    {
      name: "picket_build_info",
      type: "gauge",
      help: "The program's version, always 1",
      values: [[{ version: services.version, store: store.kind }, 1]],
    },
    {
      name: "picket_events_stored",
      type: "gauge",
      help: "Events that are stored",
      values: stats.sourcetypes.map((s) => [{ sourcetype: s.sourcetype }, s.events]),
    },
    {
      name: "picket_parse_errors_stored",
      type: "gauge",
      help: "Lines that no pattern matched",
      values: stats.sourcetypes.map((s) => [{ sourcetype: s.sourcetype }, s.parseErrors]),
    },
    {
      name: "picket_alerts",
      type: "gauge",
      help: "Alerts by rule",
      values: stats.alertsByRule.map((r) => [{ rule: r.rule }, r.alerts]),
    },
    {
      name: "picket_matches_excepted",
      type: "counter",
      help: "Matches that exceptions held back, in the agent that runs here",
      values: Object.entries(services.excepted()?.byException ?? {})
        .map(([exception, n]) => [{ exception }, n]),
    },
    {
      name: "picket_alerts_by_verdict",
      type: "gauge",
      help: "Alerts by rule and verdict",
      values: [...verdicts].flatMap(([rule, counts]) =>
        Object.entries(counts).map(([verdict, n]) => [{ rule, verdict }, n] as const)
      ),
    },
    {
      name: "picket_alerts_by_status",
      type: "gauge",
      help: "Alerts by status",
      values: Object.entries(stats.alertsByStatus).map(([status, n]) => [{ status }, n]),
    },
    {
      name: "picket_alerts_by_severity",
      type: "gauge",
      help: "Alerts by severity",
      values: Object.entries(stats.alertsBySeverity).map(([severity, n]) => [{ severity }, n]),
    },
    {
      name: "picket_input_lines",
      type: "counter",
      help: "Lines read of inputs that run",
      values: jobs.items.map((j) => [{ source: j.source, job: j.id }, j.lines]),
    },
    {
      name: "picket_input_lines_per_second",
      type: "gauge",
      help: "Rate of inputs that run",
      values: jobs.items.map((j) => [{ source: j.source, job: j.id }, rateOf(j, now)]),
    },
    {
      name: "picket_input_lag_records",
      type: "gauge",
      help: "Records of Kafka's partitions that are there and were not read",
      values: [...lags(jobs.items, services)].map(([source, records]) => [{ source }, records]),
    },
    ...shares.flatMap(shareMetrics).reduce(joined, []),
    {
      name: "picket_late_rows",
      type: "counter",
      help: "Rows that came behind the watermark, of the hosts with most of them",
      values: late.map((h) => [{ source: h.input, host: h.host }, h.rows]),
    },
    {
      name: "picket_late_rows_most_seconds",
      type: "gauge",
      help: "How far behind the watermark a host's latest row was",
      values: late.map((h) => [{ source: h.input, host: h.host }, h.behindMs / 1000]),
    },
    {
      name: "picket_host_clock_offset_seconds",
      type: "gauge",
      help: "What a host's clock is ahead of this machine's, of those that were ever off",
      values: clocks.map((h) => [{ source: h.input, host: h.host }, h.offsetMs / 1000]),
    },
    {
      name: "picket_http_requests_total",
      type: "counter",
      help: "Answers by class of status",
      values: Object.entries(services.answered).map(([status, n]) => [{ status }, n]),
    },
    {
      name: "picket_stream_listeners",
      type: "gauge",
      help: "Open streams of server-sent events",
      values: [[{}, services.feed.listeners]],
    },
  ];
  return all.map(lines).join("");
}

/** As the agent that runs here has them, and as others wrote them last. */
function lags(jobs: readonly StoredJob[], services: Services): ReadonlyMap<string, number> {
  const written = jobs.toReversed().flatMap(({ source, lag }) =>
    lag === null ? [] : [[source, lag] as const]
  );
  return new Map([...written, ...services.lags()]);
}

/** What is to be seen of a share. */
function shareMetrics({ name, agents, shards }: StoredShare): Metric[] {
  const of = (value: (s: StoredShard) => number): Metric["values"] =>
    shards.map((s) => [{ share: name, shard: String(s.shard + 1) }, value(s)]);
  return [
    {
      name: "picket_share_agents",
      type: "gauge",
      help: "Agents of a share that were heard of in the last seconds",
      values: [[{ share: name }, agents.length]],
    },
    {
      name: "picket_shard_owner",
      type: "gauge",
      help: "1 for the agent that holds a shard, 0 where it was not heard of",
      values: shards.filter((s) => s.agent !== null).map((s) => [
        { share: name, shard: String(s.shard + 1), agent: s.agent! },
        s.alive ? 1 : 0,
      ]),
    },
    {
      name: "picket_shard_epoch",
      type: "counter",
      help: "Raised whenever a shard changes hands",
      values: of((s) => s.epoch),
    },
    {
      name: "picket_shard_takeovers_total",
      type: "counter",
      help: "How often a shard was taken from an agent that did not answer",
      values: of((s) => s.takeovers),
    },
  ];
}

/** One metric of a name, with the values of all. */
function joined(all: readonly Metric[], one: Metric): Metric[] {
  const same = all.find((m) => m.name === one.name);
  if (same === undefined) return [...all, one];
  return all.map((m) => m === same ? { ...m, values: [...m.values, ...one.values] } : m);
}

function lines({ name, type, help, values }: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` +
    values.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`).join("");
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) =>
    `${name}="${visibleLines(value).replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`
  );
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
