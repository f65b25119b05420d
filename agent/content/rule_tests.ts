/** Runs the `test` blocks of rules, each on a fresh engine with the rules whose signals it takes. */
import type {
  Const,
  IrExpr,
  IrProgram,
  IrRule,
  IrTest,
  IrTestItem,
} from "../../compiler/ir/program.ts";
import type { Catalogue, Extraction, Type, Value } from "../../compiler/schema/types.ts";
import { EXAMPLE_SURROUNDINGS, within } from "../../compiler/functions/surroundings.ts";
import { FIELD_TYPES, withParents } from "../../compiler/schema/cim.ts";
import { equal } from "../../compiler/plan/helpers.ts";
import { firstStage, readsAny, withRead } from "../../compiler/ir/signals.ts";
import { conjuncts, inputsOf } from "../../compiler/ir/walk.ts";
import { evaluator } from "../../compiler/plan/conditions.ts";
import { reads } from "../../compiler/plan/rows.ts";
import { technique } from "../../compiler/schema/attack/mod.ts";
import { createEngine, type Technique } from "../engine/engine.ts";
import type { Alert, Event, EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";
import { lineBatch } from "../stages/line_batch.ts";
import type { Sourcetypes } from "./loaded.ts";

/** Times in tests count from here: 2026-01-01T00:00:00Z, a Thursday. */
export const TEST_START = Date.UTC(2026, 0, 1);

/** Types of fields in which `"40{n}"` is a number. */
const NUMBERS: ReadonlySet<string> = new Set(["int", "float", "bytes"]);

/** Raw lines through the real sourcetype; null when there is no such sourcetype. */
export type ParseLines = (sourcetype: string, text: string) => EventBatch | null;

/**
 * Lines by the sourcetypes that are loaded, with the year of the test's clock. They arrive most of a
 * year after its start: lines of any day of that year are in it, and none is in the future.
 */
export function linesParser(sourcetypes: Sourcetypes): ParseLines {
  const arrival = TEST_START + 364 * 86_400_000;
  const year = new Date(TEST_START).getUTCFullYear();
  return (sourcetype, text) => lineBatch(sourcetypes, sourcetype, text, arrival, { year });
}

/** One `expect`, and how it went. */
export interface Expectation {
  readonly span: IrTestItem["span"];
  readonly expected: string;
  readonly actual: string;
  readonly passed: boolean;
}

/** An event that some but not all conditions of the rule let through. */
export interface NearEvent {
  readonly time: number;
  readonly raw: string;
  readonly conditions: readonly { readonly span: IrExpr["span"]; readonly held: boolean }[];
}

export interface TestResult {
  readonly rule: string;
  readonly file: string;
  readonly test: string;
  readonly span: IrTest["span"];
  readonly passed: boolean;
  readonly expectations: readonly Expectation[];
  /** Every alert of the rule in the test. */
  readonly alerts: readonly Alert[];
  /** For a failed test: the events that came near, the nearest first. */
  readonly near: readonly NearEvent[];
  /** Why the test could not run; null when it did. */
  readonly error: string | null;
}

/** Runs all tests of all rules, or of those that `only` names. */
export function runTests(
  program: IrProgram,
  catalogue: Catalogue,
  parseLines: ParseLines,
  only: (rule: IrRule) => boolean = () => true,
): TestResult[] {
  // The same wherever they run: no database and no list of the machine counts.
  return within(
    EXAMPLE_SURROUNDINGS,
    () =>
      program.rules.filter(only).flatMap((rule) =>
        rule.tests.map((test) => runTest(program, catalogue, parseLines, rule, test))
      ),
  );
}

/** A rule and, before it, those whose signals it takes. */
export function closure(program: IrProgram, rule: IrRule): IrProgram {
  return { rules: withRead(program.rules, [rule.name]), tables: program.tables };
}

function techniqueOf(id: string): Technique {
  const { name, tactics } = technique(id) ?? { name: id, tactics: [] };
  return { id, name, tactics };
}

function runTest(
  program: IrProgram,
  catalogue: Catalogue,
  parseLines: ParseLines,
  rule: IrRule,
  test: IrTest,
): TestResult {
  const made = new MadeEvents(catalogue);
  const batches: EventBatch[] = [];
  const failed = (error: string): TestResult => ({
    rule: rule.name,
    file: rule.file,
    test: test.name,
    span: test.span,
    passed: false,
    expectations: [],
    alerts: [],
    near: [],
    error,
  });
  if (readsAny(rule) && firstStage(program.rules).length === 0) {
    return failed(
      "It reads the alerts of other rules, and there are none: name them, or `shipped`, beside it",
    );
  }
  for (const item of test.items) {
    if (item.kind === "at") made.add(item);
    if (item.kind !== "given") continue;
    const batch = parseLines(item.sourcetype, item.text);
    if (batch === null) {
      return failed(`There is no sourcetype "${item.sourcetype}"; name one that is loaded`);
    }
    batches.push(batch);
  }
  const own = made.batch();
  if (own) batches.unshift(own);
  const all = made.catalogue();
  const { rules, tables } = closure(program, rule);
  // The tests of a rule that gives signals alone say when it gives them.
  const shown = rules.map((r) => r.name === rule.name ? { ...r, silent: false } : r);
  const engine = createEngine({ rules: shown, tables }, all, { technique: techniqueOf });
  // Each block is an input of its own, all open from the start: they merge by event time.
  const inputs = batches.map((b, index) => withInput(b, index));
  for (const b of inputs) engine.openInput(b.lines.input);
  for (const b of inputs) {
    engine.detect(b);
    engine.closeInput(b.lines.input);
  }
  engine.end();
  const byId = new Map<string, Alert>();
  for (const c of engine.takeChanges()) {
    if (c.alert.rule === rule.name) byId.set(c.alert.id, c.alert);
  }
  const alerts = [...byId.values()].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  const start = own
    ? TEST_START
    : Math.min(...batches.flatMap((b) => b.events.map((e) => e._time)));
  const expectations = judge(test, alerts, start);
  const passed = expectations.every((e) => e.passed);
  return {
    rule: rule.name,
    file: rule.file,
    test: test.name,
    span: test.span,
    passed,
    expectations,
    alerts,
    near: passed ? [] : nearEvents(program, rule, all, batches),
    error: null,
  };
}

function withInput(batch: EventBatch, index: number): EventBatch {
  const { name, sourcetype, modified } = batch.lines.input;
  const identity = (index + 1).toString(16).padStart(16, "0");
  const input = new InputHandle({ index, name, identity, sourcetype, modified });
  const { lines } = batch;
  return {
    ...batch,
    lines: { input, lines: lines.lines, arrival: lines.arrival, offset: (i) => lines.offset(i) },
    lineOf: (i) => batch.lineOf(i),
  };
}

/** Events of `at` items: an extraction of their own for every set of fields. */
class MadeEvents {
  readonly #events: { event: Event; kind: number }[] = [];
  readonly #extractions: Extraction[] = [];
  constructor(readonly base: Catalogue) {}

  add(item: Extract<IrTestItem, { kind: "at" }>): void {
    const names = Object.keys(item.fields).filter((n) => !n.startsWith("_") && n !== "host");
    const datasets = item.dataset === null ? [] : withParents([item.dataset]);
    const sourcetype = item.sourcetype ?? "test";
    const key = JSON.stringify([datasets, sourcetype, names]);
    let x = this.#extractions.find((e) => e.pattern === key);
    if (!x) {
      x = {
        id: this.base.extractions.length + this.#extractions.length,
        sourcetype,
        pattern: key,
        datasets,
        constants: {},
        captures: names.map((name) => ({ name, type: typeOf(item.fields[name]), always: false })),
        open: false,
        parseError: false,
      };
      this.#extractions.push(x);
    }
    for (let n = 1; n <= item.repeat; n++) {
      const fields: Record<string, Value> = {};
      for (const [name, v] of Object.entries(item.fields)) {
        const expand = (t: unknown) => {
          if (typeof t !== "string" || !t.includes("{n}")) return t;
          const text = t.replaceAll("{n}", String(n));
          return NUMBERS.has(FIELD_TYPES.get(name)!) ? Number(text) : text;
        };
        Object.defineProperty(fields, name, {
          value: Array.isArray(v) ? v.map(expand) : expand(v),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      const event = {
        _raw: JSON.stringify(fields),
        host: undefined,
        _time_from: undefined,
        more: null,
        ...fields,
        _time: TEST_START + item.ms + (n - 1) * item.every,
      } as Event;
      this.#events.push({ event, kind: x.id });
    }
  }

  catalogue(): Catalogue {
    return {
      extractions: [...this.base.extractions, ...this.#extractions],
      sourcetypes: this.base.sourcetypes,
    };
  }

  /** In order of time, as written where times are equal. */
  batch(): EventBatch | null {
    if (this.#events.length === 0) return null;
    const list = this.#events.map((e, i) => ({ ...e, i }))
      .sort((a, b) => a.event._time - b.event._time || a.i - b.i);
    const input = new InputHandle({
      name: "test",
      modified: TEST_START,
    });
    return {
      lines: { input, lines: list.map((e) => e.event._raw), arrival: TEST_START, offset: (i) => i },
      events: list.map((e) => e.event),
      extractionIds: Uint16Array.from(list, (e) => e.kind),
      extractions: this.catalogue().extractions,
      lineOf: (i) => i,
    };
  }
}

function typeOf(v: Const): Type {
  return typeof v === "number" ? "float" : typeof v === "boolean" ? "bool" : "string";
}

/** Takes the expectations in order, each from the alerts that are left; together they are all alerts. */
function judge(test: IrTest, alerts: readonly Alert[], start: number): Expectation[] {
  const out: Expectation[] = [];
  let next = 0;
  const expects = test.items.filter((i) => i.kind === "expect");
  expects.forEach((e, i) => {
    const last = i === expects.length - 1;
    const taken = alerts.slice(next, last ? undefined : next + e.count);
    next += taken.length;
    const passed = (e.least ? taken.length >= e.count : taken.length === e.count) &&
      taken.every((a) => (e.at === null || a.time - start === e.at) && matches(a, e.fields));
    out.push({
      span: e.span,
      expected: (e.least ? "at least " : "") +
        (e.count === 0 ? "none" : `${e.count} ${e.count === 1 ? "alert" : "alerts"}`) +
        (e.at === null ? "" : ` at ${seconds(e.at)}`) + shown(e.fields),
      actual: taken.length === 0
        ? "none"
        : taken.map((a) => `1 alert at ${seconds(a.time - start)}${shown(asked(a, e.fields))}`)
          .join(", "),
      passed,
    });
  });
  return out;
}

/** A field of the row, or of the alert itself. */
function valueOf(alert: Alert, name: string): Value {
  if (Object.hasOwn(alert.fields, name)) return alert.fields[name];
  switch (name) {
    case "severity":
    case "message":
    case "count":
    case "suppressed":
      return alert[name];
    default:
      return undefined;
  }
}

function matches(alert: Alert, fields: Readonly<Record<string, Const>>): boolean {
  return Object.entries(fields).every(([name, want]) => {
    const got = valueOf(alert, name);
    if (Array.isArray(want)) {
      return Array.isArray(got) && got.length === want.length &&
        want.every((w, i) => equal(String(w), String(got[i])));
    }
    if (typeof want === "number" && typeof got === "number") {
      return Math.abs(want - got) <= 1e-9 * Math.max(1, Math.abs(want));
    }
    return equal(got, want as Value);
  });
}

const asked = (alert: Alert, fields: Readonly<Record<string, Const>>) =>
  Object.fromEntries(Object.keys(fields).map((n) => [n, valueOf(alert, n)]));

function shown(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).map(([n, v]) =>
    `${n}: ${v === undefined ? "missing" : JSON.stringify(v)}`
  );
  return parts.length === 0 ? "" : ` { ${parts.join(", ")} }`;
}

const seconds = (ms: number) => `${ms / 1000}s`;

const NEAR = 10;

/** Events that some input's `where` nearly let through, or let through when no alert came of it. */
export function nearEvents(
  program: IrProgram,
  rule: IrRule,
  catalogue: Catalogue,
  batches: readonly EventBatch[],
): NearEvent[] {
  const out: { failed: number; near: NearEvent }[] = [];
  for (const rows of inputsOf(rule)) {
    if (rows.kind !== "events") continue;
    // Of a condition with alternatives, the nearest of them is told.
    const { where } = rows;
    const ways = where?.op === "or" ? where.args : [where];
    const tests = ways.map((way) =>
      conjuncts(way).map((e) => ({ span: e.span, test: evaluator(e, program.tables, true) }))
    );
    for (const b of batches) {
      b.events.forEach((event, i) => {
        const x = catalogue.extractions[b.extractionIds[i]];
        if (!reads(rows, x)) return;
        const row = Object.assign(Object.create(event), { sourcetype: x.sourcetype });
        const near = tests.flatMap((way) => {
          const conditions = way.map((t) => ({
            span: t.span,
            held: t.test(row, event._time) === true,
          }));
          const failed = conditions.filter((c) => !c.held).length;
          return failed > 0 && failed === conditions.length ? [] : [{ failed, conditions }];
        }).sort((a, b) => a.failed - b.failed)[0];
        if (near === undefined) return;
        const { failed, conditions } = near;
        out.push({ failed, near: { time: event._time, raw: event._raw, conditions } });
      });
    }
  }
  return out.sort((a, b) => a.failed - b.failed).slice(0, NEAR).map((o) => o.near);
}
