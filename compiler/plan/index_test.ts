/**
 * The index finds every rule that matches: indexed, un-indexed and plain evaluation agree on random
 * rules and events, and on values made to hit all that is looked for. PICKET_PAIRS is the number of
 * pairs of rule and event.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { holds } from "../ir/evaluate.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { plan } from "./plan.ts";
import { event, extraction, predicate, span, TABLES } from "./testing/random_expr.ts";
import { catalogueOf, matcher, programOf } from "./testing/random_kind.ts";
import { Automaton, LOOKED_FOR } from "./index/automaton.ts";
import { atomsOf } from "./index/choose.ts";
import { FieldIndex } from "./index/field_index.ts";
import { RuleIndex } from "./index/rule_index.ts";
import { SkipSearch } from "./index/skip_search.ts";

const pairs = Number(Deno.env.get("PICKET_PAIRS") ?? 20_000);
const RULES = 40, EVENTS = 25;

/** With an index from one rule on that chooses again every few events, and without one. */
function both(conditions: readonly IrExpr[]) {
  const program = programOf(conditions, TABLES);
  const make = (indexed: number) => {
    const made = plan(program, catalogueOf(extraction), { indexed, chooseAt: 8 });
    return matcher(made.kindOf(extraction), program.rules, made.constants);
  };
  return { indexed: make(1), plain: make(Infinity), program };
}

Deno.test(`indexed, un-indexed and evaluated agree on ${pairs} random pairs`, () => {
  let taken = 0, held = 0;
  fc.assert(
    fc.property(
      fc.array(predicate, { minLength: RULES, maxLength: RULES }),
      fc.array(event, { minLength: EVENTS, maxLength: EVENTS }),
      (conditions, events) => {
        const { indexed, plain } = both(conditions);
        for (const e of events) {
          const expected = conditions.flatMap((c, i) =>
            holds(c, e, { tables: TABLES }) ? [`r${i}`] : []
          );
          assert.deepEqual(plain(e), expected);
          // What comes again is known, and then ruled out by what its values say.
          for (let i = 0; i < 18; i++) assert.deepEqual(indexed(e), expected);
          taken += conditions.length;
          held += expected.length;
        }
      },
    ),
    { numRuns: Math.max(1, Math.ceil(pairs / RULES / EVENTS)), verbose: 0 },
  );
  assert.ok(held > 0.05 * taken && held < 0.95 * taken, `${held} of ${taken} hold`);
});

const contains = (needle: string): IrExpr => ({
  op: "contains",
  quant: "any",
  value: { op: "field", name: "s", type: "string", span },
  needles: [{ op: "const", value: needle, type: "string", span }],
  type: "bool",
  span,
});

Deno.test("a value of 32 KiB that holds every needle misses no rule", () => {
  const needles = Array.from(
    { length: 1500 },
    (_, i) => `\\tool-${i}.exe${i % 3 ? ` --option-of-some-length ${i}` : ""}`,
  );
  const { indexed } = both(needles.map(contains));
  let text = needles.join(" ");
  while (text.length < 32_768) text += text.slice(0, 32_768 - text.length);
  const row = (s: string) => ({ s, more: null, _time: 0 });
  const all = needles.filter((n) => text.includes(n)).length;
  assert.equal(all, needles.length);
  for (let i = 0; i < 3; i++) {
    assert.equal(indexed(row(text)).length, all);
    assert.equal(indexed(row(text.toUpperCase())).length, all);
    assert.deepEqual(indexed(row("nothing of that")), []);
  }
});

Deno.test("the automaton finds what looking for each needle finds, and more only by its bounds", () => {
  const letters = ["a", "b", "\\", "é", "\u2013", "\u{1f600}"];
  const text = (max: number, min = 0) =>
    fc.array(fc.constantFrom(...letters), { minLength: min, maxLength: max })
      .map((l) => l.join(""));
  fc.assert(
    fc.property(
      fc.uniqueArray(text(5, 1), { minLength: 1, maxLength: 30 }),
      fc.array(text(60), { minLength: 1, maxLength: 5 }),
      (needles, texts) => {
        const automaton = new Automaton(needles);
        for (const t of texts) {
          const found = new Set<number>();
          automaton.find(t, (n) => automaton.same[n].forEach((i) => found.add(i)));
          needles.forEach((n, i) => {
            if (t.includes(n)) assert.ok(found.has(i), `${n} in ${t}`);
            else if (/^[\0-\x7f]*$/.test(n)) assert.ok(!found.has(i), `${n} not in ${t}`);
          });
        }
      },
    ),
    { numRuns: 500 },
  );
  const long = "x".repeat(LOOKED_FOR) + "end of a long needle";
  const found: number[] = [];
  new Automaton([long, "e", long + "!"]).find("the end of a long needle", (n) => found.push(n));
  assert.deepEqual(found.sort(), [0, 1]);
});

