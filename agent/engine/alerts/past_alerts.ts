/**
 * Alerts that earlier runs stored, for the rule that adds up risk. What is known of an entity from before
 * goes in front of the rows that name it, so that its score goes on by its halving where an earlier run
 * left it, whatever that run read. Past rows are counted, and raise nothing themselves.
 */
import type { Severity } from "../../../compiler/ir/program.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import type { RowContext } from "../memory/context.ts";
import { Heap } from "../ordering/heap.ts";
import { EMPTY_KEY } from "../memory/key_pool.ts";
import type { Row } from "../memory/records.ts";

/** A stored alert that adds to risk. */
export interface PastAlert {
  readonly rule: string;
  readonly title: string;
  /** What the rule gave it. */
  readonly given: Severity;
  /** Epoch ms. */
  readonly time: number;
  readonly entity: Readonly<Record<string, unknown>>;
  readonly risk: number;
  /** The first tactic that its rule names. */
  readonly tactic: string | null;
  /** Where it came from, as its event or its entity says. */
  readonly src: string | null;
}

interface PastRow {
  readonly t: number;
  readonly row: Row;
}

const keyOf = (name: unknown, value: unknown) => `${name} ${value}`;
const idOf = (row: Row, t: number) => `${t} ${row.rule} ${row.entity_field} ${row.entity}`;

/** Past alerts as rows of `signal any`, by entity. */
export class PastAlerts {
  #byEntity = new Map<string, PastRow[]>();

  get size(): number {
    return this.#byEntity.size;
  }

  /** Takes these in place of what it held. */
  set(alerts: readonly PastAlert[]): void {
    this.#byEntity = new Map();
    for (const alert of [...alerts].sort((a, b) => a.time - b.time)) {
      const { rule, title, given, time, entity, risk, tactic, src } = alert;
      const shared: Row = { rule, title, severity: given, risk, count: 1 };
      if (tactic !== null) Object.assign(shared, { tactic, tactics: [tactic] });
      if (src !== null) shared.src = src;
      for (const [name, value] of Object.entries(entity)) {
        if (value === null || value === "" || typeof value === "object") continue;
        const row = { ...shared, entity_field: name, entity: String(value) };
        const key = keyOf(name, value), rows = this.#byEntity.get(key);
        if (rows) rows.push({ t: time, row });
        else this.#byEntity.set(key, [{ t: time, row }]);
      }
    }
  }

  /** What another one holds. */
  share(other: PastAlerts): void {
    this.#byEntity = other.#byEntity;
  }

  /** The past rows of each entity. */
  entities(): Iterable<readonly PastRow[]> {
    return this.#byEntity.values();
  }

  /** The past rows of a row's entity, by time. */
  of(row: Row): readonly PastRow[] | undefined {
    if (this.#byEntity.size === 0) return undefined;
    return this.#byEntity.get(keyOf(field(row, "entity_field"), field(row, "entity")));
  }
}

/** The next past row of an entity that the run has named. */
interface Waiting {
  readonly rows: readonly PastRow[];
  readonly next: number;
}

/**
 * Hands a rule past rows in front of its own, in one course of time: of an entity all that are earlier when
 * it is first named, and from then on each in its turn.
 */
export class PastReader {
  readonly #named = new Set<string>();
  readonly #waiting = new Heap<Waiting>((a, b) => a.rows[a.next].t < b.rows[b.next].t);
  /** Alerts that this run raised itself at that time: a log that is read again raises the same. */
  readonly #own = new Set<string>();
  #at = -Infinity;

  /**
   * @param holds whether the rule holds something of a row's entity
   * @param take hands a row to the rule
   */
  constructor(
    private readonly past: PastAlerts,
    private readonly cx: RowContext,
    private readonly holds: (row: Row) => boolean,
    private readonly take: (row: Row) => void,
  ) {}

  row(row: Row): void {
    const { cx, past } = this;
    if (past.size > 0 && !cx.late && !cx.aside) this.#before(row);
    this.take(row);
  }

  #before(row: Row): void {
    const { cx } = this;
    const { t, offset, meta } = cx;
    if (this.#at === -Infinity && cx.restored > -Infinity) this.#goOn();
    if (t > this.#at) {
      this.#hand(t);
      this.#own.clear();
      this.#at = t;
    }
    const rows = this.past.of(row);
    if (rows !== undefined) {
      this.#name(row, rows);
      this.#hand(t);
      this.#own.add(idOf(row, t));
    }
    cx.t = t;
    cx.atRef(offset, meta);
    this.#start();
  }

  /** Entities that a checkpoint holds were named before it. */
  #goOn(): void {
    for (const rows of this.past.entities()) {
      if (this.holds(rows[0].row)) this.#name(rows[0].row, rows);
    }
  }

  #name(row: Row, rows: readonly PastRow[]): void {
    const key = keyOf(field(row, "entity_field"), field(row, "entity"));
    if (this.#named.has(key)) return;
    this.#named.add(key);
    // What a checkpoint holds of an entity has its past up to there.
    const from = this.holds(row) ? this.cx.restored : -Infinity;
    const next = rows.findIndex(({ t }) => t > from);
    if (next >= 0) this.#waiting.add({ rows, next });
  }

  /** Those before a time. */
  #hand(until: number): void {
    const { cx } = this;
    for (let w = this.#waiting.peek(); w !== undefined; w = this.#waiting.peek()) {
      const { t, row } = w.rows[w.next];
      if (t >= until) return;
      this.#waiting.take();
      if (w.next + 1 < w.rows.length) this.#waiting.add({ rows: w.rows, next: w.next + 1 });
      if (this.#own.has(idOf(row, t))) continue;
      cx.t = t;
      cx.nowhere();
      this.#start();
      cx.past = true;
      this.take(row);
      cx.past = false;
    }
  }

  #start(): void {
    const { cx } = this;
    cx.seq++;
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    cx.derived = null;
  }
}
