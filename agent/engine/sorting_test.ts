/** Input that ends gives the alerts of the sorted whole, whatever order it comes in. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Input } from "../event.ts";
import { createEngine, type Engine } from "./engine.ts";
import { RowSorter, type Spool } from "./ordering/row_sorter.ts";
import { AlertTable, same, sorted, told } from "./testing/oracle/compare.ts";
import { type ExpectedAlert, expectedAlerts, type Row } from "./testing/oracle/mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "./testing/oracle/random.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  events,
  input,
  is,
  keys,
  program,
  rule,
  signal,
  step,
  type TestRow,
  where,
} from "./testing/streams.ts";

/** Streams; the environment raises them for a long run, and moves the seeds. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const cat = catalogue(FIELDS);

function spool(): Spool {
  let bytes = new Uint8Array(0);
  return {
    full: null,
    append(more) {
      const at = bytes.length;
      const grown = new Uint8Array(at + more.length);
      grown.set(bytes);
      grown.set(more, at);
      bytes = grown;
      return at;
    },
    read(position, into) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  } as Spool;
}

/** How a run reads input that ends: in order until that breaks, then a second time. */
class Reading {
  readonly table = new AlertTable();
  sorted = false;
  #engine: Engine;
  #inputs: Input[];
  #read: [number, readonly TestRow[]][] = [];

  constructor(readonly program: IrProgram, readonly count: number, readonly chunk: number) {
    this.#engine = createEngine(program, cat);
    this.#inputs = this.#open();
  }

