/** Writes batches of 100 events into a folder and says a line for each, until it is killed. */
import { openStore } from "../mod.ts";
import { batchOf, failures } from "./suite.ts";

const store = await openStore({ data: Deno.args[0] });
const lines = failures(100);
for (let i = 0;; i++) {
  await store.write({ batches: [batchOf(lines, { at: i * 100_000 })] });
  console.log(i);
}
