/** What a run is given. */
import type { Engine } from "../engine/engine.ts";
import type { AlertChange, EventBatch } from "../event.ts";
import type { HealthEvent } from "../outputs/sink.ts";
import type { Listener } from "../sources/listener.ts";
import type { Store } from "../store/mod.ts";
import type { Keep } from "./batcher.ts";
import type { Delivering } from "./delivering.ts";
import type { InputOptions } from "./inputs.ts";
import type { Summary } from "./progress.ts";
import type { Reload } from "./reload.ts";
import type { ShardWork } from "./shard_work.ts";

export interface RunOptions extends InputOptions {
  readonly engine: Engine | null;
  readonly store: Store | null;
  /** What announces inputs while the run goes on, which then ends by the signal alone. */
  readonly listeners?: readonly Listener[];
  /** Silence after which a live input is said to be idle, ms. Default: 10 s */
  readonly idle?: number;
  /** Names what is read, see `streamOf`: a run continues from the checkpoint of one with this name. */
  readonly stream?: string;
  /** Files of the checkpoint that rotation has moved are looked for. */
  readonly follow?: boolean;
  /** Rules and sourcetypes that are loaded anew. */
  readonly reload?: Reload;
  /** Bytes that temporary files for a second reading take at most. Default: 16 GiB */
  readonly spoolLimit?: number;
  /** Threads that rules run in. Default: 2 where it pays, see `threads_wanted.ts` */
  readonly threads?: number;
  /** Events that come before rules are parted. Default: 10,000 */
  readonly splitAfter?: number;
  /** Rows in one transaction. Default: 65,536 */
  readonly rowsPerWrite?: number;
  /** Longest time between two checkpoints, ms. Default: 10 s; with listeners 0, one in every transaction */
  readonly checkpointEvery?: number;
  /** Its part of work that it shares with other agents; all of it unless told. */
  readonly share?: ShardWork;
  /** Which events the store gets. Default: all */
  readonly keep?: Keep;
  readonly summary: Summary;
  /** Marks alerts with what is known of the values that they name; missing where nothing is. */
  marker?(changes: readonly AlertChange[]): readonly AlertChange[];
  changes?(changes: readonly AlertChange[]): void;
  health?(notes: readonly HealthEvent[]): void;
  /** Where alerts that are final go beside; none where nothing is sent anywhere. */
  readonly delivery?: Delivering;
  /** Called once, when stdin is classified as live; alerts that have opened follow. */
  wentLive?(): void;
  /** Every batch, before the rules see it. False stops the run. */
  batch?(batch: EventBatch): boolean;
  /** Every change of an alert is wanted, not only its end. */
  readonly updates: boolean;
  /** After every batch; `count` brings the summary's counts of alerts up to date. */
  progress?(count: () => void): void;
}
