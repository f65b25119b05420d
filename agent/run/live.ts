/** What a run does for inputs that come while it goes on: meets them, and tells silence from slowness. */
import type { InputState } from "./input_state.ts";
import { identify, type Identities, prepare, type ReadOptions } from "./inputs.ts";
import type { Summary } from "./progress.ts";
import type { InputAnnounced, Listener } from "../sources/listener.ts";
import { elapsedText } from "../outputs/render/text.ts";
import type { HealthEvent } from "../store/mod.ts";

/** The inputs that listeners announce. */
export class LiveInputs {
  private queue: InputAnnounced[] = [];
  private readonly announced = new Map<InputAnnounced, InputState>();
  /** Inputs that are read by their positions: one that comes again goes on. */
  private readonly positioned = new Map<string, InputState>();
  private index = 0;

  constructor(
    private readonly listeners: readonly Listener[],
    private readonly options: ReadOptions,
    private readonly identities: Identities,
    wake: () => void,
  ) {
    for (const listener of listeners) {
      listener.arrived = (arrival) => {
        this.queue.push(arrival);
        wake();
      };
    }
  }

  /** Whether there is anything that may bring inputs. */
  get active(): boolean {
    return this.listeners.length > 0;
  }

  /** Whether all inputs are there after `start`, and each comes to its end. */
  get ends(): boolean {
    return this.listeners.every((listener) => listener.ends);
  }

  /** Starts the listeners. @param index of the first input that they announce */
  async start(index: number): Promise<InputState[]> {
    this.index = index;
    for (const listener of this.listeners) this.queue.push(...await listener.start());
    return await this.admit();
  }

  /** Further inputs are numbered from here on. */
  count(inputs: number): void {
    this.index = inputs;
  }

  /** Inputs that have turned up, and such as go on in another file; their `state` is `done` then. */
  async admit(): Promise<InputState[]> {
    if (this.queue.length === 0) return [];
    const out: InputState[] = [];
    const later: InputAnnounced[] = [];
    for (const arrival of this.queue.splice(0)) {
      const { continues, identity = "" } = arrival;
      const state = continues
        ? this.announced.get(continues.arrival)!
        : this.positioned.get(identity);
      if (!state) out.push(await this.meet(arrival));
      // Its last lines are not taken yet.
      else if (state.state === "running") later.push(arrival);
      else {
        state.continues(arrival.found, arrival.live, arrival.offset);
        out.push(state);
      }
    }
    this.queue.unshift(...later);
    return out;
  }

  /** Takes in no more. Resolves when nothing more comes. */
  async stop(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.stop()));
  }

  /** What did not get through since the last call, told and counted. */
  async losses(summary: Summary): Promise<HealthEvent[]> {
    const out: HealthEvent[] = [];
    for (const listener of this.listeners) {
      for (const { subject, message, reason, count } of await listener.losses()) {
        this.options.notice(`warning: ${message}`);
        if (reason) summary.dropped[reason] = (summary.dropped[reason] ?? 0) + count;
        out.push({
          time: Date.now(),
          kind: reason ? "dropped" : "gap",
          subject,
          message,
          detail: reason ? { reason, count } : {},
        });
      }
    }
    return out;
  }

  private async meet(arrival: InputAnnounced): Promise<InputState> {
    const { found, live, identity, sourcetype, lateness, offset } = arrival;
    const state = prepare({
      found,
      index: this.index++,
      live,
      identity,
      sourcetype,
      lateness,
      offset,
    }, this.options);
    if (live?.rereads && identity !== undefined) this.positioned.set(identity, state);
    await identify(state, this.options, this.identities);
    this.announced.set(arrival, state);
    return state;
  }
}

/** ms between two turns of the clock. */
const TURN = 100;

/** Turns of the clock while inputs are live. */
export class RunClock {
  next = performance.now() + TURN;

  /** Turns that make a silence of so many ms. */
  static turns(ms: number): number {
    return Math.max(1, Math.round(ms / TURN));
  }

  /** Whether a turn is due; what had come by then has been given its chance to be seen. */
  async due(): Promise<boolean> {
    if (performance.now() < this.next) return false;
    await new Promise((done) => setTimeout(done, 0));
    this.next = performance.now() + TURN;
    return true;
  }
}

/** Inputs named one by one in a note, when several fall silent at once. */
const NAMED = 3;

/** Health notes that inputs became idle. @param names of those that were active before @param idle ms */
export function idleNotes(names: readonly string[], idle: number): HealthEvent[] {
  const note = (subject: string, message: string, of: string[]): HealthEvent => ({
    time: Date.now(),
    kind: "idle",
    subject,
    message,
    detail: { inputs: of, after_ms: idle },
  });
  const does = "and does not hold the others back any more";
  const long = elapsedText(idle);
  if (names.length <= NAMED) {
    return names.map((name) => note(name, `${name} has been silent for ${long} ${does}`, [name]));
  }
  return [
    note(
      `${names.length} inputs`,
      `${names.length} inputs have been silent for ${long} and do not hold the others back any more`,
      names.slice(0, 100),
    ),
  ];
}
