/** The engine against an exhaustive search: random rules with every operator on random streams. */
import { ok } from "node:assert/strict";
import type { IrProgram } from "../../../../compiler/ir/program.ts";
import { createEngine } from "../../engine.ts";
import { batch, catalogue, input, type TestRow } from "../streams.ts";
import { AlertTable, alike, same, smallest, sorted, told } from "./compare.ts";
import { expectedAlerts, type Row } from "./mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "./random.ts";

/** Streams for each operator; the environment raises it for a long run, and moves the seeds. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const cat = catalogue(FIELDS);

for (const focus of FOCI) {
  Deno.test(`${focus} agrees with an exhaustive search`, () => {
    let alerts = 0;
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED * 1_000_003 + i;
      const r = new Random(seed * 31 + FOCI.indexOf(focus));
      const program = randomProgram(r, focus);
      const limit = r.chance(0.1) ? 3 : 65_536;
      const size = r.pick([1, 7, 1000]);
      const rows = randomStream(r, r.chance(0.02) ? 300 : 40);
      const now = rows.length > 0 && clocked(program)
        ? rows[rows.length - 1].t + r.below(40)
        : null;
      const differs = (some: readonly Row[]) => difference(program, some, limit, size, now);
      const { want: all, equal } = differs(rows);
      alerts += all.filter((a) => a.rule === program.rules.at(-1)!.name).length;
      if (equal) continue;
      const least = smallest(rows, (some) => !differs(some).equal);
      const { got, want } = differs(least);
      same(
        got,
        want,
        () =>
          `${focus}, seed ${seed}, limit ${limit}, batches of ${size}\n${told(program.rules)}\n` +
          `Rows:\n  ${least.map(told).join("\n  ")}`,
      );
    }
    ok(alerts > RUNS / 3, `${alerts} alerts of ${RUNS} streams say little`);
  });
}

/** Whether a clock can be let run behind the last event: nothing else waits for event time. */
function clocked({ rules }: IrProgram): boolean {
  const [rule] = rules;
  return rules.length === 1 && rule.source.kind === "from" &&
    rule.commands.some((c) => c.kind === "absent" && c.clock) &&
    rule.commands.every((c) => c.kind !== "stats");
}

/** Rows of keys with few are held once for one window as for several, or not at all. */
const sharedFrom = (size: number) => size === 7 ? Infinity : 1;

function difference(
  program: IrProgram,
  rows: readonly Row[],
  rowsPerKey: number,
  size: number,
  now: number | null,
) {
  const got = sorted(actual(program, rows, rowsPerKey, size, now));
  const options = { rowsPerKey, ...(now === null ? {} : { now }) };
  const want = sorted(rows.length ? expectedAlerts(program, rows, options) : []);
  return { got, want, equal: alike(got, want) };
}

/** What the engine says, with events by number. */
function actual(
  program: IrProgram,
  rows: readonly Row[],
  rowsPerKey: number,
  size: number,
  now: number | null,
) {
  const engine = createEngine(program, cat, {
    limits: { rowsPerKey, sharedFrom: sharedFrom(size) },
  });
  const table = new AlertTable();
  const source = input();
  for (let i = 0; i < rows.length; i += size) {
    const part: TestRow[] = rows.slice(i, i + size).map((x) => ({
      ...x.fields,
      t: x.t,
      offset: x.n,
    }));
    engine.detect(batch(source, cat, part));
    table.take(engine.takeChanges());
  }
  if (now !== null && rows.length > 0) engine.advanceProcessingTime(now);
  engine.end();
  table.take(engine.takeChanges());
  return table.expected((id) => parseInt(id.slice(16, 28), 16));
}
