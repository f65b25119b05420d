/**
 * Signals between rules that run apart: one part notes those that go to rules of another, which takes
 * them up between its rows, where they would have come had all rules run together.
 */
import type { RowContext } from "../memory/context.ts";
import { plainFields } from "../alerts/plain_fields.ts";
import { flat, type Row } from "../memory/records.ts";
import { before, type Timer } from "../ordering/timers.ts";

/** A signal that leaves its part. Plain data. */
export interface Signal {
  /** To those that read the rule's signals, or to those that read the alerts of all. */
  readonly kind: "signal" | "alert";
  /** The timer that made it; null for a row. */
  readonly timer: Timer | null;
  /** Line of its batch that made it. */
  readonly line: number;
  /** Index of the rule that gives it. */
  readonly rule: number;
  /** Event time. */
  readonly t: number;
  /** Key of the operator that let it through, as text. */
  readonly key: string;
  readonly derived: Row | null;
  /** Where the row was read, see RowContext. */
  readonly offset: number;
  readonly meta: number;
  readonly row: Row;
}

/** What one part notes of its signals. */
export class SignalLog {
  #signals: Signal[] = [];

  /** A row that went through a rule whose signals are read in another part, or what its alert says. */
  add(rule: number, row: Row, cx: RowContext, kind: Signal["kind"]): void {
    this.#signals.push({
      kind,
      timer: cx.firing,
      line: cx.line,
      rule,
      t: cx.t,
      key: cx.keys.text(cx.key),
      derived: cx.derived && plainFields(cx.derived),
      offset: cx.offset,
      meta: cx.meta,
      row: flat(row),
    });
  }

  /** Those since the last call, in their order. */
  take(): readonly Signal[] {
    const out = this.#signals;
    if (out.length > 0) this.#signals = [];
    return out;
  }
}

/** Signals of all other parts in the order in which they are taken up, a batch of them. */
export class SignalQueue {
  readonly #timed: Signal[];
  readonly #rows: Signal[];
  #timer = 0;
  #row = 0;

  constructor(signals: readonly Signal[]) {
    // Those of one timer, or of one rule and row, stay in their order.
    this.#timed = signals.filter((s) => s.timer !== null)
      .sort((a, b) => before(a.timer!, b.timer!) ? -1 : before(b.timer!, a.timer!) ? 1 : 0);
    this.#rows = signals.filter((s) => s.timer === null)
      .sort((a, b) => a.line - b.line || a.rule - b.rule);
  }

  /** The timer of the next one that a timer made. */
  get timer(): Timer | null {
    return this.#timed[this.#timer]?.timer ?? null;
  }

  /** Those of the timer at hand. */
  takeTimer(): Signal[] {
    const { timer } = this;
    const out: Signal[] = [];
    for (
      let s = this.#timed[this.#timer];
      s !== undefined && !before(timer!, s.timer!);
      s = this.#timed[++this.#timer]
    ) out.push(s);
    return out;
  }

  hasLine(line: number): boolean {
    return this.#rows[this.#row]?.line === line;
  }

  takeLine(line: number): Signal[] {
    const out: Signal[] = [];
    while (this.hasLine(line)) out.push(this.#rows[this.#row++]);
    return out;
  }
}
