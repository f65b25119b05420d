/** The programs of the language reference compile, and the acceptance set has no error. */
import assert from "node:assert/strict";
import { needs, sharedText, testNeeding } from "../../tests/needs.ts";
import { parse } from "../../grammar/mod.ts";
import { check } from "./mod.ts";
import type { IrTable } from "../ir/program.ts";
import { shipped } from "../sourcetype/testing/shipped.ts";

const { catalogue } = shipped();

/** What the reference's `assets.csv` would hold. */
const tables: IrTable[] = [{
  name: "assets",
  columns: [{ name: "ip", type: "ip" }, { name: "owner", type: "string" }],
  rows: [["10.0.0.1", "ops"]],
}];

function errors(texts: readonly string[]): string[] {
  const parsed = texts.map((text, i) => parse(text, `example ${i + 1}`));
  const syntaxErrors = parsed.flatMap((p) => p.diagnostics);
  const { diagnostics } = check(parsed.map((p) => p.file), { catalogue, tables, syntaxErrors });
  return [...syntaxErrors, ...diagnostics].filter((d) => d.level === "error")
    .map((d) => `${d.file}: ${d.code} ${d.message}`);
}

Deno.test("every example of the language reference compiles", async () => {
  const text = await Deno.readTextFile(new URL("../../grammar/README.md", import.meta.url));
  const examples = [...text.matchAll(/^```sdl\n([^]*?)^```$/gm)].map((m) => m[1]);
  assert.ok(examples.length >= 8, `only ${examples.length} examples`);
  // Together: one takes the signals of another.
  assert.deepEqual(errors(examples), []);
});

testNeeding(needs.shared("design/examples.sdl"), "the acceptance set has no error", () => {
  assert.deepEqual(errors([sharedText("design/examples.sdl")]), []);
});
