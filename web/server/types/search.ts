/** Answers of searches. */
import {
  count,
  flag,
  type Infer,
  list,
  map,
  moment,
  named,
  nullable,
  object,
  text,
} from "./schema.ts";
import { Value } from "./shared.ts";

export const SearchColumn = named("SearchColumn", object({ name: text(), type: nullable(text()) }));

export const SearchAnswer = named(
  "SearchAnswer",
  object({
    from: moment,
    to: moment,
    /** What lengths of time count back from, where it is the newest event and not the clock. */
    counted_from: nullable(moment),
    columns: list(SearchColumn),
    rows: list(map(Value)),
    /** The rows are events; `_id` names each. */
    events: flag,
    more: flag,
    notes: list(text()),
    found: count,
  }),
);
export type SearchAnswer = Infer<typeof SearchAnswer>;
