/** What people make of alerts: verdicts, silences, exceptions, and who did what. */
import { VERDICTS } from "../../../agent/store/mod.ts";
import { MAX_COMMENT, MAX_WHO, Next, Severity, Status } from "./shared.ts";
import {
  about,
  anything,
  count,
  flag,
  hexId,
  type Infer,
  list,
  map,
  moment,
  named,
  nullable,
  object,
  oneOf,
  personName,
  prose,
  text,
} from "./schema.ts";

/** Longest condition of an exception, in characters. */
export const MAX_CONDITION = 10_000;

const comment = nullable(prose({ minLength: 1, maxLength: MAX_COMMENT }));
const reason = prose({ minLength: 1, maxLength: MAX_COMMENT });
export const who = about(
  "Your name, when the server asks for no token; with a token it is the token's name",
  personName({ minLength: 1, maxLength: MAX_WHO }),
);

export const Verdict = oneOf(VERDICTS);
export type Verdict = Infer<typeof Verdict>;

const edit = {
  status: Status,
  verdict: about("Null takes it back", nullable(Verdict)),
  assignee: about("Null: nobody", nullable(personName({ minLength: 1, maxLength: MAX_WHO }))),
  comment,
  who,
};

/** What a person says of an alert; what is left out stays. */
export const AlertEdit = named("AlertEdit", object({}, edit));
export type AlertEdit = Infer<typeof AlertEdit>;

export const BulkAlertEdit = named(
  "BulkAlertEdit",
  object({ ids: list(hexId, { minItems: 1, maxItems: 1000 }) }, edit),
);
export type BulkAlertEdit = Infer<typeof BulkAlertEdit>;

/** Alerts that are stored and marked, and not delivered, until it ends. */
export const Silence = named(
  "Silence",
  object({
    id: hexId,
    rule: about("Null: alerts of every rule", nullable(text())),
    fields: about("Values by field of the entity or of the alert's fields", map(text())),
    reason: text(),
    who: text(),
    created: moment,
    ends: moment,
    active: flag,
    ended: about("When somebody ended it before its time", nullable(moment)),
    ended_by: nullable(text()),
  }),
);
export type Silence = Infer<typeof Silence>;

export const SilenceList = named("SilenceList", object({ silences: list(Silence) }));
export type SilenceList = Infer<typeof SilenceList>;
export const SilenceAnswer = named("SilenceAnswer", object({ silence: Silence }));
export type SilenceAnswer = Infer<typeof SilenceAnswer>;

export const NewSilence = named(
  "NewSilence",
  object({ reason, ends: moment }, {
    rule: about(
      "One rule's alerts; give it, `fields`, or both",
      text({ minLength: 1, maxLength: 512 }),
    ),
    fields: about("At most 16", map(text({ maxLength: 1024 }))),
    who,
  }),
);
export type NewSilence = Infer<typeof NewSilence>;

/** What a rule matches and is no alert. */
export const Exception = named(
  "Exception",
  object({
    id: hexId,
    rule: text(),
    where: about("SDL over the fields of the rule's alerts", text()),
    reason: text(),
    who: text(),
    created: moment,
    until: about("Event time from which on it no longer holds", nullable(moment)),
    alert: about("The alert that it was made from", nullable(hexId)),
    active: about("Not ended by anybody", flag),
    ended: nullable(moment),
    ended_by: nullable(text()),
    yaml: about("The same for `agent.yaml`", text()),
  }),
);
export type Exception = Infer<typeof Exception>;

export const ExceptionList = named("ExceptionList", object({ exceptions: list(Exception) }));
export type ExceptionList = Infer<typeof ExceptionList>;
export const ExceptionAnswer = named("ExceptionAnswer", object({ exception: Exception }));
export type ExceptionAnswer = Infer<typeof ExceptionAnswer>;

/** An exception over the fields of an alert, before it is taken. */
export const ExceptionProposal = named(
  "ExceptionProposal",
  object({
    rule: text(),
    where: text(),
    fields: about(
      "Fields of the alert, those that the condition asks first",
      list(object({
        name: text(),
        value: text(),
        taken: flag,
        why: about("Why it is asked or not", text()),
      })),
    ),
    days: count,
    compared: about("Alerts of the rule within those days that were looked at", count),
    silenced: about("How many of them the exception would have held back", count),
    alerts: about(
      "Those, newest first, at most 100",
      list(object({
        id: hexId,
        time: moment,
        severity: Severity,
        message: text(),
        verdict: nullable(Verdict),
      })),
    ),
    yaml: text(),
  }),
);
export type ExceptionProposal = Infer<typeof ExceptionProposal>;

export const NewException = named(
  "NewException",
  object({ where: text({ minLength: 1, maxLength: MAX_CONDITION }), reason }, {
    until: about(
      "Event time from which on it no longer holds; null: without an end",
      nullable(moment),
    ),
    who,
  }),
);
export type NewException = Infer<typeof NewException>;

/** One thing that somebody did. */
export const AuditEntry = named(
  "AuditEntry",
  object({
    id: hexId,
    time: moment,
    who: text(),
    action: about("As alert.edit, silence.create, exception.end, token.revoke", text()),
    subject: about("Id of the alert, silence or exception, or the token's name", text()),
    detail: map(anything),
  }),
);
export type AuditEntry = Infer<typeof AuditEntry>;
export const AuditPage = named("AuditPage", object({ entries: list(AuditEntry), next: Next }));
export type AuditPage = Infer<typeof AuditPage>;
