/** Two runs of the same inputs into one database: the second is refused. */
import assert from "node:assert/strict";
import { openStore, type Store, StoreError } from "../../agent/store/mod.ts";
import { program } from "../../agent/engine/testing/streams.ts";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres } from "../postgres.ts";
import { live } from "./harness.ts";

const STREAM = "c".repeat(32);
const checkpoint = {
  stream: STREAM,
  run: "1".repeat(32),
  header: null,
  positions: [],
  reset: false,
  upserts: [],
  deletes: [],
};

testNeeding(
  needs.postgres,
  "a stream is one run's at a time, also over a restart of the server",
  async () => {
    const postgres = await startPostgres();
    const stores: Store[] = [];
    const retry = { away: () => {}, back: () => {}, pauses: [50, 200] as const };
    const open = async () => {
      const store = await openStore({ database: url, retry });
      stores.push(store);
      return store;
    };
    const url = await postgres.database();
    try {
      const [a, b] = [await open(), await open()];
      assert.equal(await a.claim(STREAM), true);
      await a.write({ checkpoint });
      const run = live([], { rules: program(), store: b, stream: STREAM });
      await assert.rejects(() => run.stop(), (e) => {
        assert.ok(e instanceof StoreError);
        assert.match(
          e.message,
          /^Another run reads the same inputs into "127\.0\.0\.1:\d+\/picket_0"/,
        );
        assert.equal(e.code, "in_use");
        return true;
      });
      // Another stream is nobody's.
      assert.equal(await b.claim("d".repeat(32)), true);
      await postgres.kill();
      await postgres.start();
      await a.write({ checkpoint });
      assert.equal(await b.claim(STREAM), false);
      await a.close();
      assert.equal(await b.claim(STREAM), true);
    } finally {
      for (const store of stores) await store.close().catch(() => {});
      await postgres.stop();
    }
  },
);
