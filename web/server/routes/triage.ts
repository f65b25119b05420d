/** Silences, exceptions, and who did what. */
import type { Store, StoredAlert, StoredSilence } from "../../../agent/store/mod.ts";
import type { IrRule } from "../../../compiler/ir/program.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { ApiError } from "../http/error.ts";
import { fieldNames, flag, integer, text } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import {
  alertsOf,
  chooseFields,
  conditionOf,
  conditionText,
  exceptionJson,
  exceptionYaml,
  heldBack,
} from "../route/exceptions.ts";
import { byId, missing, ordered, paging, range } from "../route/filters.ts";
import { route, type Services } from "../route/route.ts";
import { whoOf } from "../route/who.ts";
import {
  AuditPage,
  ExceptionAnswer,
  ExceptionList,
  ExceptionProposal,
  MAX_CONDITION,
  NewException,
  NewSilence,
  type Silence,
  SilenceAnswer,
  SilenceList,
} from "../types/mod.ts";

const active = flag("Only those that hold, or all; all when left out");
/** Days of alerts that a proposal is held against. */
const DAYS = 30;

/** The alert, and its rule as it is loaded. */
async function alertAndRule(
  store: Store,
  services: Services,
  id: string,
): Promise<{ alert: StoredAlert; rule: IrRule }> {
  const alert = await store.alert(id);
  if (!alert) throw missing("alert", id);
  const rule = services.content()?.program.rules.find((r) => r.name === alert.rule);
  if (!rule) {
    const message = `The rule "${alert.rule}" is not loaded, so no condition can be checked`;
    throw new ApiError(409, "rule_not_loaded", message);
  }
  return { alert, rule };
}

const CONFLICT = { 409: "The alert's rule is not loaded" };

