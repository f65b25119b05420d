/** What is stored of an address, an account or a host. */
import {
  about,
  count,
  flag,
  type Infer,
  list,
  moment,
  named,
  nullable,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { Alert, Incident } from "./alerts.ts";
import { Event } from "./events.ts";
import { EntityRisk } from "./risk.ts";

export const ENTITY_KINDS = ["address", "account", "host"] as const;
export type EntityKind = typeof ENTITY_KINDS[number];

export const Entity = named(
  "Entity",
  object({
    kind: oneOf(ENTITY_KINDS),
    value: text(),
    first: about(
      "Of the events counted below; null without any. To the hour where that holds over 1,000 of them",
      nullable(moment),
    ),
    last: nullable(moment),
    events: about("Events that name it in the field that most do", count),
    roles: about(
      "Fields in which events name it, most frequent first",
      list(object({ field: text(), events: count })),
    ),
    logins: about(
      "Of its events by the field in which it stands, those that are logins; fields without any are left out",
      list(object({
        field: text(),
        succeeded: count,
        failed: count,
        exact: about("False when there may be more", flag),
        last_success: about("The newest that succeeded; null without any", nullable(Event)),
        last_failure: nullable(Event),
      })),
    ),
    hours: about(
      "Those by hour, of the last 30 days up to the newest, without hours in which there are none",
      list(object({ time: moment, events: count })),
    ),
    exact: about("False when there may be more events than were counted", flag),
    looked: about("Newest events that what follows was counted over", count),
    datasets: about("CIM datasets of those events", list(object({ name: text(), events: count }))),
    actions: list(object({ name: text(), events: count })),
    related: about(
      "Addresses, accounts and hosts in the same events, most frequent first",
      list(object({ kind: oneOf(ENTITY_KINDS), value: text(), events: count })),
    ),
    newest: about("The newest of its events", list(Event)),
    risk: about("By the field in which most is counted; null without any", nullable(EntityRisk)),
    alerts: about("That name it, newest first, at most 50", list(Alert)),
    incidents: about("About it, and of its alerts' entities, newest first", list(Incident)),
  }),
);
export type Entity = Infer<typeof Entity>;
