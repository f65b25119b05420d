/** What whoever runs an engine should know: state that was lost, rows that came late, rules that began anew. */

import { durationText } from "../../grammar/literals.ts";
import { MAX_ITEMS, MAX_TEXT } from "../../compiler/schema/bounds.ts";
import type { ClockNote } from "./ordering/clocks.ts";

/** Hosts whose late rows are told apart in one note. */
const LATE_HOSTS = 100;

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Something that whoever runs this should know. */
export interface Health {
  /** Event time. */
  readonly time: number;
  readonly kind: "state_evicted" | "degraded" | "plan_changed" | "late" | "clock" | "too_long";
  /** The rule, for `late` and `clock` the host or the input, for `too_long` the operation. */
  readonly subject: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Late {
  readonly input: string;
  readonly host: string;
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
  readonly #tooLong = new Map<string, { readonly all: number; readonly told: number }>();

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

  /** Values that would have been longer than what rules may make, by operation: told at each tenfold. */
  tooLong(exceeded: ReadonlyMap<string, number>, time: number): void {
    for (const [what, n] of exceeded) {
      const { all, told } = this.#tooLong.get(what) ?? { all: 0, told: 0 };
      const count = all + n;
      const tell = count >= told * 10;
      this.#tooLong.set(what, { all: count, told: tell ? count : told });
      if (!tell) continue;
      this.#notes.push({
        kind: "too_long",
        subject: what,
        time,
        detail: { count },
        message: `${what} would have made ${count === 1 ? "a value" : `${count} values`} of more ` +
          `than ${MAX_TEXT} characters or ${MAX_ITEMS} entries: missing instead; a rule that reads ` +
          "it may miss attacks",
      });
    }
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

  /** A host's clock is off, by another amount than before. */
  clock({ host, input, offset }: ClockNote, time: number): void {
    const name = host || input;
    const where = host && host !== input ? ` (${input})` : "";
    const by = durationText(Math.round(Math.abs(offset) / 1000) * 1000);
    const zone = offset % (15 * 60_000) === 0 ? ": a time zone? see --tz" : "";
    this.#notes.push({
      kind: "clock",
      subject: name,
      time,
      detail: { host, input, offset_ms: offset },
      message: offset === 0
        ? `${name}${where} tells the time of this machine again`
        : `${name}${where} is ${by} ${offset > 0 ? "ahead" : "behind"} of this machine's clock` +
          `${zone}; its events are ordered by their times ${offset > 0 ? "less" : "plus"} ${by}`,
    });
  }

  /** A row behind the watermark. @param behind ms; NaN for one without a time that can be believed */
  late(input: string, host: string | undefined, behind: number): void {
    const name = host ?? "";
    let key = `${input} ${name}`;
    // Hosts can be invented: beyond so many they are counted together.
    if (!this.#late.has(key) && this.#late.size >= LATE_HOSTS) key = `${input} `;
    let late = this.#late.get(key);
    if (late === undefined) {
      late = { input, host: key === `${input} ` ? "" : name, rows: 0, untimed: 0, behind: 0 };
      this.#late.set(key, late);
    }
    if (Number.isNaN(behind)) late.untimed++;
    else {
      late.rows++;
      late.behind = Math.max(late.behind, behind);
    }
  }

  take(time: number): Health[] {
    for (const late of this.#late.values()) this.#notes.push(lateNote(late, time));
    this.#late.clear();
    return this.#notes.splice(0);
  }
}

/** What is said of a host's late rows. */
function lateNote({ input, host, rows, untimed, behind }: Late, time: number): Health {
  const whose = host === "" ? input : `${host} (${input})`;
  const why = [
    ...(rows
      ? [
        `${count(rows, "row")} came up to ${
          durationText(Math.max(1000, Math.ceil(behind / 1000) * 1000))
        } behind the watermark: windows take them where they still cover them, the rest is ` +
        `judged by itself`,
      ]
      : []),
    ...(untimed
      ? [`${count(untimed, "row")} without a time that can be believed: windows do not see them`]
      : []),
  ];
  return {
    kind: "late",
    subject: host === "" ? input : host,
    time,
    detail: { input, host, count: rows + untimed, untimed, behind_ms: behind },
    message: `${whose}: ${why.join("; ")}`,
  };
}

/** Two notes about late rows of one host as one. */
export function mergeLate(a: Health, b: Health): Health {
  const of = ({ detail }: Health) =>
    detail as { count: number; untimed: number; behind_ms: number };
  const { input, host } = a.detail as { input: string; host: string };
  const untimed = of(a).untimed + of(b).untimed;
  return lateNote({
    input,
    host,
    untimed,
    rows: of(a).count + of(b).count - untimed,
    behind: Math.max(of(a).behind_ms, of(b).behind_ms),
  }, Math.max(a.time, b.time));
}
