/**
 * Which input is read next. Files are read on demand, the one furthest behind in event time first, so
 * that rules see a chain that crosses them and nothing piles up. What is live keeps one batch ahead
 * and takes part when that batch is there; nobody waits for what may be long in coming.
 */
import type { DeferredBatch, InputState } from "./inputs.ts";

/** What reading an input gave: a batch, its end, or why it cannot be read. */
export interface Taken {
  readonly open: InputState;
  readonly ready: DeferredBatch | null;
  readonly error: unknown;
}

interface Ahead {
  reading: boolean;
  taken: Taken | null;
  /** Turns of the clock in which it was waited for and nothing came. */
  quiet: number;
}

/** Turns of the clock that make a silence. */
export const QUIET_TURNS = 10;

export class Merge {
  private readonly inputs = new Map<InputState, Ahead>();
  private woken = false;
  private interrupted = false;
  private waiting: (() => void) | null = null;

  /** @param read the input's next batch, null at its end */
  constructor(private readonly read: (open: InputState) => Promise<DeferredBatch | null>) {}

  add(open: InputState): void {
    this.inputs.set(open, { reading: false, taken: null, quiet: 0 });
  }

  delete(open: InputState): void {
    this.inputs.delete(open);
  }

  get size(): number {
    return this.inputs.size;
  }

  get opens(): Iterable<InputState> {
    return this.inputs.keys();
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
        const ahead = this.inputs.get(best)!;
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

  /**
   * One turn of the clock. Gives the live inputs that have now been silent for ten of them: turns, not
   * time, since a clock runs on while this process is busy and leaves what came unread.
   */
  silent(): InputState[] {
    const out: InputState[] = [];
    for (const [open, ahead] of this.inputs) {
      if (!open.live || open.idle || ahead.taken || !open.live.waiting) ahead.quiet = 0;
      else if (++ahead.quiet >= QUIET_TURNS) out.push(open);
    }
    return out;
  }

  private furthestBehind(): InputState | null {
    let best: InputState | null = null;
    for (const [open, ahead] of this.inputs) {
      if (open.live) {
        this.fill(open, ahead);
        if (!ahead.taken && open.live.waiting) continue;
      }
      if (best === null || open.time < best.time) best = open;
    }
    return best;
  }

  private fill(open: InputState, ahead: Ahead): void {
    if (ahead.reading || ahead.taken) return;
    ahead.reading = true;
    const done = (taken: Taken) => {
      ahead.reading = false;
      ahead.taken = taken;
      this.wake();
    };
    this.read(open).then(
      (ready) => done({ open, ready, error: null }),
      (error) => done({ open, ready: null, error }),
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
