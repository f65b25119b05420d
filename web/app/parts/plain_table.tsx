/** A table of a few dozen rows, sorted by any of its columns; `table.tsx` is for thousands. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Sort } from "./table.tsx";
import { SortButton } from "./table.tsx";
import { sorted } from "./table_sort.ts";

export interface PlainColumn<R> {
  readonly title: string;
  readonly class?: string;
  /** What rows are sorted by when the user sorts by this column; left out: they are not. */
  readonly sort?: (row: R) => string | number;
  cell(row: R): ComponentChildren;
}

export function PlainTable<R>({ label, columns, rows, idOf, bounded, fit, after }: {
  label: string;
  columns: readonly PlainColumn<R>[];
  /** In the order in which they stand until the user sorts. */
  rows: readonly R[];
  idOf(row: R): string;
  /** It scrolls by itself when it is long. */
  bounded?: boolean;
  /** It is as wide as what is in it, in a box of its own. */
  fit?: boolean;
  /** What stands under the rows. */
  after?: ComponentChildren;
}) {
  const [sort, setSort] = useState<Sort | null>(null);
  const named = columns.map((c) => ({ ...c, id: c.title }));
  return (
    <div
      class={`table-wrap${bounded ? " bounded" : ""}${fit ? " fit" : ""}`}
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table class="plain">
        <thead>
          <tr>
            {named.map((c) => {
              const by = sort?.by === c.id ? sort : null;
              return (
                <th
                  key={c.id}
                  scope="col"
                  class={c.class === "num" ? "num" : undefined}
                  aria-sort={by ? by.down ? "descending" : "ascending" : undefined}
                >
                  {c.sort ? <SortButton column={c} sort={sort} onSort={setSort} /> : c.title}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, named, sort).map((row) => (
            <tr key={idOf(row)}>
              {named.map((c) => <td key={c.id} class={c.class}>{c.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {after}
    </div>
  );
}
