/** `absent … live`: the end of an input is not the silence of what it told of last. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createEngine } from "../engine.ts";
import {
  Alerts,
  batch,
  catalogue,
  events,
  input,
  keys,
  program,
  rule,
  type TestRow,
} from "../testing/streams.ts";

const cat = catalogue({ host: "string" });
const HOUR = 3_600_000;
const silent = (live: boolean) =>
  program(
    rule("silent", events(), [
      { kind: "absent", ms: 24 * HOUR, by: keys("host"), expect: null, clock: false, live },
    ]),
  );

const rowsOf = (host: string, from: number, to: number): TestRow[] =>
  Array.from({ length: to - from }, (_, i) => ({ t: (from + i) * HOUR, host }));

/** Hosts that are silent when each list of rows is an input that ends; live ones do not. */
function hostsOf(
  inputs: readonly (readonly TestRow[])[],
  { live = true, follows = false, size = 1000, cut = -1 } = {},
): string[] {
  const rules = silent(live);
  let engine = createEngine(rules, cat);
  const alerts = new Alerts();
  const sources = inputs.map((_, i) => input(i));
  const open = () => sources.forEach((s) => engine.openInput(s, { live: follows }));
  open();
  inputs.forEach((rows, i) => rows.length === 0 && engine.closeInput(sources[i]));
  const at = inputs.map(() => 0);
  let turn = 0;
  while (at.some((n, i) => n < inputs[i].length)) {
    // What is earliest is read first, as the merge of files does it.
    const next = at.map((n, i) => n < inputs[i].length ? inputs[i][n].t : Infinity);
    const i = next.indexOf(Math.min(...next));
    const some = inputs[i].slice(at[i], at[i] + size);
    const made = batch(sources[i], cat, some, at[i]);
    // Lines of live input come when they say they were written.
    const arrival = follows ? some[0].t : 0;
    engine.detect({ ...made, lines: { ...made.lines, arrival } });
    at[i] += some.length;
    if (at[i] === inputs[i].length && !follows) engine.closeInput(sources[i]);
    if (turn++ !== cut) continue;
    alerts.take(engine);
    const saved = JSON.parse(JSON.stringify(engine.snapshot()));
    engine = createEngine(rules, cat);
    engine.restore(saved);
    open();
    sources.forEach((s, k) => {
      if (at[k] === inputs[k].length) engine.closeInput(s);
    });
  }
  engine.end();
  alerts.take(engine);
  return alerts.list().map((a) => String(a.fields.host)).sort();
}

const ends = rowsOf("h1", 0, 18), goesOn = rowsOf("h2", 0, 80);

Deno.test("a file that ends is no silence, a host that stops within one is", () => {
  assert.deepEqual(hostsOf([ends, goesOn]), []);
  assert.deepEqual(hostsOf([[...ends, ...goesOn].sort((a, b) => a.t - b.t)]), ["h1"]);
  assert.deepEqual(hostsOf([ends, goesOn], { live: false }), ["h1"]);
});

Deno.test("a host that stops on an input that goes on is silent", () => {
  assert.deepEqual(hostsOf([ends, goesOn], { follows: true, size: 1 }), ["h1"]);
});

Deno.test("a host that the next file tells of again is watched again", () => {
  const next = [...rowsOf("h1", 30, 40), ...rowsOf("h3", 30, 90)].sort((a, b) => a.t - b.t);
  assert.deepEqual(hostsOf([ends, next, goesOn]), ["h1"]);
  const later = [...rowsOf("h1", 50, 51), ...rowsOf("h3", 50, 90)].sort((a, b) => a.t - b.t);
  assert.deepEqual(hostsOf([ends, later, rowsOf("h2", 0, 90)]), ["h1"]);
});

Deno.test("portions and a checkpoint change nothing of it", () => {
  const anyInput = fc.array(
    fc.record({
      t: fc.nat(90).map((n) => n * HOUR),
      host: fc.constantFrom("h1", "h2", "h3"),
    }),
    { maxLength: 25 },
  ).map((rows) => rows.sort((a, b) => a.t - b.t));
  fc.assert(
    fc.property(
      fc.array(anyInput, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(20),
      (inputs, size, cut) => {
        const whole = hostsOf(inputs);
        assert.deepEqual(hostsOf(inputs, { size }), whole);
        assert.deepEqual(hostsOf(inputs, { size, cut }), whole);
      },
    ),
    { numRuns: 200 },
  );
});
