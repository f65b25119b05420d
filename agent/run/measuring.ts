/** What parsing and each rule take of a run's one thread, before rules are shared out over several. */
import type { Engine } from "../engine/engine.ts";
import type { RuleCosts } from "../engine/operators/rule_costs.ts";
import type { Measured } from "./split_rules.ts";

export class Measuring {
  /** Without state; the run goes on with it. */
  readonly engine: Engine;
  readonly #costs: RuleCosts;
  #events = 0;
  /** ms that parsing took for an event, of the batch where it took least: of others the machine did more beside. */
  #parsing = Infinity;

  constructor(before: Engine) {
    ({ engine: this.engine, costs: this.#costs } = before.measured());
  }

  /** A batch: its events by extraction id, and ms that parsing it took. */
  add(extractions: ReadonlyMap<number, number>, parsingMs: number): void {
    let events = 0;
    for (const n of extractions.values()) events += n;
    this.#events += events;
    if (events > 0) this.#parsing = Math.min(this.#parsing, parsingMs / events);
  }

  /** Undefined before any event. */
  result(): Measured | undefined {
    if (this.#events === 0) return undefined;
    const rules = Array.from(this.#costs.ms, (ms) => ms * 1e6 / this.#events);
    return { parsing: this.#parsing * 1e6, rules };
  }
}
