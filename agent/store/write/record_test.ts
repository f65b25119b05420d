import assert from "node:assert/strict";
import type { Connection, Transaction } from "../types/database.ts";
import { Recorder } from "./record.ts";

/** A database that takes everything and notes the scripts. */
function fake(kind: Connection["kind"]): { db: Connection; scripts: string[] } {
  const scripts: string[] = [];
  const db: Connection & Transaction = {
    kind,
    query: <T>() => Promise.resolve([{ found: false }] as T[]),
    script(sql) {
      scripts.push(sql);
      return sql.startsWith("VACUUM") ? Promise.reject(new Error("no room")) : Promise.resolve();
    },
    copy: () => Promise.resolve(),
    transaction: (work) => work(db),
  };
  return { db, scripts };
}

Deno.test("PGlite gives back the room of state that was written over, PostgreSQL does so itself", async () => {
  for (const kind of ["pglite", "postgresql"] as const) {
    const { db, scripts } = fake(kind);
    const recorder = new Recorder(db);
    const entry = { rule: "r", part: 0, key: "0".repeat(32), ord: 0, state: "x".repeat(5_000_000) };
    for (let i = 0; i < 45; i++) {
      await recorder.record({
        rows: { parts: [], counts: { days: [], series: [], values: [], lessens: false } },
        rest: {
          checkpoint: {
            stream: "s",
            run: "0".repeat(32),
            header: null,
            positions: [],
            reset: false,
            upserts: [entry],
            deletes: [],
          },
        },
      });
    }
    // Each hundred million characters, and no failure of it is one of the write.
    assert.equal(scripts.length, kind === "pglite" ? 2 : 0);
  }
});
