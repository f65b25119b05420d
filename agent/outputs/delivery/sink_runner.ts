/**
 * Delivers what one sink has waiting: claims it, sends at most so many at once, lanes in order, and
 * writes down what became of each. Holds nothing of the database while it sends.
 */
import type { ClaimedNotification, Outbox, Settlement } from "../../store/mod.ts";
import type { Destination, Outcome } from "../destinations/destination.ts";
import { attempt, notificationOf } from "./attempt.ts";
import { asked, backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { DeliveryConfig, SinkConfig } from "./config.ts";

/** A sink that is set up. */
export interface OpenSink {
  readonly config: SinkConfig;
  readonly destination: Destination;
}

/** Failures in a row after which the sink itself is taken to be down, and one attempt tests it. */
const DOWN = 3;
/** Notifications in hand, from claim to what is written down, for each attempt that may be under way. */
const AHEAD = 8;
/** Longest between two looks at the outbox, for what other processes write, in ms. */
const POLL = 30_000;
/** Between two attempts to reach the outbox itself. */
const OUTBOX_PAUSE = 5000;

/** What became of a sink's notifications in this process. */
export interface SinkCounts {
  delivered: number;
  retried: number;
  dead: number;
  /** Taken out as they were due, since a person had silenced such alerts meanwhile. */
  silenced: number;
}

export interface RunnerOptions {
  readonly sink: OpenSink;
  readonly outbox: Outbox;
  readonly worker: string;
  readonly delivery: DeliveryConfig;
  readonly clock: Clock;
  /** Aborted when attempts under way are to end. */
  readonly stop: AbortSignal;
  readonly report: SinkReport;
}

/** What a runner has to say. */
export interface SinkReport {
  failed(reason: string): void;
  recovered(): void;
  /** @param count alerts that nobody will get unless they are sent again */
  gaveUp(reason: string, count: number): void;
  outboxFailed(error: unknown): void;
}

export class SinkRunner {
  readonly counts: SinkCounts = { delivered: 0, retried: 0, dead: 0, silenced: 0 };
  readonly #of: RunnerOptions;
  /** Claimed and not begun, by lane, in order. */
  readonly #ready = new Map<string, ClaimedNotification[]>();
  #active = 0;
  /** Claimed, and not yet written down: what a kill can make come twice. */
  #inHand = 0;
  #claiming = false;
  /** Something may have been written since the last claim began. */
  #woken = true;
  /** The last claim found nothing. */
  #empty = false;
  #failures = 0;
  #pausedUntil = -Infinity;
  #nextDue: number | null = null;
  /** When the first of those is due that this process has put off: the outbox may not know yet. */
  #putOff = Infinity;
  #cancelTimer: (() => void) | null = null;
  #stopped = false;
  readonly #settled: Settlement[] = [];
  #settling: Promise<void> | null = null;
  #drained: { readonly until: number; readonly resolve: () => void } | null = null;

  constructor(of: RunnerOptions) {
    this.#of = of;
  }

  /** Something was written. */
  wake(): void {
    this.#woken = true;
    this.#empty = false;
    this.#pump();
  }

  /** Resolves when nothing is left that is due before a time. */
  drain(until: number): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = { until, resolve };
      this.wake();
    });
  }

  /** Begins nothing more, and resolves when what was begun has ended and is written down. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#releaseAll();
    while (this.#active > 0 || this.#claiming || this.#settling !== null) {
      await (this.#settling ?? new Promise<void>((done) => setTimeout(done, 5)));
    }
    await this.#settle();
  }

  get #down(): boolean {
    return this.#failures >= DOWN;
  }

  #pump(): void {
    if (this.#stopped) return this.#maybeDrained();
    const { clock, sink } = this.#of;
    const now = clock.now();
    if (now < this.#pausedUntil) return this.#sleep();
    const most = this.#down ? 1 : sink.config.concurrency;
    while (this.#active < most) {
      const next = this.#ready.entries().next();
      if (next.done) break;
      const [lane, queue] = next.value;
      this.#ready.delete(lane);
      this.#active++;
      this.#lane(lane, queue).finally(() => {
        this.#active--;
        this.#pump();
      });
    }
    if (this.#active >= most || this.#ready.size > 0 || this.#claiming) return;
    if (this.#empty && !this.#woken) return this.#sleep();
    // Else what is being written down makes room, and calls again.
    const room = (this.#down ? 1 : sink.config.concurrency * AHEAD) - this.#inHand;
    if (room > 0) this.#claim(room);
  }

  async #claim(limit: number): Promise<void> {
    const { outbox, clock, sink: { config }, worker } = this.#of;
    this.#claiming = true;
    this.#woken = false;
    try {
      const now = clock.now();
      this.counts.silenced += await outbox.dropSilenced(config.name, now);
      const claimed = await outbox.claim({
        sink: config.name,
        worker,
        now,
        limit,
        lease: 3 * config.timeout + 2000,
      });
      for (const one of claimed) {
        const queue = this.#ready.get(one.lane);
        if (queue) queue.push(one);
        else this.#ready.set(one.lane, [one]);
      }
      this.#inHand += claimed.length;
      this.#empty = claimed.length === 0;
      if (this.#empty) this.#nextDue = await outbox.nextDue(config.name, now);
    } catch (error) {
      this.#of.report.outboxFailed(error);
      this.#empty = true;
      this.#nextDue = clock.now() + OUTBOX_PAUSE;
    } finally {
      this.#claiming = false;
    }
    if (this.#stopped) this.#releaseAll();
    this.#pump();
    this.#maybeDrained();
  }

  /** Waits for what is due next. */
  #sleep(): void {
    const { clock } = this.#of;
    this.#cancelTimer?.();
    const now = clock.now();
    const wait = now < this.#pausedUntil
      ? this.#pausedUntil - now
      : Math.min(POLL, Math.max(0, this.#next - now));
    this.#cancelTimer = clock.after(wait, () => {
      this.#cancelTimer = null;
      if (clock.now() >= this.#putOff) this.#putOff = Infinity;
      this.wake();
    });
    this.#maybeDrained();
  }

  get #next(): number {
    return Math.min(this.#nextDue ?? Infinity, this.#putOff);
  }

  #maybeDrained(): void {
    const drained = this.#drained;
    if (!drained) return;
    const idle = this.#active === 0 && !this.#claiming && this.#ready.size === 0 &&
      this.#settled.length === 0 && this.#settling === null;
    const later = this.#pausedUntil > drained.until ||
      (this.#empty && !this.#woken && this.#next > drained.until);
    if (!this.#stopped && !(idle && later)) return;
    this.#drained = null;
    drained.resolve();
  }

  /** Sends one lane's notifications one after the other, until one of them has to wait. */
  async #lane(lane: string, queue: ClaimedNotification[]): Promise<void> {
    const { clock, sink: { config } } = this.#of;
    for (let i = 0; i < queue.length; i++) {
      const one = queue[i];
      const now = clock.now();
      // A claim that ends during the attempt would let another process begin the same one.
      const short = one.until < now + config.timeout + 1500;
      if (this.#stopped || now < this.#pausedUntil || short) return this.#release(queue.slice(i));
      const outcome = await this.#attempt(one);
      if (outcome.state !== "retry") continue;
      if (this.#down) this.#releaseAll();
      // More of the lane may have been claimed meanwhile.
      const rest = [...queue.slice(i + 1), ...this.#ready.get(lane) ?? []];
      this.#ready.delete(lane);
      return this.#release(rest);
    }
  }

  async #attempt(one: ClaimedNotification): Promise<Outcome> {
    const { clock, delivery, sink: { config, destination }, stop, report } = this.#of;
    const outcome = await attempt(notificationOf(one, delivery.dashboard), {
      destination,
      timeout: config.timeout,
      stop,
      clock,
    });
    const now = clock.now();
    if (outcome.state === "retry") this.#retry(one, outcome, now);
    else {
      if (this.#failures > 0) report.recovered();
      this.#failures = 0;
      this.#pausedUntil = -Infinity;
      if (outcome.state === "delivered") {
        this.counts.delivered += one.count;
        this.#put(one, { state: "delivered", due: now, error: null });
      } else this.#dead(one, outcome.reason, now);
    }
    return outcome;
  }

  #retry(
    one: ClaimedNotification,
    { reason, after }: { reason: string; after?: number },
    now: number,
  ): void {
    const { delivery, report, stop } = this.#of;
    if (stop.aborted) return this.#put(one, { state: "waiting", due: now, error: reason });
    this.#failures++;
    this.counts.retried++;
    if (this.#failures === 1) report.failed(reason);
    if (after !== undefined) this.#pausedUntil = now + asked(after);
    else if (this.#down) this.#pausedUntil = now + backoff(this.#failures - DOWN + 1);
    if (now - one.created >= delivery.giveUpAfter) return this.#dead(one, reason, now);
    const wait = after === undefined ? backoff(one.attempt) : asked(after);
    this.#put(one, { state: "waiting", due: now + wait, error: reason });
    if (this.#down) this.#expire(reason, now);
  }

  #dead(one: ClaimedNotification, reason: string, now: number): void {
    this.counts.dead += one.count;
    this.#of.report.gaveUp(reason, one.count);
    this.#put(one, { state: "dead", due: now, error: reason });
  }

  /** What is behind a sink that has been down for so long is given up without an attempt each. */
  #expire(error: string, now: number): void {
    const { outbox, sink, delivery, report } = this.#of;
    outbox.expire(sink.config.name, { now, before: now - delivery.giveUpAfter, error }).then(
      (count) => {
        this.counts.dead += count;
        if (count > 0) report.gaveUp(error, count);
      },
      (failure) => report.outboxFailed(failure),
    );
  }

  #releaseAll(): void {
    const all = [...this.#ready.values()].flat();
    this.#ready.clear();
    this.#release(all);
  }

  #release(claimed: readonly ClaimedNotification[]): void {
    const now = this.#of.clock.now();
    for (const one of claimed) this.#put(one, { state: "released", due: now, error: null });
    // What is free again is to be looked at again.
    if (claimed.length > 0) this.#woken = true;
  }

  #put(one: ClaimedNotification, what: Omit<Settlement, "key" | "attempt">): void {
    this.#settled.push({ key: one.key, attempt: one.attempt, ...what });
    if (what.state === "waiting") this.#putOff = Math.min(this.#putOff, what.due);
    this.#settle();
  }

  /** Writes down what has become of notifications: those that end meanwhile go together in the next. */
  #settle(): Promise<void> {
    return this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = null;
      // Put after the last look.
      if (this.#settled.length > 0 && !this.#stopped) this.#settle();
      this.#pump();
      this.#maybeDrained();
    });
  }

  async #settleAll(): Promise<void> {
    const { outbox, worker, clock, report } = this.#of;
    while (this.#settled.length > 0) {
      const some = this.#settled.splice(0);
      try {
        await outbox.settle(worker, clock.now(), some);
        this.#inHand -= some.length;
        this.#pump();
      } catch (error) {
        report.outboxFailed(error);
        // What cannot be written down is sent again when the claim ends: no reason to hold up the end.
        if (this.#stopped) return;
        this.#settled.unshift(...some);
        await new Promise<void>((done) => clock.after(OUTBOX_PAUSE, done));
      }
    }
  }
}
