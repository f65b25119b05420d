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

export class Answers<T> {
  #young = new Map<Value, T>();
  #old = new Map<Value, T>();
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
    let answer = this.#young.get(value);
    if (answer === undefined) {
      answer = this.#old.get(value);
      if (answer === undefined) return undefined;
      this.#add(value, answer);
    }
    this.#known++;
    return answer;
  }

  /** Whether the answer for a value that was not known should be put. */
  get wanted(): boolean {
    if (!this.#remembering) return false;
    if (this.#asked < TRIAL) return true;
    this.#remembering = this.#known * 4 >= this.#asked;
    this.#asked = this.#known = this.#knownThen = 0;
    if (!this.#remembering) this.#forget();
    return this.#remembering;
  }

  put(value: Value, answer: T): void {
    this.#add(typeof value === "string" ? keep(value) : value, answer);
  }

  #add(value: Value, answer: T): void {
    if (this.#young.size >= this.#most) this.#turn();
    this.#young.set(value, answer);
  }

  /** The younger generation is full: it becomes the older one, or gets more room. */
  #turn(): void {
    const more = 2 * this.#most;
    const pays = (this.#known - this.#knownThen) * 2 >= this.#most;
    if (pays && this.#most < MOST && this.room.values >= more) {
      this.room.values -= more;
      this.#most = more;
      return;
    }
    this.#knownThen = this.#known;
    this.#old = this.#young;
    this.#young = new Map();
  }

  #forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    // What was taken in steps of 2, 4, 8 … times the first.
    this.room.values += 2 * (this.#most - FIRST);
    this.#most = FIRST;
  }
}
