/** Rules: what is loaded, what it found, and a place to try new ones. */
import type { Content } from "../route/content.ts";
import { lintsOf, planOf, ruleFacts, sourceOf } from "../route/content.ts";
import { missing, ordered, range } from "../route/filters.ts";
import { authorMetadata } from "../../../compiler/ir/metadata.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { alertJson } from "../types/json.ts";
import { ApiError } from "../http/error.ts";
import { flag, pattern } from "../http/params.ts";
import { route, type Services } from "../route/route.ts";
import type { Store } from "../../../agent/store/mod.ts";
import type { TimeRange } from "../../../agent/store/mod.ts";
import { type Rule, RuleCheck, RuleCheckAnswer, RuleDetail, RuleList } from "../types/mod.ts";

/** Alerts in the answer for one rule. */
const RECENT = 20;

/** What trying rules may end in. */
const TRIALS = { 422: "Trying the rules needs too much memory", 504: "It takes too long" };

export const ruleRoutes = [
  route({
    path: "/api/rules",
    tag: "Rules",
    summary: "Loaded rules by name, with alert counts in the range",
    role: "read",
    params: range,
    answer: RuleList,
    async handle({ store, services, query }) {
      ordered(query.from, query.to);
      const content = loaded(services);
      const found = await findings(store, query);
      return { rules: [...ruleFacts(content).keys()].sort().map((n) => found(content, n)) };
    },
  }),
  route({
    path: "/api/rules/:name",
    tag: "Rules",
    summary: "One rule: source, plan, lints, recent alerts",
    role: "read",
    refuses: TRIALS,
    ids: { name: pattern("Name of the rule", "^[A-Za-z_]\\w{0,127}$", "ssh_brute_force") },
    params: { ...range, tests: flag("Run the tests that the rule carries") },
    answer: RuleDetail,
    async handle({ store, services, path, query }) {
      const { tests, ...within } = query;
      ordered(query.from, query.to);
      const content = loaded(services);
      const rule = content.program.rules.find((r) => r.name === path.name);
      if (!rule) throw missing("rule", path.name, "name");
      const found = await findings(store, within);
      const [recent, verdicts] = await Promise.all([
        store.alerts({ ...within, rule: rule.name, limit: RECENT }),
        store.verdicts(),
      ]);
      const excepted = services.excepted();
      return {
        rule: found(content, rule.name),
        ...sourceOf(content, rule),
        metadata: authorMetadata(rule),
        plan: planOf(content, rule, services.tools.bounds),
        lints: lintsOf(content, rule),
        recent: recent.items.map((a) => alertJson(a)),
        changes: rule.changes ?? [],
        excepted: excepted && (excepted.byRule[rule.name] ?? 0),
        verdicts: verdicts.get(rule.name) ?? { true_positive: 0, false_positive: 0, benign: 0 },
        ...(tests ? { tests: await services.tools.testRule(rule.name) } : {}),
      };
    },
  }),
  route({
    method: "post",
    path: "/api/rules/check",
    tag: "Rules",
    summary: "Compile rules and run them on lines: diagnostics, events, alerts, rule evaluation",
    description: "Nothing is stored; the loaded rules do not change.",
    role: "read",
    body: RuleCheck,
    maxBody: 512 * 1024,
    refuses: TRIALS,
    answer: RuleCheckAnswer,
    async handle({ store, services, body }) {
      const { event, ...request } = body;
      knownSourcetype(loaded(services), body.sourcetype);
      if (event === undefined) return await services.tools.checkRules(request);
      const stored = await store.event(event);
      if (!stored) throw missing("event", event, "event");
      return await services.tools.checkRules(
        { sourcetype: stored.sourcetype, ...request, lines: stored.raw },
      );
    },
  }),
];

/** What is loaded; a refusal when nothing is. */
export function loaded(services: Services): Content {
  const content = services.content();
  if (content) return content;
  throw new ApiError(503, "not_loaded", "No rules and sourcetypes are loaded in this process");
}

/** Refuses a sourcetype that is not loaded. */
export function knownSourcetype(content: Content, name: string | undefined): void {
  if (name === undefined || content.sourcetypes.layouts.has(name)) return;
  throw new ApiError(
    400,
    "unknown_sourcetype",
    `There is no sourcetype ${JSON.stringify(name)}; /api/sourcetypes names them`,
    "sourcetype",
  );
}

/** What rules found in the range: gives a rule with its numbers. */
async function findings(
  store: Store,
  within: TimeRange,
): Promise<(content: Content, name: string) => Rule> {
  const [hits, degraded] = await Promise.all([store.ruleHits(within), store.degraded()]);
  const byName = new Map(hits.map((h) => [h.rule, h]));
  const notes = new Map(degraded.map((d) => [d.rule, d.message]));
  return (content, name) => ({
    ...ruleFacts(content).get(name)!,
    alerts: byName.get(name)?.alerts ?? 0,
    last_alert: byName.has(name) ? rfc3339(byName.get(name)!.last) : null,
    degraded: notes.get(name) ?? null,
  });
}
