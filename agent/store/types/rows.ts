/** Rows of a transaction on their way to the thread that writes. */
import type { CountTexts } from "./counts.ts";
import type { Named } from "./kinds.ts";

/** Events of one input that follow each other, ready for COPY and for a way between threads. */
export interface RowBlock extends Named {
  /** In COPY's binary format, in memory that threads share. */
  readonly data: Uint8Array;
  readonly count: number;
  /** Smallest and largest id; every id of the input between its offsets lies in between. */
  readonly firstId: string;
  readonly lastId: string;
  /** Whether each id is larger than the one before, and so no two are equal. */
  readonly rising: boolean;
  /** The block index of its events: block, first, last, earliest and latest of each entry. */
  readonly places: Float64Array;
}

/** The rows of a transaction. */
export interface Rows {
  readonly parts: readonly RowBlock[];
  /** What the counts gain if every row is new. */
  readonly counts: CountTexts;
}
