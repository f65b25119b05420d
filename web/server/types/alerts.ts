/** Alerts and incidents. */
import {
  about,
  count,
  hexId,
  type Infer,
  list,
  map,
  moment,
  named,
  nullable,
  object,
  text,
} from "./schema.ts";
import { Next, Severity, Status, Value } from "./shared.ts";
import { Verdict } from "./triage.ts";

export const Technique = named(
  "Technique",
  object({ id: text(), name: text(), tactics: list(text()) }),
);
export type Technique = Infer<typeof Technique>;

/** What a rule's author says of it. What is left unsaid is left out. */
export const RuleMetadata = named(
  "RuleMetadata",
  object({}, {
    id: about("The author's identifier, a UUID in Sigma", text()),
    status: about("How far it is trusted: stable, test, experimental …", text()),
    author: text(),
    license: text(),
    date: about("When it was written, as the author wrote it", text()),
    modified: text(),
    description: text(),
    references: list(text()),
    falsepositives: about("What else it may fire on", list(text())),
    related: about("Rules that it comes from, replaces or is like: `derived ID`", list(text())),
    tags: list(text()),
    cve: about("Vulnerabilities among the tags, like CVE-2021-44228", list(text())),
  }),
);
export type RuleMetadata = Infer<typeof RuleMetadata>;

export const Alert = named(
  "Alert",
  object({
    id: hexId,
    time: about("Event time at which the rule fired", moment),
    rule: text(),
    title: text(),
    severity: Severity,
    status: Status,
    entity: about("Entity: a value by field", map(nullable(Value))),
    first: moment,
    last: moment,
    count: about("Contributing events", count),
    suppressed: about("Matches suppressed by `throttle` since", count),
    fields: map(nullable(Value)),
    mitre: list(Technique),
    metadata: RuleMetadata,
    message: text(),
    event_ids: about("At most 100: the first 50 and the newest 50", list(hexId)),
    plan_hash: text(),
    updated: moment,
  }, {
    status_by: about("Who set the status; left out until set", text()),
    status_at: nullable(moment),
    comment: nullable(text()),
    verdict: about("What it was found to be; left out until said", Verdict),
    verdict_by: text(),
    verdict_at: moment,
    assignee: about("Who looks into it; left out while nobody does", text()),
    silenced: about(
      "The silence that holds for it now: it is not delivered",
      object({ id: hexId, ends: moment, reason: text(), who: text() }),
    ),
  }),
);
export type Alert = Infer<typeof Alert>;

export const AlertPage = named("AlertPage", object({ alerts: list(Alert), next: Next }));
export type AlertPage = Infer<typeof AlertPage>;

export const Incident = named(
  "Incident",
  object({
    id: hexId,
    entity: about("A value by its field", map(text())),
    severity: Severity,
    status: about("Open while any alert is open, else acknowledged while any is", Status),
    first: moment,
    last: moment,
    rules: list(text()),
    tactics: about("ATT&CK tactics, in the order of the matrix", list(text())),
    techniques: list(text()),
    alerts: about("How many", count),
    updated: moment,
  }),
);
export type Incident = Infer<typeof Incident>;

export const IncidentPage = named(
  "IncidentPage",
  object({ incidents: list(Incident), next: Next }),
);
export type IncidentPage = Infer<typeof IncidentPage>;

export const IncidentDetail = named(
  "IncidentDetail",
  object({
    incident: Incident,
    timeline: about("Its alerts in order of time, the first 1,000 of them", list(Alert)),
  }),
);
export type IncidentDetail = Infer<typeof IncidentDetail>;

export const AlertAnswer = named("AlertAnswer", object({ alert: Alert }));
export type AlertAnswer = Infer<typeof AlertAnswer>;

export const BulkAnswer = named(
  "BulkAnswer",
  object({ changed: count, missing: about("Ids that no alert has", list(hexId)) }),
);
export type BulkAnswer = Infer<typeof BulkAnswer>;

/** What a person said of an alert. */
export const StatusEntry = named(
  "StatusEntry",
  object({
    at: moment,
    who: text(),
    from: about("Null for a change made before history was kept", nullable(Status)),
    to: about("The same as `from` where the status was left as it is", Status),
    comment: nullable(text()),
  }, {
    verdict: about("The verdict that was given; null where one was taken back", nullable(Verdict)),
    assignee: about("Who it was assigned to; null for nobody", nullable(text())),
  }),
);
export type StatusEntry = Infer<typeof StatusEntry>;

export const AlertHistory = named(
  "AlertHistory",
  object({ history: about("Oldest first", list(StatusEntry)) }),
);
export type AlertHistory = Infer<typeof AlertHistory>;
