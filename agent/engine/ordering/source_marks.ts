/**
 * The sources of one input: files and hosts whose lines one partition of a topic brings. How far each has
 * come in event time is kept apart, since they come as they were sent: after an outage one after the other.
 */

/** ms that the input has to have gone on without a line of a source until that is idle. */
const IDLE = 10_000;
/** ms for which the input has to have gone on until its sources are known: the first is not the only one. */
const YOUNG = IDLE;
/** Lines after which a source that no other has come beside is taken for the only one: two batches. */
const ALONE = 32_768;
/** Silence of the whole input says nothing of one source: a pause counts as so many ms at most. */
const PAUSE = 1000;
/** Sources that are followed at a time; beyond, the one that was heard longest ago holds nobody back. */
const MOST = 1024;

interface Mark {
  /** Largest event time seen. */
  seen: number;
  /** When its last line was sent, on the input's clock. */
  heard: number;
}

export interface SavedMarks {
  /** ms in which the input went on, and its lines. */
  readonly clock: number;
  readonly lines: number;
  /** When the last line of all was sent, epoch ms; null where none was. */
  readonly sent: number | null;
  /** Each source, its largest event time, and ms that the input has gone on since. */
  readonly marks: readonly (readonly [source: string, seen: number, ago: number])[];
}

export class SourceMarks {
  /** In order of use. */
  readonly #all = new Map<string, Mark>();
  /** ms in which the input went on, by the times at which its lines were sent: the same in each reading. */
  #clock = 0;
  #lines = 0;
  #sent = -Infinity;
  #last = "";
  #mark: Mark | null = null;

  /** @param most sources that are followed at a time */
  constructor(private readonly most = MOST) {}

  /** A line of a source that reaches an event time. @param sent when it was sent, epoch ms */
  note(source: string, time: number, sent: number): void {
    this.#lines++;
    if (sent > this.#sent) {
      if (this.#sent !== -Infinity) this.#clock += Math.min(sent - this.#sent, PAUSE);
      this.#sent = sent;
    }
    const mark = this.#of(source);
    mark.heard = this.#clock;
    if (time > mark.seen) mark.seen = time;
  }

  /**
   * Event time of the source furthest behind that is not idle; Infinity where there is none, -Infinity
   * while others may still turn up that are behind it.
   */
  floor(): number {
    if (this.#clock < YOUNG && (this.#all.size > 1 || this.#lines < ALONE)) return -Infinity;
    for (const [source, { heard }] of this.#all) {
      if (this.#clock - heard <= IDLE) break;
      this.#forget(source);
    }
    let least = Infinity;
    for (const { seen } of this.#all.values()) if (seen < least) least = seen;
    return least;
  }

  get size(): number {
    return this.#all.size;
  }

  save(): SavedMarks {
    return {
      clock: this.#clock,
      lines: this.#lines,
      sent: Number.isFinite(this.#sent) ? this.#sent : null,
      marks: [...this.#all].map(([source, { seen, heard }]) => [source, seen, this.#clock - heard]),
    };
  }

  load({ clock, lines, sent, marks }: SavedMarks): void {
    this.#clock = clock;
    this.#lines = lines;
    this.#sent = sent ?? -Infinity;
    for (const [source, seen, ago] of marks) {
      this.#all.set(source, { seen, heard: clock - ago });
    }
  }

  #of(source: string): Mark {
    // Lines of one source follow each other.
    if (this.#mark !== null && source === this.#last) return this.#mark;
    const mark = this.#all.get(source) ?? { seen: -Infinity, heard: 0 };
    // The order of the map is that of use.
    this.#all.delete(source);
    if (this.#all.size >= this.most) this.#forget(this.#all.keys().next().value!);
    this.#all.set(source, mark);
    this.#last = source;
    this.#mark = mark;
    return mark;
  }

  #forget(source: string): void {
    if (this.#all.get(source) === this.#mark) this.#mark = null;
    this.#all.delete(source);
  }
}
