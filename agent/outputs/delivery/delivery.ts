/** Delivery of a run: what is found is routed, written to the outbox, and sent from there by workers. */
import type { AlertChange } from "../../event.ts";
import type { DeliveriesWritten, NewDelivery, Outbox } from "../../store/mod.ts";
import { count } from "../render/text.ts";
import type { HealthEvent } from "../sink.ts";
import { type Clock, shifted, systemClock } from "./clock.ts";
import { DAY, type DeliveryConfig, HOUR } from "./config.ts";
import { MemoryOutbox } from "./memory_outbox.ts";
import { DELIVERY_HEALTH, Router } from "./routing.ts";
import { type OpenSink, type SinkCounts, SinkRunner } from "./sink_runner.ts";

/** How long what was delivered or given up is remembered: throttles, groups and limits go by it. */
const REMEMBERED = 7 * DAY;
/** Between two looks for what is to be told again, in ms, and looks after which the past is forgotten. */
const UPKEEP = 60_000, PURGE_EVERY = 60;
/** Between two looks for what people say of alerts, in ms, and edits of one look. */
const EDITS_EVERY = 5000, MOST_EDITS = 200;
/** Between two reports on one sink of what was given up, in ms. */
const SAME_NOTICE = 60_000;
/** What is written where only the clock has come on. */
const NOTHING: DeliveriesWritten = { queued: 0, throttled: 0, silenced: 0 };
/** Attempts under way have this long to end when the agent does, in ms. */
const LAST_ATTEMPTS = 2000;

export interface DeliveryOptions {
  readonly sinks: readonly OpenSink[];
  readonly delivery: DeliveryConfig;
  /** Null: the run has no store, and what waits is in memory. */
  readonly outbox: Outbox | null;
  readonly notice: (text: string) => void;
  /** Keeps what delivery has to say of itself, where that can be kept. */
  readonly health?: (note: HealthEvent) => void;
  readonly clock?: Clock;
}

/** What a run delivered, for its summary. */
export interface DeliveryCounts extends SinkCounts {
  /** Written for a sink, by this run. */
  queued: number;
  /** Not written, since the same was told a short time ago. */
  throttled: number;
  /** Not written, or taken out as they were due, since a person has silenced such alerts. */
  silenced: number;
  /** Alerts that were not sent, since their events were long past. */
  past: number;
  /** Found no room in memory. */
  dropped: number;
  /** In memory at the end, and lost with it. */
  lost: number;
}

export class Delivery {
  readonly #of: DeliveryOptions;
  readonly #memory: MemoryOutbox | null;
  readonly #stop = new AbortController();
  #clock: Clock;
  #router!: Router;
  #runners: SinkRunner[] = [];
  #queued = 0;
  #throttled = 0;
  #silenced = 0;
  #cancelUpkeep: (() => void) | null = null;
  #cancelEdits: (() => void) | null = null;
  #upkeeps = 0;
  #saidOfOutbox = -Infinity;
  #closing: Promise<void> | null = null;

  constructor(of: DeliveryOptions) {
    this.#of = of;
    this.#clock = of.clock ?? systemClock;
    this.#memory = of.outbox ? null : new MemoryOutbox(() => this.#clock.now());
    this.#route();
  }

  /** By the clock that all processes of an outbox share, so that what one leases another leaves alone. */
  async start(): Promise<void> {
    const outbox = this.#of.outbox ?? this.#memory!;
    if (this.#of.clock === undefined) {
      this.#clock = shifted(systemClock, await outbox.clock() - systemClock.now());
      this.#route();
    }
    await outbox.recover();
    const worker = crypto.randomUUID().replaceAll("-", "");
    this.#runners = this.#of.sinks.map((sink) =>
      new SinkRunner({
        sink,
        outbox,
        worker,
        delivery: this.#of.delivery,
        clock: this.#clock,
        stop: this.#stop.signal,
        report: this.#reportOn(sink.config.name),
      })
    );
    for (const runner of this.#runners) runner.wake();
    this.#keepUp(outbox);
    if (this.#of.outbox !== null && this.#router.wantsEdits) {
      this.#followEdits(this.#of.outbox, this.#clock.now() - HOUR);
    }
  }

