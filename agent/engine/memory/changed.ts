/** Which alerts changed since their changes were taken last: those of one rule, in order. */
import type { AlertRecord } from "./records.ts";

/** Which changes of alerts are taken: all, or those that opened or ended, or that ended. */
export type ChangesTaken = "all" | "opened" | "ended";

/** Lengths of lists of all rules together, so that one look says that nothing is to be taken. */
export class ChangeCounts {
  /** Alerts whose changes wait. */
  changed = 0;
  opened = 0;
  ended = 0;

  /** Whether there may be a change of those that are taken. */
  has(which: ChangesTaken): boolean {
    if (which === "all") return this.changed > 0;
    return this.ended > 0 || (which === "opened" && this.opened > 0);
  }
}

/** Lists keep records that were taken by another one, which are no longer dirty, until they are many. */
export class ChangedRecords {
  /** In order of their changes. */
  #all: AlertRecord[] = [];
  /** Those among them that were not reported yet. */
  #opened: AlertRecord[] = [];
  /** Those that are closed. */
  readonly #ended: AlertRecord[] = [];
  /** Records whose changes wait. */
  #size = 0;

  /** @param counts of all rules together; kept up to date */
  constructor(readonly counts: ChangeCounts) {}

  get size(): number {
    return this.#size;
  }

  /** The records, in order, each once. */
  [Symbol.iterator](): IterableIterator<AlertRecord> {
    return new Set(this.#all.filter((record) => record.dirty)).values();
  }

  /** Notes a change. It costs next to nothing for a record whose changes wait already. */
  add(record: AlertRecord): void {
    if (record.closed) {
      this.#ended.push(record);
      this.counts.ended++;
    }
    if (record.dirty) return;
    record.dirty = true;
    this.#all.push(record);
    this.#size++;
    this.counts.changed++;
    if (record.reported || record.closed) return;
    this.#opened.push(record);
    this.counts.opened++;
  }

  /** Gives each record whose changes are asked for to `to`, once; the others wait. */
  take(which: ChangesTaken, to: (record: AlertRecord) => void): void {
    const all = this.#all;
    const lists = which === "all" ? [all] : which === "ended" ? [this.#ended] : [
      this.#opened,
      this.#ended,
    ];
    for (const list of lists) {
      for (const record of list) {
        if (!record.dirty) continue;
        record.dirty = false;
        this.#size--;
        this.counts.changed--;
        to(record);
      }
    }
    this.counts.ended -= this.#ended.length;
    this.#ended.length = 0;
    if (which !== "ended") this.#keepOpened([]);
    if (all.length > 2 * this.#size + 64 || which === "all") {
      this.#all = [...this];
      if (which === "ended") this.#keepOpened(this.#all.filter((record) => !record.reported));
    }
  }

  #keepOpened(list: AlertRecord[]): void {
    this.counts.opened += list.length - this.#opened.length;
    this.#opened = list;
  }
}
