/**
 * Each case of tests/diagnostics/sigma.txt is `# name`, files of Sigma (each behind `--- file NAME`
 * where there are several) and, behind `==>`, exactly what `check` says of them. With PICKET_UPDATE=1
 * the answers are written anew: read what changed as somebody who made the mistake would.
 */
import assert from "node:assert/strict";
import { renderText } from "../compiler/check/diagnostics.ts";
import { SIGMA_ERRORS } from "../compiler/sigma/codes.ts";
import { compileSigma } from "../compiler/sigma/mod.ts";
import { shipped } from "../compiler/sourcetype/testing/shipped.ts";

const FILE = new URL("./diagnostics/sigma.txt", import.meta.url);
const { catalogue } = shipped();

interface Case {
  readonly name: string;
  readonly input: string;
  readonly expected: string;
}

const cases: Case[] = Deno.readTextFileSync(FILE).split(/^(?=# )/m).map((block) => {
  const line = block.indexOf("\n");
  const arrow = block.indexOf("==>\n");
  assert.ok(arrow > line, `A case has no \`==>\`: ${block}`);
  return {
    name: block.slice(2, line),
    input: block.slice(line + 1, arrow),
    expected: block.slice(arrow + 4).trimEnd(),
  };
});

const codes = new Set<string>();

function said(input: string): string {
  const parts = input.split(/^--- file (\S+)\n/m);
  const files = parts.length === 1
    ? [{ name: "rule.yml", text: input }]
    : Array.from({ length: (parts.length - 1) / 2 }, (_, i) => ({
      name: parts[2 * i + 1],
      text: parts[2 * i + 2],
    }));
  const { diagnostics, unfed, lints } = compileSigma(files, { catalogue });
  return [...diagnostics, ...unfed, ...lints].map((d) => {
    const { text } = files.find((f) => f.name === d.file)!;
    codes.add(d.code);
    assert.match(d.message, /^["A-Z]/, `Not capitalised: ${d.message}`);
    assert.doesNotMatch(d.message, /[^.…]\.$/, `Ends in a full stop: ${d.message}`);
    assert.ok(d.help, `Does not say what to do: ${d.message}`);
    assert.ok(0 <= d.span.start && d.span.start < d.span.end && d.span.end <= text.length);
    const textOf = (name: string) => files.find((f) => f.name === name)!.text;
    return renderText(d, text, { color: false, textOf });
  }).join("\n").trimEnd();
}

for (const { name, input, expected } of cases) {
  Deno.test(`diagnostics of Sigma: ${name}`, () => {
    const found = said(input);
    assert.notEqual(found, "", "The mistake is not reported");
    if (Deno.env.get("PICKET_UPDATE") !== "1") assert.equal(found, expected);
  });
}

Deno.test("the cases show every code of rules", () => {
  const answers = cases.map((c) => ({ ...c, expected: said(c.input) }));
  if (Deno.env.get("PICKET_UPDATE") === "1") {
    Deno.writeTextFileSync(
      FILE,
      answers.map((c) => `# ${c.name}\n${c.input}==>\n${c.expected}\n`).join("\n"),
    );
  }
  // Those of pipelines and of tests are shown beside these.
  const others = ["bad_pipeline", "rejected", "bad_test"];
  const missing = Object.entries(SIGMA_ERRORS)
    .filter(([name, code]) => !others.includes(name) && !codes.has(code));
  assert.deepEqual(missing, []);
});
