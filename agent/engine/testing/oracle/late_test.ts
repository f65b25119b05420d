/** Late rows in the engine against a search: random rules with every operator, streams of which some rows come behind. */
import { equal, ok } from "node:assert/strict";
import type { IrProgram } from "../../../../compiler/ir/program.ts";
import { createEngine } from "../../engine.ts";
import { batch, catalogue, input, type TestRow } from "../streams.ts";
import { AlertTable, alike, same, smallest, sorted, told } from "./compare.ts";
import { expectedWithLate } from "./late.ts";
import { type ExpectedAlert, expectedAlerts, type Row } from "./mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "./random.ts";

/** Streams for each operator; the environment raises it for a long run, and moves the seeds. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const cat = catalogue(FIELDS);

for (const focus of FOCI) {
  Deno.test(`${focus}: late rows give what a search gives`, () => {
    let alerts = 0, late = 0;
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED * 1_000_003 + i;
      const r = new Random(seed * 41 + FOCI.indexOf(focus));
      const program = randomProgram(r, focus);
      const rows = delayed(r, randomStream(r, r.chance(0.03) ? 300 : 40));
      const limit = r.chance(0.1) ? 3 : 65_536;
      const sizes = [r.pick([1, 2, 7]), 1000];
      late += lateRows(rows);
      const got = (some: readonly Row[], size: number) => actual(program, some, size, { limit });
      const want = (some: readonly Row[]) => nameless(expectedWithLate(program, some, limit));
      const all = want(rows);
      alerts += all.length;
      for (const size of sizes) {
        if (alike(got(rows, size), all)) continue;
        const least = smallest(rows, (some) => !alike(got(some, size), want(some)));
        same(
          got(least, size),
          want(least),
          () =>
            `${focus}, seed ${seed}, limit ${limit}, batches of ${size}\n${told(program.rules)}\n` +
            `Rows as they came:\n  ${least.map(told).join("\n  ")}`,
        );
      }
    }
    ok(alerts > RUNS / 3, `${alerts} alerts of ${RUNS} streams say little`);
    ok(late > RUNS, `${late} late rows in ${RUNS} streams say little`);
  });
}

Deno.test("without late rows the two searches agree", () => {
  for (let i = 0; i < RUNS; i++) {
    const r = new Random((SEED * 1_000_003 + i) * 43);
    const program = randomProgram(r, r.pick(FOCI));
    const rows = randomStream(r);
    if (rows.length === 0) continue;
    const want = sorted(expectedAlerts(program, rows));
    same(sorted(expectedWithLate(program, rows)), want, () => told(program.rules));
  }
});

Deno.test("late rows give the same over checkpoints", () => {
  for (let i = 0; i < RUNS; i++) {
    const r = new Random((SEED * 1_000_003 + i) * 47);
    const program = randomProgram(r, r.pick(FOCI));
    const rows = delayed(r, randomStream(r));
    const restarts = actual(program, rows, 5, { restart: true });
    same(
      restarts,
      actual(program, rows, 5),
      () =>
        `stream ${i}\n${told(program.rules)}\nRows as they came:\n  ${rows.map(told).join("\n  ")}`,
    );
  }
});

/** Rows in order of arrival, which `n` counts: some come later than those of their time. */
function delayed(r: Random, rows: readonly Row[]): Row[] {
  const share = r.pick([0.1, 0.3, 0.6]);
  const most = r.pick([3, 15, 60]);
  const hosts = r.pick([["web1"], ["web1", "web2"]]);
  return rows.map((x) => ({ x, at: x.t + (r.chance(share) ? 1 + r.below(most) : 0) }))
    .sort((a, b) => a.at - b.at)
    .map(({ x }, n) => ({ t: x.t, n, fields: { ...x.fields, host: r.pick(hosts) } }));
}

function lateRows(rows: readonly Row[]): number {
  let passed = -Infinity;
  return rows.filter((x) => {
    const late = x.t < passed;
    passed = Math.max(passed, x.t);
    return late;
  }).length;
}

/** What the engine says, with events by number. @param restart after each batch the engine is made anew from its state */
function actual(
  program: IrProgram,
  rows: readonly Row[],
  size: number,
  { limit = 65_536, restart = false } = {},
): ExpectedAlert[] {
  const limits = { rowsPerKey: limit, sharedFrom: size % 2 === 0 ? 2 : 1 };
  const create = () => createEngine(program, cat, { limits });
  let engine = create();
  let source = input();
  const table = new AlertTable();
  for (let i = 0; i < rows.length; i += size) {
    const part: TestRow[] = rows.slice(i, i + size).map((x) => ({
      ...x.fields,
      t: x.t,
      offset: x.n,
    }));
    engine.detect(batch(source, cat, part));
    table.take(engine.takeChanges());
    if (!restart) continue;
    const saved = JSON.parse(JSON.stringify(engine.snapshot()));
    engine = create();
    source = input();
    equal(engine.restore(saved).length, 0);
  }
  engine.end();
  table.take(engine.takeChanges());
  equal(engine.counters().late, lateRows(rows));
  return nameless(table.expected((id) => parseInt(id.slice(16, 28), 16)));
}

/** Without the host, which names a clock and is no field of the streams' catalogue. */
function nameless(alerts: readonly ExpectedAlert[]): ExpectedAlert[] {
  return sorted(alerts.map((a) => {
    const { host: _, ...fields } = a.fields;
    return { ...a, fields };
  }));
}
