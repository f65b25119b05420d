/** A loaded rule over stored events, by the engine of the stream. */
import {
  BacktestEngine,
  byDay,
  readBy,
  readFor,
  warmupOf,
  withSignals,
} from "../../../agent/search/backtest.ts";
import { storedCatalogue } from "../../../agent/search/replay.ts";
import type { IrRows } from "../../../compiler/ir/program.ts";
import { anchorOf } from "../../../agent/search/range.ts";
import type { Store, StoredEvent, StoredKind, TimeRange } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { describeTechnique } from "../../../compiler/schema/attack/mod.ts";
import { ApiError } from "../http/error.ts";
import { pattern } from "../http/params.ts";
import { missing, ordered, range } from "../route/filters.ts";
import type { DraftAlert } from "../route/draft.ts";
import { route } from "../route/route.ts";
import { BacktestAnswer, BacktestDraft } from "../types/mod.ts";
import { loaded } from "./rules.ts";

/** What is read when no beginning is given, ms; how long one may read, ms. */
const WEEK = 7 * 86_400_000, PATIENCE = 20_000;
/** Alerts that are counted, and those that are shown. */
const COUNTED = 10_000, EXAMPLES = 20;
/** Backtests of one server at a time: the engine works in its thread. */
const AT_ONCE = 1;
let running = 0;

export const backtestRoutes = [
  route({
    path: "/api/rules/:name/backtest",
    tag: "Rules",
    summary: "The alerts that a loaded rule would have raised over stored events, by day",
    description:
      "By the engine of the stream, with events from before to warm up its windows. The last week " +
      "of events where nothing else is said. It stops after 20 s, `reached` says where, and when " +
      "the connection is closed. Nothing is stored.",
    role: "read",
    ids: { name: pattern("Name of the rule", "^[A-Za-z_]\\w{0,127}$", "ssh_brute_force") },
    params: range,
    answer: BacktestAnswer,
    refuses: { 503: "Another backtest runs" },
    async handle({ store, services, path, query, now, request }) {
      ordered(query.from, query.to);
      const content = loaded(services);
      if (!content.program.rules.some((r) => r.name === path.name)) {
        throw missing("rule", path.name, "name");
      }
      const names = new Set([path.name]);
      const program = withSignals(content.program, names);
      return await backtested({ store, query, now, request }, (kinds, from, limit) => {
        const engine = new BacktestEngine(program, names, {
          from,
          limit,
          catalogue: storedCatalogue(kinds, content.sourcetypes.catalogue.sourcetypes),
          technique: describeTechnique,
        });
        return Promise.resolve({
          rows: readBy(program.rules),
          warmup: warmupOf(program),
          take: (events) => Promise.resolve(engine.take(events)),
          end: () => Promise.resolve(engine.end()),
        });
      });
    },
  }),
  route({
    method: "post",
    path: "/api/rules/backtest",
    tag: "Rules",
    summary: "The alerts that rules of a text would have raised over stored events, by day",
    description:
      "As of a loaded rule. The text may refer to loaded rules, and replaces those of its names. It " +
      "runs in the process that tries rules.",
    role: "read",
    params: range,
    body: BacktestDraft,
    maxBody: 512 * 1024,
    answer: BacktestAnswer,
    refuses: {
      503: "Another backtest runs",
      409: "Another one took its place",
      422: "It needs too much memory",
      504: "It takes too long",
    },
    async handle({ store, services, body, query, now, request }) {
      ordered(query.from, query.to);
      loaded(services);
      return await backtested({ store, query, now, request }, async (kinds, from, limit) => {
        const { text } = body;
        const session = await services.tools.draft({ text, from, limit, kinds });
        const { answer } = session;
        if (!("diagnostics" in answer)) return { ...session, ...answer };
        const mistake = answer.diagnostics.find((d) => d.level === "error");
        throw new ApiError(
          400,
          "invalid_rules",
          mistake === undefined
            ? "The text has no rule"
            : `Line ${mistake.line}, column ${mistake.column}: ${mistake.message}`,
          "text",
        );
      });
    },
  }),
];

/** What a backtest runs in. */
interface Runs {
  readonly rows: IrRows;
  readonly warmup: number;
  take(events: readonly StoredEvent[]): Promise<boolean>;
  /** The alerts by time. */
  end(): Promise<readonly DraftAlert[]>;
}

/** @param begin with what is stored, the beginning and how many alerts are counted */
async function backtested(
  { store, query, now, request }: {
    readonly store: Store;
    readonly query: TimeRange;
    readonly now: number;
    readonly request: Request;
  },
  begin: (kinds: readonly StoredKind[], from: number, limit: number) => Promise<Runs>,
): Promise<BacktestAnswer> {
  const to = query.to ?? (await anchorOf(store, now)).time + 1;
  const within = { from: query.from ?? to - WEEK, to };
  ordered(within.from, to);
  if (running >= AT_ONCE) {
    throw new ApiError(503, "busy", "Another backtest runs; ask again when it is done");
  }
  running++;
  try {
    const runs = await begin(await store.storedKinds(), within.from, COUNTED);
    const reads = { rows: runs.rows, from: within.from - runs.warmup, to };
    const { events, more, reached } = await readFor(store, reads, runs.take, {
      signal: request.signal,
      deadline: performance.now() + PATIENCE,
    });
    const alerts = await runs.end();
    return {
      from: rfc3339(within.from),
      to: rfc3339(to),
      events,
      alerts: alerts.length,
      more,
      reached: reached === null ? null : rfc3339(reached),
      days: byDay(alerts, within).filter((d) => d.alerts > 0)
        .map((d) => ({ day: rfc3339(d.day), alerts: d.alerts })),
      ...await judged(store, alerts.map((a) => a.id)),
      examples: alerts.slice(0, EXAMPLES).map(({ id, time, severity, message }) => ({
        id,
        time: rfc3339(time),
        severity,
        message,
      })),
    };
  } finally {
    running--;
  }
}

/** What people said of the alerts that are stored: a backtest gives them the ids that a run does. */
async function judged(
  store: Store,
  ids: readonly string[],
): Promise<Pick<BacktestAnswer, "verdicts" | "not_stored">> {
  const verdicts = { true_positive: 0, false_positive: 0, benign: 0, none: 0 };
  let stored = 0;
  for (let i = 0; i < ids.length; i += 1000) {
    for (const { verdict } of await store.alertsById(ids.slice(i, i + 1000))) {
      verdicts[verdict ?? "none"]++;
      stored++;
    }
  }
  return { verdicts, not_stored: ids.length - stored };
}
