import assert from "node:assert/strict";
import { needs, sharedText, testNeeding } from "../tests/needs.ts";
import { generate } from "./generate.ts";
import { parse, parseExpression } from "./parse.ts";

const here = (path: string): URL => new URL(path, import.meta.url);

Deno.test("the generated parser is of this grammar", async () => {
  assert.equal(
    generate(await Deno.readTextFile(here("./sdl.ne"))),
    await Deno.readTextFile(here("./sdl.gen.ts")),
    "Run `deno task grammar`",
  );
});

Deno.test("every example of the reference parses", async () => {
  const text = await Deno.readTextFile(here("./README.md"));
  const examples = [...text.matchAll(/^```sdl\n([^]*?)^```/gm)].map((m) => m[1] ?? "");
  assert.ok(examples.length >= 8);
  for (const example of examples) {
    assert.deepEqual(parse(example, "README.md").diagnostics, [], example);
  }
});

Deno.test("every code of a syntax error is in the reference", async () => {
  const reference = await Deno.readTextFile(here("./README.md"));
  const codes = new Set<string>();
  for (const name of ["lexer.ts", "parse.ts", "mistakes.ts"]) {
    const source = await Deno.readTextFile(here(`./${name}`));
    for (const m of source.matchAll(/"(E00\d\d)"/g)) codes.add(m[1] ?? "");
  }
  assert.ok(codes.size > 15);
  for (const code of codes) assert.ok(reference.includes(`| ${code} |`), code);
});

testNeeding(needs.shared("design/examples.sdl"), "the acceptance set parses", () => {
  const text = sharedText("design/examples.sdl");
  const { file, diagnostics } = parse(text, "examples.sdl");
  assert.deepEqual(diagnostics, []);
  assert.ok(file.decls.length > 20);
});

Deno.test("good declarations come back beside bad ones", () => {
  const { file, diagnostics } = parse(
    "let a = b\nrule r { form any }\nlet c = d\nrule s { from any }",
    "a.sdl",
  );
  assert.deepEqual(file.decls.map((d) => d.name.name), ["a", "c", "s"]);
  assert.equal(diagnostics.length, 1);
  assert.equal(diagnostics[0]?.file, "a.sdl");
});

Deno.test("spans give back the text that was read", () => {
  const text = 'let a = (x == "y") and z in 10.0.0.0/8';
  const decl = parse(text, "a.sdl").file.decls[0];
  assert.ok(decl?.kind === "let" && decl.expr.kind === "logic");
  const of = (span: { start: number; end: number }) => text.slice(span.start, span.end);
  assert.equal(of(decl.span), text);
  assert.equal(of(decl.expr.left.span), '(x == "y")');
  assert.equal(of(decl.expr.right.span), "z in 10.0.0.0/8");
});

Deno.test("an expression that is wrong is told at its place in the file", () => {
  const { expr, diagnostics } = parseExpression("a ==", 100, "a.sdl");
  assert.equal(expr, null);
  assert.deepEqual(diagnostics.map((d) => [d.code, d.file, d.span]), [
    ["E0002", "a.sdl", { start: 102, end: 104 }],
  ]);
  assert.equal(parseExpression("", 7).expr, null);
  assert.equal(parseExpression("", 7).diagnostics.length, 1);
});

Deno.test("a text that is too long is refused", () => {
  assert.equal(parse("#".repeat(4_000_001), "a.sdl").diagnostics[0]?.code, "E0025");
});
