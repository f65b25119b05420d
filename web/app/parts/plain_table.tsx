/** A table of a few dozen rows, sorted by any of its columns; `table.tsx` is for thousands. */
import { type ComponentChildren, Fragment } from "preact";
import { useState } from "preact/hooks";
import type { Sort } from "./table.tsx";
import { SortButton } from "./table.tsx";
import { sorted } from "./table_sort.ts";
import { Clock } from "./words.tsx";

export interface PlainColumn<R> {
  readonly title: string;
  readonly class?: string;
  /** Its title is for those who do not see it, as that of buttons. */
  readonly untitled?: boolean;
  /** What rows are sorted by when the user sorts by this column; left out: they are not. */
  readonly sort?: (row: R) => string | number;
  /** @param before the row above; null for the first */
  cell(row: R, before: R | null): ComponentChildren;
}

/**
 * A column of times, each with its date where that is not the one of the row above.
 * @param more of its class: `wide` where a phone leaves it out
 */
export const timeColumn = <R,>(
  title: string,
  timeOf: (row: R) => string,
  more?: "wide",
): PlainColumn<R> => ({
  title,
  class: more ? `nowrap muted ${more}` : "nowrap muted",
  sort: timeOf,
  cell: (row, before) => <Clock at={timeOf(row)} before={before && timeOf(before)} />,
});

interface PlainTableProps<R> {
  readonly label: string;
  readonly columns: readonly PlainColumn<R>[];
  /** In the order in which they stand until the user sorts. */
  readonly rows: readonly R[];
  idOf(row: R): string;
  /** What stands under a row over the whole width; null for nothing. */
  under?(row: R): ComponentChildren;
  /** It scrolls by itself when it is long. */
  readonly bounded?: boolean;
  /** It is as wide as what is in it, in a box of its own. */
  readonly fit?: boolean;
  /** What stands under the rows. */
  readonly after?: ComponentChildren;
}

export function PlainTable<R>(props: PlainTableProps<R>) {
  const { label, columns, rows, idOf, under, bounded, fit, after } = props;
  const [sort, setSort] = useState<Sort | null>(null);
  const named = columns.map((c) => ({ ...c, id: c.title }));
  const shown = sorted(rows, named, sort);
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
                  class={c.class?.split(" ").filter((n) => n === "num" || n === "wide").join(" ") ||
                    undefined}
                  aria-sort={by ? by.down ? "descending" : "ascending" : undefined}
                >
                  {c.sort
                    ? <SortButton column={c} sort={sort} onSort={setSort} />
                    : c.untitled
                    ? <span class="unseen">{c.title}</span>
                    : c.title}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, at) => {
            const more = under?.(row) ?? null;
            return (
              <Fragment key={idOf(row)}>
                <tr>
                  {named.map((c) => (
                    <td key={c.id} class={c.class}>{c.cell(row, shown[at - 1] ?? null)}</td>
                  ))}
                </tr>
                {more !== null && (
                  <tr class="under">
                    <td colSpan={named.length}>{more}</td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
      {after}
    </div>
  );
}
