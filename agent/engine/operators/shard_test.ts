/** Work that is shared: all shards together raise the alerts of one engine, each once. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { IrProgram } from "../../../compiler/ir/program.ts";
import { sharing } from "../../../compiler/ir/sharing.ts";
import { createEngine } from "../engine.ts";
import { holds, type Shard } from "./shard.ts";
import { told } from "../testing/oracle/compare.ts";
import type { Row } from "../testing/oracle/mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "../testing/oracle/random.ts";
import { Alerts, batch, catalogue, input } from "../testing/streams.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const cat = catalogue(FIELDS);

/** Alerts as text by id. @param size events of a batch */
function alertsOf(program: IrProgram, rows: readonly Row[], size: number, shard: Shard | null) {
  const engine = createEngine(program, cat, { shard });
  const inputs = [input(0, 5), input(1, 5)];
  inputs.forEach((i) => engine.openInput(i));
  const alerts = new Alerts();
  for (let from = 0; from < rows.length; from += size) {
    const some = rows.slice(from, from + size);
    for (const i of [0, 1]) {
      const part = some.filter((x) => x.n % 2 === i);
      if (part.length === 0) continue;
      const events = part.map((x) => ({ ...x.fields, t: x.t, offset: x.n }));
      engine.detect(batch(inputs[i], cat, events));
    }
    alerts.take(engine);
  }
  engine.end();
  alerts.take(engine);
  return alerts.list().map((a) => JSON.stringify(a)).sort();
}

for (const focus of FOCI) {
  Deno.test(`${focus}: shards together give the alerts of one`, () => {
    let alerts = 0, divided = 0;
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED * 1_000_003 + i;
      const r = new Random(seed * 37 + FOCI.indexOf(focus));
      const program = randomProgram(r, focus);
      const rows = randomStream(r, 40);
      // Some of them late.
      const order = r.chance(0.5) ? rows : [...rows].sort((a, b) => a.t - b.t + r.below(9) - 4);
      const size = r.pick([1, 7, 1000]);
      const of = 2 + r.below(3);
      const one = alertsOf(program, order, size, null);
      const shared = Array.from(
        { length: of },
        (_, no) => alertsOf(program, order, size, { no, of }),
      );
      alerts += one.length;
      if (shared.filter((some) => some.length > 0).length > 1) divided++;
      deepEqual(
        shared.flat().sort(),
        one,
        `${focus}, seed ${seed}, ${of} shards, batches of ${size}\n${told(program.rules)}\n` +
          `${told(sharing(program))}\nRows:\n  ${order.map(told).join("\n  ")}`,
      );
    }
    ok(alerts > RUNS / 3, `${alerts} alerts of ${RUNS} streams say little`);
    console.log(`${focus}: ${alerts} alerts, ${divided} of ${RUNS} streams in several shards`);
  });
}

Deno.test("shards hold about the same share of keys, and each key is one's", () => {
  const counts = [0, 0, 0];
  for (let i = 0; i < 3000; i++) {
    const of = [0, 1, 2].filter((no) => holds({ no, of: 3 }, `10.0.${i >> 8}.${i & 255}`));
    equal(of.length, 1);
    counts[of[0]]++;
  }
  for (const n of counts) ok(n > 850 && n < 1150, String(counts));
});
