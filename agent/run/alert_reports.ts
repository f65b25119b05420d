/**
 * What a run has found, on its way out: alerts and health events go to the next transaction, and to
 * whoever prints and delivers them as soon as they are final. Alerts of windows are not while lines
 * may turn out to be in no order of time.
 */
import type { ChangesTaken } from "../engine/engine.ts";
import { SpoolFull } from "../engine/ordering/row_sorter.ts";
import type { AlertChange } from "../event.ts";
import type { HealthEvent } from "../outputs/sink.ts";
import type { Batcher } from "./batcher.ts";
import { byTime, DeferredAlerts } from "./deferred_alerts.ts";
import type { Detection } from "./detection.ts";
import { HealthNotes } from "./health_notes.ts";
import { Notices } from "./notices.ts";
import type { RunOptions } from "./options.ts";
import { Outlet } from "./outlet.ts";
import type { Resumed } from "./resume.ts";
import type { SecondReading } from "./second_reading.ts";

/** Changed alerts that are stored with the next transaction, however often they change. */
const CHANGES_AT_ONCE = 100;
/** ms after which the changes of more open alerts than that are stored; those that open or end are at once. */
const CHANGES_AFTER = 5000;

export interface ReportsOf {
  readonly options: RunOptions;
  readonly detection: Detection;
  readonly second: SecondReading;
  readonly batcher: Batcher;
  /** Lines cannot be sorted from here on. */
  readonly giveUpSorting: () => Promise<void>;
}

export class AlertReports {
  readonly #of: ReportsOf;
  readonly #outlet: Outlet;
  readonly #notices: Notices;
  readonly #notes = new HealthNotes();
  /** Alerts of windows wait for the end of input, since its lines may be in no order. */
  readonly #deferred: DeferredAlerts;
  /** Alerts of windows that a run before wrote and told nobody of; sorting tells some of them anew. */
  #untold: Pick<Resumed, "left" | "provisional"> = { left: [], provisional: [] };
  /** When all changes of alerts were last taken, of performance.now. */
  #reportedAll = -Infinity;

  constructor(of: ReportsOf) {
    this.#of = of;
    this.#outlet = new Outlet(of.options, of.batcher);
    this.#notices = new Notices(of.options.notice);
    this.#deferred = new DeferredAlerts(of.second.makeSpool);
  }

  /** Goes on from a run before. */
  resumed(resumed: Resumed): void {
    this.#untold = resumed;
    this.health(resumed.gaps);
  }

  /** Stores health events, and delivers them. */
  health(notes: readonly HealthEvent[]): void {
    this.#outlet.health(notes);
  }

  /** Says what the engine has to say as soon as it is known; of one subject at most once a minute. */
  engineHealth(now = performance.now()): void {
    for (const note of this.#notes.take(this.#of.detection.takeHealth(), now)) {
      this.health([note]);
      this.#of.options.health?.([note]);
      this.#notices.once(`${note.kind} ${note.subject}`, `warning: ${note.message}`);
    }
  }

  /** Which changes of alerts a transaction takes. What waits is in the engine's state, and so in a checkpoint. */
  get due(): ChangesTaken {
    const few = this.#of.detection.changedAlerts <= CHANGES_AT_ONCE;
    const late = performance.now() - this.#reportedAll >= CHANGES_AFTER;
    return few || late || this.#of.options.updates ? "all" : "opened";
  }

  /** Hands on alerts that changed. */
  async report(which: ChangesTaken): Promise<void> {
    const { detection, batcher, options, second } = this.#of;
    if (which === "all") this.#reportedAll = performance.now();
    const changes = this.#marked(await detection.takeChanges(which));
    if (changes.length === 0) return;
    batcher.addAlerts(changes);
    if (!detection.engine!.sortable) return this.#outlet.handOn(changes);
    const stateful: AlertChange[] = [], others: AlertChange[] = [];
    for (const c of changes) (detection.isStateful(c.alert.rule) ? stateful : others).push(c);
    if (options.store && !second.remember(stateful)) {
      // What was written could not all be taken back: it stays, and so does the order of lines.
      await this.#of.giveUpSorting();
      this.#notices.once(
        "provisional",
        "warning: Too many alerts are provisional; lines that turn out to be out of order from here " +
          "on are late for windows",
      );
      this.handOnDeferred();
      return this.#outlet.handOn(changes);
    }
    if (options.updates) {
      // Whoever wants every change gets what is provisional, too; people elsewhere do not.
      this.#outlet.print(changes);
      this.#outlet.deliver(others);
      if (!options.delivery) return;
    } else this.#outlet.handOn(others);
    this.#defer(stateful);
  }

  #defer(changes: readonly AlertChange[]): void {
    try {
      this.#deferred.add(changes);
    } catch (error) {
      if (!(error instanceof SpoolFull)) throw error;
      this.#notices.once(
        "deferred",
        `warning: Alerts of windows cannot wait for the end of the input: ${error.message}; ` +
          "they are printed as they come (see --spool-limit)",
      );
      this.handOnDeferred();
    }
  }

  /**
   * Lines are to be sorted: what windows found is forgotten, since they find it anew. Rules without
   * windows stand by what they found.
   */
  beforeSorting(): void {
    const engine = this.#of.detection.engine!;
    const stateless = engine.takeChanges().filter(({ alert }) => !engine.isStateful(alert.rule));
    const changes = this.#marked(stateless);
    if (changes.length > 0) {
      this.#of.batcher.addAlerts(changes);
      this.#outlet.handOn(changes);
    }
    this.#deferred.clear();
    this.#untold = { ...this.#untold, provisional: [] };
  }

  /** Stores alerts that no later line changes, and hands them on in order of time. */
  final(found: readonly AlertChange[]): void {
    const changes = this.#marked(found);
    this.#of.batcher.addAlerts(changes);
    this.#outlet.handOn(byTime(changes));
  }

  /** Alerts that waited are final. */
  handOnDeferred(): void {
    this.#deferred.take((changes) => {
      if (this.#of.options.updates) this.#outlet.deliver(changes);
      else this.#outlet.handOn(changes);
    });
  }

  /** The last of a run. @param continues a later run goes on with this one, and may take back what waits */
  async end(continues: boolean): Promise<void> {
    const { options } = this.#of;
    this.engineHealth(Infinity);
    await this.report("all");
    if (!continues) {
      this.handOnDeferred();
      const untold = [...this.#untold.left, ...this.#untold.provisional];
      if (options.store) await this.#outlet.deliverStored(options.store, untold);
    } else if (!options.updates) this.#deferred.take((changes) => this.#outlet.print(changes));
  }

  /** Before anyone sees them: what is known of their values may raise their severity. */
  #marked(changes: readonly AlertChange[]): readonly AlertChange[] {
    return this.#of.options.marker?.(changes) ?? changes;
  }
}
