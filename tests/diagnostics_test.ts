/**
 * Every mistake in tests/diagnostics/NAME.sdl gives exactly the text in NAME.golden. With
 * PICKET_UPDATE=1 the golden files are written anew: read what changed as somebody who made the
 * mistake would.
 */
import assert from "node:assert/strict";
import { load } from "../agent/content/load.ts";
import { lint } from "../compiler/check/lint/mod.ts";
import { check } from "../compiler/check/mod.ts";
import { ERRORS, LINTS } from "../compiler/check/codes.ts";
import { renderText } from "../compiler/check/diagnostics.ts";
import { parse } from "../grammar/mod.ts";

const folder = new URL("./diagnostics/", import.meta.url);
const { catalogue } = (await load({ rules: [], sourcetypes: [] })).sourcetypes;
const update = Deno.env.get("PICKET_UPDATE") === "1";
const names = [...Deno.readDirSync(folder)].map((f) => f.name).filter((n) => n.endsWith(".sdl"))
  .map((n) => n.slice(0, -4)).sort();

function diagnose(name: string) {
  const text = Deno.readTextFileSync(new URL(`${name}.sdl`, folder));
  const parsed = parse(text, `${name}.sdl`);
  const checked = check([parsed.file], { catalogue, syntaxErrors: parsed.diagnostics });
  return { text, found: [...parsed.diagnostics, ...checked.diagnostics, ...lint(checked)] };
}

const seen = new Set<string>();
for (const name of names) {
  Deno.test(`diagnostics of ${name}`, () => {
    const { text, found } = diagnose(name);
    assert.notEqual(found.length, 0, "The mistake is not reported");
    for (const d of found) {
      seen.add(d.code);
      assert.match(d.message, /^["A-Z]/, `Not capitalised: ${d.message}`);
      assert.doesNotMatch(d.message, /[^.…]\.$/, `Ends in a full stop: ${d.message}`);
      assert.ok(d.help, `Does not say what to do: ${d.message}`);
      assert.ok(d.span.start >= 0 && d.span.end <= text.length && d.span.start <= d.span.end);
    }
    const golden = new URL(`${name}.golden`, folder);
    const rendered = found.map((d) => renderText(d, text, { color: false })).join("\n");
    if (update) Deno.writeTextFileSync(golden, rendered);
    assert.equal(rendered, Deno.readTextFileSync(golden));
  });
}

Deno.test("the cases show most kinds of mistakes", () => {
  assert.ok(names.length >= 60);
  const codes = [...Object.values(ERRORS), ...Object.values(LINTS)];
  const missing = codes.filter((c) => !seen.has(c));
  assert.ok(missing.length <= 6, `No case gives ${missing.join(", ")}`);
});
