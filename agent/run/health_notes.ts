/**
 * Health events that repeat: late rows of one host are told at once, then counted together and told
 * at most once a minute, so that a host whose clock is behind fills neither the store nor stderr.
 */
import { type Health, mergeLate } from "../engine/health.ts";

/** ms in which late rows of one host are told once. */
const EVERY = 60_000;
/** Hosts that are told apart; beyond, what waits is told and all are forgotten. */
const MOST = 1000;

interface Waiting {
  note: Health | null;
  /** When it is told, ms of the clock that is given to {@link HealthNotes.take}. */
  due: number;
}

export class HealthNotes {
  readonly #late = new Map<string, Waiting>();

  /** What is to be told now. @param now ms of any clock that only rises; Infinity for all that waits */
  take(notes: readonly Health[], now: number): Health[] {
    const out: Health[] = [];
    for (const note of notes) {
      if (note.kind === "late") this.#add(note);
      else out.push(note);
    }
    const all = now === Infinity || this.#late.size > MOST;
    for (const waiting of this.#late.values()) {
      if (waiting.note === null || (!all && now < waiting.due)) continue;
      out.push(waiting.note);
      waiting.note = null;
      waiting.due = now + EVERY;
    }
    if (this.#late.size > MOST) this.#late.clear();
    return out;
  }

  #add(note: Health): void {
    const key = `${note.detail.input} ${note.detail.host}`;
    const waiting = this.#late.get(key);
    if (waiting === undefined) this.#late.set(key, { note, due: -Infinity });
    else waiting.note = waiting.note === null ? note : mergeLate(waiting.note, note);
  }
}
