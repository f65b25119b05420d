import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";
import type { Diagnostic } from "./diagnostic.ts";
import { run } from "./earley.ts";
import { format } from "./format.ts";
import { lex } from "./lexer.ts";
import { parse, parseExpression } from "./parse.ts";
import { expression, program } from "./testing/random_program.ts";
import { shape } from "./testing/sexpr.ts";
import { splitDeclarations } from "./split.ts";

/** Programs tried; `PICKET_RUNS=100000` with `--allow-env` asks for more. */
const RUNS = (() => {
  const asked = Deno.permissions.querySync({ name: "env", variable: "PICKET_RUNS" });
  return asked.state === "granted" ? Number(process.env["PICKET_RUNS"] ?? 400) : 400;
})();

Deno.test("a random program parses, to one tree, and formats to itself", () => {
  fc.assert(
    fc.property(program, (text) => {
      const first = parse(text, "a");
      assert.deepEqual(first.diagnostics, [], text);
      const { tokens } = lex(text, "a");
      for (const part of splitDeclarations(tokens).parts) {
        const outcome = run("decl", tokens.slice(part.from, part.to));
        assert.ok(outcome.kind === "tree" && outcome.trees === 1, `Several trees: ${text}`);
      }
      const once = format(first.file);
      const second = parse(once, "a");
      assert.deepEqual(second.diagnostics, [], once);
      assert.deepEqual(shape(second.file.decls), shape(first.file.decls), `${text}\n---\n${once}`);
      assert.equal(format(second.file), once, text);
      assert.deepEqual(
        second.file.comments.map((c) => c.text).sort(),
        first.file.comments.map((c) => c.text).sort(),
        `${text}\n---\n${once}`,
      );
    }),
    { numRuns: RUNS },
  );
});

Deno.test("a random expression parses alone, its spans moved by the offset", () => {
  fc.assert(
    fc.property(expression, fc.nat(1000), (text, offset) => {
      const { expr, diagnostics } = parseExpression(text, offset);
      assert.deepEqual(diagnostics, []);
      assert.ok(expr !== null && expr.span.start >= offset);
      assert.ok(expr.span.end <= offset + text.length);
    }),
    { numRuns: RUNS },
  );
});

function told(text: string): readonly Diagnostic[] {
  const { file, diagnostics } = parse(text, "a");
  for (const d of diagnostics) {
    assert.ok(d.span.start >= 0 && d.span.start <= d.span.end, JSON.stringify([d, text]));
    assert.ok(d.span.end <= text.length, JSON.stringify([d, text]));
    assert.ok(/^[A-Z"`]/.test(d.message) && !d.message.endsWith("."), d.message);
    assert.ok(!/nearley|Token|undefined|null,/.test(d.message + (d.help ?? "")), d.message);
  }
  const empty = lex(text, "a").tokens.length === 0;
  assert.ok(empty || file.decls.length > 0 || diagnostics.length > 0, `Nothing said of ${text}`);
  return diagnostics;
}

Deno.test("any text at all gives diagnostics inside of it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (t) => void told(t)), {
    numRuns: RUNS,
  });
});

const PIECES =
  'rule let list from where stats by over | { } ( ) [ ] , : = == != .. 1 5m 10MB "a" " \' / ' +
  '/x/ matches in not and or any all ? ! @a T1110 1.2.3.4 10.0.0.0/8 # \n """ test at expect alert ' +
  "1x ::1 - + * ; && sequence until within as param title severity if exists contains like é";

Deno.test("a soup of tokens gives diagnostics", () => {
  const soup = fc.array(fc.constantFrom(...PIECES.split(" ")), { maxLength: 60 });
  fc.assert(fc.property(soup, (s) => void told(s.join(" "))), { numRuns: RUNS });
  fc.assert(fc.property(soup, (s) => void told(`rule r {\n${s.join(" ")}\n}`)), { numRuns: RUNS });
});

Deno.test("a program that is cut or changed somewhere gives diagnostics", () => {
  const changed = fc.tuple(program, fc.nat(), fc.constantFrom("", ...PIECES.split(" ")), fc.nat(9));
  fc.assert(
    fc.property(changed, ([text, at, piece, drop]) => {
      const i = at % (text.length + 1);
      told(text.slice(0, i));
      told(text.slice(0, i) + piece + text.slice(i + drop));
    }),
    { numRuns: RUNS },
  );
});

Deno.test("deep nesting and long chains are told, not followed", () => {
  const n = 20_000;
  const deep = [
    "(".repeat(n) + "a" + ")".repeat(n),
    "not ".repeat(n) + "a",
    "- ".repeat(n) + "a",
    "a ? b : ".repeat(n) + "c",
    "f(".repeat(n),
    Array(n).fill("a").join(" or "),
  ];
  for (const e of deep) {
    assert.ok(told(`let x = ${e}`).some((d) => d.code === "E0016" || d.code === "E0003"));
    assert.ok(parseExpression(e, 0).diagnostics.length > 0);
  }
  assert.ok(told("{".repeat(n)).length > 0);
  const long = parse(`list x = [${Array(n).fill("1").join(", ")}]`, "a");
  assert.deepEqual(long.diagnostics, []);
});

Deno.test("a large text that is no SDL is left after its first thousand mistakes", () => {
  const n = 20_000;
  const texts = [
    "{".repeat(n) + ")".repeat(n),
    "(".repeat(n) + "]".repeat(n),
    "'".repeat(n),
    "let x = $\n".repeat(n),
    "rule r {\n".repeat(n),
    "rule r {\n" + " x y\n".repeat(n) + "}",
    'rule r { from any test "x" { ' + "at at x\n".repeat(n) + "} }",
  ];
  for (const text of texts) {
    const codes = told(text).map((d) => d.code);
    assert.ok(codes.length > 0 && codes.length <= 1002, text.slice(0, 40));
    assert.equal(codes.length > 1000, codes.includes("E0024"), text.slice(0, 40));
  }
});
