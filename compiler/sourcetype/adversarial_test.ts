/**
 * No client blames another: every sample of every sourcetype, with text of an attacker's in each place that a
 * client writes. A new sourcetype takes part by having samples.
 */
import assert from "node:assert/strict";
import type { Compiled } from "./mod.ts";
import type { Sourcetype } from "./read/model.ts";
import { attack, type Tried } from "./testing/adversarial.ts";
import { shipped } from "./testing/shipped.ts";
import { writingOf } from "./testing/writing.ts";

const compiled = shipped();
let attacked = 0;

for (const sourcetype of compiled.sourcetypes) {
  Deno.test(`no client's text moves what the server wrote: ${sourcetype.name}`, () => {
    const tried = attack(compiled, sourcetype);
    attacked += tried.lines;
    const told = tried.wrong.slice(0, 5).map((w) =>
      `${w.pattern}.${w.field}: ${w.what}\n  ${w.hostile}`
    );
    assert.equal(tried.wrong.length, 0, told.join("\n"));
    assert.deepEqual(
      unattacked(compiled, sourcetype, tried),
      [],
      "These patterns take an address and a client's text, and have no sample with both",
    );
  });
}

Deno.test("the samples were attacked", () => {
  assert.ok(attacked > 80_000, `${attacked} lines`);
});

/** Own patterns with an address and a client's text of which no sample was attacked. */
function unattacked(compiled: Compiled, sourcetype: Sourcetype, tried: Tried): string[] {
  const parent = compiled.sourcetypes.find((s) => s.name === sourcetype.parent);
  const own = sourcetype.patterns.filter((p) => !parent?.patterns.includes(p));
  return [...own, ...sourcetype.programs.flatMap((p) => p.patterns)].filter((p) => {
    const groups = [...p.regex.source.matchAll(/\(\?<(\w+)>/g)].map((m) => m[1]);
    if (!groups.some((g) => g === "src" || g === "src_ip" || g === "dest")) return false;
    const theirs = groups.filter((g) => writingOf(sourcetype.name, p.name, g, "") !== null);
    return theirs.length > 0 && !theirs.some((g) => tried.places.has(`${p.name}.${g}`));
  }).map((p) => p.name);
}
