/**
 * Rows that come too late for the windows of all: each clock's late rows have a course of time of
 * their own, in which they keep their order and distances. A host that comes back with three days of
 * lines is judged by these alone, and never as if all had happened at once.
 */
import type { AlertChange } from "../event.ts";
import type { ChangesTaken } from "./memory/changed.ts";
import type { AlertEmitter } from "./alerts/emitter.ts";
import type { UncoveredRow } from "./memory/context.ts";
import type { Timeline } from "./timeline.ts";

/**
 * Clocks whose late rows are followed at a time, and of one sender; the one whose row came longest ago
 * ends first. Who sends many names of hosts drives out none but his own.
 */
const MOST = 64, MOST_OF_SENDER = 16;

/** Names a clock, and who sends its lines: an input and an address. */
export interface LateKey {
  /** Begins with the sender's name and a dot. */
  readonly key: string;
  readonly sender: string;
}

interface LateClock {
  readonly timeline: Timeline;
  /** When its last row came, epoch milliseconds; of processing time. */
  arrival: number;
}

export class LateClocks {
  readonly #clocks = new Map<string, LateClock>();
  readonly #ended: AlertChange[] = [];
  /** Hits by rule of clocks that ended. */
  readonly #endedHits = new Map<string, number>();
  readonly #endedSuppressed = new Map<string, number>();
  readonly #endedExcepted = new Map<string, Pick<AlertEmitter, "rule" | "excepted">>();
  /** Names of clocks that ended since the last checkpoint. */
  #gone = new Set<string>();

  /** @param make a course of time without state */
  constructor(private readonly make: () => Timeline, private readonly most = MOST) {}

  get size(): number {
    return this.#clocks.size;
  }

  timelines(): IterableIterator<[string, { readonly timeline: Timeline }]> {
    return this.#clocks.entries();
  }

  /** Adds what rules have found among late rows, and what was held back of it, to counts by rule. */
  addCounts(hits: Record<string, number>, suppressed: Record<string, number>): void {
    for (const [rule, n] of this.#endedHits) hits[rule] += n;
    for (const [rule, n] of this.#endedSuppressed) suppressed[rule] += n;
    for (const { timeline } of this.#clocks.values()) {
      for (const s of timeline.built.sinks) {
        hits[s.rule.name] += s.hits;
        suppressed[s.rule.name] += s.suppressed;
      }
    }
  }

  /** What exceptions held back of late rows, for each rule and each course of time. */
  excepted(): Pick<AlertEmitter, "rule" | "excepted">[] {
    const running = [...this.#clocks.values()].flatMap(({ timeline }) => timeline.built.sinks);
    return [...this.#endedExcepted.values(), ...running.filter((s) => s.excepted.length > 0)];
  }

  /** A clock's course of time as a checkpoint left it. */
  restored(key: string): Timeline {
    const timeline = this.#make();
    this.#clocks.set(key, { timeline, arrival: -Infinity });
    return timeline;
  }

  /** What the windows of all no longer cover of a clock's late row. */
  take({ key, sender }: LateKey, rows: readonly UncoveredRow[], arrival: number): void {
    let clock = this.#clocks.get(key);
    if (clock === undefined) {
      this.#makeRoom(sender);
      clock = { timeline: this.#make(), arrival };
    } else this.#clocks.delete(key);
    // The order of the map is that of use.
    this.#clocks.set(key, clock);
    clock.arrival = arrival;
    clock.timeline.takeUncovered(rows);
  }

  #makeRoom(sender: string): void {
    const own = [...this.#clocks.keys()].filter((key) => key.startsWith(`${sender}.`));
    if (own.length >= MOST_OF_SENDER) this.#end(own[0]);
    else if (this.#clocks.size >= this.most) this.#end(this.#clocks.keys().next().value!);
  }

  #make(): Timeline {
    const timeline = this.make();
    timeline.cx.aside = true;
    return timeline;
  }

  /** Processing time has come to `now`: each late clock goes on as long as nothing of it comes. */
  advance(now: number, lateness: number): void {
    for (const { timeline, arrival } of this.#clocks.values()) {
      if (arrival === -Infinity) continue;
      const time = timeline.passed + now - arrival - lateness;
      if (now - arrival > lateness) timeline.fireQuiet(time);
    }
  }

  /** The end of all input. */
  end(): void {
    for (const key of [...this.#clocks.keys()]) this.#end(key);
  }

  /** Moves changes of alerts to `out`. */
  takeChanges(out: AlertChange[], which: ChangesTaken): void {
    if (this.#ended.length > 0) out.push(...this.#ended.splice(0));
    for (const { timeline } of this.#clocks.values()) {
      for (const sink of timeline.built.sinks) {
        if (sink.changed.size > 0) sink.take(out, which);
      }
    }
  }

  /** Names of the clocks that ended since the last call: what a checkpoint holds of them has to go. */
  takeGone(): string[] {
    const gone = [...this.#gone];
    this.#gone.clear();
    return gone;
  }

  #end(key: string): void {
    const { timeline } = this.#clocks.get(key)!;
    this.#clocks.delete(key);
    this.#gone.add(key);
    timeline.end(timeline.passed);
    for (const sink of timeline.built.sinks) {
      const { name } = sink.rule;
      this.#endedHits.set(name, (this.#endedHits.get(name) ?? 0) + sink.hits);
      this.#endedSuppressed.set(name, (this.#endedSuppressed.get(name) ?? 0) + sink.suppressed);
      if (sink.excepted.length > 0) {
        const before = this.#endedExcepted.get(name)?.excepted;
        const excepted = sink.excepted.map((n, i) => n + (before?.[i] ?? 0));
        this.#endedExcepted.set(name, { rule: sink.rule, excepted });
      }
      if (sink.changed.size > 0) sink.take(this.#ended, "all");
    }
  }
}
