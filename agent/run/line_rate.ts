/** How fast an input is read. */

/** ms that a rate of what goes on looks back at least; at most twice as far. */
const SPAN = 30_000;

interface Mark {
  readonly at: number;
  readonly lines: number;
}

/** Lines per second: of what ends over all its time, of what goes on over the last minute at most. */
export class LineRate {
  readonly #recent: boolean;
  #from: Mark;
  #next: Mark;

  /** @param at epoch ms @param lines that were read by then @param recent whether the input goes on */
  constructor(at: number, lines: number, recent: boolean) {
    this.#recent = recent;
    this.#from = this.#next = { at, lines };
  }

  /** @param at epoch ms, not before that of an earlier call @param lines that were read by then */
  of(at: number, lines: number): number {
    if (this.#recent && at - this.#next.at >= SPAN) {
      this.#from = this.#next;
      this.#next = { at, lines };
    }
    const seconds = Math.max(1e-3, (at - this.#from.at) / 1000);
    return Math.round((lines - this.#from.lines) / seconds);
  }
}
