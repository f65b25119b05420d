/** The engine against an exhaustive search: random rules with every operator on random streams. */
import { equal, fail } from "node:assert/strict";
import type { IrProgram } from "../../../compiler/ir.ts";
import type { Alert } from "../../event.ts";
import { createEngine } from "../../engine.ts";
import { batch, catalogue, input, type TestRow } from "../testing.ts";
import { type ExpectedAlert, expectedAlerts, type Row } from "./mod.ts";
import { FIELDS, FOCI, Random, randomProgram, randomStream } from "./random.ts";

/** Streams for each operator; the environment raises it for a long run, and moves the seeds. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const cat = catalogue(FIELDS);

for (const focus of FOCI) {
  Deno.test(`${focus} agrees with an exhaustive search`, () => {
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED * 1_000_003 + i;
      const r = new Random(seed * 31 + FOCI.indexOf(focus));
      const program = randomProgram(r, focus);
      const limit = r.chance(0.1) ? 3 : 65_536;
      const size = r.pick([1, 7, 1000]);
      const rows = randomStream(r, r.chance(0.02) ? 300 : 40);
      const differs = (some: readonly Row[]) => difference(program, some, limit, size);
      if (differs(rows) === null) continue;
      const least = smallest(rows, (some) => differs(some) !== null);
      const { got, want } = differs(least)!;
      const where = `${focus}, seed ${seed}, limit ${limit}, batches of ${size}`;
      const only = (a: readonly unknown[], b: readonly unknown[]) =>
        a.filter((x) => !b.some((y) => alike(x, y))).map(told).join("\n  ");
      fail(
        `${where}\n${told(program.rules)}\nRows:\n  ${least.map(told).join("\n  ")}` +
          `\nThe engine alone:\n  ${only(got, want)}\nThe search alone:\n  ${only(want, got)}`,
      );
    }
  });
}

function difference(program: IrProgram, rows: readonly Row[], rowsPerKey: number, size: number) {
  const got = sorted(actual(program, rows, rowsPerKey, size));
  const want = sorted(rows.length ? expectedAlerts(program, rows, rowsPerKey) : []);
  return alike(got, want) ? null : { got, want };
}

/** What the engine says, with events by number. */
function actual(program: IrProgram, rows: readonly Row[], rowsPerKey: number, size: number) {
  const engine = createEngine(program, cat, { limits: { rowsPerKey } });
  const last = new Map<string, { alert: Alert; closed: boolean }>();
  const take = () => {
    for (const { alert, change } of engine.takeChanges()) {
      equal(
        last.get(alert.id)?.closed ?? false,
        false,
        `a change came after the end of ${told(alert)}`,
      );
      last.set(alert.id, { alert, closed: change === "close" });
    }
  };
  const source = input();
  for (let i = 0; i < rows.length; i += size) {
    const part: TestRow[] = rows.slice(i, i + size).map((x) => ({
      ...x.fields,
      t: x.t,
      offset: x.n,
    }));
    engine.detect(batch(source, cat, part));
    take();
  }
  engine.end();
  take();
  return [...last.values()].map(({ alert, closed }): ExpectedAlert => ({
    rule: alert.rule,
    time: alert.time,
    first: alert.first,
    last: alert.last,
    count: alert.count,
    suppressed: alert.suppressed,
    severity: alert.severity,
    message: alert.message,
    entity: alert.entity,
    fields: alert.fields,
    rows: alert.eventIds.map((id) => parseInt(id.slice(16, 28), 16)),
    closed,
  }));
}

const place = (a: ExpectedAlert) =>
  JSON.stringify([
    a.rule,
    a.time,
    a.first,
    a.count,
    a.rows,
    a.message,
    a.suppressed,
    a.closed,
    Object.entries(a.entity).sort(),
  ]);
const sorted = (alerts: readonly ExpectedAlert[]) =>
  [...alerts].sort((a, b) => place(a) < place(b) ? -1 : 1);

/** Equal, but for the rounding of sums of squares. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") {
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-3);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const x = a as Record<string, unknown>, y = b as Record<string, unknown>;
  const names = Object.keys(x);
  return names.length === Object.keys(y).length && names.every((n) => alike(x[n], y[n]));
}

/** Leaves rows out while it still fails. */
function smallest(rows: readonly Row[], fails: (rows: readonly Row[]) => boolean): readonly Row[] {
  let least = rows;
  for (let size = Math.ceil(rows.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let i = 0; i < least.length;) {
      const without = [...least.slice(0, i), ...least.slice(i + size)];
      if (fails(without)) least = without;
      else i += size;
    }
  }
  return least;
}

/** A program or a row in few words. */
function told(x: unknown): string {
  const unsaid = /^(span|tests|file|title|description|planHash|rowType|signals)$/;
  const text = JSON.stringify(x, (name, v) => {
    if (unsaid.test(name) || v === null || (Array.isArray(v) && v.length === 0)) return undefined;
    if (v?.op === "field") return `$${v.name}`;
    if (v?.op === "const") return v.value;
    if (v?.op && v.left) return [v.left, v.op, v.right];
    return v;
  });
  return text.replaceAll('"', "").replaceAll("{name:r", "\n  {name:r");
}
