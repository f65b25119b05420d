import assert from "node:assert/strict";
import { batch, catalogue, input, run, type TestRow } from "../engine/testing/streams.ts";
import {
  FIELDS,
  FOCI,
  Random,
  randomProgram,
  randomStream,
} from "../engine/testing/oracle/random.ts";
import type { Alert } from "../event.ts";
import { openStore, type Store } from "../store/mod.ts";
import { backtest, byDay, warmupOf, withSignals } from "./backtest.ts";

const RUNS = Number(Deno.env.get("PICKET_BACKTESTS") ?? 100);
const folder = Deno.makeTempDirSync({ prefix: "picket-backtest-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const CATALOGUE = catalogue(FIELDS);
const STREAMS = 8;
/** Streams lie apart in time, so that one store holds them all. */
const APART = 400 * 86_400_000;
const START = Date.UTC(2001, 0, 1);

/** What does not hang on how the rows came. */
const shown = (
  { id, rule, time, first, last, count, suppressed, fields, entity, severity }: Alert,
) => ({ id, rule, time, first, last, count, suppressed, fields, entity, severity });

const byTime = (alerts: readonly Alert[]) =>
  alerts.map(shown).sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));

async function withStreams(
  work: (store: Store, streams: TestRow[][]) => Promise<void>,
): Promise<void> {
  const random = new Random(20);
  const streams = Array.from(
    { length: STREAMS },
    (_, i) =>
      randomStream(random, 60).map(({ t, fields }): TestRow => ({
        ...fields,
        t: t + START + i * APART,
      }))
        .sort((a, b) => a.t - b.t),
  );
  const store = await openStore({ data: `${folder}/data` });
  try {
    for (const [i, rows] of streams.entries()) {
      await store.write({ batches: [batch(input(i), CATALOGUE, rows)] });
    }
    await work(store, streams);
  } finally {
    await store.close();
  }
}

Deno.test("backtest: random rules raise what they raised live, with the same ids", async () => {
  await withStreams(async (store, streams) => {
    let raised = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const program = randomProgram(new Random(seed), FOCI[seed % FOCI.length]);
      const i = seed % STREAMS, rows = streams[i];
      const live = run(program, CATALOGUE, rows, { source: input(i) });
      const names = new Set(program.rules.map((r) => r.name));
      const { alerts } = await backtest(store, program, names, {
        from: START + i * APART - APART / 2,
        to: START + i * APART + APART / 2,
        warmup: 0,
        sourcetypes: CATALOGUE.sourcetypes,
        limit: 100_000,
      });
      assert.deepEqual(byTime(alerts), byTime(live), `seed ${seed}`);
      raised += live.length;
    }
    assert.ok(raised > RUNS, `${raised} alerts`);
  });
});

Deno.test("backtest: windows, signals and days are counted", () => {
  const program = randomProgram(new Random(3), "sliding");
  assert.ok(warmupOf(program) > 0);
  const last = program.rules.at(-1)!;
  const alone = withSignals(program, new Set([last.name]));
  for (const name of last.signals) assert.ok(alone.rules.some((r) => r.name === name));
  const day = 86_400_000;
  const alert = (time: number) => ({ time }) as Alert;
  assert.deepEqual(
    byDay([alert(day), alert(day + 5), alert(3 * day)], { from: day, to: 4 * day }),
    [
      { day: day, alerts: 2 },
      { day: 2 * day, alerts: 0 },
      { day: 3 * day, alerts: 1 },
    ],
  );
});
