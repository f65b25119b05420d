/** How Picket itself is: health, jobs, who may ask, and what is sent as it happens. */
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
  number,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { Alert } from "./alerts.ts";
import { Next } from "./shared.ts";

export const Health = named(
  "Health",
  object({
    status: oneOf(["ok"]),
    version: text(),
    store: oneOf(["pglite", "postgresql"]),
  }),
);
export type Health = Infer<typeof Health>;

export const Ready = named(
  "Ready",
  object({
    ready: flag,
    ingest: about("Whether a pipeline accepts pushed data", flag),
  }),
);
export type Ready = Infer<typeof Ready>;

export const HealthEvent = named(
  "HealthEvent",
  object({
    id: hexId,
    time: moment,
    kind: about("Such as `gap`, `late`, `clock`, `state_evicted`, `plan_changed`", text()),
    subject: about("Rule or input concerned", text()),
    message: text(),
    detail: map(anything),
  }),
);
export type HealthEvent = Infer<typeof HealthEvent>;

export const HealthPage = named(
  "HealthPage",
  object({ events: list(HealthEvent), next: Next }),
);
export type HealthPage = Infer<typeof HealthPage>;

export const JOB_STATES = ["running", "done", "failed", "stopped"] as const;

/** One input of one run. */
export const Job = named(
  "Job",
  object({
    id: hexId,
    run: hexId,
    source: text(),
    sourcetype: nullable(text()),
    state: oneOf(JOB_STATES),
    lines: count,
    events: count,
    parse_errors: count,
    understood: about("Events in a dataset: rules know what they mean", count),
    unread: about(
      "The commonest shapes of lines of which nobody knows what they mean, with numbers, addresses and names masked",
      list(object({ sourcetype: text(), shape: text(), lines: count })),
    ),
    rate: about(
      "Lines per second; of an input that goes on, in its last minute",
      number({ minimum: 0 }),
    ),
    lag: about(
      "Records of a partition of Kafka that are there and were not read; null for other inputs",
      nullable(count),
    ),
    error: nullable(text()),
    started: moment,
    updated: moment,
  }),
);
export type Job = Infer<typeof Job>;

export const JobPage = named("JobPage", object({ jobs: list(Job), next: Next }));
export type JobPage = Infer<typeof JobPage>;

/** Read sees, write changes statuses and pushes lines in, admin makes and revokes tokens. */
export const ROLES = ["read", "write", "admin"] as const;
export const Role = oneOf(ROLES);
export type Role = Infer<typeof Role>;

export const Session = named(
  "Session",
  object({
    required: about("Whether the server asks for a token", flag),
    name: about("Of the token; null without one", nullable(text())),
    role: about("Role of the caller; null without a required token", nullable(Role)),
  }),
);
export type Session = Infer<typeof Session>;

/** Begins a session of the browser: the answer sets a cookie that scripts cannot read. */
export const Login = named(
  "Login",
  object({ token: text({ minLength: 1, maxLength: 200 }) }),
);
export type Login = Infer<typeof Login>;

export const Token = named(
  "Token",
  object({ name: text(), role: Role, created: moment, revoked: nullable(moment) }),
);
export type Token = Infer<typeof Token>;
export const TokenList = named("TokenList", object({ tokens: list(Token) }));
export type TokenList = Infer<typeof TokenList>;

export const TOKEN_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
export const NewToken = named(
  "NewToken",
  object({ name: text({ pattern: TOKEN_NAME }), role: Role }),
);
export type NewToken = Infer<typeof NewToken>;
export const CreatedToken = named(
  "CreatedToken",
  object({
    name: text(),
    role: Role,
    token: about("Shown this once: only its hash is kept", text()),
  }),
);
export type CreatedToken = Infer<typeof CreatedToken>;
export const Revoked = named("Revoked", object({ revoked: text() }));
export type Revoked = Infer<typeof Revoked>;

/** Data of the events `counters` of the stream. */
export const Counters = named(
  "Counters",
  object({
    time: moment,
    events: about("Stored in all", count),
    parse_errors: count,
    alerts: count,
    open_alerts: count,
    events_per_second: about("Since the counters before", number({ minimum: 0 })),
  }),
);
export type Counters = Infer<typeof Counters>;

/** Data of the events `alert` of the stream: one that is new or changed. */
export const AlertNotice = named(
  "AlertNotice",
  object({ alert: Alert }),
);
export type AlertNotice = Infer<typeof AlertNotice>;
