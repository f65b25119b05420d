/** What every store must do. Run by store_test.ts on both databases. */
import { type Need, testNeeding } from "../../../tests/needs.ts";
import { openStore, type Store, type StoreOptions } from "../mod.ts";
import { ALERTS } from "./alerts.ts";
import { COUNTS } from "./counts.ts";
import { EVENTS } from "./events.ts";
import { IDS } from "./ids.ts";
import { OUTBOX } from "./outbox.ts";
import { REPUTATION } from "./reputation.ts";
import { RUNS } from "./runs.ts";
import { TRIAGE } from "./triage.ts";
import { SEARCH } from "./search.ts";

export { alertOf, batchOf, failures } from "./samples.ts";

/** Tests by name, each given an empty store and the options that open it again. */
export type StoreTests = Readonly<
  Record<string, (store: Store, options: StoreOptions) => Promise<void>>
>;

/** @param fresh options of a store that does not exist yet; opening them again finds the same one */
export function storeSuite(
  name: string,
  fresh: () => Promise<StoreOptions>,
  ...needed: Need[]
): void {
  const all = {
    ...EVENTS,
    ...IDS,
    ...SEARCH,
    ...ALERTS,
    ...COUNTS,
    ...RUNS,
    ...OUTBOX,
    ...REPUTATION,
    ...TRIAGE,
  };
  for (const [what, run] of Object.entries(all)) {
    testNeeding(needed, `${name}: ${what}`, async () => {
      const options = await fresh();
      const store = await openStore(options);
      try {
        await run(store, options);
      } finally {
        await store.close();
      }
    });
  }
}
