/** What whoever runs an engine should know: state that was lost, rows that came late, rules that began anew. */

/** Something that whoever runs this should know. */
export interface Health {
  /** Event time. */
  readonly time: number;
  readonly kind: "state_evicted" | "degraded" | "plan_changed" | "late";
  /** The rule, or for `late` the input. */
  readonly subject: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Late {
  /** Rows behind the watermark, and rows without a time of their own that can be believed. */
  rows: number;
  untimed: number;
  /** ms by which the row furthest behind was too late. */
  behind: number;
}

/** Collects notes: what happens for every key or row is told once per call of {@link take}. */
export class HealthLog {
  readonly #notes: Health[] = [];
  /** Keys and rows lost, by rule, as told. */
  readonly #told = new Map<string, number>();
  readonly #late = new Map<string, Late>();

  /** @param lost keys and rows that the rule has lost in all */
  lost(rule: string, lost: number, time: number): void {
    const before = this.#told.get(rule) ?? 0;
    const count = lost - before;
    if (count === 0) return;
    this.#told.set(rule, lost);
    this.#notes.push({
      kind: "state_evicted",
      subject: rule,
      time,
      detail: { count },
      message:
        `Rule "${rule}" reached its limit of state and forgot the oldest: ${count} more; it may miss attacks`,
    });
    if (before > 0) return;
    this.#notes.push({
      kind: "degraded",
      subject: rule,
      time,
      detail: {},
      message:
        `Rule "${rule}" is degraded: what it forgot does not count; narrow what it reads or raise its limits`,
    });
  }

  /** The digests were made by an earlier Picket in another way: one note for all rules. */
  digestsChanged(rules: number, time: number): void {
    this.#notes.push({
      kind: "plan_changed",
      subject: "rules",
      time,
      detail: { rules },
      message: `The state of all ${rules} rules is of an earlier version of Picket: ` +
        "they start without it, this once",
    });
  }

  planChanged(rule: string, time: number): void {
    this.#notes.push({
      kind: "plan_changed",
      subject: rule,
      time,
      detail: {},
      message: `Rule "${rule}" changed since the last run and starts without its state`,
    });
  }

  /** A row that rules with state do not see. @param behind ms; NaN for one without a time */
  late(input: string, behind: number): void {
    let late = this.#late.get(input);
    if (late === undefined) this.#late.set(input, late = { rows: 0, untimed: 0, behind: 0 });
    if (Number.isNaN(behind)) late.untimed++;
    else {
      late.rows++;
      late.behind = Math.max(late.behind, behind);
    }
  }

  take(time: number): Health[] {
    for (const [input, { rows, untimed, behind }] of this.#late) {
      const why = [
        ...(rows ? [`${rows} up to ${behind / 1000} s behind its lateness`] : []),
        ...(untimed ? [`${untimed} without a time that can be believed`] : []),
      ];
      this.#notes.push({
        kind: "late",
        subject: input,
        time,
        detail: { count: rows + untimed, untimed, behind_ms: behind },
        message: `Rules with windows did not see ${rows + untimed} events of ${input}: ${
          why.join(", ")
        }`,
      });
    }
    this.#late.clear();
    return this.#notes.splice(0);
  }
}
