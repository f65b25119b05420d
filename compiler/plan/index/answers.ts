/**
 * Answers for values that were seen before. Two generations, so that what is asked for often stays: the
 * older one is dropped when the younger is full. It grows while that pays, as long as there is room
 * for all, and gives up on values that do not repeat themselves.
 */
import { keep } from "../../schema/keep.ts";
import type { Value } from "../../schema/types.ts";

/** Values of a generation at first and at most. */
const FIRST = 128, MOST = 2048;
/** After so many values it is seen whether remembering pays: a quarter of them have to be known. */
const TRIAL = 4096;

/** Values that all of a program's answers together may remember beyond what each begins with. */
export interface Room {
  values: number;
}

export const ROOM = 32_768;

/** A value as it is held, which is a copy of a text, and its answer. */
interface Known<T> {
  readonly value: Value;
  readonly answer: T;
}

export class Answers<T> {
  #young = new Map<Value, Known<T>>();
  #old = new Map<Value, Known<T>>();
  #most = FIRST;
  #remembering = true;
  #asked = 0;
  #known = 0;
  /** Values that were known before the younger generation was begun. */
  #knownThen = 0;

  constructor(readonly room: Room) {}

  /** Gives the room back. */
  release(): void {
    this.#forget();
  }

  /** The answer, or nothing for a value that is not known. */
  get(value: Value): T | undefined {
    this.#asked++;
    if (!this.#remembering) {
      // What changes with every event may repeat itself later.
      if (this.#asked < 16 * TRIAL) return undefined;
      this.#remembering = true;
      this.#asked = this.#known = this.#knownThen = 0;
      return undefined;
    }
    let known = this.#young.get(value);
    if (known === undefined) {
      known = this.#old.get(value);
      if (known === undefined) return undefined;
      this.#add(known);
    }
    this.#known++;
    return known.answer;
  }

  /** Whether the answer for a value that was not known should be put. */
  get wanted(): boolean {
    if (!this.#remembering) return false;
    if (this.#asked < TRIAL) return true;
    // With few places values may be gone before they come again.
    this.#remembering = this.#known * 4 >= this.#asked || this.#growTo(MOST);
    this.#asked = this.#known = this.#knownThen = 0;
    if (!this.#remembering) this.#forget();
    return this.#remembering;
  }

  put(value: Value, answer: T): void {
    this.#add({ value: typeof value === "string" ? keep(value) : value, answer });
  }

  #add(known: Known<T>): void {
    if (this.#young.size >= this.#most) this.#turn();
    this.#young.set(known.value, known);
  }

  /** The younger generation is full: it becomes the older one, or gets more room. */
  #turn(): void {
    const pays = (this.#known - this.#knownThen) * 2 >= this.#most;
    if (pays && this.#growTo(2 * this.#most)) return;
    this.#knownThen = this.#known;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Whether there is room for so many values a generation, more than there are. */
  #growTo(most: number): boolean {
    const more = 2 * (most - this.#most);
    if (most > MOST || more <= 0 || this.room.values < more) return false;
    this.room.values -= more;
    this.#most = most;
    return true;
  }

  #forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.room.values += 2 * (this.#most - FIRST);
    this.#most = FIRST;
  }
}
