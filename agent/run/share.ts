/**
 * Agents that share work: each holds shards by leases in the database, balanced as agents come and go.
 * A shard is a run of its own over all inputs, which goes on from the shard's checkpoint wherever the one
 * before stopped.
 */
import type { Lease, Leases, LeaseState, ShareRequest, ShareState } from "../store/mod.ts";
import { StoreError } from "../store/types/error.ts";
import { AGENT_TIMEOUT } from "../store/types/share_types.ts";

export interface ShareOptions {
  readonly leases: Leases;
  readonly share: string;
  readonly shards: number;
  /** Names this process. */
  readonly agent: string;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
  /** Runs a shard. Resolves to whether its input was read to the end; false after the signal. */
  runShard(lease: Lease, signal: AbortSignal): Promise<boolean>;
  /** See ShareRequest. Default: AGENT_TIMEOUT */
  readonly timeout?: number;
  /** ms between two looks. Default: 750 ms */
  readonly every?: number;
}

/** ms between two signs of life. */
const BEAT = 1000;

interface Held {
  readonly lease: Lease;
  readonly stop: AbortController;
  /** Whether it is stopped for another agent to take it. */
  leaving: boolean;
  readonly ended: Promise<void>;
}

/**
 * How many shards an agent is to hold: those that are not done, divided evenly, the rest to the first
 * agents by name.
 */
export function quota(state: ShareState, agent: string, all: boolean): number {
  const open = state.shards.filter((s) => all || !s.done).length;
  const n = Math.max(1, state.agents.length), at = Math.max(0, state.agents.indexOf(agent));
  return Math.floor(open / n) + (at < open % n ? 1 : 0);
}

/** Runs the shards that fall to this agent until all are done or the signal. */
export class Share {
  private readonly held = new Map<number, Held>();
  private readonly request: ShareRequest;
  private failure: unknown = null;
  /** The first look found all shards done: the work begins anew. */
  private anew = false;
  private wake = () => {};
  private away = false;

  constructor(private readonly options: ShareOptions) {
    const { share, shards, agent, timeout = AGENT_TIMEOUT } = options;
    this.request = { share, shards, agent, timeout };
  }

  async run(): Promise<void> {
    const { signal, leases, every = 750 } = this.options;
    const onAbort = () => this.wake();
    signal.addEventListener("abort", onAbort);
    let endBeat = () => {};
    try {
      for (let first = true; !signal.aborted && this.failure === null;) {
        const state = await this.look();
        if (state) {
          if (first) {
            this.anew = state.shards.every((s) => s.done);
            endBeat = leases.beat(this.request, BEAT);
            first = false;
          }
          await this.balance(state);
          if (this.held.size === 0 && !this.anew && state.shards.every((s) => s.done)) return;
        }
        await this.pause(every);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      // What it holds is for others at once: how long its runs take to end is not known after a fault.
      if (this.failure !== null) endBeat();
      await this.stopAll();
      endBeat();
      await leases.leave(this.request).catch(() => {});
    }
    if (this.failure !== null) throw this.failure;
  }

  private look(): Promise<ShareState | null> {
    return this.answered(() => this.options.leases.look(this.request));
  }

  /** Null while the database does not answer: what it holds goes on, and its writes say whose they are. */
  private async answered<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await ask();
      this.away = false;
      return answer;
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      if (!this.away) this.options.notice(`warning: ${error.message}; trying again`);
      this.away = true;
      return null;
    }
  }

  private async balance(state: ShareState): Promise<void> {
    const { agent } = this.options;
    for (const [shard, held] of this.held) {
      const { epoch, agent: holder } = state.shards[shard];
      if (epoch !== held.lease.epoch || holder !== agent) held.stop.abort();
    }
    const most = quota(state, agent, this.anew);
    await this.letGo(state, most);
    const staying = [...this.held.values()].filter((h) => !h.leaving && !h.stop.signal.aborted);
    for (const held of staying.slice(most)) {
      held.leaving = true;
      held.stop.abort();
    }
    for (let n = Math.min(staying.length, most); n < most; n++) {
      // One of its own that it does not hold is one that it could not let go of.
      const free = state.shards.find((s) =>
        !this.held.has(s.shard) && (!s.alive || s.agent === agent) && (this.anew || !s.done)
      );
      if (!free || !await this.take(free)) break;
      state = { ...state, shards: state.shards.filter((s) => s !== free) };
    }
    if (this.held.size > 0 && this.held.size >= most) this.anew = false;
  }

  /**
   * Lets go of shards that are this agent's by the leases and that it does not hold, as when the database
   * did not answer at the end of their runs: nobody else takes them while this agent is there.
   */
  private async letGo({ shards }: ShareState, most: number): Promise<void> {
    const { agent, share, leases } = this.options;
    if (this.held.size < most) return;
    for (const { shard, epoch, agent: holder } of shards) {
      if (holder !== agent || this.held.has(shard)) continue;
      await this.answered(() => leases.release({ share, shard, epoch, agent }, false));
    }
  }

  private async take(free: LeaseState): Promise<boolean> {
    const { leases, notice, shards, share, agent } = this.options;
    const lease = await this.answered(() => leases.take(this.request, free));
    if (lease === null) return false;
    const from = free.agent === null || free.agent === agent
      ? ""
      : `, which ${free.agent} held and does not answer`;
    notice(`Shard ${lease.shard + 1} of ${shards} of "${share}" is read here${from}`);
    const stop = new AbortController();
    const held: Held = { lease, stop, leaving: false, ended: this.runOne(lease, stop) };
    this.held.set(lease.shard, held);
    return true;
  }

  private async runOne(lease: Lease, stop: AbortController): Promise<void> {
    const { leases, notice } = this.options;
    let done = false;
    try {
      done = await this.options.runShard(lease, stop.signal);
    } catch (error) {
      // A shard that cannot go on without the database goes on from its checkpoint later.
      if (error instanceof StoreError && (error.code === "superseded" || error.retryable)) {
        notice(`warning: ${error.message}`);
      } else this.failure ??= error;
    } finally {
      await leases.release(lease, done && !stop.signal.aborted).catch(() => {});
      this.held.delete(lease.shard);
      this.wake();
    }
  }

  private async stopAll(): Promise<void> {
    const all = [...this.held.values()];
    for (const held of all) held.stop.abort();
    await Promise.all(all.map((held) => held.ended));
  }

  private async pause(ms: number): Promise<void> {
    if (this.options.signal.aborted) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.wake = () => {};
  }
}
