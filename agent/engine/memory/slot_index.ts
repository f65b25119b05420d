/** Slots of a table by key, for keys that are numbers of a pool. */

/** Where the slots of a table's keys are: open addressing, linear probing, at most half full. */
export class SlotIndex {
  /** Key, and slot + 1 or 0 where nothing is, in turn. */
  #places = new Int32Array(2 * 16);
  #shift = 28;
  size = 0;

  /** The slot of a key, or -1. */
  get(key: number): number {
    const places = this.#places, mask = (places.length >> 1) - 1;
    for (let i = Math.imul(key, SPREAD) >>> this.#shift;; i = (i + 1) & mask) {
      const slot = places[2 * i + 1] - 1;
      if (slot < 0 || places[2 * i] === key) return slot;
    }
  }

  /** Adds a key that is not there. */
  add(key: number, slot: number): void {
    if (4 * ++this.size > this.#places.length) this.#grow();
    this.#put(key, slot + 1);
  }

  remove(key: number): void {
    const places = this.#places, mask = (places.length >> 1) - 1, shift = this.#shift;
    let i = Math.imul(key, SPREAD) >>> shift;
    while (places[2 * i] !== key || places[2 * i + 1] === 0) i = (i + 1) & mask;
    for (let j = (i + 1) & mask; places[2 * j + 1] !== 0; j = (j + 1) & mask) {
      const home = Math.imul(places[2 * j], SPREAD) >>> shift;
      if (((j - home) & mask) < ((j - i) & mask)) continue;
      places[2 * i] = places[2 * j];
      places[2 * i + 1] = places[2 * j + 1];
      i = j;
    }
    places[2 * i + 1] = 0;
    this.size--;
  }

  #put(key: number, entry: number): void {
    const places = this.#places, mask = (places.length >> 1) - 1;
    let i = Math.imul(key, SPREAD) >>> this.#shift;
    while (places[2 * i + 1] !== 0) i = (i + 1) & mask;
    places[2 * i] = key;
    places[2 * i + 1] = entry;
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Int32Array(2 * old.length);
    this.#shift--;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#put(old[i], old[i + 1]);
    }
  }
}

/** 2^32 by the golden ratio: keys are numbers in turn, which it spreads evenly (Knuth, volume 3, 6.4). */
const SPREAD = 0x9e3779b1 | 0;
