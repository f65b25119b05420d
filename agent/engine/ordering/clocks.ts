/**
 * The clocks of live input: whether the times that a host writes agree with the arrival of its lines.
 * One clock for each (input, peer address, host), so that nobody who sends to an input can speak for
 * another sender's clock.
 */

/**
 * Clocks that are known at a time, and of one sender; beyond, the one that was read longest ago is
 * forgotten: of the sender, or of the sender that was heard longest ago.
 */
const MOST = 65_536, MOST_OF_SENDER = 16_384;
/** ms that an event may be ahead of its arrival and still be ordered by its own time. */
export const AHEAD = 60_000;
const QUARTER = 15 * 60_000;
/** ms that the differences of a host with a steady clock may vary, and lie beside a whole quarter of an hour. */
const STEADY = 30_000;
/** Events that have to agree before a clock is called ahead, or behind by a zone. */
const AGREEING_AHEAD = 3, AGREEING_BEHIND = 5;
/** ms over which they have to come: a backlog that is sent at once says nothing of a clock. */
const SPAN_AHEAD = 1_000, SPAN_BEHIND = 5_000;
/** Clocks that are told of at a time. */
const MOST_NOTES = 20;
/** Names of hosts that are told are cut here. */
const NAME = 100;

/** A clock that is off: what health events and stderr say of it. */
export interface ClockNote {
  /** The host as its lines name it, or its address. */
  readonly host: string;
  /** Name of the input. */
  readonly input: string;
  /** ms that the host is ahead of this machine; negative: behind; 0: right again. */
  readonly offset: number;
}

/** Whose clock it is. */
export interface ClockName {
  /** Of the input. */
  readonly slot: number;
  /** Name of the input. */
  readonly input: string;
  /** The address that the lines come from; empty where they are read from a file. */
  readonly peer: string;
  /** As the lines name it: any text. */
  readonly host: string;
}

interface Clock {
  readonly host: string;
  readonly input: string;
  /** ms that are taken off the host's times. */
  offset: number;
  /** The last differences between time and arrival that agreed, and when they came. */
  agreeing: number;
  least: number;
  most: number;
  since: number;
}

export class ClockTracker {
  /** By sender and by host, each in order of use. */
  readonly #senders = new Map<string, Map<string, Clock>>();
  #size = 0;
  #notes: ClockNote[] = [];
  #lastSlot = -1;
  #lastPeer = "";
  #lastHost = "";
  #last: Clock | null = null;

  /** @param most clocks that are known at a time @param mostOfSender of one input and address */
  constructor(private readonly most = MOST, private readonly mostOfSender = MOST_OF_SENDER) {}

  get size(): number {
    return this.#size;
  }

  /**
   * The time by which an event of live input is ordered, in ms: its own less what its host's clock is
   * off; its arrival when that is more than a minute ahead.
   * @param judged the input is caught up, so that arrival says when an event was written
   */
  order(of: ClockName, time: number, arrival: number, judged: boolean): number {
    const clock = this.#clock(of);
    if (judged) this.#judge(clock, time - arrival, arrival);
    const t = time - clock.offset;
    return t > arrival + AHEAD ? arrival : t;
  }

  /** What was found since the last call. */
  takeNotes(): ClockNote[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  /** Offsets that are in force, for checkpoints. */
  save(): [string, string, string, number][] {
    const out: [string, string, string, number][] = [];
    for (const [sender, clocks] of this.#senders) {
      for (const c of clocks.values()) {
        if (c.offset !== 0) out.push([sender, c.input, c.host, c.offset]);
      }
    }
    return out;
  }

  load(saved: readonly (readonly [string, string, string, number])[]): void {
    for (const [sender, input, host, offset] of saved) {
      this.#add(sender, host, { ...newClock(input, host), offset });
    }
  }

  #clock({ slot, input, peer, host }: ClockName): Clock {
    // Lines of one host follow each other.
    if (
      this.#last !== null && host === this.#lastHost && peer === this.#lastPeer &&
      slot === this.#lastSlot
    ) return this.#last;
    const sender = `${slot} ${peer}`;
    const clocks = this.#senders.get(sender);
    const known = clocks?.get(host);
    if (known === undefined) this.#last = this.#add(sender, host, newClock(input, host || peer));
    else {
      // The order of the maps is that of use.
      clocks!.delete(host);
      clocks!.set(host, known);
      this.#senders.delete(sender);
      this.#senders.set(sender, clocks!);
      this.#last = known;
    }
    this.#lastSlot = slot;
    this.#lastPeer = peer;
    this.#lastHost = host;
    return this.#last!;
  }

  #add(sender: string, host: string, clock: Clock): Clock {
    const clocks = this.#senders.get(sender) ?? new Map<string, Clock>();
    if (clocks.size >= this.mostOfSender) this.#forget(clocks);
    else if (this.#size >= this.most) {
      const [name, oldest] = this.#senders.entries().next().value!;
      this.#forget(oldest);
      if (oldest.size === 0) this.#senders.delete(name);
    }
    clocks.set(host, clock);
    this.#size++;
    this.#senders.delete(sender);
    this.#senders.set(sender, clocks);
    return clock;
  }

  /** Forgets a sender's clock that was read longest ago. */
  #forget(clocks: Map<string, Clock>): void {
    clocks.delete(clocks.keys().next().value!);
    this.#size--;
  }

  #judge(c: Clock, difference: number, arrival: number): void {
    const least = Math.min(c.least, difference), most = Math.max(c.most, difference);
    if (c.agreeing === 0 || most - least > STEADY) {
      c.agreeing = 1;
      c.least = c.most = difference;
      c.since = arrival;
      return;
    }
    c.agreeing++;
    c.least = least;
    c.most = most;
    const offset = offsetOf(c, arrival - c.since);
    if (offset === null || offset === c.offset) return;
    // A clock that is off by other than quarters of an hour drifts: its offset is kept while it fits.
    if (offset !== 0 && Math.abs(offset - c.offset) <= STEADY) return;
    c.offset = offset;
    // Hosts can be invented: what is said of them has a limit.
    if (this.#notes.length < MOST_NOTES) {
      this.#notes.push({ host: c.host.slice(0, NAME), input: c.input, offset });
    }
  }
}

const newClock = (input: string, host: string): Clock => ({
  host,
  input,
  offset: 0,
  agreeing: 0,
  least: 0,
  most: 0,
  since: 0,
});

/** What a clock is off by the differences that agree; 0 when it is right, null when it cannot be said. */
function offsetOf(c: Clock, span: number): number | null {
  // A line may be late on its way, never early: the largest difference is the nearest to the truth.
  const { most } = c;
  if (most > AHEAD) {
    if (c.agreeing < AGREEING_AHEAD || span < SPAN_AHEAD) return null;
    return nearQuarter(most) ?? most;
  }
  if (c.agreeing < AGREEING_BEHIND || span < SPAN_BEHIND) return null;
  if (most > -QUARTER + STEADY) return 0;
  return nearQuarter(most);
}

/** The multiple of a quarter of an hour that a difference lies beside; null when there is none. */
function nearQuarter(difference: number): number | null {
  const quarters = Math.round(difference / QUARTER) * QUARTER;
  return quarters !== 0 && Math.abs(difference - quarters) <= STEADY ? quarters : null;
}
