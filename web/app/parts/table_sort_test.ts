import assert from "node:assert/strict";
import { readSort, sorted } from "./table_sort.ts";

const COLUMNS = [{ id: "n", title: "N", width: "", sort: (r: number) => r % 10, cell: () => null }];

Deno.test("rows are sorted by a column, those of one value stay in their order", () => {
  const rows = [12, 31, 2, 11];
  assert.deepEqual(sorted(rows, COLUMNS, readSort("n")), [31, 11, 12, 2]);
  assert.deepEqual(sorted(rows, COLUMNS, readSort("-n")), [12, 2, 31, 11]);
});

Deno.test("an unknown column sorts nothing", () => {
  const rows = [3, 1];
  for (const text of ["", "x", "-", null]) {
    assert.equal(sorted(rows, COLUMNS, readSort(text)), rows);
  }
});
