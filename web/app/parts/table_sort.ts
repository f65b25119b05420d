/** Sorting the rows of a table by a column, as the address says. */
import { useMemo } from "preact/hooks";
import { setQuery, usePlace } from "../client/router.ts";
import type { Column, Sort } from "./table.tsx";

/** `-count`: by count, the largest first. */
export function readSort(text: string | null): Sort | null {
  if (!text) return null;
  return text.startsWith("-") ? { by: text.slice(1), down: true } : { by: text, down: false };
}

/** Rows by a column; rows of one value stay in their order. Without a sort they are as they are. */
export function sorted<R>(
  rows: readonly R[],
  columns: readonly Pick<Column<R>, "id" | "sort">[],
  sort: Sort | null,
): readonly R[] {
  const key = columns.find((c) => c.id === sort?.by)?.sort;
  if (!sort || !key) return rows;
  const way = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = key(a), y = key(b);
    return x === y ? 0 : x < y ? -way : way;
  });
}

/** The sort of the address, the rows by it, and what changes it. */
export function useSort<R>(rows: readonly R[], columns: readonly Column<R>[]) {
  const { query } = usePlace();
  const text = query.get("sort");
  const sort = useMemo(() => readSort(text), [text]);
  return {
    sort,
    rows: useMemo(() => sorted(rows, columns, sort), [rows, columns, sort]),
    onSort: (next: Sort | null) =>
      setQuery({ sort: next === null ? null : `${next.down ? "-" : ""}${next.by}` }, {
        replace: true,
      }),
  };
}
