/**
 * What the operators of each rule cost on the rows at hand, by which rules are shared out over
 * threads. Taken by the clock around every row, step and timer, so that an engine is measured for some
 * thousand events and then replaced by one that is not.
 */
import type { Row } from "../memory/context.ts";
import type { EntryOperator } from "./entry.ts";

/** ms that one row may count: what takes longer was making code or collecting garbage. */
const MOST = 0.02;

export class RuleCosts {
  /** ms by the rule's index, without what rules cost that read its signals. */
  readonly ms: Float64Array;
  /** ms that measuring itself took. */
  overhead = 0;
  /** Start and what was measured inside so far, of each that has begun. */
  readonly #begun: number[] = [];
  #inside = 0;
  /** ms that reading the clock takes. */
  readonly #clock: number;

  /** @param now ms of a clock */
  constructor(rules: number, readonly now = () => performance.now()) {
    this.ms = new Float64Array(rules);
    const start = now();
    for (let i = 1; i < 1000; i++) now();
    this.#clock = (now() - start) / 1000;
  }

  begin(): void {
    this.#begun.push(this.#inside);
    this.#inside = 0;
    this.#begun.push(this.now());
  }

  end(rule: number): void {
    const all = this.now() - this.#begun.pop()!;
    const own = all - this.#inside - this.#clock;
    this.ms[rule] += Math.min(Math.max(own, 0), MOST);
    // What stands around it has read the clock twice more.
    this.#inside = this.#begun.pop()! + all + this.#clock;
    this.overhead += 2 * this.#clock;
  }

  /** ms of all rules so far, and of measuring them. */
  get total(): number {
    return this.ms.reduce((sum, ms) => sum + ms, this.overhead);
  }

  /** Stands in front of a rule's first operator. */
  entry<Operator>(rule: number, operator: Operator): Operator {
    return new TimedEntry(rule, operator as EntryOperator, this) as unknown as Operator;
  }
}

class TimedEntry {
  constructor(
    readonly rule: number,
    readonly inner: EntryOperator,
    readonly costs: RuleCosts,
  ) {}

  get args() {
    return this.inner.args;
  }
  row(row: Row, arg: unknown): void {
    this.costs.begin();
    this.inner.row!(row, arg);
    this.costs.end(this.rule);
  }
  step(step: number, row: Row, key: unknown): void {
    this.costs.begin();
    this.inner.step!(step, row, key);
    this.costs.end(this.rule);
  }
  /** `row` holds it back where it is to be held back. */
  held(): boolean {
    return false;
  }
}
