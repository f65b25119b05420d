/** The aggregate `list`. */
import { keepValue } from "../schema/keep.ts";
import type { Value } from "../schema/types.ts";
import type { Accumulator, AggregateSpec, GroupView } from "./spec.ts";

/** Values that it gives. */
const MOST = 100;

const texts = (values: readonly Value[]): string[] => values.map(String);

/** The newest values; a sliding window finds them among its rows. */
class Newest implements Accumulator {
  #held: Value[] = [];
  constructor(readonly column: number, readonly sliding: boolean) {}
  add(v: Value): Value {
    if (v === undefined) return undefined;
    const kept = keepValue(v);
    if (!this.sliding) {
      this.#held.push(kept);
      if (this.#held.length > MOST) this.#held.shift();
    }
    return kept;
  }
  remove(): void {}
  value(group: GroupView): Value {
    return texts(this.sliding ? group.newestValues(this.column, MOST) : this.#held);
  }
  reset(): void {
    this.#held = [];
  }
  save(): unknown {
    return this.#held;
  }
  load(saved: unknown): void {
    this.#held = saved as Value[];
  }
}

export const list: AggregateSpec = {
  name: "list",
  summary: "The values as text in the order of their rows, equal ones too; the newest hundred",
  param: { name: "x", type: "any" },
  returns: "list",
  missing: "an empty list",
  bound: { kind: "constant", values: MOST },
  cell: "any",
  examples: [
    {
      call: "list(user)",
      rows: ["root", undefined, "eve", "root"],
      gives: ["root", "eve", "root"],
    },
    { call: "list(user)", rows: [undefined], gives: [] },
  ],
  make: ({ sliding }, { column }) => new Newest(column, sliding),
  fromCells: ({ column }) => ({
    value: (group) => texts(group.newestValues(column, MOST)),
  }),
};
