/** Which alerts and health events go to which sinks, and by what they are told once, together or in order. */
import { createHash } from "node:crypto";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import type { Alert, AlertChange } from "../../event.ts";
import type { AlertEdited, NewDelivery } from "../../store/mod.ts";
import type { HealthEvent } from "../sink.ts";
import { holdsFor } from "./alert_rows.ts";
import { type AlertEvent, type DeliveryConfig, HOUR, type SinkConfig } from "./config.ts";
import { quietUntil } from "./quiet.ts";

const EVENTS: Readonly<Record<AlertChange["change"], AlertEvent>> = {
  open: "opened",
  update: "changed",
  close: "closed",
};

/** Alerts remembered for each sink as told. */
const SEEN = 100_000;

/** Within which a health event of one kind and subject is told once, in ms. */
const SAME_HEALTH = 600_000;

/** Kind of what delivery itself has to say: it is told on the dashboard, not by what has failed. */
export const DELIVERY_HEALTH = "delivery";

export interface RouterOptions {
  readonly sinks: readonly SinkConfig[];
  readonly delivery: DeliveryConfig;
  /** Epoch ms. */
  readonly now: () => number;
}

export class Router {
  /** Alerts that a sink wanted and that were not sent, since their events were long past. */
  past = 0;
  readonly #of: RouterOptions;
  /** What was told to a sink, so that each further change need not ask the outbox. */
  readonly #seen = new Set<string>();
  /** Sinks that want any health event at all. */
  readonly #health: readonly SinkConfig[];

  constructor(of: RouterOptions) {
    this.#of = of;
    this.#health = of.sinks.filter((s) => s.health === "all" || s.health.size > 0);
  }

  /**
   * What is to be delivered of changes that are final, in their order. An alert that a sink wants only
   * since it has become worse opens for that sink then.
   */
  alerts(changes: readonly AlertChange[]): NewDelivery[] {
    const { sinks, delivery, now } = this.#of;
    const at = now();
    const out: NewDelivery[] = [];
    for (const { change, alert } of changes) {
      const event = EVENTS[change];
      const old = !delivery.deliverPast && Math.max(alert.time, alert.last) < at - HOUR;
      for (const sink of sinks) {
        if (!wants(sink, alert)) continue;
        if (old) {
          if (this.#first(alert.id)) this.past++;
          continue;
        }
        if (sink.on.has("opened") && this.#first(`${sink.name} ${alert.id}`)) {
          out.push(alertDelivery(sink, "opened", alert, at));
        }
        if (event !== "opened" && sink.on.has(event)) {
          out.push(alertDelivery(sink, event, alert, at));
        }
      }
    }
    return out;
  }

  /** Some sink is told of changes or ends of alerts, and so of what people make of them. */
  get wantsEdits(): boolean {
    return this.#of.sinks.some((s) => s.on.has("changed") || s.on.has("closed"));
  }

  /** What is to be delivered of what people said of alerts. */
  edits(edited: readonly AlertEdited[]): NewDelivery[] {
    const at = this.#of.now();
    return edited.flatMap(({ number, edit, alert }) => {
      const event = edit.to === "closed" && edit.from !== "closed" ? "closed" : "changed";
      return this.#of.sinks.filter((s) => s.on.has(event) && wants(s, alert)).map((sink) => ({
        ...alertDelivery(sink, event, { ...alert, status: edit.to as Alert["status"] }, at),
        id: idOf(sink.name, alert.id, "edit", number),
        throttle: null,
        body: { alert: { ...alert, status: edit.to as Alert["status"] }, edit },
      }));
    });
  }

  /** Whether this is new; what is not said here again is left out by its id in the outbox. */
  #first(what: string): boolean {
    if (this.#seen.has(what)) return false;
    this.#seen.add(what);
    if (this.#seen.size > SEEN) this.#seen.delete(this.#seen.values().next().value!);
    return true;
  }

  /** The same of health events. */
  health(notes: readonly HealthEvent[]): NewDelivery[] {
    const at = this.#of.now();
    return this.#health.flatMap((sink) =>
      notes.filter(({ kind, time }) =>
        kind !== DELIVERY_HEALTH && (sink.health === "all" || sink.health.has(kind)) &&
        (this.#of.delivery.deliverPast || time >= at - HOUR)
      ).map((note) => healthDelivery(sink, note, at))
    );
  }
}

function wants(sink: SinkConfig, alert: Alert): boolean {
  return SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(sink.minSeverity) &&
    (sink.where === null || holdsFor(sink.where, alert));
}

/** 32 hex digits of what is named. */
function idOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** Values of the entity whatever their order; the rule, where an alert is about nobody. */
function entityOf({ entity, rule }: Alert): unknown {
  const values = Object.entries(entity).filter(([, v]) => v !== undefined);
  return values.length === 0 ? [rule] : values.sort(([a], [b]) => a < b ? -1 : 1);
}

function alertDelivery(
  sink: SinkConfig,
  event: AlertEvent,
  alert: Alert,
  now: number,
): NewDelivery {
  const { name } = sink;
  const entity = entityOf(alert);
  const told = event === "changed"
    ? [alert.last, alert.count, alert.severity, alert.suppressed, alert.message]
    : [];
  const except = sink.quiet?.exceptSeverity ?? null;
  const grave = except !== null &&
    SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(except);
  return {
    id: idOf(name, alert.id, event, ...told),
    sink: name,
    event,
    alert: alert.id,
    subject: alert.rule,
    title: alert.title,
    severity: alert.severity,
    lane: idOf(name, entity),
    time: event === "changed" ? alert.last : alert.time,
    created: now,
    due: sink.quiet === null || grave ? now : quietUntil(sink.quiet, now) ?? now,
    // What is over is told once anyway; whether it may be told hangs on its beginning.
    throttle: event === "closed" || sink.throttle === 0
      ? null
      : { key: idOf(name, event, alert.rule, entity), ms: sink.throttle },
    after: event !== "opened" && sink.on.has("opened") ? idOf(name, alert.id, "opened") : null,
    group: sink.group && {
      key: idOf(name, "group", event, ...sink.group.by.map((by) => groupValue(by, alert))),
      wait: sink.group.wait,
      interval: sink.group.interval,
    },
    limit: sink.limit && { key: idOf(name, "limit", event), ...sink.limit },
    repeat: event === "opened" ? sink.group?.repeat ?? null : null,
    body: { alert },
  };
}

function groupValue(by: string, alert: Alert): unknown {
  switch (by) {
    case "rule":
    case "severity":
    case "title":
      return alert[by];
    case "entity":
      return entityOf(alert);
    case "tactic":
      return alert.mitre.flatMap((m) => m.tactics).toSorted();
    default:
      return alert.entity[by] ?? alert.fields[by] ?? null;
  }
}

function healthDelivery(sink: SinkConfig, note: HealthEvent, now: number): NewDelivery {
  const { name } = sink;
  return {
    id: idOf(name, "health", note.time, note.kind, note.subject, note.message),
    sink: name,
    event: "health",
    alert: null,
    subject: note.kind,
    title: note.message.slice(0, 200),
    severity: null,
    lane: idOf(name, "health", note.kind, note.subject),
    time: note.time,
    created: now,
    due: sink.quiet === null ? now : quietUntil(sink.quiet, now) ?? now,
    throttle: { key: idOf(name, "health", note.kind, note.subject), ms: SAME_HEALTH },
    after: null,
    group: null,
    limit: sink.limit && { key: idOf(name, "limit", "health"), ...sink.limit },
    repeat: null,
    body: { health: note },
  };
}
