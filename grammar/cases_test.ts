/**
 * Each file of cases holds `# name`, an input, `==>` and what is expected: trees as S-expressions,
 * then diagnostics. `deno test --allow-read --allow-write grammar -- --update` writes what is there.
 */
import assert from "node:assert/strict";
import { run } from "./earley.ts";
import { lex } from "./lexer.ts";
import { parse } from "./parse.ts";
import { sexpr } from "./testing/sexpr.ts";
import { splitDeclarations } from "./split.ts";

interface Case {
  readonly name: string;
  readonly input: string;
  readonly expected: string;
}

const FOLDER = new URL("./cases/", import.meta.url);

function read(text: string): Case[] {
  return text.split(/^(?=# )/m).filter((t) => t.trim() !== "").map((block) => {
    const arrow = block.indexOf("\n==>\n");
    const line = block.indexOf("\n");
    assert.ok(arrow > 0, `A case has no \`==>\`: ${block}`);
    return {
      name: block.slice(2, line),
      input: block.slice(line + 1, arrow),
      expected: block.slice(arrow + 5).trim(),
    };
  });
}

function place(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

function outcome(input: string): string {
  const { file, diagnostics } = parse(input, "case.sdl");
  return [
    ...file.decls.map(sexpr),
    ...diagnostics.map((d) => {
      const at = place(input, d.span.start);
      const text = JSON.stringify(input.slice(d.span.start, d.span.end));
      const suggestion = d.suggestion === undefined ? "" : ` → ${JSON.stringify(d.suggestion)}`;
      return `${d.code} ${at} ${text} ${d.message} (${d.help ?? ""})${suggestion}`;
    }),
  ].join("\n");
}

const update = Deno.args.includes("--update");

for (const entry of [...Deno.readDirSync(FOLDER)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const url = new URL(entry.name, FOLDER);
  const cases = read(Deno.readTextFileSync(url));
  Deno.test(`grammar cases: ${entry.name}`, () => {
    if (update) {
      const text = cases.map((c) => `# ${c.name}\n${c.input}\n==>\n${outcome(c.input)}\n`);
      Deno.writeTextFileSync(url, text.join("\n"));
      return;
    }
    for (const c of cases) assert.equal(outcome(c.input), c.expected, c.name);
  });
  Deno.test(`one tree for each declaration: ${entry.name}`, () => {
    for (const c of cases) {
      const { tokens } = lex(c.input, "");
      for (const part of splitDeclarations(tokens).parts) {
        const tree = run("decl", tokens.slice(part.from, part.to));
        assert.ok(tree.kind === "error" || tree.trees === 1, c.name);
      }
    }
  });
}

Deno.test("every mistake is told, and none twice", () => {
  for (const c of read(Deno.readTextFileSync(new URL("mistakes.txt", FOLDER)))) {
    const { diagnostics } = parse(c.input, "case.sdl");
    assert.ok(diagnostics.length > 0, c.name);
    const places = diagnostics.map((d) => `${d.span.start}:${d.span.end}`);
    assert.equal(new Set(places).size, places.length, c.name);
  }
});
