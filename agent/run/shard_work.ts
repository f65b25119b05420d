/** What a run takes of the work that it shares with others. */
import { holds, type Shard } from "../engine/operators/shard.ts";
import type { Lease } from "../store/mod.ts";
import type { InputState } from "./input_state.ts";

/** A run of one shard: it reads all inputs, and stores the events of its own. */
export interface ShardWork extends Shard {
  /** The right to write its results. */
  readonly lease: Lease;
}

/** Whether the events of an input, its job and its counts are this run's; all are without shards. */
export const ownsInput = (work: ShardWork | undefined, { input }: InputState): boolean =>
  work === undefined || holds(work, input.identity ?? input.name);
