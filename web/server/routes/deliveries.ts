/** What is sent to sinks: how they stand, what waits, and what was given up. */
import type { SinkState as Stored, StoredDelivery } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { ApiError } from "../http/error.ts";
import { oneOf, text } from "../http/params.ts";
import { writeCursor } from "../http/time.ts";
import { paging } from "../route/filters.ts";
import { route } from "../route/route.ts";
import {
  type Delivery,
  DELIVERY_STATES,
  DeliveryPage,
  DeliveryRetried,
  DeliveryRetry,
  SinkList,
  type SinkState,
} from "../types/mod.ts";

export const deliveryRoutes = [
  route({
    path: "/api/sinks",
    tag: "Deliveries",
    summary: "The sinks for which anything was written in the last days, and how they stand",
    role: "read",
    answer: SinkList,
    handle: async ({ store }) => ({ sinks: (await store.sinkStates()).map(sinkJson) }),
  }),
  route({
    path: "/api/deliveries",
    tag: "Deliveries",
    summary: "What was written for sinks, newest first; `state=dead` lists the dead letters",
    role: "read",
    params: {
      ...paging,
      sink: text("Name of the sink", "chat"),
      state: oneOf("How it stands", DELIVERY_STATES),
    },
    answer: DeliveryPage,
    async handle({ store, query }) {
      const page = await store.deliveries({ limit: 100, ...query });
      return { deliveries: page.items.map(deliveryJson), next: writeCursor(page.next) };
    },
  }),
  route({
    method: "post",
    path: "/api/deliveries/retry",
    tag: "Deliveries",
    summary: "Send again what was given up: of a sink, or some by their ids",
    description: "They wait, and an agent that runs sends them, or `deliver`.",
    role: "write",
    body: DeliveryRetry,
    answer: DeliveryRetried,
    async handle({ store, body }) {
      if ((body.sink === undefined) === (body.ids === undefined)) {
        throw new ApiError(400, "invalid", "Give either sink or ids");
      }
      return { retried: await store.retryDeliveries(body) };
    },
  }),
];

function sinkJson(s: Stored): SinkState {
  const { sink, waiting, dead, delivered } = s;
  return {
    sink,
    waiting,
    dead,
    delivered,
    oldest: s.oldest === null ? null : rfc3339(s.oldest),
    last_delivered: s.lastDelivered === null ? null : rfc3339(s.lastDelivered),
    last_error: s.lastError,
  };
}

function deliveryJson(d: StoredDelivery): Delivery {
  return { ...d, time: rfc3339(d.time), due: rfc3339(d.due) };
}
