/** Classifies stdin as live (`tail -f`) or as a file that is piped in. */

/** Shorter waits are usual for a pipe that is read to its end, ms. */
const WAIT = 20;
/** Total wait after which stdin is classified as live, ms. */
const LIVE_AFTER_MS = 3000;

/**
 * Nothing says of stdin whether it will end. Once its reader has waited long enough in all,
 * it is classified as live, and alerts are reported when they open, not only when they close.
 */
export class Pace {
  private waited = 0;
  /** Whether it goes on. Once so, always so. */
  live = false;

  /** @param asked whether there is a pipe among the inputs */
  constructor(private readonly asked: boolean) {}

  /** When waiting that begins now will have been too long, of performance.now. */
  get deadline(): number {
    return this.asked && !this.live ? performance.now() + LIVE_AFTER_MS - this.waited : Infinity;
  }

  /**
   * @param ms how long nothing was there to read
   * @returns whether it is now known to go on
   */
  add(ms: number): boolean {
    if (!this.asked || this.live) return false;
    if (ms >= WAIT) this.waited += ms;
    return this.live = this.waited >= LIVE_AFTER_MS;
  }
}
