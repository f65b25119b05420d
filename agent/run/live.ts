/** What a run does for inputs that come while it goes on: meets them, and tells silence from slowness. */
import type { Engine } from "../engine/engine.ts";
import {
  identify,
  type Identities,
  type InputOptions,
  type InputState,
  prepare,
} from "./inputs.ts";
import type { Summary } from "./progress.ts";
import type { InputAnnounced, Listener } from "../sources/listener.ts";
import { newLineCounters } from "../stages/lines.ts";
import type { HealthEvent } from "../store/mod.ts";

/** The inputs that feeds bring. */
export class LiveInputs {
  private queue: InputAnnounced[] = [];
  private readonly opens = new Map<InputAnnounced, InputState>();
  private index = 0;

  constructor(
    private readonly feeds: readonly Listener[],
    private readonly options: InputOptions,
    private readonly identities: Identities,
    wake: () => void,
  ) {
    for (const feed of feeds) {
      feed.arrived = (arrival) => {
        this.queue.push(arrival);
        wake();
      };
    }
  }

  /** Whether there is anything that may bring inputs. */
  get active(): boolean {
    return this.feeds.length > 0;
  }

  /** Starts the feeds. @param index of the first input that they bring */
  async start(index: number): Promise<InputState[]> {
    this.index = index;
    for (const feed of this.feeds) this.queue.push(...await feed.start());
    return await this.admit();
  }

  /** So many inputs there are. */
  count(inputs: number): void {
    this.index = inputs;
  }

  /** Inputs that have turned up, and such as go on in another file; their `state` is `done` then. */
  async admit(): Promise<InputState[]> {
    if (this.queue.length === 0) return [];
    const out: InputState[] = [];
    const later: InputAnnounced[] = [];
    for (const arrival of this.queue.splice(0)) {
      const { continues } = arrival;
      if (!continues) out.push(await this.meet(arrival));
      else {
        const open = this.opens.get(continues.arrival)!;
        // Its last lines are not taken yet.
        if (open.state === "running") later.push(arrival);
        else out.push(goOn(open, arrival));
      }
    }
    this.queue.unshift(...later);
    return out;
  }

  /** Takes in no more. Resolves when nothing more comes. */
  async stop(): Promise<void> {
    await Promise.all(this.feeds.map((feed) => feed.stop()));
  }

  /** What did not get through since the last call, told and counted. */
  async losses(summary: Summary): Promise<HealthEvent[]> {
    const out: HealthEvent[] = [];
    for (const feed of this.feeds) {
      for (const { subject, message, reason, count } of await feed.losses()) {
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
    const { found, live, identity, sourcetype, lateness } = arrival;
    const open = prepare({
      found,
      index: this.index++,
      live: live ?? undefined,
      identity,
      sourcetype,
      lateness,
    }, this.options);
    await identify(open, this.options, this.identities);
    this.opens.set(arrival, open);
    return open;
  }
}

/** The same content in another file: the input goes on where it stood. */
function goOn(open: InputState, arrival: InputAnnounced): InputState {
  open.found = arrival.found;
  open.live = arrival.live;
  open.reader = null;
  open.counters = newLineCounters();
  return open;
}

/** Times between which a run's input is of now, in ms: a clock may be ahead, and a line on its way. */
const AHEAD = 60_000, BEHIND = 300_000;

/** Turns of the clock while inputs are live, and event time that goes on while all are silent. */
export class RunClock {
  next: number;
  private time = -Infinity;
  /** How far behind the clock the newest event was when it came, in ms. */
  private lag = Infinity;

  /** @param every ms */
  constructor(public engine: Engine | null, private readonly every: number) {
    this.every = Math.max(10, Math.min(1000, every));
    this.next = performance.now() + this.every;
  }

  /** An event time was reached by a line that came at `arrival`. */
  reached(time: number, arrival: number): void {
    if (time <= this.time) return;
    this.time = time;
    this.lag = arrival - time;
  }

  /** Whether a turn is due; what had come by then has been given its chance to be seen. */
  async due(): Promise<boolean> {
    if (performance.now() < this.next) return false;
    await new Promise((done) => setTimeout(done, 0));
    this.next = performance.now() + this.every;
    return true;
  }

  /**
   * When nothing is left unread and every input is silent, time goes on without events: windows close
   * and what was waited for has not come. Only when events were of now: a log of last year that is
   * sent line by line has no clock but its own.
   * @param idle ms of silence; as long, and the inputs' lateness, a line may be on its way
   */
  advance(opens: Iterable<InputState>, idle: number): void {
    if (!this.engine) return;
    let lateness = 0;
    for (const open of opens) {
      if (!open.idle) return;
      lateness = Math.max(lateness, open.input.lateness);
    }
    if (this.lag < -AHEAD || this.lag > BEHIND) return;
    const now = Date.now() - Math.max(0, this.lag) - idle - lateness;
    this.engine.advanceWatermark(now);
    this.engine.advanceProcessingTime(now);
  }
}

/** Inputs named one by one in a note, when several fall silent at once. */
const NAMED = 3;

/** The note that inputs have fallen silent; none for what gave nothing since it was silent last. */
export function idleNotes(silent: readonly InputState[], idle: number): HealthEvent[] {
  const heard = silent.filter((open) => open.heard);
  for (const open of silent) open.heard = false;
  const note = (subject: string, message: string, names: string[]): HealthEvent => ({
    time: Date.now(),
    kind: "idle",
    subject,
    message,
    detail: { inputs: names, after_ms: idle },
  });
  const names = heard.map((open) => open.input.name);
  const does = "and does not hold the others back any more";
  if (heard.length <= NAMED) {
    return names.map((name) =>
      note(name, `${name} has been silent for ${idle} ms ${does}`, [name])
    );
  }
  return [
    note(
      `${names.length} inputs`,
      `${names.length} inputs have been silent for ${idle} ms and do not hold the others back any more`,
      names.slice(0, 100),
    ),
  ];
}
