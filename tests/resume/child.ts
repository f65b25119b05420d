/**
 * One run for the tests that kill runs: says `ready` when it begins, and at its end writes the
 * engine's state to a file. Its argument is JSON.
 */
import { openStore, type Store, type StoreOptions } from "../../agent/store/mod.ts";
import { work } from "./work.ts";

interface Run {
  store: StoreOptions;
  files: string[];
  rowsPerWrite: number;
  checkpointEvery: number;
  state: string;
  /** Threads that rules run in. Default: 1 */
  threads?: number;
  /** It kills itself so many ms after so many transactions with rows. */
  kill?: { transactions: number; after: number };
}

/** A store whose process ends in the middle of work. */
function dying(store: Store, { transactions, after }: NonNullable<Run["kill"]>): Store {
  let written = 0;
  return {
    ...store,
    async write(write, turn) {
      const result = await store.write(write, turn);
      if (write.rows?.parts.length && ++written === transactions) {
        setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"), after);
      }
      return result;
    },
  };
}

const { store: where, state, kill, ...options } = JSON.parse(Deno.args[0]) as Run;
const store = await openStore(where);
console.log("ready");
const { engine } = await work(kill ? dying(store, kill) : store, options);
await Deno.writeTextFile(state, JSON.stringify(engine.snapshot()));
await store.close();
