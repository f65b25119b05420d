/**
 * Simulated logs: what happens on an innocent network, with attacks in it, and the truth about them.
 * The same seed and options give the same bytes. Pure: the caller writes and keeps the time.
 */
import { ATTACKS } from "./attacks.ts";
import type { Attack, Expected } from "./attack.ts";
import { Background } from "./background.ts";
import { damaged } from "./damage.ts";
import { type Random, seeded } from "./random.ts";
import { type LeftOut, type Planned, schedule } from "./schedule.ts";
import { type Line, Logs, MINUTE, type Stream, STREAMS } from "./world.ts";

export { type Attack, ATTACKS, type Expected };
export { FILES, type Line, type Stream, STREAMS } from "./world.ts";

export interface SimulateOptions {
  readonly seed: number;
  /** Epoch ms; `end` is Infinity for a run without end. */
  readonly start: number;
  readonly end: number;
  /** Lines a second over all logs, on average, attacks apart. */
  readonly rate: number;
  readonly streams: readonly Stream[];
  /** Each is played once, at a time of its own. */
  readonly attacks: readonly Attack[];
  /** ms between attacks, which then follow one another for ever; null to play each once. */
  readonly every: number | null;
  /** Share of the innocent lines that are damaged, 0 to 1. */
  readonly malformed: number;
  /** ms by which a line may come late. */
  readonly disorder: number;
  /** ms of one step; its lines come out together. */
  readonly step: number;
}

/** What was hidden in the logs. Times are RFC 3339. */
export interface Truth {
  readonly seed: number;
  readonly start: string;
  end: string;
  readonly lines: Record<string, number>;
  malformed: number;
  readonly disorder_ms: number;
  readonly attacks: {
    readonly attack: string;
    readonly summary: string;
    readonly entity: Readonly<Record<string, string>>;
    readonly first: string;
    last: string;
    readonly lines: number;
    readonly expected: readonly Expected[];
  }[];
  readonly left_out: readonly LeftOut[];
}

const iso = (t: number): string => new Date(t).toISOString();

/** A simulation that has not begun; `steps` can be run through once. */
export class Simulation {
  readonly truth: Truth;
  readonly #random: Random;
  readonly #attackRandom: Random;
  readonly #delayRandom: Random;
  readonly #planned: Planned[];
  /** Lines that come in a later step, and when. */
  #waiting: { readonly line: Line; readonly arrival: number }[] = [];
  #played = 0;

  constructor(readonly options: SimulateOptions) {
    this.#random = seeded(options.seed);
    // Sources of their own, so that attacks stay the same at any rate, damage and disorder.
    this.#attackRandom = seeded(options.seed ^ 0x5eed);
    this.#delayRandom = seeded(options.seed ^ 0xde1a);
    const { planned, leftOut } = options.every === null
      ? schedule(options.attacks, options.start, options.end, this.#attackRandom)
      : { planned: [], leftOut: [] };
    this.#planned = planned;
    this.truth = {
      seed: options.seed,
      start: iso(options.start),
      end: iso(options.start),
      lines: Object.fromEntries(options.streams.map((s) => [s, 0])),
      malformed: 0,
      disorder_ms: options.disorder,
      attacks: [],
      left_out: leftOut,
    };
  }

  /** Lines in the order in which they come, a step at a time: all that came before `to`. */
  *steps(): Generator<{ readonly to: number; readonly lines: readonly Line[] }> {
    const { start, end, step, streams, rate } = this.options;
    const wanted = new Set(streams);
    const silent = this.#planned.find((p) => p.attack.name === "logging_disabled")?.at ?? Infinity;
    const logs = new Logs(
      this.#random,
      (stream, time, text) => this.#add(stream, time, text, false),
    );
    const background = new Background(logs, wanted, rate, silent);
    let next = start + (this.options.every ?? 0);
    for (let from = start; from < end; from += step) {
      const to = Math.min(from + step, end);
      background.write(from, to);
      while (this.#planned.length && this.#planned[0].at < to) {
        const { attack, at } = this.#planned.shift()!;
        this.#play(attack, at);
      }
      for (; this.options.every !== null && next < to; next += this.options.every) {
        this.#playNext(next);
      }
      yield { to, lines: this.#take(to) };
    }
    // What began before the end is told to its own end, as the sessions of a log that is cut are not.
    yield { to: end, lines: this.#take(Infinity) };
  }

  #playNext(at: number): void {
    const able = this.options.attacks.filter((a) =>
      a.lasts <= 60 * MINUTE && (a.after ?? 0) === 0 && a.when === undefined
    );
    if (able.length) this.#play(able[this.#played % able.length], at);
  }

  #play(attack: Attack, at: number): void {
    const n = this.#played++;
    let last = at;
    let lines = 0;
    const logs = new Logs(this.#attackRandom, (stream, time, text) => {
      last = Math.max(last, time);
      lines++;
      this.#add(stream, time, text, true);
    });
    const src = `${n % 500 < 250 ? "203.0.113" : "198.51.100"}.${n % 250 + 1}`;
    const inside = `10.66.${(n >> 8) & 255}.${n & 255}`;
    const expected = attack.play({ at, logs, src, inside, id: n });
    this.truth.attacks.push({
      attack: attack.name,
      summary: attack.summary,
      entity: expected[0]?.entity ?? {},
      first: iso(at),
      last: iso(last),
      lines,
      expected,
    });
  }

  #add(stream: Stream, time: number, text: string, attack: boolean): void {
    const { malformed, disorder, streams } = this.options;
    if (!streams.includes(stream)) return;
    let said = text;
    if (!attack && malformed > 0 && this.#delayRandom.chance(malformed)) {
      said = damaged(text, this.#delayRandom);
      this.truth.malformed++;
    }
    this.truth.lines[stream]++;
    this.#waiting.push({
      line: { stream, time, text: said, attack },
      arrival: disorder > 0 ? time + this.#delayRandom.int(0, disorder) : time,
    });
  }

  #take(to: number): Line[] {
    const now = this.#waiting.filter((w) => w.arrival < to);
    this.#waiting = this.#waiting.filter((w) => w.arrival >= to);
    now.sort((a, b) => a.arrival - b.arrival);
    const last = now.at(-1)?.arrival;
    if (last !== undefined) this.truth.end = iso(last);
    return now.map((w) => w.line);
  }
}

/** The attacks of these names; `all` and `none` are names too. Throws RangeError for an unknown one. */
export function attacksNamed(names: readonly string[]): readonly Attack[] {
  if (names.includes("all")) return ATTACKS;
  return names.filter((n) => n !== "none").map((name) => {
    const attack = ATTACKS.find((a) => a.name === name);
    if (!attack) throw new RangeError(name);
    return attack;
  });
}

/** Whether text names a log. */
export const isStream = (text: string): text is Stream =>
  (STREAMS as readonly string[]).includes(text);
