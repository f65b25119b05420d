/** When the events of each stretch of an input were, gathered while they are serialised: see ids.ts. */

/** Bytes of an input that are one block. */
export const BLOCK = 32_768;
/** Longest time between the events of a place, in ms: what a look at one id has to pass over. */
export const LONGEST = 10_000;
/** So that an input with few lines has no place for each: the first so many may lie further apart. */
const FEW = 16, LONGEST_OF_FEW = 120_000;
/** Places of a block that an event is held against, the newest first: hosts of one input whose clocks differ. */
const TRIED = 8;

/** Some events of a block: those from byte `first` to byte `last` that were between two times, in ms. */
interface BlockRange {
  readonly block: number;
  readonly first: number;
  last: number;
  earliest: number;
  latest: number;
  events: number;
}

/** What {@link BlockIndex} holds of the place at hand: numbers that change with every event, unboxed. */
const EARLIEST = 0, LATEST = 1, LAST = 2, END = 3, EVENTS = 4;

/** Gathers the places of events of one input while they are serialised. */
export class BlockIndex {
  readonly #all: BlockRange[] = [];
  readonly #now = Float64Array.of(0, -1, 0, 0, 0);
  #place: BlockRange | undefined;
  /** Where those of the block at hand begin. */
  #begin = 0;

  /** @param time ms, as it is stored */
  add(offset: number, time: number): void {
    const now = this.#now;
    const earliest = time < now[EARLIEST] ? time : now[EARLIEST];
    const latest = time > now[LATEST] ? time : now[LATEST];
    if (latest - earliest <= LONGEST && offset >= now[LAST] && offset < now[END]) {
      now[EARLIEST] = earliest;
      now[LATEST] = latest;
      now[LAST] = offset;
      now[EVENTS]++;
    } else this.#turn(offset, time);
  }

  /** To the place of an event that is not in the one at hand as it is. */
  #turn(offset: number, time: number): void {
    this.#settle();
    const block = Math.floor(offset / BLOCK);
    const all = this.#all;
    if (block !== this.#place?.block) this.#begin = all.length;
    const place = this.#fitting(offset, time) ??
      { block, first: offset, last: offset, earliest: time, latest: time, events: 0 };
    if (place.events === 0) all.push(place);
    this.#place = place;
    this.#now.set([
      Math.min(place.earliest, time),
      Math.max(place.latest, time),
      offset,
      (block + 1) * BLOCK,
      place.events + 1,
    ]);
  }

  /** A place of the block at hand that may take the event. */
  #fitting(offset: number, time: number): BlockRange | undefined {
    const all = this.#all;
    for (let i = all.length - 1; i >= this.#begin && i >= all.length - TRIED; i--) {
      const { last, earliest, latest, events } = all[i];
      const length = Math.max(latest, time) - Math.min(earliest, time);
      if (offset >= last && length <= (events < FEW ? LONGEST_OF_FEW : LONGEST)) return all[i];
    }
    return undefined;
  }

  #settle(): void {
    const [earliest, latest, last, , events] = this.#now;
    if (this.#place) Object.assign(this.#place, { earliest, latest, last, events });
  }

  /** Block, first, last, earliest and latest of each, one after the other. */
  take(): Float64Array {
    this.#settle();
    const out = new Float64Array(5 * this.#all.length);
    for (const [i, { block, first, last, earliest, latest }] of this.#all.entries()) {
      out.set([block, first, last, earliest, latest], 5 * i);
    }
    return out;
  }
}
