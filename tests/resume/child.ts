/**
 * One run for the test that kills runs: says `ready` when it begins, and at its end writes the
 * engine's state to a file. Its argument is JSON.
 */
import { openStore, type StoreOptions } from "../../agent/store/mod.ts";
import { work } from "./work.ts";

const { store: where, files, rowsPerWrite, checkpointEvery, state } = JSON.parse(Deno.args[0]) as {
  store: StoreOptions;
  files: string[];
  rowsPerWrite: number;
  checkpointEvery: number;
  state: string;
};
const store = await openStore(where);
console.log("ready");
const { engine } = await work(store, { files, rowsPerWrite, checkpointEvery });
await Deno.writeTextFile(state, JSON.stringify(engine.snapshot()));
await store.close();
