/** What is sent to sinks, and what became of it. */
import {
  about,
  count,
  hexId,
  type Infer,
  list,
  moment,
  named,
  nullable,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { Next, Severity } from "./shared.ts";

export const DELIVERY_STATES = ["waiting", "delivered", "dead"] as const;

/** One alert, or one health event, for one sink. */
export const Delivery = named(
  "Delivery",
  object({
    id: hexId,
    time: about("When it was written", moment),
    sink: text(),
    event: oneOf(["opened", "changed", "closed", "health"]),
    state: about("`dead`: given up, or refused by the receiver", oneOf(DELIVERY_STATES)),
    alert: nullable(hexId),
    subject: about("The rule, or the kind of a health event", text()),
    title: text(),
    severity: nullable(Severity),
    attempts: count,
    due: about("When it is tried next, or when it was delivered or given up", moment),
    error: about("Of the last attempt that failed", nullable(text())),
  }),
);
export type Delivery = Infer<typeof Delivery>;

export const DeliveryPage = named(
  "DeliveryPage",
  object({ deliveries: list(Delivery), next: Next }),
);
export type DeliveryPage = Infer<typeof DeliveryPage>;

/** How a sink stands. */
export const SinkState = named(
  "SinkState",
  object({
    sink: text(),
    waiting: count,
    dead: count,
    delivered: about("Of the last seven days", count),
    oldest: about("When the oldest that waits was written", nullable(moment)),
    last_delivered: nullable(moment),
    last_error: about("Of the newest that failed and is not delivered", nullable(text())),
  }),
);
export type SinkState = Infer<typeof SinkState>;

export const SinkList = named("SinkList", object({ sinks: list(SinkState) }));
export type SinkList = Infer<typeof SinkList>;

/** Which dead letters are sent again: of a sink, or some by their ids. */
export const DeliveryRetry = named(
  "DeliveryRetry",
  object({}, {
    sink: text({ minLength: 1, maxLength: 64 }),
    ids: list(hexId, { minItems: 1, maxItems: 1000 }),
  }),
);
export type DeliveryRetry = Infer<typeof DeliveryRetry>;

export const DeliveryRetried = named(
  "DeliveryRetried",
  object({ retried: about("How many wait again", count) }),
);
export type DeliveryRetried = Infer<typeof DeliveryRetried>;
