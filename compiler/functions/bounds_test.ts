/** What a rule can make out of a field stays short, whatever it calls, and however often. */
import assert from "node:assert/strict";
import { MAX_TEXT, takeExceeded } from "../schema/bounds.ts";
import { evaluate } from "../ir/evaluate.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { evaluator } from "../plan/conditions.ts";
import { callFunction, FUNCTIONS } from "./table.ts";

const FIELD = 32 * 1024, MOST = 1024 * 1024;
const span = { start: 0, end: 0 };
const text = (value: string): IrExpr => ({ op: "const", value, type: "string", span });
const call = (fn: string, args: IrExpr[]): IrExpr => ({
  op: "call",
  fn,
  args,
  type: "string",
  span,
});

/** Bytes that a value takes at most: two a character, and what an entry of a list costs. */
function bytes(v: Value): number {
  if (Array.isArray(v)) return v.reduce<number>((n, x) => n + bytes(x as Value) + 48, 0);
  return typeof v === "string" ? 2 * v.length : 8;
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = ["", "a", "aaaaaaaa", "\u0390", "\u0130", "ß", ",", "%61", "%2561", "YWFhYWFh", "é"];

/** Any call of any function over the field, nested, and texts put after each other. */
function randomText(random: () => number, depth: number): IrExpr {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  if (depth === 0) {
    return random() < 0.8
      ? { op: "field", name: "s", type: "string", span }
      : text(pick(PIECES).repeat(1 + Math.floor(random() * 500)));
  }
  const inner = () =>
    randomText(random, depth - 1 - Math.floor(random() * 2 * (depth > 1 ? 1 : 0)));
  if (random() < 0.25) {
    return { op: "+", left: inner(), right: inner(), type: "string", span };
  }
  const spec = pick([...FUNCTIONS.values()].filter((f) => f.group !== "math"));
  const growing = random() < 0.4 ? FUNCTIONS.get("replace")! : spec;
  return call(
    growing.name,
    growing.params.map((p, i) => {
      if (p.type === "int" || p.type === "number") {
        return { op: "const", value: Math.floor(random() * 100), type: "int", span };
      }
      if (p.constant) return text("Europe/Berlin");
      return i === 0 || random() < 0.2 ? inner() : text(pick(PIECES));
    }),
  );
}

Deno.test("no expression over a field of 32 KiB makes more than 1 MiB", () => {
  const random = randomFrom(20_260_728);
  const fields = ["a", "ab,", "\u0390", "%61", ",", "YWFh", "İ "].map((u) =>
    u.repeat(Math.ceil(FIELD / u.length)).slice(0, FIELD)
  );
  takeExceeded();
  let most = 0, exceeded = 0;
  // The draw changes with every function that is added, so it goes on until it has been wild enough.
  for (let i = 0; i < 400 || (i < 4000 && (exceeded <= 20 || most <= MOST / 8)); i++) {
    const expr = randomText(random, 1 + i % 12);
    const row = { s: fields[i % fields.length] };
    const plain = evaluate(expr, row);
    most = Math.max(most, bytes(plain));
    assert.ok(bytes(plain) <= MOST, `${bytes(plain)} bytes`);
    assert.deepEqual(evaluator(expr, [])(row, 0), plain);
    if (takeExceeded() !== null) exceeded++;
  }
  assert.ok(most > MOST / 8 && exceeded > 20, `tame: ${most} bytes, ${exceeded} beyond the bound`);
});

Deno.test("ten times replace in a row is missing, and counted", () => {
  let expr: IrExpr = { op: "field", name: "s", type: "string", span };
  for (let i = 0; i < 10; i++) expr = call("replace", [expr, text("a"), text("aaaaaaaa")]);
  assert.equal(evaluate(expr, { s: "a".repeat(FIELD) }), undefined);
  assert.deepEqual([...takeExceeded()!], [["replace", 1]]);
});

Deno.test("what does not grow is kept at any length", () => {
  const long = "A%41é".repeat(MAX_TEXT);
  const run = (name: string, ...args: Value[]) => callFunction(FUNCTIONS.get(name)!, args);
  assert.equal(run("lower", long), long.toLowerCase());
  assert.equal(run("replace", long, "A", "b"), long.replaceAll("A", "b"));
  assert.equal(run("replace", "a$b", "$", "$&$$"), "a$&$$b");
  assert.equal(run("trim", long), long);
  assert.equal((run("urldecode", long) as string).length, 3 * MAX_TEXT);
  assert.equal(takeExceeded(), null);
});
