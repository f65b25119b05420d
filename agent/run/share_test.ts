/** Who holds what of a share, and what becomes of it when the database does not answer. */
import assert from "node:assert/strict";
import type { Lease, Leases, LeaseState, ShareState } from "../store/mod.ts";
import { StoreError } from "../store/types/error.ts";
import { quota, Share } from "./share.ts";

const away = () => new StoreError("unreachable", "The database does not answer");

/** Leases in memory, which fail when they are told to. */
class FakeLeases implements Leases {
  readonly shards: LeaseState[];
  agents = ["a"];
  /** What fails at its next calls, and how often. */
  readonly fails: { look?: number; take?: number; release?: number } = {};

  constructor(n: number) {
    this.shards = Array.from({ length: n }, (_, shard) => ({
      shard,
      epoch: 0,
      agent: null,
      alive: false,
      done: false,
    }));
  }

  #fail(what: "look" | "take" | "release"): void {
    const left = this.fails[what] ?? 0;
    if (left === 0) return;
    this.fails[what] = left - 1;
    throw away();
  }

  // deno-lint-ignore require-await
  async look(): Promise<ShareState> {
    this.#fail("look");
    const alive = (s: LeaseState) => s.agent !== null && this.agents.includes(s.agent);
    return { agents: this.agents, shards: this.shards.map((s) => ({ ...s, alive: alive(s) })) };
  }

  // deno-lint-ignore require-await
  async take(_request: unknown, seen: LeaseState): Promise<Lease | null> {
    this.#fail("take");
    const { shard } = seen;
    const epoch = seen.epoch + 1;
    this.shards[shard] = { ...seen, agent: "a", epoch, done: false };
    return { share: "s", shard, epoch, agent: "a" };
  }

  // deno-lint-ignore require-await
  async release(lease: Lease, done: boolean): Promise<void> {
    this.#fail("release");
    const shard = this.shards[lease.shard];
    if (shard.epoch !== lease.epoch) return;
    this.shards[lease.shard] = { ...shard, agent: null, epoch: lease.epoch + 1, done };
  }

  beat(): () => void {
    return () => {};
  }

  async leave(): Promise<void> {}
}

function share(
  leases: FakeLeases,
  runShard: (lease: Lease, signal: AbortSignal) => Promise<boolean>,
  signal = new AbortController().signal,
) {
  const notices: string[] = [];
  const made = new Share({
    leases,
    share: "s",
    shards: leases.shards.length,
    agent: "a",
    signal,
    notice: (text) => notices.push(text),
    runShard,
    every: 5,
  });
  return { run: () => made.run(), notices };
}

Deno.test("shards are divided evenly, the rest to the first by name", () => {
  const { shards } = new FakeLeases(5);
  const of = (agent: string, agents: string[]) => quota({ agents, shards }, agent, true);
  assert.deepEqual(["a", "b", "c"].map((name) => of(name, ["a", "b", "c"])), [2, 2, 1]);
  assert.equal(of("a", ["a"]), 5);
});

Deno.test("a database that is away while a shard is taken, or let go of, is waited for", async () => {
  const leases = new FakeLeases(3);
  Object.assign(leases.fails, { look: 2, take: 2, release: 2 });
  const runs: number[] = [];
  const { run, notices } = share(leases, ({ shard }) => {
    runs.push(shard);
    return Promise.resolve(true);
  });
  await run();
  assert.ok(leases.shards.every((s) => s.done), "all are done");
  assert.deepEqual([...new Set(runs)].sort(), [0, 1, 2]);
  assert.ok(notices.some((n) => /does not answer; trying again/.test(n)), notices.join("\n"));
});

Deno.test("a shard whose run met a database that is away goes on; another failure ends", async () => {
  const leases = new FakeLeases(2);
  let failures = 2;
  const { run, notices } = share(leases, () => {
    if (failures-- > 0) throw away();
    return Promise.resolve(true);
  });
  await run();
  assert.ok(leases.shards.every((s) => s.done));
  assert.equal(notices.filter((n) => n === "warning: The database does not answer").length, 2);
  const broken = share(new FakeLeases(2), () => Promise.reject(new Error("a fault")));
  await assert.rejects(broken.run(), /a fault/);
});

Deno.test("a shard that another has taken over is stopped", async () => {
  const leases = new FakeLeases(1);
  const stop = new AbortController();
  const { run } = share(leases, async (lease, signal) => {
    leases.agents = ["a", "b"];
    leases.shards[0] = { ...leases.shards[0], agent: "b", epoch: lease.epoch + 1 };
    await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
    stop.abort();
    return false;
  }, stop.signal);
  await run();
  assert.equal(leases.shards[0].agent, "b");
});

Deno.test("a shard that could not be let go of is let go of later, for another agent", async () => {
  const leases = new FakeLeases(2);
  const stop = new AbortController();
  const { run } = share(leases, async ({ shard }, signal) => {
    if (shard === 1) {
      // Another comes, which is to have this one; letting go of it fails.
      leases.agents = ["a", "b"];
      leases.fails.release = 1;
    }
    await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
    return false;
  }, stop.signal);
  const ended = run();
  while (leases.shards[1].epoch < 2 || leases.shards[1].agent !== null) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal(leases.shards[0].agent, "a");
  stop.abort();
  await ended;
});
