/**
 * Asks AbuseIPDB about the addresses of alerts once they are stored. What is stored is followed, so that no
 * alert waits for an answer, is held back or made by one; an answer is added to the alerts that name the
 * address. Answers and the count of a day's requests are in the store: a restart asks nothing twice and
 * keeps to the limit.
 */
import { isGlobal } from "../../../compiler/schema/ip.ts";
import { SEVERITIES, type Severity } from "../../../compiler/ir/program.ts";
import type { IntelligenceMark } from "../../context.ts";
import type { Alert } from "../../event.ts";
import type { Store } from "../../store/types/types.ts";
import type { Reputation } from "../../store/types/reputation_types.ts";
import { ABUSEIPDB, checkAddress, type CheckOptions, type CheckOutcome } from "./abuseipdb.ts";
import { namedValues } from "./marks.ts";

export interface ReputationSettings {
  readonly url: string;
  /** Requests of a day (UTC). */
  readonly daily: number;
  /** Alerts below are not asked about. */
  readonly minSeverity: Severity;
  /** ms for which an answer is taken as it is. */
  readonly fresh: number;
  /** ms that notifications of alerts wait for an answer at most. */
  readonly wait: number;
  readonly allowPrivate: boolean;
}

export interface ReputationOptions extends Omit<CheckOptions, "url" | "signal" | "timeout"> {
  readonly settings: ReputationSettings;
  readonly store: Pick<Store, "reputations" | "changesSince" | "lastChange" | "unopened">;
  readonly notice: (text: string) => void;
  readonly health: (message: string) => void;
  /** ms of a request, and between two looks at the store. */
  readonly timeout?: number;
  readonly every?: number;
}

/** Addresses of one alert, alerts of one address, addresses that wait, and answers in memory. */
const MOST_ADDRESSES = 5, MOST_ALERTS = 200, MOST_WAITING = 10_000, REMEMBERED = 20_000;
/** Alerts that are read of the store at once. */
const SLICE = 200;
/** Begins the note of an address that the service has no answer for. */
const UNKNOWN = "not known: ";
/** ms. */
const SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE;
/** ms for which the service's word of what is left holds. */
const LEFT_HOLDS = 60 * MINUTE;

/**
 * Of the day's requests, the share that alerts of a severity may have used up: the rest is kept for those
 * that are graver.
 */
const SHARES: Readonly<Record<Severity, number>> = {
  informational: 0.5,
  low: 0.5,
  medium: 0.8,
  high: 1,
  critical: 1,
};

/** An address that is asked about, by the gravest of the alerts that name it. */
interface Waiting {
  severity: Severity;
  /** The field that names it, by alert. */
  readonly fields: Map<string, string>;
  /** Why it is not asked about, as all of those alerts say; null where some do not. */
  noted: string | null;
}

/** Why nothing is asked now, until when (epoch ms), and about alerts of what rank at most. */
interface Pause {
  readonly reason: string;
  readonly until: number;
  readonly upTo: number;
}

export class ReputationWorker {
  readonly #known = new Map<string, { readonly asked: number; readonly mark: Reputation }>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<void> = Promise.resolve();
  #last: number | null = null;
  #pause: Pause | null = null;
  /** The reason of the last pause that people were told. */
  #told: string | null = null;
  #failures = 0;
  /** Requests that the service had left, by its last answer. */
  #left: { readonly at: number; readonly requests: number } | null = null;
  /** Up to this change, alerts are looked at only where they are young. */
  #recent = 0;
  /** Addresses that are left out, since too many wait. */
  #dropped = 0;

  constructor(private readonly options: ReputationOptions) {}

  /** Reads what was answered before, and follows the store from its newest alerts on. */
  async start(): Promise<void> {
    const { store, settings, now } = this.options;
    // A store that is being made holds nothing, and would be waited for.
    if (!store.unopened) {
      const since = now() - settings.fresh;
      const answers = await store.reputations.answers(ABUSEIPDB, since, REMEMBERED);
      for (const { address, asked, mark } of answers.reverse()) {
        this.#known.set(address, { asked, mark });
      }
      // What a run before stored and had not asked about when it ended: the newest of it, and what of a
      // day still waits for its turn.
      const last = await store.lastChange();
      this.#recent = last - SLICE;
      this.#last = Math.max(0, last - MOST_WAITING);
    } else this.#last = 0;
    this.#later();
  }

