/** What alerts say to the rules that read those of all, until the row or timer at hand is over. */
import type { Row, RowContext } from "../memory/context.ts";

/**
 * Waits in {@link RowContext.waiting} behind the sequences that raise such alerts, and before those that
 * read them: one row is one step of a sequence, whether it came itself or by an alert.
 */
export class ToldAlerts {
  #rows: { readonly rule: number; readonly row: Row }[] = [];

  /**
   * @param rule a number in front of the indexes of rules that read alerts
   * @param tell hands a row of a rule, by its index, to those that read it
   */
  constructor(
    readonly rule: number,
    private readonly cx: RowContext,
    private readonly tell: (rule: number, row: Row) => void,
  ) {}

  /** Keeps what an alert of a rule says. */
  add(rule: number, row: Row): void {
    if (this.#rows.length === 0) this.cx.waiting.push(this);
    this.#rows.push({ rule, row });
  }

  /** Hands on what was kept, by rule; those of one rule in their order. */
  flush(): void {
    const rows = this.#rows.sort((a, b) => a.rule - b.rule);
    this.#rows = [];
    for (const { rule, row } of rows) this.tell(rule, row);
  }
}