  #open(): Input[] {
    this.#engine.sortable = true;
    const inputs = Array.from({ length: this.count }, (_, i) => input(i));
    for (const i of inputs) this.#engine.openInput(i);
    return inputs;
  }

  take(index: number, rows: readonly TestRow[]): void {
    const engine = this.#engine;
    engine.detect(batch(this.#inputs[index], cat, rows));
    this.#read.push([index, rows]);
    if (engine.disorder !== null) this.#sort();
    this.table.take(engine.takeChanges());
  }

  /** The run is killed, and another goes on from its checkpoint. */
  restart(): void {
    const { sorting } = this.#engine;
    const saved = JSON.parse(JSON.stringify(this.#engine.snapshot()));
    equal(saved.unordered === true, sorting);
    this.#engine = createEngine(this.program, cat);
    deepEqual(this.#engine.restore(saved), []);
    this.#inputs = this.#open();
    if (sorting) this.#sort();
  }

  #sort(): void {
    const engine = this.#engine;
    // Of what windows said before, nothing stays.
    const isStateful = (rule: string) => engine.isStateful(rule);
    this.table.take(engine.takeChanges().filter((c) => !isStateful(c.alert.rule)));
    this.table.forget(isStateful);
    engine.startSorting(new RowSorter(spool(), this.chunk));
    for (const [index, rows] of this.#read) {
      engine.collect(batch(this.#inputs[index], cat, rows), Infinity);
    }
    this.sorted = true;
  }

  end(): AlertTable {
    this.#engine.end();
    this.table.take(this.#engine.takeChanges());
    return this.table;
  }
}

/** Alerts whole, in order of their ids. */
const texts = (table: AlertTable): string =>
  JSON.stringify(table.alerts().sort((a, b) => a.alert.id < b.alert.id ? -1 : 1), null, 1);

/** Rows of each input in turn, in batches of any size. */
function read(reading: Reading, parts: readonly (readonly TestRow[])[], r: Random | null): void {
  const rest = parts.map((rows) => [...rows]);
  for (;;) {
    const filled = rest.flatMap((rows, i) => rows.length > 0 ? [i] : []);
    if (filled.length === 0) return;
    const i = r === null ? filled[0] : r.pick(filled);
    reading.take(i, rest[i].splice(0, r === null ? 1000 : r.pick([1, 3, 10])));
    if (r?.chance(0.1)) reading.restart();
  }
}

function shuffled<T>(r: Random, list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const k = r.below(i + 1);
    [out[i], out[k]] = [out[k], out[i]];
  }
  return out;
}

const toRow = (x: Row, offset: number): TestRow => ({ ...x.fields, t: x.t, offset });

Deno.test("any order of one input or several gives the alerts of the sorted whole", () => {
  let alerts = 0, sorts = 0;
  for (let i = 0; i < RUNS; i++) {
    const r = new Random((SEED * 1_000_003 + i) * 59);
    const rules = randomProgram(r, FOCI[i % FOCI.length]);
    // Times are distinct: where they are not, the order of reading is all there is.
    const rows = randomStream(r, r.chance(0.1) ? 300 : 40).map((x, n) => ({ ...x, t: x.t + n }));
    const parts: TestRow[][] = Array.from({ length: r.pick([1, 1, 3]) }, () => []);
    for (const x of rows) {
      const part = r.pick(parts);
      part.push(toRow(x, part.length));
    }
    const want = new Reading(rules, parts.length, 1 << 20);
    read(want, parts, null);
    const got = new Reading(rules, parts.length, r.pick([500, 1 << 20]));
    read(got, parts.map((rows) => shuffled(r, rows)), r);
    const expected = texts(want.end());
    alerts += want.table.alerts().length;
    if (got.sorted) sorts++;
    equal(want.sorted, false);
    equal(texts(got.end()), expected, `stream ${i} of seed ${SEED}\n${told(rules.rules)}`);
  }
  ok(alerts > RUNS && sorts > RUNS / 2, `${alerts} alerts, ${sorts} sorted streams say little`);
});

Deno.test("input read backwards gives what it gives forwards, ties too", () => {
  for (let i = 0; i < RUNS; i++) {
    const r = new Random((SEED * 1_000_003 + i) * 61);
    const rules = randomProgram(r, FOCI[i % FOCI.length]);
    const rows = randomStream(r);
    // All of one time is no order at all.
    if (rows.length < 2 || rows[0].t === rows[rows.length - 1].t) continue;
    const got = new Reading(rules, 1, 1 << 20);
    read(got, [rows.toReversed().map(toRow)], r);
    const number = (id: string) => rows.length - 1 - parseInt(id.slice(16, 28), 16);
    // Contributing events of one time stand by their offset, which counts the other way here.
    const whole = (alerts: readonly ExpectedAlert[]) =>
      sorted(alerts.map((a) => ({ ...a, rows: a.rows.toSorted((x, y) => x - y) })));
    same(
      whole(got.end().expected(number)),
      whole(expectedAlerts(rules, rows)),
      () =>
        `stream ${i} of seed ${SEED}\n${told(rules.rules)}\nRows:\n  ${
          rows.map(told).join("\n  ")
        }`,
    );
    equal(got.sorted, true);
  }
});

Deno.test("eight failures and a login of one second are a break-in, read backwards too", () => {
  const rules = program(
    rule("guessing", events(is("k", "fail")), [
      {
        kind: "stats",
        aggs: [agg("count", "n")],
        by: keys("src"),
        window: { kind: "sliding", ms: 60_000 },
      },
      where(atLeast("n", 5)),
    ]),
    rule("break-in", {
      kind: "sequence",
      by: keys("src"),
      within: 60_000,
      steps: [step(signal("guessing")), step(events(is("k", "login")))],
      until: null,
    }),
  );
  const row = (t: number, k: string, offset: number): TestRow => ({ t, k, src: "s1", offset });
  const rows = [
    row(0, "start", 0),
    ...Array.from({ length: 8 }, (_, i) => row(1000, "fail", 1 + i)),
    row(1000, "login", 9),
    row(9000, "end", 10),
  ];
  for (const order of [rows, rows.toReversed()]) {
    const reading = new Reading(rules, 1, 1 << 20);
    reading.take(0, order.map((x, offset) => ({ ...x, offset })));
    const found = reading.end().alerts().map((a) => `${a.alert.rule} ${a.alert.count}`).sort();
    deepEqual(found, ["break-in 2", "guessing 8"]);
  }
});
