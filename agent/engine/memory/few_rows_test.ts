import { deepEqual, equal } from "node:assert/strict";
import { createEngine } from "../engine.ts";
import type { IrAgg, IrExpr } from "../../../compiler/ir/program.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  constant,
  events,
  field,
  gap,
  input,
  is,
  keys,
  program,
  rule,
  span,
  type TestRow,
  where,
} from "../testing/streams.ts";

const cat = catalogue({ src: "host", dest: "host", user: "string", action: "string", n: "int" });

const counting = (name: string, action: string, least: number) =>
  rule(name, events(is("action", action)), [
    {
      kind: "stats",
      aggs: [agg("count", "c"), agg("dc", "users", field("user"))],
      by: keys("src"),
      window: { kind: "sliding", ms: 60_000 },
    },
    where(atLeast("c", least)),
  ]);

/** Alerts with and without rows that are held once, which must be the same, and the states behind them. */
function both(rules: Parameters<typeof program>, rows: readonly TestRow[], limits = {}) {
  return [2, Infinity].map((sharedFrom) => {
    const engine = createEngine(program(...rules), cat, { limits: { ...limits, sharedFrom } });
    engine.detect(batch(input(), cat, rows));
    const state = engine.snapshot().rules.map((r) => r.stages);
    engine.end();
    const alerts = engine.takeChanges().flatMap((c) => c.change === "close" ? [c.alert] : []);
    return { alerts, state, counters: engine.counters() };
  });
}

const row = (t: number, action: string, src = "203.0.113.9"): TestRow => ({
  t,
  src,
  user: `u${t % 3}`,
  action,
});

Deno.test("a window that had no rows among the many of others begins with its own first one", () => {
  const rules = [
    counting("a", "rare", 3),
    counting("b", "one", 9),
    counting("c", "two", 9),
  ];
  const rows: TestRow[] = [];
  for (let i = 0; i < 8; i++) rows.push(row(10 * i, "one"), row(10 * i + 5, "two"));
  for (let i = 0; i < 3; i++) rows.push(row(100 + i, "rare"));
  const [shared, apart] = both(rules, rows);
  deepEqual(shared, apart);
  deepEqual(shared.alerts.map((a) => [a.rule, a.time, a.count]), [["a", 102, 3]]);
});

Deno.test("a checkpoint has what windows left to others, and is that of windows with rows of their own", () => {
  const rules = [counting("a", "one", 3), counting("b", "one", 4)];
  const rows: TestRow[] = [];
  for (let i = 0; i < 200; i++) {
    rows.push(row(3000 * i, "one", `10.0.0.${i * i % 57}`));
  }
  const [shared, apart] = both(rules, rows);
  deepEqual(shared, apart);
  equal(shared.state[0][0].entries.length > 5, true);
});

Deno.test("keys with few rows that the cap drives out are counted for the windows that lose them", () => {
  const rules = [counting("a", "one", 3), counting("b", "two", 3)];
  const rows = Array.from({ length: 100 }, (_, i) => row(i, "one", `10.0.0.${i}`));
  const [shared, apart] = both(rules, rows, { keysPerRule: 10 });
  deepEqual(shared, apart);
  equal(shared.counters.evicted, 90);
  deepEqual(shared.counters.degraded, ["a"]);
});

Deno.test("values of keys that are no text are those of the row that the window began with", () => {
  const by = [{ field: "n", type: "int" as const, nullable: false }];
  const rules = ["a", "b"].map((name) =>
    rule(name, events(), [
      {
        kind: "stats",
        aggs: [agg("count", "c")],
        by,
        window: { kind: "sliding", ms: 60_000 },
      },
      where(atLeast("c", 2)),
    ])
  );
  const [shared, apart] = both(rules, [{ t: 1, n: 7 }, { t: 2, n: 7 }, { t: 3, n: 8 }]);
  deepEqual(shared, apart);
  deepEqual(shared.alerts.map((a) => a.fields.n), [7, 7]);
});

/** Two rules that add something up, on three rows of a key: their alerts, held once and not. */
function summing(arg: IrExpr, condition: IrExpr) {
  const aggs: IrAgg[] = [agg("count", "c"), agg("sum", "total", arg)];
  const rules = ["a", "b"].map((name) =>
    rule(name, events(), [
      { kind: "stats", aggs, by: keys("src"), window: { kind: "sliding", ms: 60_000 } },
      where(condition),
    ])
  );
  const rows = [{ t: 1, n: 5 }, { t: 11, n: 7 }, { t: 31, n: 9 }];
  return both(rules, rows.map((r) => ({ ...r, src: "203.0.113.9" })));
}

Deno.test("a sum of times between rows is asked of the window, which alone knows them", () => {
  const [shared, apart] = summing(gap, atLeast("total", 20));
  deepEqual(shared, apart);
  deepEqual(shared.alerts.map((a) => a.fields.total), [30, 30]);
});

Deno.test("a window that reads fields with the time to the row before has its rows itself", () => {
  const plus = (right: IrExpr): IrExpr => ({ op: "+", left: gap, right, type: "int", span });
  for (const [right, total] of [[field("n", "int"), 46], [constant(2), 34]] as const) {
    const [shared, apart] = summing(plus(right), atLeast("c", 3));
    deepEqual(shared, apart);
    deepEqual(shared.alerts.map((a) => a.fields.total), [total, total]);
  }
});
