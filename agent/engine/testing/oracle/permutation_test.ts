/**
 * The same input gives the same alerts and incidents to the byte: in any arrival order within the
 * lateness, in batches of any size, from one or several inputs, over checkpoints and restarts. And
 * they are those of the exhaustive search.
 */
import { deepEqual, equal } from "node:assert/strict";
import type { IrProgram } from "../../../../compiler/ir/program.ts";
import { Checkpointer, snapshotOf, storedRows } from "../../../run/checkpoint.ts";
import { createEngine, type Engine } from "../../engine.ts";
import type { AlertChange, Input } from "../../../event.ts";
import { Incidents } from "../../alerts/incidents.ts";
import type { SavedCheckpoint, StateEntry } from "../../../store/mod.ts";
import { stateBlocks } from "../state_blocks.ts";
import { batch, catalogue, input, type TestRow } from "../streams.ts";
import { AlertTable, same, sorted, told } from "./compare.ts";
import { expectedAlerts, type Row } from "./mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "./random.ts";

/** Arrival orders for each operator; the environment raises it for a long run, and moves the seeds. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
/** Arrival orders of one stream. */
const ORDERS = 10;
const LATENESS = 15;
const SIZES = [1, 2, 7, 100, 10_000];
const cat = catalogue(FIELDS);

for (const focus of FOCI) {
  Deno.test(`${focus}: any arrival order within the lateness, in any batches, is the same`, () => {
    let alerts = 0;
    for (let i = 0; i < RUNS / ORDERS; i++) {
      const r = new Random((SEED * 1_000_003 + i) * 37 + FOCI.indexOf(focus));
      const program = randomProgram(r, focus);
      const rows = randomStream(r, 60);
      // Three sources; rows of one time go by source, then by place.
      const parts: TestRow[][] = [[], [], []];
      for (const { t, fields } of rows) {
        const part = r.pick(parts);
        part.push({ ...fields, t, offset: part.length });
      }
      const all: Row[] = parts.flatMap((part, source) =>
        part.map(({ t, offset, ...fields }) => ({
          t,
          n: source * 1000 + Number(offset),
          fields: fields as Row["fields"],
        }))
      );
      const where = (what: string) => () =>
        `${focus}, ${what}, stream ${i} of seed ${SEED}\n${told(program.rules)}\nRows:\n  ${
          all.map(told).join("\n  ")
        }`;
      const first = play(program, parts, 0, null);
      for (let order = 0; order < ORDERS; order++) {
        const other = play(program, parts, LATENESS, r);
        equal(other.late, 0);
        if (other.text === first.text) continue;
        same(other.alerts, first.alerts, where(`order ${order}`));
        equal(other.text, first.text);
      }
      const want = sorted(all.length > 0 ? expectedAlerts(program, all) : []);
      same(first.alerts, want, where("three inputs"));
      // One input with the rows of all three in order is another input, but the same rows.
      const one = all.sort((a, b) => a.t - b.t || a.n - b.n).map((x) => ({
        ...x.fields,
        t: x.t,
        offset: x.n,
      }));
      const alone = play(program, [one], 0, r).alerts;
      same(alone, want, where("one input"));
      alerts += want.length;
    }
    equal(alerts > RUNS / ORDERS, true, "the streams gave hardly any alerts");
  });
}

/** One run; with `random` in an order and batches of its own, and restarted from checkpoints. */
function play(
  program: IrProgram,
  parts: readonly (readonly TestRow[])[],
  lateness: number,
  random: Random | null,
) {
  const table = new AlertTable();
  const incidents = new Incidents();
  let inputs: Input[] = parts.map((_, i) => input(i, lateness));
  let engine = open(createEngine(program, cat, { limits: { sharedFrom: 1 } }), inputs);
  let saved = new SavedState(engine);
  const size = random?.pick(SIZES) ?? 10_000;
  const queues = parts.map((part) => {
    const key = new Map(part.map((x) => [x, x.t + (random ? random.next() * lateness : 0)]));
    return [...part].sort((a, b) => key.get(a)! - key.get(b)!);
  });
  const take = (changes: readonly AlertChange[]) => {
    table.take(changes);
    incidents.add(changes);
  };
  while (queues.some((q) => q.length > 0)) {
    const filled = queues.flatMap((q, i) => q.length > 0 ? [i] : []);
    const i = random ? random.pick(filled) : filled[0];
    engine.detect(batch(inputs[i], cat, queues[i].splice(0, size)));
    if (queues[i].length === 0 && random?.chance(0.5)) engine.closeInput(inputs[i]);
    if (random === null || random.chance(0.3)) take(engine.takeChanges());
    if (random?.chance(0.3)) saved.take(engine);
    if (random?.chance(0.05)) {
      take(engine.takeChanges());
      saved.take(engine);
      inputs = parts.map((_, i) => input(i, lateness));
      const rest = inputs.filter((_, i) => queues[i].length > 0);
      engine = open(saved.restored(program), rest);
      if (random.chance(0.5)) saved = new SavedState(engine);
      else saved.goOn(engine);
    }
  }
  engine.end();
  take(engine.takeChanges());
  const alerts = table.alerts();
  const text = JSON.stringify([
    alerts.map((a) => a.alert).sort((a, b) => a.id < b.id ? -1 : 1),
    incidents.all(),
  ]);
  // An event's number: its source's, and its place there.
  const number = (id: string) =>
    parseInt(id.slice(0, 16), 16) * 1000 + parseInt(id.slice(16, 28), 16);
  return {
    text,
    late: engine.counters().late,
    alerts: sorted(table.expected((id) => number(id))),
  };
}

function open(engine: Engine, inputs: readonly Input[]): Engine {
  for (const i of inputs) engine.openInput(i);
  return engine;
}

/** What the store keeps of an engine: a whole checkpoint, then changes laid over it. */
class SavedState {
  readonly #entries = new Map<string, StateEntry>();
  #checkpointer: Checkpointer;
  #head: string | null = null;

  constructor(engine: Engine) {
    this.#checkpointer = new Checkpointer("stream", "run", engine);
    this.take(engine);
  }

  take(_engine: Engine): void {
    const { header, reset, ended = [], upserts, deletes } = this.#checkpointer.take([]);
    const name = (k: { rule: string; part: number; key: string }) => `${k.rule} ${k.part} ${k.key}`;
    if (reset) this.#entries.clear();
    for (const [name, { rule }] of this.#entries) {
      if (ended.includes(rule)) this.#entries.delete(name);
    }
    for (const key of deletes) this.#entries.delete(name(key));
    for (const entry of upserts) this.#entries.set(name(entry), entry);
    this.#head = header;
  }

  restored(program: IrProgram): Engine {
    const engine = createEngine(program, cat, { limits: { sharedFrom: 1 } });
    deepEqual(engine.restore(snapshotOf(this.#saved())!), []);
    return engine;
  }

  /** An engine that was restored from this writes what changes from here on. */
  goOn(engine: Engine): void {
    const saved = this.#saved();
    deepEqual(engine.goOnStored(), true);
    const stored = storedRows(saved, snapshotOf(saved)!, () => true);
    this.#checkpointer = new Checkpointer("stream", "run", engine, stored);
  }

  #saved(): SavedCheckpoint {
    const state = stateBlocks(this.#entries.values());
    return { run: "", header: this.#head, positions: [], state };
  }
}
