/** What a run hands on once it is final: to who prints it, and to deliveries with the next transaction. */
import type { AlertChange } from "../event.ts";
import type { HealthEvent } from "../outputs/sink.ts";
import type { Store } from "../store/mod.ts";
import type { Batcher } from "./batcher.ts";
import type { RunOptions } from "./options.ts";

/** Alerts that are read of the store at once. */
const SLICE = 500;

export class Outlet {
  readonly #options: RunOptions;
  readonly #batcher: Batcher;

  constructor(options: RunOptions, batcher: Batcher) {
    this.#options = options;
    this.#batcher = batcher;
  }

  /** Prints and delivers. */
  handOn(changes: readonly AlertChange[]): void {
    this.print(changes);
    this.deliver(changes);
  }

  print(changes: readonly AlertChange[]): void {
    this.#options.changes?.(changes);
  }

  deliver(changes: readonly AlertChange[]): void {
    const deliveries = this.#options.delivery?.alerts(changes) ?? [];
    if (deliveries.length > 0) this.#batcher.addDeliveries(deliveries);
  }

  /** Stores health events, and delivers them. */
  health(notes: readonly HealthEvent[]): void {
    if (notes.length === 0) return;
    this.#batcher.addHealth(notes);
    const deliveries = this.#options.delivery?.health(notes) ?? [];
    if (deliveries.length > 0) this.#batcher.addDeliveries(deliveries);
  }

  /**
   * Delivers alerts that a run wrote as provisional before it was killed, and that stay. What was
   * delivered of them already is not written again.
   */
  async deliverStored(store: Store, ids: readonly string[]): Promise<void> {
    if (this.#options.delivery === undefined) return;
    for (let at = 0; at < ids.length; at += SLICE) {
      const alerts = await store.alertsById(ids.slice(at, at + SLICE));
      this.deliver(alerts.map((alert) => ({ change: "open", alert })));
    }
  }
}
