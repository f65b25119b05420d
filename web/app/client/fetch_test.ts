import assert from "node:assert/strict";
import { joined, withRow } from "./fetch.ts";

const rows = (text: string) => [...text];
const join = (old: [string, string | null], fresh: [string, string | null]) => {
  const page = ([text, next]: [string, string | null]) => ({ rows: rows(text), next });
  const { rows: all, next } = joined(page(old), page(fresh), (r) => r, 4);
  return [all.join(""), next];
};

Deno.test("new rows stand before those that are there, and the end stays where it was", () => {
  assert.deepEqual(join(["cdefgh", "h"], ["abcd", "d"]), ["abcdefgh", "h"]);
  assert.deepEqual(join(["cdefgh", null], ["abcd", "d"]), ["abcdefgh", null]);
});

Deno.test("a full page that does not meet the rows stands alone: some between are missing", () => {
  assert.deepEqual(join(["cdef", "f"], ["wxyz", "z"]), ["wxyz", "z"]);
});

Deno.test("a search that found nothing among the newest goes on where it was", () => {
  assert.deepEqual(join(["", "far back"], ["", "near"]), ["", "far back"]);
  assert.deepEqual(join(["gh", "far back"], ["", "near"]), ["gh", "far back"]);
  assert.deepEqual(join(["gh", "far back"], ["a", "near"]), ["agh", "far back"]);
});

Deno.test("a list that ends with its first page is that page", () => {
  assert.deepEqual(join(["gh", "h"], ["ab", null]), ["ab", null]);
});

Deno.test("a row that comes stands in the place of its own, or before those that are older", () => {
  const put = (all: string, row: string) =>
    withRow(rows(all), row, (r) => r.toLowerCase(), (r) => r.toLowerCase() >= row.toLowerCase())
      .join("");
  assert.equal(put("bdf", "a"), "abdf");
  assert.equal(put("bdf", "e"), "bdef");
  assert.equal(put("bdf", "g"), "bdfg");
  assert.equal(put("", "a"), "a");
  assert.equal(put("bdf", "D"), "bDf");
});
