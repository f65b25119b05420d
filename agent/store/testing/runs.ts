/** The store suite: checkpoints, jobs, health and tokens. */
import assert from "node:assert/strict";
import { openStore, type StateBlock } from "../mod.ts";
import { T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

/** Rule, part, order and the one value of each entry's state. */
function entriesOf(blocks: readonly StateBlock[]) {
  return blocks.flatMap(({ rule, part, ords, states, keys }) => {
    assert.equal(keys, null, "entries of stages are told apart by their order");
    return ords.map((ord, i) => [rule, part, ord, (states[i] as string[])[0]] as const);
  }).sort((a, b) => a[2] - b[2]);
}

export const RUNS: StoreTests = {
  async "checkpoints, jobs and health last"(store, options) {
    const position = {
      input: "00112233445566aa",
      source: "auth.log",
      job: "1".repeat(32),
      offset: 2 ** 40,
      lines: 7,
      encoding: "utf-8",
      sourcetype: null,
      time: T0 + 0.5,
      parser: '{"a":"\\u0000\\ud800"}',
      done: false,
    };
    const entry = (key: string, ord: number) => ({
      rule: "r",
      part: 0,
      key: key.repeat(32),
      ord,
      state: `["\\u0000${key}"]`,
    });
    const change = {
      stream: "s",
      run: "2".repeat(32),
      header: '{"h":1}',
      positions: [position],
      reset: false,
      upserts: [entry("b", 1), entry("a", 2), entry("c", 3)],
      deletes: [],
    };
    const job = {
      id: "1".repeat(32),
      run: "2".repeat(32),
      source: "auth.log",
      sourcetype: null,
      state: "running" as const,
      lines: 1,
      events: 1,
      parseErrors: 0,
      understood: 0,
      unread: [],
      lag: null,
      rate: 0.5,
      error: null,
      started: T0,
    };
    const note = { time: T0, kind: "gap", subject: "stdin", message: "Gap", detail: { rows: 3 } };
    await store.write({
      checkpoint: { ...change, positions: [{ ...position, offset: 3 }] },
      jobs: [job],
      health: [note],
    });
    await store.write({
      checkpoint: { ...change, upserts: [entry("b", 9)], deletes: [entry("c", 0)] },
      jobs: [{ ...job, state: "done", lines: 9 }],
    });
    await store.write({ checkpoint: { ...change, stream: "other", upserts: [] } });
    await store.close();
    const again = await openStore(options);
    try {
      assert.equal(await again.checkpoint("none"), null);
      const { state, ...rest } = (await again.checkpoint("s"))!;
      assert.deepEqual(rest, {
        run: change.run,
        header: change.header,
        positions: [position],
      });
      assert.deepEqual(entriesOf(state), [["r", 0, 2, "\0a"], ["r", 0, 9, "\0b"]]);
      await again.write({ checkpoint: { ...change, reset: true, upserts: [entry("d", 1)] } });
      assert.deepEqual(entriesOf((await again.checkpoint("s"))!.state), [["r", 0, 1, "\0d"]]);
      await again.write({ ended: "s" });
      assert.equal(await again.checkpoint("s"), null);
      assert.notEqual(await again.checkpoint("other"), null);
      const { items: [{ updated, ...kept }], next: none } = await again.jobs({ limit: 5 });
      assert.equal(none, null);
      assert.ok(updated > T0);
      assert.deepEqual(kept, { ...job, state: "done", lines: 9 });
      const { items: [{ id, ...told }], next } = await again.health({ limit: 5, kind: "gap" });
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.deepEqual([told, next], [note, null]);
      assert.deepEqual((await again.health({ limit: 5, subject: "udp" })).items, []);
    } finally {
      await again.close();
    }
  },

  async "jobs in pages, by state and run"(store) {
    const job = (id: string, state: "running" | "done", started: number) => ({
      id: id.repeat(32),
      run: (state === "done" ? "a" : "b").repeat(32),
      source: "auth.log",
      sourcetype: "linux_secure",
      state,
      lines: 1,
      events: 1,
      parseErrors: 0,
      understood: 0,
      unread: [],
      lag: null,
      rate: 1,
      error: null,
      started,
    });
    await store.write({
      jobs: [job("1", "done", T0), job("2", "running", T0 + 1), job("3", "done", T0)],
    });
    const ids = async (filter: object) =>
      (await store.jobs({ limit: 9, ...filter })).items.map((j) => j.id[0]).join("");
    assert.equal(await ids({}), "231");
    assert.equal(await ids({ state: "running" }), "2");
    assert.equal(await ids({ run: "a".repeat(32) }), "31");
    const { next } = await store.jobs({ limit: 2 });
    assert.equal(await ids({ cursor: next! }), "1");
  },

  async "tokens are found by their hash until they are revoked"(store) {
    await store.ready();
    const hash = "c".repeat(64);
    const { id, created, ...added } = await store.addToken({ name: "ci", role: "write", hash });
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.ok(created > T0);
    assert.deepEqual(added, { name: "ci", role: "write", revoked: null });
    assert.equal((await store.findToken(hash))?.id, id);
    assert.equal(await store.findToken("d".repeat(64)), null);
    const again = { name: "ci", role: "read" as const, hash: "d".repeat(64) };
    await assert.rejects(store.addToken(again), { code: "exists", message: /"ci"/ });
    assert.equal(await store.revokeToken("ci"), true);
    assert.equal(await store.revokeToken("ci"), false);
    assert.equal(await store.findToken(hash), null);
    await store.addToken(again);
    assert.deepEqual((await store.tokens()).map((t) => [t.role, t.revoked === null]), [
      ["write", false],
      ["read", true],
    ]);
  },
};
