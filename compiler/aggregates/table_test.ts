import assert from "node:assert/strict";
import { durationMs } from "../../grammar/literals.ts";
import type { Value } from "../schema/types.ts";
import type { Accumulator, AccumulatorOptions, AggregateSpec, GroupView } from "./spec.ts";
import { aggregateNamed, AGGREGATES } from "./table.ts";

const LENGTH = 10_000;
const options = (sliding: boolean): AccumulatorOptions => ({
  exact: 1000,
  ms: LENGTH,
  sliding,
  values: null,
});
/** A group whose rows have these values. */
const group = (rows: readonly Value[]): GroupView => ({
  n: rows.length,
  ms: LENGTH,
  cell: () => NaN,
  newestValues: (_, most) => rows.filter((v) => v !== undefined).slice(-most),
  time: (i) => i,
  valueAt: (_, newest) => (newest ? [...rows].reverse() : rows).find((v) => v !== undefined),
});
const columnOf = (call: string) => call.endsWith("()") ? -1 : 0;
const constantsOf = (spec: AggregateSpec, call: string) => {
  const named = aggregateNamed(call.slice(0, call.indexOf("(")))!;
  assert.equal(named.spec, spec, call);
  if (named.constants.length > 0) return named.constants;
  return call.slice(0, -1).split(", ").slice(1)
    .map((c) => /^\d+$/.test(c) ? Number(c) : durationMs(c));
};

for (const spec of AGGREGATES.values()) {
  for (const sliding of [true, false]) {
    Deno.test(`aggregate ${spec.name}: its examples hold, sliding ${sliding}`, () => {
      assert.ok(spec.examples.length > 0);
      for (const { call, rows, gives } of spec.examples) {
        const args = { column: columnOf(call), constants: constantsOf(spec, call) };
        const made = spec.make(options(sliding), args);
        rows.forEach((v, i) => made.add(v, i));
        assert.deepEqual(made.value(group(rows)), gives, call);
        made.reset();
        assert.deepEqual(
          made.value(group([])),
          spec.make(options(sliding), args).value(group([])),
          `${call} after reset`,
        );
      }
    });
  }

  Deno.test(`aggregate ${spec.name}: what leaves a sliding window leaves nothing behind`, () => {
    const args = { column: 0, constants: (spec.constants ?? []).map((c) => c.example) };
    const fresh = (rows: readonly Value[]): Accumulator => {
      const made = spec.make(options(true), args);
      rows.forEach((v, i) => made.add(v, i + all - rows.length));
      return made;
    };
    // Small whole numbers, some twice and one missing, so that no rounding is in the way.
    const rows: Value[] = [4, 8, undefined, 4, 2, 16, 2, 9, undefined, 1];
    const all = rows.length;
    const made = spec.make(options(true), args);
    const held = rows.map((v, i) => made.add(v, i));
    for (let out = 1; out <= rows.length; out++) {
      made.remove(held[out - 1], out - 1);
      const rest = rows.slice(out);
      const expected = fresh(rest).value(group(rest));
      const loaded = spec.make(options(true), args);
      loaded.load(JSON.parse(JSON.stringify(made.save() ?? null)));
      for (const [what, agg] of [["removed", made], ["saved and loaded", loaded]] as const) {
        const got = agg.value(group(rest));
        if (typeof expected === "number" && typeof got === "number") {
          assert.ok(Math.abs(got - expected) < 1e-9, `${what} ${out}: ${got}, not ${expected}`);
        } else assert.deepEqual(got, expected, `${what} ${out}`);
      }
    }
  });
}

Deno.test("a name with a number is the aggregate with that constant", () => {
  assert.deepEqual(aggregateNamed("perc95")?.constants, [95]);
  assert.equal(aggregateNamed("perc95")?.spec.name, "perc");
  for (const none of ["perc", "median"]) assert.deepEqual(aggregateNamed(none)?.constants, []);
  for (const name of ["count5", "perc9.5", "95", "median50", "constructor", "toString1"]) {
    assert.equal(aggregateNamed(name), null, name);
  }
});
