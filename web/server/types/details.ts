/** What the page of one event or one alert shows. */
import { about, type Infer, integer, list, map, named, nullable, object, text } from "./schema.ts";
import { Alert, Incident, StatusEntry } from "./alerts.ts";
import { DatasetCheck, Event, Reasoning } from "./events.ts";

export const EventDetail = named(
  "EventDetail",
  object({
    event: Event,
    alerts: about("Alerts that name the event, newest first", list(Alert)),
    cim: about("For each dataset, present and missing fields", list(DatasetCheck)),
    reasoning: about("Of the rules that read such events, matching ones first", list(Reasoning)),
  }),
);
export type EventDetail = Infer<typeof EventDetail>;

export const AlertDetail = named(
  "AlertDetail",
  object({
    alert: Alert,
    events: about("Those of its events that are stored, by time", list(Event)),
    rule: about(
      "The rule as it is loaded now; null when it is not. Its `plan_hash` tells whether it changed",
      nullable(object({
        name: text(),
        title: text(),
        file: text(),
        line: integer({ minimum: 1 }),
        source: text(),
        condition: text(),
        plan_hash: text(),
      }, {
        selections: about(
          "Of a Sigma rule: the selections that hold on the first stored event",
          list(text()),
        ),
      })),
    ),
    others: about("Further alerts about the same entity, newest first, at most 50", list(Alert)),
    incidents: about("Incidents about its entity that it falls into", list(Incident)),
    history: about("Status history, oldest first", list(StatusEntry)),
  }),
);
export type AlertDetail = Infer<typeof AlertDetail>;

export const IncidentDetail = named(
  "IncidentDetail",
  object({
    incident: Incident,
    timeline: about("Its alerts in order of time, the first 1,000 of them", list(Alert)),
    tactics: about(
      "The tactics that each of its rules is about, the one that it stands for first",
      map(list(text())),
    ),
    evidence: about(
      "The first and the last event of its first 200 alerts, those that are stored, by time",
      list(Event),
    ),
    related: about(
      "Incidents within a day about what its alerts name, or whose alerts name what it is about",
      list(Incident),
    ),
  }),
);
export type IncidentDetail = Infer<typeof IncidentDetail>;
