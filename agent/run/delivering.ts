/** What a run needs of delivery. */
import type { AlertChange } from "../event.ts";
import type { HealthEvent } from "../outputs/sink.ts";
import type { DeliveriesWritten, NewDelivery } from "../store/mod.ts";

/** Decides what is delivered. Without a store it takes deliveries itself and gives none. */
export interface Delivering {
  alerts(changes: readonly AlertChange[]): readonly NewDelivery[];
  health(notes: readonly HealthEvent[]): readonly NewDelivery[];
  /** They are on disk. */
  written(written: DeliveriesWritten): void;
}
