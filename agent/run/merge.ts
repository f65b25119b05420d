/**
 * Which input is read next. Files are read on demand, the one furthest behind in event time first, so
 * that rules see a chain that crosses them and nothing piles up. What is live keeps one batch ahead
 * and takes part when that batch is there; nobody waits for what may be long in coming.
 */
import type { DeferredBatch, InputState } from "./input_state.ts";

/** What reading an input gave: a batch, its end, or why it cannot be read. */
export interface Taken {
  readonly state: InputState;
  readonly ready: DeferredBatch | null;
  readonly error: unknown;
}

interface Ahead {
  reading: boolean;
  taken: Taken | null;
  /** Turns of the clock in which it was waited for and nothing came. */
  quiet: number;
}

export class Merge {
  private readonly ahead = new Map<InputState, Ahead>();
  private woken = false;
  private interrupted = false;
  private waiting: (() => void) | null = null;

  /** @param read the input's next batch, null at its end */
  constructor(private readonly read: (state: InputState) => Promise<DeferredBatch | null>) {}

  add(state: InputState): void {
    this.ahead.set(state, { reading: false, taken: null, quiet: 0 });
  }

  delete(state: InputState): void {
    this.ahead.delete(state);
  }

  get size(): number {
    return this.ahead.size;
  }

  get inputs(): Iterable<InputState> {
    return this.ahead.keys();
  }

  /** Makes {@link next} return, since there is something else to do. */
  interrupt(): void {
    this.interrupted = true;
    this.wake();
  }

  /**
   * The next batch of the input furthest behind among those that have one or are certain to have one
   * soon. Null when `until` (of performance.now) has come first, or an interrupt.
   */
  async next(until: number): Promise<Taken | null> {
    for (;;) {
      if (this.interrupted) {
        this.interrupted = false;
        return null;
      }
      const best = this.furthestBehind();
      if (best) {
        const ahead = this.ahead.get(best)!;
        this.fill(best, ahead);
        if (ahead.taken) {
          const { taken } = ahead;
          ahead.taken = null;
          ahead.quiet = 0;
          return taken;
        }
      }
      await this.pause(until);
      if (performance.now() >= until) return null;
    }
  }

  /** Whether every input is waited for and has nothing unread. */
  get quiet(): boolean {
    for (const [state, ahead] of this.ahead) {
      if (ahead.taken || !(state.live ? state.live.waiting : ahead.reading)) return false;
    }
    return true;
  }

  /**
   * One turn of the clock. Gives the live inputs that have now been silent for so many of them: turns,
   * not time, since a clock runs on while this process is busy and leaves what came unread.
   */
  silent(turns: number): InputState[] {
    const out: InputState[] = [];
    for (const [state, ahead] of this.ahead) {
      if (!state.live || state.idle || ahead.taken || !state.live.waiting) ahead.quiet = 0;
      else if (++ahead.quiet >= turns) out.push(state);
    }
    return out;
  }

  private furthestBehind(): InputState | null {
    let best: InputState | null = null;
    for (const [state, ahead] of this.ahead) {
      if (state.live) {
        this.fill(state, ahead);
        if (!ahead.taken && state.live.waiting) continue;
      }
      if (best === null || state.time < best.time) best = state;
    }
    return best;
  }

  private fill(state: InputState, ahead: Ahead): void {
    if (ahead.reading || ahead.taken) return;
    ahead.reading = true;
    const done = (taken: Taken) => {
      ahead.reading = false;
      ahead.taken = taken;
      this.wake();
    };
    this.read(state).then(
      (ready) => done({ state, ready, error: null }),
      (error) => done({ state, ready: null, error }),
    );
  }

  private wake(): void {
    this.woken = true;
    this.waiting?.();
  }

  private async pause(until: number): Promise<void> {
    if (!this.woken) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((done) => {
        this.waiting = done;
        if (until < Infinity) timer = setTimeout(done, Math.max(0, until - performance.now()));
      });
      clearTimeout(timer);
      this.waiting = null;
    }
    this.woken = false;
  }
}