export const triageRoutes = [
  route({
    path: "/api/alerts/:id/exception",
    tag: "Tuning",
    summary:
      "Not this again: propose the narrowest exception, and show what it would have silenced",
    description:
      "The condition asks whom the alert is about and what tells it from the rule's other " +
      "alerts. It is held against the stored alerts of the rule, in the days up to the newest one.",
    role: "read",
    ids: byId,
    params: {
      days: integer(`Days of alerts to hold it against; ${DAYS} when left out`, 1, 3650),
      fields: fieldNames("Ask these fields instead, with commas", "src,user"),
      where: text("Try this condition instead", 'src == "203.0.113.9"', MAX_CONDITION),
    },
    answer: ExceptionProposal,
    refuses: CONFLICT,
    async handle({ store, services, path, query, caller }) {
      const { alert, rule } = await alertAndRule(store, services, path.id);
      const { days = DAYS } = query;
      const others = await alertsOf(store, alert.rule, days);
      const fields = chooseFields(rule, alert, others, query.fields ?? null);
      const where = query.where ?? conditionText(rule, alert, fields);
      if (where === "") {
        const message =
          "No field of the alert can be asked; write a condition of your own as where";
        throw new ApiError(400, "no_fields", message, "fields");
      }
      const yaml = exceptionYaml({
        rule: alert.rule,
        condition: where,
        reason: "",
        until: null,
        who: caller?.name ?? "",
      });
      const held = heldBack(conditionOf(rule, where), others);
      return { rule: alert.rule, where, fields, days, compared: others.length, ...held, yaml };
    },
  }),
  route({
    method: "post",
    path: "/api/alerts/:id/exception",
    tag: "Tuning",
    summary: "Take an exception: a running agent applies it within seconds",
    role: "write",
    ids: byId,
    body: NewException,
    answer: ExceptionAnswer,
    refuses: CONFLICT,
    async handle({ store, services, path, body, caller }) {
      const { alert, rule } = await alertAndRule(store, services, path.id);
      conditionOf(rule, body.where);
      const exception = await store.addException({
        rule: alert.rule,
        condition: body.where,
        reason: body.reason,
        who: whoOf(caller, body.who),
        until: body.until ? momentOf(body.until, "until") : null,
        alert: alert.id,
      });
      services.exceptionsChanged?.();
      return { exception: exceptionJson(exception) };
    },
  }),
  route({
    path: "/api/exceptions",
    tag: "Tuning",
    summary: "Exceptions that were taken from alerts, newest first",
    role: "read",
    params: { active },
    answer: ExceptionList,
    async handle({ store, query, now }) {
      const all = await store.exceptions({ active: query.active === true, now });
      const wanted = all.filter((e) => query.active !== false || e.ended !== null);
      return { exceptions: wanted.map(exceptionJson) };
    },
  }),
  route({
    method: "delete",
    path: "/api/exceptions/:id",
    tag: "Tuning",
    summary: "End an exception",
    role: "write",
    ids: byId,
    answer: ExceptionAnswer,
    async handle({ store, services, path, caller }) {
      const ended = await store.endException(path.id, whoOf(caller, undefined));
      if (!ended) throw missing("exception in force", path.id);
      services.exceptionsChanged?.();
      return { exception: exceptionJson(ended) };
    },
  }),
  route({
    path: "/api/silences",
    tag: "Tuning",
    summary: "Silences, newest first",
    role: "read",
    params: { active },
    answer: SilenceList,
    async handle({ store, query, now }) {
      const all = await store.silences({ active: query.active === true, now });
      const shown = all.map((s) => silenceJson(s, now));
      return { silences: shown.filter((s) => query.active !== false || !s.active) };
    },
  }),
  route({
    method: "post",
    path: "/api/silences",
    tag: "Tuning",
    summary:
      "Silence alerts of a rule, an entity or both for a time: stored, marked, not delivered",
    role: "write",
    body: NewSilence,
    answer: SilenceAnswer,
    async handle({ store, body, caller, now }) {
      const { rule = null, fields = {}, reason } = body;
      const names = Object.keys(fields);
      if (rule === null && names.length === 0) {
        const message = 'Give "rule", "fields" or both; a silence of everything is no silence';
        throw new ApiError(400, "empty_silence", message, "fields");
      }
      if (names.length > 16) {
        throw new ApiError(400, "too_many_fields", "Give at most 16 fields", "fields");
      }
      const ends = momentOf(body.ends, "ends");
      if (ends <= now) {
        throw new ApiError(400, "invalid_end", '"ends" has passed; give a later time', "ends");
      }
      const who = whoOf(caller, body.who);
      const silence = await store.addSilence({ rule, fields, reason, who, ends });
      return { silence: silenceJson(silence, now) };
    },
  }),
  route({
    method: "delete",
    path: "/api/silences/:id",
    tag: "Tuning",
    summary: "End a silence now",
    role: "write",
    ids: byId,
    answer: SilenceAnswer,
    async handle({ store, path, caller, now }) {
      const ended = await store.endSilence(path.id, whoOf(caller, undefined));
      if (!ended) throw missing("silence in force", path.id);
      return { silence: silenceJson(ended, now) };
    },
  }),
  route({
    path: "/api/audit",
    tag: "Access",
    summary: "Who did what: edits of alerts, silences, exceptions, tokens; newest first",
    role: "admin",
    params: {
      ...range,
      ...paging,
      who: text("Name of who did it", "ada"),
      action: text("What was done", "silence.create"),
      subject: text("Id or name of what it was done to"),
    },
    answer: AuditPage,
    async handle({ store, query }) {
      const { limit = 100, ...filter } = query;
      ordered(filter.from, filter.to);
      const page = await store.audit({ ...filter, limit });
      return {
        entries: page.items.map((e) => ({ ...e, time: rfc3339(e.time) })),
        next: writeCursor(page.next),
      };
    },
  }),
];

function momentOf(text: string, field: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new ApiError(
    400,
    "invalid_time",
    `"${field}" has to be a time such as 2027-03-01T00:00:00Z`,
    field,
  );
}

function silenceJson(s: StoredSilence, now: number): Silence {
  return {
    id: s.id,
    rule: s.rule,
    fields: s.fields,
    reason: s.reason,
    who: s.who,
    created: rfc3339(s.created),
    ends: rfc3339(s.ends),
    active: s.ended === null && s.ends > now,
    ended: s.ended === null ? null : rfc3339(s.ended),
    ended_by: s.endedBy,
  };
}
