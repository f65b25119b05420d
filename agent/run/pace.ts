/** Tells a pipe into which somebody writes as things happen from one that brings a file. */

/** Shorter waits are the way of pipes, ms. */
const WAIT = 20;
/** Waits that together make a log that goes on, ms. */
const PATIENCE = 3000;

/**
 * Nothing says of stdin whether it will end. What keeps its reader waiting is taken for a log that
 * goes on, such as `tail -f` gives: who reads it wants to hear of an alert when it opens.
 */
export class Pace {
  private waited = 0;
  /** Whether it goes on. Once so, always so. */
  live = false;

  /** @param asked whether there is a pipe among the inputs */
  constructor(private readonly asked: boolean) {}

  /** When waiting that begins now will have been too long, of performance.now. */
  get deadline(): number {
    return this.asked && !this.live ? performance.now() + PATIENCE - this.waited : Infinity;
  }

  /**
   * @param ms how long nothing was there to read
   * @returns whether it is now known to go on
   */
  add(ms: number): boolean {
    if (!this.asked || this.live) return false;
    if (ms >= WAIT) this.waited += ms;
    return this.live = this.waited >= PATIENCE;
  }
}
