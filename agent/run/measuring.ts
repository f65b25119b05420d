/** What parsing and each rule take of a run's one thread, before rules are shared out over several. */
import type { Engine } from "../engine/engine.ts";
import { RuleCosts } from "../engine/operators/rule_costs.ts";
import type { EventBatch } from "../event.ts";
import type { Measured } from "./split_rules.ts";

export class Measuring {
  /** Without state; the run goes on with it. */
  readonly engine: Engine;
  readonly #costs: RuleCosts;
  #events = 0;
  /**
   * ms an event that parsing took, and looking for the rules that match: each of the batch where it took
   * least, since at others the machine did more beside.
   */
  #parsing = Infinity;
  #looking = Infinity;

  constructor(before: Engine) {
    this.#costs = new RuleCosts(before.plan.rules.length);
    this.engine = before.measured(this.#costs);
  }

  /** A batch: how many events, and ms that parsing it took. */
  parsed(events: number, ms: number): void {
    this.#events += events;
    if (events > 0) this.#parsing = Math.min(this.#parsing, ms / events);
  }

  /** Runs the rules on a batch. */
  detect(batch: EventBatch, caughtUp: boolean): Uint8Array {
    const began = performance.now(), before = this.#costs.total;
    const matched = this.engine.detect(batch, caughtUp);
    const ms = performance.now() - began - (this.#costs.total - before);
    const events = batch.events.length;
    if (events > 0) this.#looking = Math.min(this.#looking, Math.max(ms, 0) / events);
    return matched;
  }

  /** Undefined before any event. */
  result(): Measured | undefined {
    if (this.#events === 0) return undefined;
    const rules = Array.from(this.#costs.ms, (ms) => ms * 1e6 / this.#events);
    return { each: (this.#parsing + this.#looking) * 1e6, rules };
  }
}