  /** What people say of alerts is told to sinks that want changes. */
  #followEdits(outbox: Outbox, since: number, last = 0, wait = 0): void {
    this.#cancelEdits = this.#clock.after(wait, async () => {
      let after = last;
      try {
        // Those that another process has written already are left as they are.
        for (;;) {
          const found = await outbox.edits({ after, since, limit: MOST_EDITS });
          if (found.length === 0) break;
          const deliveries = this.#router.edits(found);
          if (deliveries.length > 0) this.written(await outbox.put(deliveries));
          after = found.at(-1)!.number;
        }
      } catch (error) {
        this.#outboxFailed(error);
      }
      if (!this.#closing) this.#followEdits(outbox, since, after, EDITS_EVERY);
    });
  }

  /** Does not wait for the next attempt of what failed. */
  async hasten(): Promise<void> {
    const outbox = this.#of.outbox ?? this.#memory!;
    const now = this.#clock.now();
    for (const { config } of this.#of.sinks) await outbox.hasten(config.name, now);
  }

  #route(): void {
    const past = this.#router?.past ?? 0;
    this.#router = new Router({
      sinks: this.#of.sinks.map((s) => s.config),
      delivery: this.#of.delivery,
      now: () => this.#clock.now(),
    });
    this.#router.past = past;
  }

  /** What is to be written with final changes of alerts; without a store it is taken at once. */
  alerts(changes: readonly AlertChange[]): readonly NewDelivery[] {
    return this.#take(this.#router.alerts(changes));
  }

  /** The same of health events. */
  health(notes: readonly HealthEvent[]): readonly NewDelivery[] {
    return this.#take(this.#router.health(notes));
  }

  #take(deliveries: readonly NewDelivery[]): readonly NewDelivery[] {
    if (this.#memory === null || deliveries.length === 0) return deliveries;
    this.#memory.add(deliveries);
    this.written(NOTHING);
    return [];
  }

  /** Deliveries are on disk. */
  written({ queued, throttled, silenced }: DeliveriesWritten): void {
    this.#queued += queued;
    this.#silenced += silenced;
    this.#throttled += throttled;
    for (const runner of this.#runners) runner.wake();
  }

  /** Delivers what is due, for so long at most, in ms. */
  async drain(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    let cancel = () => {};
    const over = new Promise<void>((done) => cancel = this.#clock.after(ms, done));
    await Promise.race([over, Promise.all(this.#runners.map((r) => r.drain(until)))]);
    cancel();
  }

  /** Ends attempts under way, writes down what became of them, and closes the destinations. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#cancelUpkeep?.();
    this.#cancelEdits?.();
    const stopped = Promise.all(this.#runners.map((r) => r.stop()));
    this.#stop.abort(new DOMException("The agent ended", "AbortError"));
    let cancel = () => {};
    const over = new Promise<void>((done) =>
      cancel = systemClock.after(LAST_ATTEMPTS + 3000, done)
    );
    await Promise.race([stopped, over]);
    cancel();
    await Promise.all(
      this.#of.sinks.map(({ config: { name }, destination }) =>
        destination.close().catch((error) =>
          this.#of.notice(`warning: Sink "${name}" did not close: ${(error as Error).message}`)
        )
      ),
    );
  }

  counts(): DeliveryCounts {
    const sum = (name: keyof SinkCounts) =>
      this.#runners.reduce((n, { counts }) => n + counts[name], 0);
    const memory = this.#memory;
    return {
      queued: this.#queued,
      throttled: this.#throttled + (memory?.throttled ?? 0),
      silenced: this.#silenced + sum("silenced"),
      past: this.#router.past,
      delivered: sum("delivered"),
      retried: sum("retried"),
      dead: sum("dead"),
      dropped: memory?.dropped ?? 0,
      lost: memory ? this.#of.sinks.reduce((n, s) => n + memory.waiting(s.config.name), 0) : 0,
    };
  }

  /** What comes again by the clock alone. */
  #keepUp(outbox: Outbox): void {
    this.#cancelUpkeep = this.#clock.after(this.#upkeeps === 0 ? 0 : UPKEEP, async () => {
      const now = this.#clock.now();
      try {
        if (this.#upkeeps++ % PURGE_EVERY === 0) await outbox.purge(now - REMEMBERED);
        if (await outbox.repeat(now) > 0) this.written(NOTHING);
      } catch (error) {
        this.#outboxFailed(error);
      }
      if (!this.#closing) this.#keepUp(outbox);
    });
  }

  #outboxFailed(error: unknown): void {
    const now = this.#clock.now();
    if (this.#closing || now < this.#saidOfOutbox + SAME_NOTICE) return;
    this.#saidOfOutbox = now;
    const why = error instanceof Error ? error.message : String(error);
    this.#of.notice(`warning: What waits to be delivered cannot be reached: ${why}; trying again`);
  }

  #reportOn(name: string) {
    const { notice, health } = this.#of;
    let saidAt = -Infinity, more = 0;
    const tell = (message: string, detail: Record<string, unknown>) =>
      health?.({
        time: this.#clock.now(),
        kind: DELIVERY_HEALTH,
        subject: name,
        message,
        detail: { sink: name, ...detail },
      });
    return {
      failed: (reason: string) => {
        if (this.#closing) return;
        notice(`warning: Sink "${name}" does not take what is sent: ${reason}; trying again`);
        tell(`Sink "${name}" does not take what is sent: ${reason}`, { state: "failing" });
      },
      recovered: () => {
        notice(`Sink "${name}" takes what is sent again`);
        tell(`Sink "${name}" takes what is sent again`, { state: "recovered" });
      },
      gaveUp: (reason: string, alerts: number) => {
        const now = this.#clock.now();
        more += alerts;
        if (now < saidAt + SAME_NOTICE) return;
        const message = `Sink "${name}" did not get ${count(more, "notification")}: ${reason}`;
        notice(`error: ${message}; \`sinks retry ${name}\` sends what was given up again`);
        tell(message, { state: "dead", notifications: more });
        saidAt = now;
        more = 0;
      },
      outboxFailed: (error: unknown) => this.#outboxFailed(error),
    };
  }
}
