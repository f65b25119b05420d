import assert from "node:assert/strict";
import type { EventBatch } from "../../event.ts";
import { createEngine, type Engine } from "../engine.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  events,
  input,
  keys,
  program,
} from "../testing/streams.ts";
import { rule, type TestRow, where } from "../testing/streams.ts";
import { SourceMarks } from "./source_marks.ts";

const T = Date.UTC(2026, 10, 28, 12);
const SECOND = 1000;

Deno.test("sources: nothing is judged until the input has gone on for long enough to know them", () => {
  const marks = new SourceMarks();
  marks.note("a", T + 60 * SECOND, 0);
  assert.equal(marks.floor(), -Infinity);
  for (let s = 1; s <= 10; s++) marks.note("a", T + 60 * SECOND, s * SECOND);
  assert.equal(marks.floor(), T + 60 * SECOND);
});

Deno.test("sources: one that is alone for long enough is judged", () => {
  const marks = new SourceMarks();
  for (let i = 0; i < 40_000; i++) marks.note("a", T + i, 0);
  assert.equal(marks.floor(), T + 39_999);
  marks.note("b", T, 0);
  assert.equal(marks.floor(), -Infinity, "it is not alone");
});

/** Two sources that are known. */
function known(): SourceMarks {
  const marks = new SourceMarks();
  for (let s = 0; s <= 10; s++) {
    marks.note("fast", T + 600 * SECOND, s * SECOND);
    marks.note("slow", T + s, s * SECOND);
  }
  return marks;
}

Deno.test("sources: the one furthest behind holds the others for as long as it goes on", () => {
  const marks = known();
  assert.equal(marks.floor(), T + 10);
  for (let s = 11; s <= 20; s++) marks.note("fast", T + 600 * SECOND, s * SECOND);
  assert.equal(marks.floor(), T + 10, "ten seconds of silence");
  marks.note("fast", T + 600 * SECOND, 21 * SECOND);
  assert.equal(marks.floor(), T + 600 * SECOND, "more than that");
  marks.note("slow", T + 11, 22 * SECOND);
  assert.equal(marks.floor(), T + 11, "it is back");
});

Deno.test("sources: silence of all of them makes none of them idle", () => {
  const marks = known();
  marks.note("fast", T + 600 * SECOND, 3_600_000);
  assert.equal(marks.floor(), T + 10);
});

Deno.test("sources: so many are followed, the one heard longest ago gives way", () => {
  const marks = new SourceMarks(2);
  for (let s = 0; s <= 10; s++) {
    for (const [i, name] of ["a", "b", "c"].entries()) marks.note(name, T + i, s * SECOND);
    assert.equal(marks.size, 2);
  }
  assert.equal(marks.floor(), T + 1);
});

Deno.test("sources: a checkpoint keeps them", () => {
  const marks = known(), again = new SourceMarks();
  again.load(JSON.parse(JSON.stringify(marks.save())));
  for (let s = 11; s <= 30; s++) {
    for (const m of [marks, again]) m.note("fast", T + (600 + s) * SECOND, s * SECOND);
    assert.equal(again.floor(), marks.floor());
  }
});

const cat = catalogue({ src: "string" });
const RULES = program(
  rule("guessing", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      window: { kind: "sliding", ms: 20 * SECOND },
      by: keys("src"),
    },
    where(atLeast("n", 4)),
    { kind: "throttle", ms: 600 * SECOND, by: keys("src") },
  ]),
);

/** A batch of lines of one source, sent at a time. */
function sent(source: string, rows: readonly TestRow[], from: number, at: number): EventBatch {
  const made = batch(IN, cat, rows, from);
  return {
    ...made,
    lines: Object.assign(Object.create(made.lines), {
      arrival: T + 86_400_000,
      sources: rows.map(() => source),
      times: Float64Array.from(rows, () => at),
    }),
  };
}

const IN = input(0, 5 * SECOND);

/** Two hosts whose lines, together, are four in a window; the second's come after all of the first's. */
function batches(): EventBatch[] {
  const rows = (off: number) =>
    Array.from(
      { length: 200 },
      (_, i) => ({ t: T + i * 9 * SECOND + off, src: `10.0.0.${i % 2}` }),
    );
  const out: EventBatch[] = [];
  for (let i = 0; i < 200; i += 50) {
    out.push(sent("a", rows(0).slice(i, i + 50), out.length * 50, 1000 + i));
    out.push(sent("b", rows(500).slice(i, i + 50), out.length * 50, 1001 + i));
  }
  return out;
}

const judged = (engine: Engine) => {
  engine.closeInput(IN);
  engine.end();
  return engine.takeChanges("all").map(({ alert }) => [alert.rule, alert.time, alert.eventIds]);
};

Deno.test("sources: what comes one source after the other is judged as it happened", () => {
  const all = createEngine(RULES, cat);
  all.openInput(IN, { live: true, caughtUp: false });
  for (const b of batches()) all.detect(b, false);
  assert.equal(all.counters().late, 0);
  const want = judged(all);
  assert.ok(want.length > 0);
  for (let cut = 1; cut < batches().length; cut++) {
    let engine = createEngine(RULES, cat);
    engine.openInput(IN, { live: true, caughtUp: false });
    batches().forEach((b, i) => {
      if (i === cut) {
        const saved = JSON.parse(JSON.stringify(engine.snapshot()));
        engine = createEngine(RULES, cat);
        engine.restore(saved);
        engine.openInput(IN, { live: true, caughtUp: false });
      }
      engine.detect(b, false);
    });
    assert.equal(engine.counters().late, 0, `cut at ${cut}`);
    assert.deepEqual(judged(engine), want, `cut at ${cut}`);
  }
});