  /** What is known of the addresses of an alert now, as marks; or why nothing is asked. Asks nothing. */
  marks(alert: Alert): IntelligenceMark[] {
    return this.#addresses(alert).flatMap(({ field, value }) => {
      const mark = this.#fresh(value) ?? this.#notAsked(value, alert.severity);
      return mark === null ? [] : [{ field, source: ABUSEIPDB, ...mark }];
    });
  }

  /** ms that a notification of the alert waits for an answer that is likely to come. */
  wait(alert: Alert): number {
    if (this.#pausedFor(alert.severity) !== null) return 0;
    const asks = this.#addresses(alert).some(({ value }) => this.#fresh(value) === null);
    return asks ? this.options.settings.wait : 0;
  }

  /** Looks at what is stored and asks about it, for so many ms at most. Gives how many addresses are left. */
  async drain(ms: number): Promise<number> {
    const end = performance.now() + ms;
    clearTimeout(this.#timer);
    await this.#turn;
    while (performance.now() < end && !this.#abort.signal.aborted) {
      const more = await this.#look().catch(() => false);
      // All that waits, before the gravest of it is asked about.
      if (more) continue;
      const asked = await this.#ask(end);
      if (!more && !asked) break;
    }
    return this.#waiting.size;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#turn.catch(() => {});
  }

  #later(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#turn = this.#work().finally(() => this.#later());
    }, this.options.every ?? SECOND);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  async #work(): Promise<void> {
    try {
      while (await this.#look());
      await this.#ask(performance.now() + MINUTE);
    } catch (error) {
      // The store is away: what it holds is looked at when it is back.
      if (!this.#abort.signal.aborted) this.#fail(`the store: ${(error as Error).message}`);
    }
  }

  /** Takes addresses of alerts that were stored since. True where there may be more. */
  async #look(): Promise<boolean> {
    const { store } = this.options;
    if (store.unopened) return false;
    const { alerts, last } = await store.changesSince(this.#last ?? 0, SLICE);
    this.#last = last;
    const young = last > this.#recent ? -Infinity : this.options.now() - DAY;
    for (const alert of alerts) if (alert.time > young) this.#take(alert);
    return alerts.length === SLICE;
  }

  #take(alert: Alert): void {
    const has = new Set(
      (alert.context?.intelligence ?? []).filter((m) =>
        m.source === ABUSEIPDB && (m.score !== undefined || m.note?.startsWith(UNKNOWN))
      ).map((m) => m.value),
    );
    for (const { field, value } of this.#addresses(alert)) {
      if (has.has(value)) continue;
      let waiting = this.#waiting.get(value);
      if (waiting === undefined) {
        if (this.#waiting.size >= MOST_WAITING) this.#dropped++;
        if (this.#waiting.size >= MOST_WAITING) continue;
        waiting = { severity: alert.severity, fields: new Map(), noted: null };
        this.#waiting.set(value, waiting);
      }
      if (waiting.fields.size < MOST_ALERTS && !waiting.fields.has(alert.id)) {
        waiting.fields.set(alert.id, field);
        waiting.noted = null;
      }
      if (rank(alert.severity) > rank(waiting.severity)) waiting.severity = alert.severity;
    }
  }

  /** Asks about what waits, the gravest first. True where something was asked. */
  async #ask(end: number): Promise<boolean> {
    const { now } = this.options;
    let asked = false;
    while (this.#waiting.size > 0 && performance.now() < end && !this.#abort.signal.aborted) {
      const [address, waiting] = this.#gravest();
      const fresh = this.#fresh(address);
      const pause = fresh === null ? this.#pausedFor(waiting.severity) : null;
      if (pause !== null) {
        await this.#note();
        break;
      }
      if (fresh !== null) {
        await this.#answer(address, waiting, fresh);
        continue;
      }
      const day = dayOf(now());
      const { daily } = this.options.settings, share = SHARES[waiting.severity];
      const limit = Math.floor(daily * share);
      const kept = this.#leftNow() <= daily - limit;
      if (kept || !await this.options.store.reputations.spend(ABUSEIPDB, day, limit)) {
        await this.#spent(waiting.severity, kept);
        break;
      }
      asked = true;
      await this.#settle(address, waiting, await this.#check(address));
    }
    return asked;
  }

  #check(address: string): Promise<CheckOutcome> {
    const { settings, key, fetch, now, timeout = 10 * SECOND } = this.options;
    const { signal } = this.#abort;
    return checkAddress(address, { url: settings.url, key, fetch, timeout, signal, now });
  }

  async #settle(address: string, waiting: Waiting, outcome: CheckOutcome): Promise<void> {
    const { store, now, settings } = this.options;
    // Nothing was found out: the run is over.
    if (this.#abort.signal.aborted && outcome.state !== "known") return;
    switch (outcome.state) {
      case "known": {
        const { mark, left } = outcome, asked = now();
        this.#left = left === undefined ? null : { at: asked, requests: left };
        if (this.#failures > 0) this.options.notice("AbuseIPDB answers again");
        this.#failures = 0;
        if (this.#pause && (this.#pause.upTo === Infinity || asked >= this.#pause.until)) {
          this.#pause = this.#told = null;
        }
        this.#remember(address, asked, mark);
        await store.reputations.remember(
          ABUSEIPDB,
          { address, asked, mark },
          asked - settings.fresh,
        );
        return await this.#answer(address, waiting, mark);
      }
      case "invalid":
        return await this.#answer(address, waiting, {
          value: address,
          note: `${UNKNOWN}${outcome.reason}`,
        });
      case "limited":
        return await this.#stop(
          "it has been asked enough (HTTP 429)",
          outcome.after ?? 15 * MINUTE,
        );
      case "refused":
        return await this.#stop(`the key is refused: ${outcome.reason}`, 366 * DAY);
      case "failed":
        this.#failures++;
        return await this.#stop(
          outcome.reason,
          Math.min(15 * MINUTE, 15 * SECOND * 2 ** this.#failures),
        );
    }
  }

  /**
   * The day's requests, or those that are left for alerts so grave, are spent.
   * @param elsewhere by the service's own count, which knows of others that use the key
   */
  async #spent(severity: Severity, elsewhere: boolean): Promise<void> {
    const { now, settings } = this.options;
    const midnight = (Math.floor(now() / DAY) + 1) * DAY;
    const reason = SHARES[severity] < 1
      ? `what is left of the ${settings.daily} requests of this day is kept for graver alerts`
      : elsewhere
      ? "it says that no request of this day is left"
      : `the ${settings.daily} requests of this day are spent`;
    await this.#stop(
      reason,
      elsewhere ? Math.min(LEFT_HOLDS, midnight - now()) : midnight - now(),
      rank(severity),
    );
  }

  /** What the service has left; its word of before its midnight, which is not ours, holds no day. */
  #leftNow(): number {
    const left = this.#left, now = this.options.now();
    return left && now - left.at < LEFT_HOLDS ? left.requests : Infinity;
  }

  /** Nothing is asked for a time; alerts that wait for an answer say so. */
  async #stop(reason: string, ms: number, upTo = Infinity): Promise<void> {
    const { now, notice, health } = this.options;
    this.#pause = { reason, until: now() + ms, upTo };
    await this.#note();
    if (reason === this.#told) return;
    this.#told = reason;
    const left = this.#dropped > 0 ? `; ${this.#dropped} addresses were left out` : "";
    const message = `AbuseIPDB is not asked: ${reason}; ${this.#waiting.size} ` +
      `${this.#waiting.size === 1 ? "address waits" : "addresses wait"}${left}`;
    notice(`warning: ${message}`);
    health(message);
  }

  /** The alerts of what waits say why it does. */
  async #note(): Promise<void> {
    const notes = [...this.#waiting].flatMap(([address, waiting]) => {
      const note = this.#notAsked(address, waiting.severity);
      if (note === null || note.note === waiting.noted) return [];
      waiting.noted = note.note ?? null;
      return [[waiting, note] as const];
    });
    if (notes.length > 0) await this.#mark(notes);
  }

  #fail(reason: string): void {
    this.#failures++;
    const ms = Math.min(15 * MINUTE, 15 * SECOND * 2 ** this.#failures);
    this.#pause = { reason, until: this.options.now() + ms, upTo: Infinity };
  }

  async #answer(address: string, waiting: Waiting, mark: Reputation): Promise<void> {
    this.#waiting.delete(address);
    await this.#mark([[waiting, mark]]);
  }

  async #mark(answers: readonly (readonly [Waiting, Reputation])[]): Promise<void> {
    await this.options.store.reputations.mark(
      answers.flatMap(([{ fields }, mark]) =>
        [...Map.groupBy(fields, ([, field]) => field)].map(([field, of]) => ({
          mark: { field, source: ABUSEIPDB, ...mark },
          alerts: of.map(([id]) => id),
        }))
      ),
    );
  }

  /** The address of the gravest alerts; of those alike the one that waits longest. */
  #gravest(): [string, Waiting] {
    let best: [string, Waiting] | null = null;
    for (const entry of this.#waiting) {
      if (best === null || rank(entry[1].severity) > rank(best[1].severity)) best = entry;
      if (best[1].severity === "critical") break;
    }
    return best!;
  }

  #remember(address: string, asked: number, mark: Reputation): void {
    this.#known.delete(address);
    this.#known.set(address, { asked, mark });
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }

  #fresh(address: string): Reputation | null {
    const known = this.#known.get(address);
    const { now, settings } = this.options;
    return known && now() - known.asked < settings.fresh ? known.mark : null;
  }

  #pausedFor(severity: Severity): Pause | null {
    const pause = this.#pause;
    return pause && rank(severity) <= pause.upTo && this.options.now() < pause.until ? pause : null;
  }

  #notAsked(address: string, severity: Severity): Reputation | null {
    const pause = this.#pausedFor(severity);
    return pause && { value: address, note: `not asked: ${pause.reason}` };
  }

  /** Addresses on the public internet that the alert names, each once. Others are nobody's business. */
  #addresses(alert: Alert): { field: string; value: string }[] {
    if (rank(alert.severity) < rank(this.options.settings.minSeverity)) return [];
    const found = new Map<string, string>();
    for (const { field, value } of namedValues(alert)) {
      if (found.size === MOST_ADDRESSES) break;
      if (!found.has(value) && isGlobal(value) && !value.includes("%")) found.set(value, field);
    }
    return [...found].map(([value, field]) => ({ field, value }));
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
