/** Inputs and hosts: how far each is, and whose clock is off. */
import {
  about,
  flag,
  type Infer,
  integer,
  list,
  moment,
  named,
  nullable,
  number,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { JOB_STATES } from "./system.ts";

export const SHARD_STATES = ["held", "done", "free", "silent"] as const;

export const InputHealth = named(
  "InputHealth",
  object({
    inputs: about(
      "The newest job of each source, the newest first, at most 50",
      list(object({
        source: text(),
        sourcetype: nullable(text()),
        state: oneOf(JOB_STATES),
        rate: about("Lines per second of its run", number({ minimum: 0 })),
        updated: about("When the agent last wrote how far it is", moment),
        last: about("Time of its newest event; null when none is stored", nullable(moment)),
        silent: about(
          "Whether it goes on and brought nothing for a quarter of an hour, and three times the " +
            "longest pause among its newest events",
          flag,
        ),
        lag: about(
          "Records of a partition of Kafka that are there and were not read; null for other inputs",
          nullable(integer({ minimum: 0 })),
        ),
      })),
    ),
    store: about(
      "What is stored; events and alerts as the counts say",
      object({
        bytes: about("That the database takes on disk", integer({ minimum: 0 })),
        events: integer({ minimum: 0 }),
        alerts: integer({ minimum: 0 }),
        first: about("When the oldest events were, to the hour", nullable(moment)),
      }),
    ),
    queues: about(
      "Notifications that are not delivered, by sink",
      list(object({
        sink: text(),
        waiting: integer({ minimum: 0 }),
        dead: about("Given up", integer({ minimum: 0 })),
        oldest: about("When the oldest that waits was written", nullable(moment)),
      })),
    ),
    clocks: about(
      "Hosts whose clocks are off, the furthest first",
      list(object({ input: text(), host: text(), offset_ms: number() })),
    ),
    late: about(
      "Hosts whose events came behind the others, those with most first",
      list(object({
        input: text(),
        host: text(),
        events: integer({ minimum: 0 }),
        behind_ms: number({ minimum: 0 }),
      })),
    ),
  }),
);
export type InputHealth = Infer<typeof InputHealth>;

/** Agents that divide work among them. */
export const ShareList = named(
  "ShareList",
  object({
    shares: list(object({
      name: text(),
      agents: about("Those that were heard of in the last seconds", list(text())),
      shards: list(object({
        shard: about("From 1 on", integer({ minimum: 1 })),
        agent: about("Who holds it; null while nobody does", nullable(text())),
        state: about(
          "`held`, `done` where its input was read to the end, `free` where nobody reads it, `silent` " +
            "where its holder was not heard of",
          oneOf(SHARD_STATES),
        ),
        epoch: about("Raised whenever it changes hands", integer({ minimum: 0 })),
        taken: about("When it was last taken", nullable(moment)),
        takeovers: about(
          "How often it was taken from an agent that did not answer",
          integer({ minimum: 0 }),
        ),
      })),
    })),
  }),
);
export type ShareList = Infer<typeof ShareList>;
