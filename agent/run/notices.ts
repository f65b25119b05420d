/** Messages on stderr that repeat: of one subject once a minute, and no more than so many a minute. */

/** ms in which a message about one subject is not repeated. */
const SAME_SUBJECT = 60_000;
/** Messages within that time. */
const PER_MINUTE = 100;

export class Notices {
  /** Until when messages are not repeated, of performance.now, by subject. */
  readonly #silentUntil = new Map<string, number>();
  readonly #notice: (text: string) => void;

  constructor(notice: (text: string) => void) {
    this.#notice = notice;
  }

  /** Prints a message unless one about this subject was printed within the last minute. */
  once(subject: string, text: string): void {
    const now = performance.now();
    if (now < (this.#silentUntil.get(subject) ?? -Infinity)) return;
    for (const [old, until] of this.#silentUntil) if (until <= now) this.#silentUntil.delete(old);
    // Hosts can be invented: so many subjects a minute are named, the rest is in the store's health.
    if (this.#silentUntil.size >= PER_MINUTE) return;
    this.#silentUntil.set(subject, now + SAME_SUBJECT);
    this.#notice(text);
  }
}
