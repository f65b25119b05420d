/** State by key, in order of last touch, with a cap. */
import type { Context } from "./context.ts";

/** What every entry starts with. */
export interface Keyed {
  readonly key: string;
  /** Event time of the last touch. */
  touched: number;
  /** Checkpoint period of the last touch. */
  epoch: number;
  older: Keyed | null;
  newer: Keyed | null;
}

/** The tables of one engine together, for the cap over all. */
export interface TableGroup {
  size: number;
  readonly tables: KeyTable<Keyed>[];
}

/**
 * A map with a list through its entries from the one touched longest ago to the newest. Rows come in
 * order of event time, so the list is in order of time too, and what has expired is at its head.
 */
export class KeyTable<E extends Keyed> {
  readonly #map = new Map<string, E>();
  #last: E | undefined = undefined;
  oldest: E | null = null;
  newest: E | null = null;
  /** Keys removed since the last incremental checkpoint; null while nobody takes those. */
  removed: Set<string> | null = null;

  constructor(
    readonly cx: Context,
    readonly rule: number,
    readonly group: TableGroup,
    /** Called with an entry that the cap drives out, before it goes. */
    readonly onEvict: (entry: E) => void,
  ) {
    group.tables.push(this as unknown as KeyTable<Keyed>);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: string): E | undefined {
    const last = this.#last;
    if (last !== undefined && last.key === key) return last;
    const e = this.#map.get(key);
    if (e !== undefined) this.#last = e;
    return e;
  }

  /** Adds a new key's entry as the newest, and evicts while a cap is passed. */
  add(entry: E): void {
    this.#map.set(entry.key, entry);
    this.#last = entry;
    this.group.size++;
    this.removed?.delete(entry.key);
    this.#link(entry);
    const { keysPerRule, keysInAll } = this.cx.limits;
    while (this.#map.size > keysPerRule) this.evict();
    while (this.group.size > keysInAll) {
      let most = this.group.tables[0];
      for (const t of this.group.tables) if (t.size > most.size) most = t;
      most.evict();
    }
  }

  /** Marks an entry touched at event time `t`. */
  touch(entry: E, t: number): void {
    entry.touched = t;
    entry.epoch = this.cx.epoch;
    if (this.newest === entry) return;
    this.#unlink(entry);
    this.#link(entry);
  }

  remove(entry: E): void {
    if (!this.#map.delete(entry.key)) return;
    this.group.size--;
    this.#unlink(entry);
    if (this.#last === entry) this.#last = undefined;
    this.removed?.add(entry.key);
  }

  evict(): void {
    const e = this.oldest;
    if (e === null) return;
    this.onEvict(e);
    this.remove(e);
    this.cx.evicted[this.rule] = (this.cx.evicted[this.rule] ?? 0) + 1;
  }

  /** Entries from the one touched longest ago. */
  *entries(): Generator<E> {
    for (let e = this.oldest; e !== null; e = e.newer as E | null) yield e;
  }

  /** Entries touched in the present checkpoint period, oldest first: the cost follows the change. */
  touchedSince(epoch: number): E[] {
    const out: E[] = [];
    for (let e = this.newest; e !== null && e.epoch >= epoch; e = e.older as E | null) out.push(e);
    return out.reverse();
  }

  #link(e: E): void {
    e.older = this.newest;
    e.newer = null;
    if (this.newest) this.newest.newer = e;
    else this.oldest = e;
    this.newest = e;
  }

  #unlink(e: E): void {
    if (e.older) e.older.newer = e.newer;
    else this.oldest = e.newer as E | null;
    if (e.newer) e.newer.older = e.older;
    else this.newest = e.older as E | null;
    e.older = e.newer = null;
  }
}
