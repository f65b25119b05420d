/** Severities in conditions: in order where the rows are alerts, and told to be none where they are not yet. */
import assert from "node:assert/strict";
import type { Type } from "../schema/types.ts";
import { checkCondition } from "./lone_condition.ts";
import type { Row } from "./rows.ts";

const rowOf = (fields: readonly (readonly [string, Type])[], open = false): Row => ({
  fields: new Map(fields),
  open,
  openSteps: new Set(),
  what: "the row",
});

/** What is wrong with a condition, or null. */
function wrong(text: string, row: Row): string | null {
  const { expr, diagnostics } = checkCondition(text, "where", row);
  assert.equal(expr === null, diagnostics.length > 0);
  return diagnostics[0]?.message ?? null;
}

Deno.test("severity: rows that are no alert yet have none, in the words that were written", () => {
  const closed = rowOf([["src", "string"]]);
  for (
    const text of [
      "severity >= high",
      'severity == "high"',
      'src == "a" and not (critical > severity)',
      'exists src and (src == "b" or severity < low)',
    ]
  ) {
    assert.match(
      wrong(text, closed)!,
      /^"severity" cannot be asked here: the row has it only/,
      text,
    );
  }
  assert.equal(wrong("severity > 3", closed)?.includes("severity_rank"), false);
  const open = rowOf([["src", "string"]], true);
  assert.match(wrong("severity >= high", open)!, /^"severity" cannot be asked here/);
  assert.equal(wrong('severity == "high"', open), null, "a field of the events' own");
});

Deno.test("severity: rows of alerts have it in order, by rank or by its type", () => {
  const ranked = rowOf([["severity", "string"], ["severity_rank", "int"]]);
  assert.equal(wrong("severity >= high", ranked), null);
  assert.equal(wrong("severity >= high", rowOf([["severity", "severity"]])), null);
});
