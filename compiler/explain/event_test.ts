import assert from "node:assert/strict";
import { parse } from "../../grammar/mod.ts";
import { check } from "../check/mod.ts";
import { explain } from "./mod.ts";
import { type ExplainedEvent, explainEvent } from "./event.ts";
import type { IrTable } from "../ir/program.ts";
import type { Catalogue, Extraction, Type } from "../schema/types.ts";

const captures = (fields: Record<string, Type>) =>
  Object.entries(fields).map(([name, type]) => ({ name, type, always: false }));
const extraction = (
  id: number,
  pattern: string,
  constants: Extraction["constants"],
): Extraction => ({
  id,
  sourcetype: "door",
  pattern,
  datasets: ["Authentication"],
  constants,
  captures: captures({ src: "ip", dest: "host", user: "string" }),
  open: false,
  parseError: false,
});
const catalogue: Catalogue = {
  extractions: [
    extraction(0, "refused", { app: "door", action: "failure" }),
    extraction(1, "opened", { app: "door", action: "success" }),
  ],
  sourcetypes: [{ name: "door", open: false, fields: [] }],
};
const tables: IrTable[] = [{
  name: "staff",
  columns: [{ name: "name", type: "string" }, { name: "team", type: "string" }],
  rows: [["Ann", "ops"]],
}];

function compiled(body: string, more = "") {
  const text = `${more}\nrule r {\n  title "R"\n  severity low\n${body}\n}\n`;
  const parsed = parse(text, "r.sdl");
  const { program, diagnostics } = check([parsed.file], { catalogue, tables });
  assert.deepEqual([...parsed.diagnostics, ...diagnostics].filter((d) => d.level === "error"), []);
  const rule = program.rules.find((r) => r.name === "r")!;
  return { rule, program, at: (s: { start: number; end: number }) => text.slice(s.start, s.end) };
}

function told(body: string, row: Record<string, unknown>, more = "", over = {}): string[] {
  const { rule, program, at } = compiled(body, more);
  const event: ExplainedEvent = { row, sourcetype: "door", datasets: ["Authentication"], ...over };
  return explainEvent(rule, program, event, at).trimEnd().split("\n");
}

Deno.test("each condition says whether it holds and by which values", () => {
  assert.deepEqual(
    told('  from Authentication where action == "failure" and user != "ann"', {
      action: "Failure",
    }),
    [
      "  holds from Authentication  (datasets Authentication)",
      '  holds action == "failure"  (action is "Failure")',
      '  no    user != "ann"  (user is missing)',
      "This event does not pass",
    ],
  );
});

Deno.test("what a let stands for is written out", () => {
  const out = told("  from Authentication where bad", { user: "x" }, 'let bad = user == "root"');
  assert.equal(out[1], '  no    bad: user == "root"  (user is "x")');
});

Deno.test("an or is shown with its parts", () => {
  const out = told('  from Authentication where user == "a" or src in 10.0.0.0/8', {
    user: "b",
    src: "10.1.1.1",
  });
  assert.deepEqual(out.slice(1), [
    '  holds user == "a" or src in 10.0.0.0/8',
    '    no    user == "a"  (user is "b")',
    '    holds src in 10.0.0.0/8  (src is "10.1.1.1")',
    "This event raises an alert",
  ]);
});

Deno.test("commands before the first with state are followed", () => {
  const body = `  from Authentication
  | eval who = lower(user)
  | lookup staff(who) as s
  | where s.team == "ops"
  | stats count() as n by src over 5m
  | where n > 3`;
  const out = told(body, { user: "ANN" });
  assert.deepEqual(out.slice(1), [
    '  set   who = "ann"',
    "  found lookup staff(who) as s",
    '  holds s.team == "ops"  (s.team is "ops")',
    "  then  stats count() as n by src over 5m",
    "Every condition on this event alone holds; what follows depends on the events around it",
  ]);
  assert.equal(told(body, { user: "bob" }).at(-1), "This event does not pass");
});

Deno.test("steps of a sequence are told one by one", () => {
  const out = told(
    `  sequence by src within 5m {
    Authentication where action == "failure"
    ! Authentication where user == "root"
    Authentication where action == "success"
  }`,
    { action: "success", user: "x", src: "10.0.0.1" },
  );
  assert.ok(out.includes("  this event does not count for step 1"));
  assert.ok(out.includes("step 2, must not happen"));
  assert.ok(out.includes("  this event counts for step 3"));
});

Deno.test("an event of another dataset is not read, one that names none is", () => {
  const body = '  from Authentication where action == "failure"';
  const row = { action: "failure" };
  assert.equal(told(body, row, "", { datasets: ["Web"] }).at(-1), "This event does not pass");
  assert.equal(told(body, row, "", { datasets: null }).at(-1), "This event raises an alert");
});

Deno.test("values of the event cannot act on a terminal", () => {
  const out = told('  from Authentication where user == "a"', { user: "\x1b[2J\u202e" });
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(out.join(""), /[\x1b\u202e]/);
});

Deno.test("the plan names what feeds the rule, what is folded, and the bound of its state", () => {
  const { rule, at } = compiled(`  from Authentication where action == "failure" and user == "root"
  | stats count() as n, dc(dest) as hosts by src over 5m
  | where n > 3`);
  const out = explain(rule, { catalogue, tables: [], rules: [rule] }, {
    keysPerRule: 7_000,
    keysInAll: 8_000,
    rowsPerKey: 9_000,
    exact: 50,
  }, at);
  assert.match(out, /door: 1 of 2 patterns can match/);
  assert.match(out, /refused: known before reading: action == "failure"/);
  assert.doesNotMatch(out, /opened/);
  assert.match(out, /9,000 rows of the last 5m/);
  assert.match(out, /hosts: 50 values exactly/);
  assert.match(out, /at most 7,000 keys/);
  assert.match(out, /all rules together hold at most 8,000 keys/);
  assert.match(out, /late rows: those less than 5m late are put in the window by their time/);
});

Deno.test("the plan says what the first stage with state does with late rows", () => {
  const late = (body: string) => {
    const { rule, at } = compiled(body);
    const bounds = { keysPerRule: 1, keysInAll: 1, rowsPerKey: 1, exact: 1 };
    return explain(rule, { catalogue, tables: [], rules: [rule] }, bounds, at).match(
      /late rows: (.*)/,
    )![1];
  };
  const from = '  from Authentication where action == "failure"';
  assert.equal(late(from), "judged at once, as all others");
  assert.match(late(`${from}\n  | throttle 1h by src`), /^those less than 1h late are held back/);
  assert.match(
    late(`${from}\n  | stats avg(gap()) as g by src over 5m\n  | where g > 1s`),
    /^judged with late rows of their host alone, because gap\(\)/,
  );
  assert.match(
    late(`${from}\n  | stats count() as n by src over tumbling 5m\n  | where n > 3`),
    /^those whose window is not over count in it; others are judged/,
  );
});
