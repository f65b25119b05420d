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
  number,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { Next, Severity, Status, Value } from "./shared.ts";
import { Verdict } from "./triage.ts";

export const Technique = named(
  "Technique",
  object({
    id: text(),
    name: text(),
    tactics: list(text()),
    url: about("Its page at attack.mitre.org", text()),
  }),
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

export const AlertWindow = named(
  "AlertWindow",
  object({
    kind: oneOf(["sliding", "tumbling", "session", "sequence", "together", "absent"]),
    from: moment,
    to: moment,
    seconds: about("Length of the rule's window", number()),
  }),
);
const Named = { field: text(), value: text() };
export const Priority = oneOf(["low", "medium", "high", "critical"]);

/** What is known of the values that an alert names. Kinds without a mark are left out. */
export const AlertContext = named(
  "AlertContext",
  object({}, {
    assets: about(
      "Rows of the tables of assets and identities",
      list(object({ ...Named, kind: oneOf(["asset", "identity"]), name: text() }, {
        priority: Priority,
        owner: text(),
        risk_weight: about(
          "What the points that the alert adds to its risk are multiplied by, where that is not 1",
          number(),
        ),
      })),
    ),
    intelligence: about(
      "What lists and services of threat intelligence say",
      list(object({ ...Named, source: about("The list or the service", text()) }, {
        description: text(),
        score: about("0 to 100", count),
        band: about(
          "AbuseIPDB's: low 0–24, medium 25–74, high 75–100",
          oneOf(["low", "medium", "high"]),
        ),
        reports: count,
        last: about("When it was last reported", moment),
        country: text(),
        isp: text(),
        as_of: about("When it was learnt", moment),
        note: about("Why nothing, or nothing newer, is known", text()),
      })),
    ),
    geography: about(
      "Where addresses are",
      list(object(Named, { country: text(), city: text(), asn: count, org: text() })),
    ),
    raised: about(
      "Why the severity is not the rule's",
      object({ from: Severity, to: Severity, because: text() }),
    ),
  }),
);
export type AlertContext = Infer<typeof AlertContext>;

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
    window: about(
      "What its numbers were counted over; null for rules of single events",
      nullable(AlertWindow),
    ),
    risk: about("What it adds to the risk of its entities", number()),
    metadata: RuleMetadata,
    message: text(),
    event_ids: about("At most 100: the first 50 and the newest 50", list(hexId)),
    plan_hash: text(),
    updated: moment,
  }, {
    context: AlertContext,
    also: about(
      "What other rules of its throttle's group found of the same",
      list(object({ rule: text(), title: text(), severity: Severity, message: text() })),
    ),
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
    headline: about(
      "The alert that says most of it: the most severe, of those the one of most events",
      object({ alert: hexId, message: text() }),
    ),
    updated: moment,
  }),
);
export type Incident = Infer<typeof Incident>;

export const IncidentPage = named(
  "IncidentPage",
  object({ incidents: list(Incident), next: Next }),
);
export type IncidentPage = Infer<typeof IncidentPage>;

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