Deno.test("a field's index gives the same whether it remembers a value or not", () => {
  const field = new FieldIndex("f", [
    [{ field: "f", test: "equals", text: "22" }, 0],
    [{ field: "f", test: "base", text: "\\cmd.exe" }, 1],
    [{ field: "f", test: "base", text: "/sh" }, 2],
    [{ field: "f", test: "contains", text: "temp" }, 3],
  ]);
  const entries = (v: Value) => [...new Set(field.find(v))].sort();
  const expected: [Value, number[]][] = [
    [22, [0]],
    ["22", [0]],
    ["C:\\Temp\\CMD.exe", [1, 3]],
    ["\\cmd.exe\\", []],
    ["/bin/sh", [2]],
    [["a", "temp"], [3]],
    [undefined, []],
  ];
  for (const [v, wanted] of expected) assert.deepEqual(entries(v), wanted, String(v));
  // Values that never come again: nothing is remembered any more.
  for (let i = 0; i < 10_000; i++) field.find(`temp${i}`);
  for (const [v, wanted] of expected) assert.deepEqual(entries(v), wanted, String(v));
  // Nor does a list that is too long to be put together hide anything.
  assert.deepEqual(entries(Array(40_000).fill("x")), [0, 1, 2, 3]);
});

Deno.test("a value that comes again makes no candidates of rules that it rules out", () => {
  const asked: string[] = [];
  const field = new FieldIndex("f", [
    [{ field: "f", test: "contains", text: "temp" }, 0],
    [{ field: "f", test: "contains", text: "temp" }, 1],
  ], {
    each: [2, 3],
    test: (entry) =>
      entry === 0 ? null : (v) => {
        asked.push(`${entry} ${v}`);
        return entry === 2 ? v === undefined || v === "" : v === "C:\\Temp" || v === 7;
      },
  });
  const entries = (v: Value) => [...field.find(v)].sort();
  const values = ["C:\\Temp", "temp", "", 7, "else"];
  const all = (v: Value) => String(v).toLowerCase().includes("temp") ? [0, 1, 2, 3] : [2, 3];
  for (const v of values) assert.deepEqual(entries(v), all(v), "at first");
  assert.deepEqual(asked, []);
  // Those that are asked of every value come first, the others when a value comes often.
  for (let i = 1; i <= 20; i++) {
    assert.deepEqual(entries("C:\\Temp"), [0, 1, 3]);
    assert.deepEqual(entries("temp"), i < 16 ? [0, 1] : [0]);
    assert.deepEqual(entries(""), [2]);
    assert.deepEqual(entries(7), [3]);
    assert.deepEqual(entries("else"), []);
    assert.deepEqual(entries(undefined), [2]);
    // What is not remembered is ruled out by nothing.
    assert.deepEqual(entries(["else"]), [2, 3]);
    assert.deepEqual(entries("temp".repeat(400)), [0, 1, 2, 3]);
  }
  // Six values are asked about each of two, then five once more about what was left of them.
  assert.equal(asked.length, 12 + 5, asked.join());
});

Deno.test("what is often true gives way to what is seldom", () => {
  const field = (name: string, text: string) =>
    ({ op: "atoms", atoms: [{ field: name, test: "equals", text }] }) as const;
  const index = new RuleIndex([
    { op: "all", parts: [field("channel", "system events"), field("id", "4625")] },
  ], 64);
  assert.deepEqual(index.chosen(0), field("channel", "system events").atoms);
  const row = index.names.map((n) => n === "channel" ? "System Events" : 4624);
  for (let i = 0; i < 64; i++) assert.equal(index.find(row), 1);
  assert.deepEqual(index.chosen(0), field("id", "4625").atoms);
  assert.equal(index.find(row), 0);
  assert.equal(index.find(index.names.map((n) => n === "channel" ? "System Events" : "4625")), 1);
  assert.equal(atomsOf(index.conditions[0]).length, 2);
});

Deno.test("skipping finds exactly what looking for each needle finds, or says that it gave up", () => {
  // The last two become letters of ASCII in lower case.
  const letters = ["a", "B", "b", ":", "\\", "\u00e9", "k", "i", "\u212a", "\u0130"];
  const text = (max: number, min = 0) =>
    fc.array(fc.constantFrom(...letters), { minLength: min, maxLength: max })
      .map((l) => l.join(""));
  let hits = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(text(9, 5).filter((t) => !/[^ -~]|B/.test(t)), { minLength: 1, maxLength: 9 }),
      fc.array(text(400), { minLength: 1, maxLength: 5 }),
      (needles, texts) => {
        assert.ok(SkipSearch.fits(needles));
        const search = new SkipSearch(needles);
        for (const t of [...texts, ...texts.map((t) => t + needles.join(t.slice(0, 3)))]) {
          const found: number[] = [];
          if (!search.find(t, (n) => found.push(n))) continue;
          const expected = needles.flatMap((n, i) => t.toLowerCase().includes(n) ? [i] : []);
          hits += expected.length;
          assert.deepEqual(found.sort((a, b) => a - b), expected);
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(hits > 500, `only ${hits} needles were found`);
  // What makes it give up is found all the same, by the index as a whole.
  const needle = "a".repeat(16) + "b";
  const field = new FieldIndex("f", [[{ field: "f", test: "contains", text: needle }, 0]]);
  assert.equal(new SkipSearch([needle]).find("a".repeat(5000), () => {}), false);
  assert.deepEqual([...field.find("a".repeat(5000) + "b")], [0]);
  assert.deepEqual([...field.find("a".repeat(5000))], []);
  assert.equal(SkipSearch.fits(["four"]), false);
  assert.equal(SkipSearch.fits(["f\u00fcr immer"]), false);
});
