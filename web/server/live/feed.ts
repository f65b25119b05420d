/**
 * What is sent as it happens: new and changed alerts, and counters. Seven small questions a second to the
 * store while somebody listens, however many do; a client that reads slowly is asked for less, for
 * what it missed is read from the store when it comes to it.
 */
import type { Store } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { visibleJson } from "../../../grammar/visible.ts";
import { alertJson } from "../types/json.ts";
import type { AlertNotice, Counters } from "../types/mod.ts";

export interface FeedOptions {
  readonly now: () => number;
  /** ms between two looks for changes, and between two counters. */
  readonly every?: number;
  readonly countEvery?: number;
  /** ms after which it is asked again whether a listener may listen. */
  readonly admitEvery?: number;
  /** Told of a failure of the store, which ends no stream. */
  readonly onError?: (error: unknown) => void;
  /** Ends all streams. */
  readonly signal?: AbortSignal;
}

/** Listeners at most; each holds a connection. */
export const LISTENERS = 100;
/** Alerts of one question. */
const PAGE = 100;
/**
 * ms for which a listener stays admitted. Behind it stand a look and what is on its way: together
 * they are less than the five seconds that a token lives on after it was revoked.
 */
export const ADMITTED = 2_000;
/** ms of silence after which a comment shows that the connection stands. */
const SILENCE = 15_000;

export class Feed {
  readonly #store: Store;
  readonly #options: Required<Omit<FeedOptions, "signal" | "onError">> & FeedOptions;
  readonly #waiting = new Set<() => void>();
  #listeners = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking = false;
  /** How often alerts were written here. */
  #written = 0;
  /** Ends being told of alerts that are written here. */
  #deaf: (() => void) | undefined;
  /** Number of the newest change that is known of. */
  #tip = -1;
  #counters: Counters | null = null;
  #countedAt = 0;
  #counted = 0;

  constructor(store: Store, options: FeedOptions) {
    this.#store = store;
    this.#options = { every: 150, countEvery: 5000, admitEvery: ADMITTED, ...options };
    options.signal?.addEventListener("abort", () => this.#wake(), { once: true });
  }

  get listeners(): number {
    return this.#listeners;
  }

  /**
   * A stream of server-sent events; `alert` events of a batch end with one whose id is the number
   * to go on from. @param after the number of a Last-Event-ID; null begins with what comes now
   * @param admitted asked again while the stream goes on; false ends it, and while it fails nothing
   * is sent
   */
  open(
    after: number | null,
    admitted: () => Promise<boolean> = () => Promise.resolve(true),
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    let admittedAt = performance.now();
    const mayListen = async (): Promise<boolean | null> => {
      if (performance.now() - admittedAt < this.#options.admitEvery) return true;
      try {
        const may = await admitted();
        admittedAt = performance.now();
        return may;
      } catch (error) {
        this.#options.onError?.(error);
        return null;
      }
    };
    let last = after;
    let told: Counters | null = null;
    let begun = false, over = false, heard = this.#written;
    const leave = () => {
      if (over) return;
      over = true;
      if (--this.#listeners === 0) this.#stop();
      this.#wake();
    };
    this.#listeners++;
    this.#start();
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        if (!begun) {
          begun = true;
          last ??= await this.#store.lastChange();
          this.#tip = Math.max(this.#tip, last);
          // The id stands at once, so that a connection that breaks before the first alert resumes.
          return send(`retry: 3000\nid: ${last}\nevent: begin\ndata: {}\n\n`);
        }
        let quiet = 0;
        while (!over && !this.#options.signal?.aborted) {
          const may = await mayListen();
          if (may === false) break;
          if (may === null) {
            await this.#tick();
            continue;
          }
          if (this.#counters !== null && this.#counters !== told) {
            told = this.#counters;
            return send(`event: counters\ndata: ${visibleJson(told)}\n\n`);
          }
          const asks = this.#tip > last! || heard !== this.#written || after !== null;
          heard = this.#written;
          const page = asks ? await this.#changes(last!) : { text: "", last: last! };
          if (page.last === last) after = null;
          last = page.last;
          if (page.text !== "") return send(page.text);
          if (heard === this.#written) await this.#tick();
          quiet += this.#options.every;
          if (quiet >= SILENCE) return send(": still here\n\n");
        }
        leave();
        try {
          controller.close();
        } catch {
          // The client went first.
        }
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }

  async #changes(last: number): Promise<{ text: string; last: number }> {
    try {
      const found = await this.#store.changesSince(last, PAGE);
      const end = found.alerts.length - 1;
      const text = found.alerts.map((a, i) => {
        const notice: AlertNotice = { alert: alertJson(a) };
        return `event: alert\n${i === end ? `id: ${found.last}\n` : ""}data: ${
          visibleJson(notice)
        }\n\n`;
      }).join("");
      return { text, last: found.last };
    } catch (error) {
      this.#options.onError?.(error);
      return { text: "", last };
    }
  }

  /** Resolves at the next look. */
  #tick(): Promise<void> {
    return new Promise((done) => this.#waiting.add(done));
  }

  #wake(): void {
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#counters = null;
    this.#countedAt = 0;
    this.#timer = setInterval(() => void this.#look(), this.#options.every);
    // What this process writes is told at once, what others write at the next look.
    this.#deaf = this.#store.onAlerts(() => {
      this.#written++;
      this.#wake();
    });
    void this.#look();
  }

  #stop(): void {
    this.#deaf?.();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#tip = Math.max(this.#tip, await this.#store.lastChange());
      if (this.#options.now() - this.#countedAt >= this.#options.countEvery) await this.#count();
    } catch (error) {
      this.#options.onError?.(error);
    } finally {
      this.#looking = false;
      this.#wake();
    }
  }

  async #count(): Promise<void> {
    const s = await this.#store.stats();
    const now = this.#options.now();
    const seconds = (now - this.#countedAt) / 1000;
    const gained = this.#counters === null ? 0 : Math.max(0, s.events - this.#counted);
    this.#countedAt = now;
    this.#counted = s.events;
    const before = this.#counters;
    // Whoever hears of counters asks anew: nothing is said when nothing changed. Once after events
    // came, it is said that none come any more.
    if (
      before !== null && before.events === s.events && before.parse_errors === s.parseErrors &&
      before.alerts === s.alerts && before.open_alerts === s.alertsByStatus.open &&
      before.events_per_second === 0
    ) return;
    this.#counters = {
      time: rfc3339(now),
      events: s.events,
      parse_errors: s.parseErrors,
      alerts: s.alerts,
      open_alerts: s.alertsByStatus.open,
      events_per_second: Math.round(gained / seconds * 10) / 10,
    };
  }
}
