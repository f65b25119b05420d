/** Entries of a checkpoint as a store gives them back: in blocks, in no order. */
import type { StateBlock, StateEntry } from "../../store/mod.ts";

/** @param span numbers of entries in one block at most */
export function stateBlocks(entries: Iterable<StateEntry>, span = 64): StateBlock[] {
  const groups = Map.groupBy(
    [...entries].reverse(),
    ({ rule, part, ord }) => `${rule} ${part} ${Math.floor(ord / span)}`,
  );
  return Array.from(groups.values(), (of) => ({
    rule: of[0].rule,
    part: of[0].part,
    ords: of.map((e) => e.ord),
    states: of.map((e) => JSON.parse(e.state)),
    keys: of.map((e) => e.key),
  }));
}
